package stack

import (
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// An embedded object store is a versitygw of the stack's own: S3 over plain files of a volume.

// embeddedRegion is a name that requests are signed with, and no place.
const embeddedRegion = "us-east-1"

// embeddedBucket needs no derived name, since no other stack has the store. Kubeflow Pipelines makes
// it as it starts.
const embeddedBucket = "mlpipeline"

func validateEmbeddedStore(s *Stack) field.ErrorList {
	return validateEmbedded(specPath.Child("objectStore", "embedded"), s.Spec.ObjectStore.Embedded)
}

// embeddedStore is a bucket in a server of the stack's own.
func embeddedStore(s *Stack) store {
	return store{
		identity: newIdentity(identityEmbedded, s.volumeClaim(nameObjectStore)),
		host:     s.host(nameObjectStore),
		port:     portPlain,
		region:   embeddedRegion,
		bucket:   embeddedBucket,
		prefix:   s.prefix(),
		pods:     &servers{s.podsOf(nameObjectStore), portS3},
		volume:   s.volumeClaim(nameObjectStore),
		keys: &storeKeys{
			secret: secretObjectStore, id: keyAccessKey, key: keySecretKey,
			hash: fingerprint(secretData(s.world.Observed[resObjectStoreSecret], keyAccessKey, keySecretKey), keyAccessKey, keySecretKey),
		},
		fate: retention(s.world.Observed[resObjectStoreServer]),
		at:   specPath.Child("objectStore", "embedded"),
	}
}

func embeddedStoreResources(s *Stack, o Observed) []Resource {
	rs := []Resource{
		{Name: resObjectStoreServiceAccount, Object: s.serviceAccount(nameObjectStore, nameObjectStore)},
		{
			Name:   resObjectStoreSecret,
			Object: storeSecret(s, s.world.kept(resObjectStoreSecret, map[string]int{keyAccessKey: 20, keySecretKey: 40})),
		},
		{Name: resObjectStoreService, Object: s.service(nameObjectStore, nameObjectStore, corev1.ServicePort{Name: httpPort, Port: portPlain})},
		{Name: resObjectStoreServer, Object: objectStoreServer(s, o), Needs: []string{resObjectStoreSecret}, Volume: s.store.volume},
	}
	if s.policiesEnabled() {
		rs = append(rs, Resource{Name: resNetworkPolicyObjectStore, Object: objectStorePolicy(s)})
	}
	return rs
}

// Where the server has its files.
const (
	dirStore         = "/data"
	dirStoreObjects  = dirStore + "/objects" // each folder in it is a bucket, so it is not the volume's own
	dirStoreMetadata = dirStore + "/metadata"
	pathStoreHealth  = "/_/health"
)

// objectStoreServer reads the keys at each start. What S3 keeps beside an object is in files too, for
// file systems that cannot keep it themselves.
func objectStoreServer(s *Stack, o Observed) *appsv1.StatefulSet {
	embedded := s.Spec.ObjectStore.Embedded
	mounts := []corev1.VolumeMount{s.volumeMount(dirStore), {Name: volumeTmp, MountPath: dirTmp}}
	main := s.serverContainer("versitygw", ObjectStoreServer, embedded, s.store.keyVars("ROOT_ACCESS_KEY_ID", "ROOT_SECRET_ACCESS_KEY"))
	main.Command = []string{"versitygw"}
	main.Args = []string{
		"--port=:" + strconv.Itoa(portS3), "--region=" + embeddedRegion, "--health=" + pathStoreHealth, "--quiet",
		"posix", "--sidecar=" + dirStoreMetadata, dirStoreObjects,
	}
	main.Ports = []corev1.ContainerPort{{Name: httpPort, ContainerPort: portS3, Protocol: corev1.ProtocolTCP}}
	health := httpProbe(httpPort, pathStoreHealth, corev1.URISchemeHTTP)
	main.StartupProbe = probe(health, 2, 60)
	main.LivenessProbe = probe(health, 10, 6)
	main.ReadinessProbe = probe(health, 5, 3)
	main.VolumeMounts = mounts

	init := s.serverContainer("prepare", ObjectStoreServer, embedded, nil)
	init.Command, init.Args = []string{"/bin/sh", "-c"}, []string{"mkdir -p " + dirStoreObjects + " " + dirStoreMetadata}
	init.VolumeMounts = mounts
	return s.statefulSet(nameObjectStore, embedded, s.Spec.ObjectStore.DeletionPolicy, pod{
		programs: []program{{component: ObjectStoreServer}},
		init:     []corev1.Container{init},
		main:     []corev1.Container{main},
		volumes:  []corev1.Volume{emptyVolume(volumeTmp)},
		secrets:  s.objectStoreHash(o, resObjectStoreServer),
	})
}
