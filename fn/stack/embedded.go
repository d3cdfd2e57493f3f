package stack

import (
	"encoding/base64"
	"fmt"
	"regexp"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// What embedded databases and object stores have in common: a server in the stack's namespace, and a
// volume with its data, which the server's StatefulSet makes. Crossplane does not know the volume, so
// it never deletes it.

// volumeClaim is the name of the PersistentVolumeClaim that a server's StatefulSet makes. It holds the
// stack's name: a stack of another name never finds this one's data.
func (s *Stack) volumeClaim(server string) string { return s.Name + "-" + server + "-0" }

// graceOfServers is how long, in seconds, a server may take to write everything down.
const graceOfServers = 120

// statefulSet of one server, called name, with a volume mounted by the stack's name. Each field below
// spec that is not in the pod template is immutable, but for replicas and the retention policy.
func (s *Stack) statefulSet(name string, embedded *v1alpha1.EmbeddedStore, policy v1alpha1.DeletionPolicy, p pod) *appsv1.StatefulSet {
	replicas := int32(1)
	if *s.Spec.Hibernate {
		replicas = 0
	}
	p.account, p.grace = name, ptr.To[int64](graceOfServers)
	template := s.podTemplate(name, p)
	if s.fixedUserIDs() { // else admission says who may write to volumes
		template.Spec.SecurityContext.FSGroup = ptr.To[int64](fixedUser)
		template.Spec.SecurityContext.FSGroupChangePolicy = ptr.To(corev1.FSGroupChangeOnRootMismatch)
	}
	claim := corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: s.Name, Labels: s.selector(name)}, // no label that could ever change
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: *embedded.Storage}},
		},
	}
	if class := embedded.StorageClassName; class != "" {
		claim.Spec.StorageClassName = &class
	}
	retention := appsv1.RetainPersistentVolumeClaimRetentionPolicyType
	if policy == v1alpha1.DeletionDelete {
		retention = appsv1.DeletePersistentVolumeClaimRetentionPolicyType
	}
	return &appsv1.StatefulSet{
		TypeMeta:   typeStatefulSet,
		ObjectMeta: s.meta(name, name),
		Spec: appsv1.StatefulSetSpec{
			Replicas:    &replicas,
			ServiceName: name,
			Selector:    &metav1.LabelSelector{MatchLabels: s.selector(name)},
			// Without it a pod that cannot start is never replaced by one that can.
			PodManagementPolicy:  appsv1.ParallelPodManagement,
			Template:             template,
			VolumeClaimTemplates: []corev1.PersistentVolumeClaim{claim},
			PersistentVolumeClaimRetentionPolicy: &appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy{
				WhenDeleted: retention, WhenScaled: appsv1.RetainPersistentVolumeClaimRetentionPolicyType,
			},
		},
	}
}

// runningImage of an observed server.
func runningImage(server kube.Observed) string {
	containers := server.Items("spec", "template", "spec", "containers")
	if len(containers) == 0 {
		return ""
	}
	return containers[0].String("image")
}

// volumeMount of a server's data.
func (s *Stack) volumeMount(path string) corev1.VolumeMount {
	return corev1.VolumeMount{Name: s.Name, MountPath: path}
}

// serverContainer is a container of a server: it writes to its volume and to memory, nowhere else.
func (s *Stack) serverContainer(name string, c Component, embedded *v1alpha1.EmbeddedStore, vars []corev1.EnvVar) corev1.Container {
	return readOnlyRoot(s.container(name, c, ofServer(embedded), vars))
}

// stayOnVolume is what applies to a server, but that size and class of its volume stay as it was made:
// a volume does not follow. A new default is for new stacks.
func (s *Stack) stayOnVolume(condition, path, server, resource string, says, set *v1alpha1.EmbeddedStore) *v1alpha1.EmbeddedStore {
	storage, class, made := madeVolume(s.world.Observed[resource])
	if !made {
		return set
	}
	volume := s.volumeClaim(server)
	tell := func(field, says, is, hint string) {
		s.stays(condition, fmt.Sprintf("%s says %q, but the volume %s was made with %q, and this is read once. Set the field back; %s",
			specPath.Child(path, field), says, volume, is, hint))
	}
	if says != nil && says.Storage != nil && says.Storage.Cmp(storage) != 0 {
		hint := "a volume does not shrink"
		if says.Storage.Cmp(storage) > 0 {
			hint = fmt.Sprintf(`kubectl -n %s patch pvc %s --type merge -p '{"spec":{"resources":{"requests":{"storage":"%s"}}}}' grows the volume`,
				s.Namespace, volume, says.Storage)
		}
		tell("storage", says.Storage.String(), storage.String(), hint)
	}
	if says != nil && says.StorageClassName != "" && says.StorageClassName != class {
		tell("storageClassName", says.StorageClassName, class, "a volume stays in its class")
	}
	kept := *set
	kept.Storage, kept.StorageClassName = &storage, class
	return &kept
}

// madeVolume is what a server's volume was made with.
func madeVolume(server kube.Observed) (storage resource.Quantity, class string, ok bool) {
	templates := server.Items("spec", "volumeClaimTemplates")
	if len(templates) == 0 {
		return storage, "", false
	}
	storage, err := resource.ParseQuantity(templates[0].String("spec", "resources", "requests", "storage"))
	return storage, templates[0].String("spec", "storageClassName"), err == nil
}

// validateEmbedded says what is wrong with an embedded server's settings.
func validateEmbedded(path *field.Path, embedded *v1alpha1.EmbeddedStore) field.ErrorList {
	if embedded.Storage.Sign() > 0 {
		return nil
	}
	return field.ErrorList{field.Invalid(path.Child("storage"), embedded.Storage.String(), "must be more than zero")}
}

// retention says what becomes of a server's volume if the server is deleted now; empty if there is
// none.
func retention(server kube.Observed) v1alpha1.DeletionPolicy {
	return v1alpha1.DeletionPolicy(server.String("spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted"))
}

// pendingVolume explains why a server that is not ready has no volume yet, where that is so.
func pendingVolume(v kube.Verdict, claim kube.Observed) kube.Verdict {
	if v.Ready || claim.String("status", "phase") != "Pending" {
		return v
	}
	class := claim.String("spec", "storageClassName")
	if class == "" {
		return kube.Verdict{
			Reason: kube.ReasonPending,
			Message: "its volume " + claim.Name() + " waits: the cluster has no default StorageClass; " +
				"mark one as the default, or delete the stack and name one in storageClassName of the embedded block",
		}
	}
	return kube.Verdict{Reason: kube.ReasonPending, Message: "its volume " + claim.Name() + " waits for StorageClass " + class +
		" to provide it; the volume claim's events say why"}
}

// Secrets that nobody provides are made once and kept for ever after.

// randomText is all that a made secret may hold: it goes into SQL, and into variables.
var randomText = regexp.MustCompile(`^[A-Za-z0-9]{16,}$`)

// kept returns what the stack's own Secret holds under keys, or new secrets of the length given with
// each. It is empty if there is no source of randomness.
func (w World) kept(resource string, lengths map[string]int) map[string][]byte {
	secret := w.own(resource)
	values := make(map[string][]byte, len(lengths))
	for key, length := range lengths {
		v, err := base64.StdEncoding.DecodeString(secret.String("data", key))
		if err != nil || !randomText.Match(v) {
			v = nil
		}
		if v == nil && w.Random != nil {
			v = []byte(w.Random(length))
		}
		if len(v) == 0 {
			return nil
		}
		values[key] = v
	}
	return values
}
