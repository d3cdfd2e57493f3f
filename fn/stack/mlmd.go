package stack

import (
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// metadataResources makes ML Metadata (MLMD), which drivers and launchers of a release that has it
// dial, and the envoy that translates for browsers. It starts beside the API server: both make their
// tables in one empty database, but share none of them. What it cannot bear is another server like
// itself on an empty database, or a kill while it makes its tables (kubeflow/pipelines#12086).
func metadataResources(s *Stack, o Observed) []Resource {
	rs := []Resource{
		{Name: resMetadataServiceAccount, Object: s.serviceAccount(nameMetadataAccount, nameMetadata)},
		{Name: resMetadataConfig, Object: s.configMap(nameMetadataConfig, nameMetadata, map[string]string{
			keyMetadataHost: nameMetadataService, keyMetadataPort: strconv.Itoa(portMetadata),
		})},
		{Name: resMetadataDeployment, Object: metadataDeployment(s, o)},
		{
			Name:   resMetadataService,
			Object: s.service(nameMetadataService, nameMetadata, corev1.ServicePort{Name: metadataPort, Port: portMetadata}),
		},
	}
	if s.hasEnvoy() {
		rs = append(
			rs,
			Resource{Name: resMetadataEnvoyConfig, Object: envoyConfig(s)},
			Resource{Name: resMetadataEnvoyDeployment, Object: envoyDeployment(s)},
			Resource{
				Name:   resMetadataEnvoyService,
				Object: s.service(nameEnvoyService, nameEnvoy, corev1.ServicePort{Name: envoyPort, Port: portEnvoy}),
			},
		)
	}
	if s.policiesEnabled() {
		rs = append(rs, Resource{Name: resNetworkPolicyMetadata, Object: metadataPolicy(s)})
		if s.hasEnvoy() {
			rs = append(rs, Resource{Name: resNetworkPolicyMetadataEnvoy, Object: envoyPolicy(s)})
		}
	}
	return rs
}

const (
	volumeMetadataConfig = "metadata-config"
	dirMetadataConfig    = "/run/metadata"
	fileMetadataConfig   = dirMetadataConfig + "/config.pbtxt"
)

// metadataDeployment logs in through a file, not through flags: only the file can set TLS and skip
// the database's creation, and a process's arguments are not secret. An init container of the same
// image writes it into memory.
func metadataDeployment(s *Stack, o Observed) *appsv1.Deployment {
	spec := s.Spec.MLMD
	main := s.container("metadata", MLMD, spec.ContainerSpec, nil)
	main.Args = []string{
		"--grpc_port=" + strconv.Itoa(portMetadata),
		// Without this flag the server answers a file that it cannot read with a database in
		// memory, and no error.
		"--metadata_source_config_type=config_file",
		"--metadata_store_server_config_file=" + fileMetadataConfig,
		"--grpc_channel_arguments=grpc.max_metadata_size=16384,grpc.max_receive_message_length=104857600,grpc.max_send_message_length=104857600",
	}
	main.Ports = []corev1.ContainerPort{{Name: metadataPort, ContainerPort: portMetadata, Protocol: corev1.ProtocolTCP}}
	health := tcpProbe(metadataPort)
	main.StartupProbe = probe(health, 5, 60) // it creates and upgrades its tables before it listens
	main.LivenessProbe = probe(health, 10, 6)
	main.ReadinessProbe = probe(health, 5, 3)

	main.VolumeMounts = append(s.databaseCAMounts(), dirMount(volumeMetadataConfig, dirMetadataConfig))

	init := readOnlyRoot(
		s.container("write-config", MLMD, v1alpha1.ContainerSpec{Image: spec.Image, Resources: spec.Resources}, metadataConfigEnv(s)),
	)
	init.Command, init.Args = []string{"/bin/sh", "-c"}, []string{metadataConfigScript(s)}
	init.VolumeMounts = []corev1.VolumeMount{{Name: volumeMetadataConfig, MountPath: dirMetadataConfig}}

	store := program{MLMD, spec.Image}
	d := s.deployment(nameMetadata, s.replicas(MLMD, spec.Replicas), appsv1.RollingUpdateDeploymentStrategyType, pod{
		account:  nameMetadataAccount,
		programs: []program{store},
		init:     []corev1.Container{init},
		main:     []corev1.Container{main},
		config:   []config{{volumeDatabaseCA, databaseCA(s)}},
		volumes: []corev1.Volume{{Name: volumeMetadataConfig, VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{
			Medium: corev1.StorageMediumMemory, SizeLimit: ptr.To(resource.MustParse("1Mi")),
		}}}},
		secrets: s.databaseHash(o, resMetadataDeployment),
	})
	return s.migratesTables(d, store, o[resMetadataDeployment])
}

func metadataConfigEnv(s *Stack) []corev1.EnvVar {
	login := s.database.login
	return []corev1.EnvVar{
		login.host.env("DATABASE_HOST"),
		login.port.env("DATABASE_PORT"),
		login.username.env("DATABASE_USER"),
		login.password.env("DATABASE_PASSWORD"),
	}
}

// metadataConfigScript writes MLMD's text proto. Values are escaped: a password may hold anything.
// Creation is skipped: the database exists, and creating one needs a server-wide privilege.
func metadataConfigScript(s *Stack) string {
	return strings.Join([]string{
		`set -eu; umask 077`,
		`quote() { printf '%s\n' "$1" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/"&"/'; }`,
		// Assigned one by one: a substitution that fails among printf's arguments would go
		// unnoticed.
		`host=$(quote "$DATABASE_HOST")`,
		`user=$(quote "$DATABASE_USER")`,
		`password=$(quote "$DATABASE_PASSWORD")`,
		`printf '%s\n' \`,
		`  'connection_config { mysql {' \`,
		`  "host: $host port: $DATABASE_PORT database: \"` + s.database.name + `\"" \`,
		`  "user: $user password: $password" \`,
		`  'skip_db_creation: true` + metadataTLS(s) + `' \`,
		`  '} }' \`,
		`  'migration_options { enable_upgrade_migration: true }' > ` + fileMetadataConfig,
		``,
	}, "\n")
}

// metadataTLS checks the server's certificate against a file, the only way that ML Metadata has.
func metadataTLS(s *Stack) string {
	switch s.database.tls {
	case v1alpha1.DatabaseTLSVerify:
		return ` ssl_options { ca: "` + dirDatabaseCA + `/` + keyDatabaseCA + `" verify_server_cert: true }`
	case v1alpha1.DatabaseTLSSkipVerify:
		return ` ssl_options { verify_server_cert: false }`
	default:
		return ``
	}
}
