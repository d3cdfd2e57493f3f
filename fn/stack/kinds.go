package stack

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/pipelinestack/function-pipelinestack/fn/kube"
	"github.com/pipelinestack/function-pipelinestack/fn/managed"
)

// Kinds of Kubernetes' own that a stack is made of.
var (
	typeConfigMap          = metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"}
	typeSecret             = metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"}
	typeService            = metav1.TypeMeta{APIVersion: "v1", Kind: "Service"}
	typeServiceAccount     = metav1.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"}
	typeDeployment         = metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"}
	typeStatefulSet        = metav1.TypeMeta{APIVersion: "apps/v1", Kind: "StatefulSet"}
	typeRole               = metav1.TypeMeta{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "Role"}
	typeRoleBinding        = metav1.TypeMeta{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "RoleBinding"}
	typeClusterRoleBinding = metav1.TypeMeta{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "ClusterRoleBinding"}
	typeNetworkPolicy      = metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"}
)

// kindFacts is what the function knows of a kind.
type kindFacts struct {
	check kube.Check
	// plural and provider of a kind that a cluster may lack.
	plural   string
	provider string
	// derivedNames says that objects of the kind carry names that nobody else has.
	derivedNames bool
}

// kinds by group and kind. A kind that is not here is Kubernetes' own and ready as soon as it
// exists.
var kinds = func() map[schema.GroupKind]kindFacts {
	const monitoring, operator = "monitoring.coreos.com", "the Prometheus operator"
	table := map[schema.GroupKind]kindFacts{
		{Group: "apps", Kind: "Deployment"}:         {check: kube.DeploymentAvailable},
		{Group: "apps", Kind: "StatefulSet"}:        {check: kube.StatefulSetReady},
		{Group: monitoring, Kind: "PodMonitor"}:     {kube.Exists, "podmonitors", operator, false},
		{Group: monitoring, Kind: "PrometheusRule"}: {kube.Exists, "prometheusrules", operator, false},
	}
	for _, k := range []struct {
		kind  managed.Kind
		check kube.Check
	}{
		{managed.KindDatabase, kube.ManagedReady},
		{managed.KindSQLUser, kube.WithDetails(kube.ManagedReady, keyUsername, keyPassword, keyEndpoint, keyPort)},
		{managed.KindGrant, kube.ManagedReady},
		{managed.KindBucket, bucketReady},
		{managed.KindBucketPublicAccessBlock, kube.ManagedReady},
		{managed.KindBucketEncryption, kube.ManagedReady},
		{managed.KindBucketVersioning, kube.ManagedReady},
		{managed.KindBucketLifecycle, kube.ManagedReady},
		{managed.KindIAMUser, kube.ManagedReady},
		{managed.KindPolicy, kube.ManagedReady},
		{managed.KindUserPolicyAttachment, kube.ManagedReady},
		{managed.KindAccessKey, kube.WithDetails(kube.ManagedReady, keyUsername, keyPassword)},
		{managed.KindObject, kube.ManagedReady},
	} {
		for _, gv := range []schema.GroupVersion{k.kind.Cluster, k.kind.Namespaced} {
			table[schema.GroupKind{Group: gv.Group, Kind: k.kind.Name}] = kindFacts{k.check, k.kind.Plural, k.kind.Provider, true}
		}
	}
	return table
}()

// plain says whether the resource is of a kind that works as soon as it is there.
func (r Resource) plain() bool {
	return kinds[r.Object.GetObjectKind().GroupVersionKind().GroupKind()].check == nil
}

// verdict on one of the stack's own objects: by its kind's check, and by what it follows.
func (o Observed) verdict(name string, gk schema.GroupKind) kube.Verdict {
	check := kinds[gk].check
	if check == nil {
		check = kube.Exists
	}
	v := check(o[name])
	if leader, ok := follows[name]; ok && v.Ready {
		return following(o[name], o[leader], leader)
	}
	return v
}

// readKinds are the kinds of resources from which the function reads more than their readiness: where data
// is, who may log in, what runs. Crossplane tells resources by an annotation, which whoever may write
// any object of the namespace can put on it, so the kind has to be right as well.
var readKinds = func() map[string][]schema.GroupKind {
	table := map[string][]schema.GroupKind{
		resAPIServerDeployment: {{Group: "apps", Kind: "Deployment"}},
		resMetadataDeployment:  {{Group: "apps", Kind: "Deployment"}},
		resUIDeployment:        {{Group: "apps", Kind: "Deployment"}},
		resDatabaseServer:      {{Group: "apps", Kind: "StatefulSet"}},
		resObjectStoreServer:   {{Group: "apps", Kind: "StatefulSet"}},
		resDatabaseSecret:      {{Kind: "Secret"}},
		resObjectStoreSecret:   {{Kind: "Secret"}},
		resDatabaseCA:          {{Kind: "ConfigMap"}},
		resServingCertificate:  {{Kind: "Secret"}},
	}
	for resource, k := range map[string]managed.Kind{
		resDatabase: managed.KindDatabase, resDatabaseUser: managed.KindSQLUser, resDatabaseGrant: managed.KindGrant,
		resBucket: managed.KindBucket, resBucketVersioning: managed.KindBucketVersioning, resBucketLifecycle: managed.KindBucketLifecycle,
		resBucketUser: managed.KindIAMUser, resBucketPolicy: managed.KindPolicy, resBucketAccessKey: managed.KindAccessKey,
	} {
		table[resource] = []schema.GroupKind{{Group: k.Cluster.Group, Kind: k.Name}, {Group: k.Namespaced.Group, Kind: k.Name}}
	}
	return table
}()

// Genuine says whether an observed object is of the kind that the function makes under the name of a
// resource. What is not is as good as not observed.
func Genuine(resource string, o kube.Observed) bool {
	kinds, known := readKinds[resource]
	gv, err := schema.ParseGroupVersion(o.String("apiVersion"))
	return !known || err == nil && slices.Contains(kinds, schema.GroupKind{Group: gv.Group, Kind: o.String("kind")})
}
