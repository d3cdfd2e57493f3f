package stack

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

func envoyDeployment(s *Stack) *appsv1.Deployment {
	spec := s.Spec.MLMD.Envoy
	ct := readOnlyRoot(s.container("envoy", MLMDEnvoy, v1alpha1.ContainerSpec{Image: spec.Image, Resources: spec.Resources}, nil))
	ct.Args = []string{"-c", dirEnvoy + "/" + keyEnvoyConfig}
	ct.Ports = []corev1.ContainerPort{{Name: envoyPort, ContainerPort: portEnvoy, Protocol: corev1.ProtocolTCP}}
	ct.LivenessProbe = probe(tcpProbe(envoyPort), 10, 6)
	ct.ReadinessProbe = probe(tcpProbe(envoyPort), 5, 3)
	ct.VolumeMounts = []corev1.VolumeMount{dirMount(volumeEnvoy, dirEnvoy)}
	return s.deployment(nameEnvoy, s.replicas(MLMDEnvoy, nil), appsv1.RollingUpdateDeploymentStrategyType, pod{
		account:  nameMetadataAccount,
		programs: []program{{MLMDEnvoy, spec.Image}},
		main:     []corev1.Container{ct},
		config:   []config{{volumeEnvoy, envoyConfig(s)}},
	})
}

func envoyConfig(s *Stack) *corev1.ConfigMap {
	return s.configMap(nameEnvoyConfig, nameEnvoy, map[string]string{keyEnvoyConfig: envoyJSON})
}

const (
	volumeEnvoy = "envoy-config"
	dirEnvoy    = "/etc/envoy"
)

// envoyJSON turns a browser's gRPC-web into gRPC for ML Metadata. It has no admin interface, which
// could stop it, and allows no other origin, since the web interface proxies from its own.
var envoyJSON = indentedJSON(map[string]any{"static_resources": map[string]any{
	"listeners": []any{map[string]any{
		"name":    "grpc-web",
		"address": envoyAnyAddress,
		"filter_chains": []any{map[string]any{"filters": []any{map[string]any{
			"name": "envoy.filters.network.http_connection_manager",
			"typed_config": map[string]any{
				"@type":       envoyType("filters.network.http_connection_manager.v3.HttpConnectionManager"),
				"codec_type":  "AUTO",
				"stat_prefix": "metadata",
				"route_config": map[string]any{"name": "metadata", "virtual_hosts": []any{map[string]any{
					"name": "metadata", "domains": []any{"*"},
					"routes": []any{map[string]any{
						"match": map[string]any{"prefix": "/"},
						"route": map[string]any{"cluster": "metadata", "max_stream_duration": map[string]any{"grpc_timeout_header_max": "0s"}},
					}},
				}}},
				"http_filters": []any{
					map[string]any{
						"name":         "envoy.filters.http.grpc_web",
						"typed_config": map[string]any{"@type": envoyType("filters.http.grpc_web.v3.GrpcWeb")},
					},
					map[string]any{
						"name":         "envoy.filters.http.router",
						"typed_config": map[string]any{"@type": envoyType("filters.http.router.v3.Router")},
					},
				},
			},
		}}}},
	}},
	"clusters": []any{map[string]any{
		"name": "metadata", "connect_timeout": "30s", "type": "LOGICAL_DNS", "lb_policy": "ROUND_ROBIN",
		"typed_extension_protocol_options": map[string]any{"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": map[string]any{
			"@type":                envoyType("upstreams.http.v3.HttpProtocolOptions"),
			"explicit_http_config": map[string]any{"http2_protocol_options": map[string]any{}},
		}},
		"load_assignment": map[string]any{"cluster_name": "metadata", "endpoints": []any{map[string]any{"lb_endpoints": []any{
			map[string]any{"endpoint": map[string]any{"address": envoyAddress(nameMetadataService, portMetadata)}},
		}}}},
	}},
}})

// envoyAnyAddress is every address of the pod, of whatever family the cluster has. The other
// programs of a stack listen so by themselves: Go, gRPC and Node take an open address for both
// families.
var envoyAnyAddress = map[string]any{"socket_address": map[string]any{"address": "::", "port_value": portEnvoy, "ipv4_compat": true}}

func envoyType(name string) string { return "type.googleapis.com/envoy.extensions." + name }

func envoyAddress(host string, port int) map[string]any {
	return map[string]any{"socket_address": map[string]any{"address": host, "port_value": port}}
}
