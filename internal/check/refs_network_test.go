package check

import (
	"strings"
	"testing"
)

func TestReferencesOfNetwork(t *testing.T) {
	cases := map[string]struct {
		reason string
		change []string
		want   []string
	}{
		"ServiceSelector": {
			reason: "a Service without pods, and what comes of it",
			change: []string{"selector: {app: metadata}", "selector: {app: meta}"},
			want:   []string{"Service/metadata: spec.selector: selects no pods"},
		},
		"TargetPortName": {
			reason: "a target port by name",
			change: []string{"targetPort: http}", "targetPort: https}"},
			want:   []string{"Service/ml-pipeline: spec.ports[0].targetPort: Deployment/ml-pipeline has no container port https"},
		},
		"TargetPortNumber": {
			reason: "without a target port it is the port's own number",
			change: []string{"port: 8887}\n---", "port: 8886}\n---"},
			want:   []string{"spec.ports[1].targetPort: Deployment/ml-pipeline has no container port 8886"},
		},
		"ProbeName": {
			reason: "a probe's named port",
			change: []string{"path: /healthz, port: http", "path: /healthz, port: web"},
			want:   []string{"startupProbe.httpGet.port: the container has no port named web"},
		},
		"ProbeNumber": {
			reason: "a probe's port by number",
			change: []string{"tcpSocket: {port: 8887}", "tcpSocket: {port: 8886}"},
			want:   []string{"livenessProbe.tcpSocket.port: no container of the pod declares port 8886"},
		},
		"Loopback": {
			reason: "a proxy before a port that nobody has",
			change: []string{"http://127.0.0.1:8888/", "http://127.0.0.1:8880/"},
			want:   []string{"args[0]: 127.0.0.1:8880: no container of the pod declares port 8880"},
		},
		"Listen": {
			reason: "a listener on a port that the pod does not declare",
			change: []string{"0.0.0.0:8080", "0.0.0.0:8081"},
			want:   []string{"args[3]: 0.0.0.0:8081"},
		},
		"Expansion": {
			reason: "an argument with a variable that is not there",
			change: []string{"--user=$(DB_USER)", "--user=$(DB_NAME)"},
			want:   []string{"args[1]: $(DB_NAME): the container has no such variable here"},
		},
		"ExpansionOrder": {
			reason: "a variable that is declared further below",
			change: []string{`value: ""`, "value: $(METADATA_SERVICE_PORT)"},
			want:   []string{"env[2].value: $(METADATA_SERVICE_PORT)"},
		},
		"PolicySelector": {
			reason: "a policy about no pods protects nothing",
			change: []string{"podSelector: {matchLabels: {app: ml-pipeline}}", "podSelector: {matchLabels: {app: pipeline}}"},
			want:   []string{"NetworkPolicy/server: spec.podSelector: selects no pods"},
		},
		"PolicyPeer": {
			reason: "a peer that is not there",
			change: []string{"{pod: workflow}", "{pod: workflows}"},
			want:   []string{"ingress[0].from[0].podSelector: selects no pods"},
		},
		"PolicyPort": {
			reason: "a port that the pods do not have",
			change: []string{"ports: [{port: http}]", "ports: [{port: https}]"},
			want:   []string{"ingress[0].ports[0].port: none of the pods has a container port https"},
		},
		"PolicyEgressPort": {
			reason: "a port that the peers do not have; other namespaces are unknown",
			change: []string{"ports: [{port: 8080}]\n  - to", "ports: [{port: 8081}]\n  - to"},
			want:   []string{"egress[0].ports[0].port: none of the pods has a container port 8081"},
		},
		"HostPort": {
			reason: "a Service's port in a flag",
			change: []string{"--api=ml-pipeline:8888", "--api=ml-pipeline:8889"},
			want:   []string{"ml-pipeline:8889: Service ml-pipeline has no port 8889, only 8888, 8887"},
		},
		"HostPortInFile": {
			reason: "in a file, by its long name",
			change: []string{"cluster.local:8888", "cluster.local:88"},
			want:   []string{"ConfigMap/server-config: data[config.json]: ml-pipeline.team-a.svc.cluster.local:88"},
		},
		"HostMissing": {
			reason: "a Service that is not there, by its long name",
			change: []string{"http://ml-pipeline.team-a", "http://ml-pipe.team-a"},
			want:   []string{"Service ml-pipe does not exist"},
		},
		"HostMissingBare": {
			reason: "and by its bare name",
			change: []string{"--api=ml-pipeline:8888", "--api=ml-pipe:8888"},
			want:   []string{"args[0]: Service ml-pipe does not exist"},
		},
		"CertificateName": {
			reason: "a certificate for a Service that is not there",
			change: []string{"dnsNames: [ml-pipeline.", "dnsNames: [pipeline."},
			want:   []string{"Certificate/web: spec.dnsNames[0]: pipeline.team-a.svc: Service pipeline does not exist"},
		},
		"VariablePair": {
			reason: "host and port in two variables",
			change: []string{`value: "8080"`, `value: "8081"`},
			want:   []string{"env[METADATA_SERVICE_HOST]: metadata:8081"},
		},
		"VariableHost": {
			reason: "a host of one label is a Service",
			change: []string{"value: metadata\n", "value: seaweedfs\n"},
			want:   []string{"env[METADATA_SERVICE_HOST]: Service seaweedfs does not exist"},
		},
		"DataPair": {
			reason: "a ConfigMap that becomes variables",
			change: []string{`METADATA_GRPC_SERVICE_PORT: "8080"`, `METADATA_GRPC_SERVICE_PORT: "80"`},
			want:   []string{"data[METADATA_GRPC_SERVICE_HOST]: metadata:80"},
		},
		"DocumentPair": {
			reason: "Envoy's way to write an address",
			change: []string{"port_value: 8080", "port_value: 8081"},
			want:   []string{"metadata:8081: Service metadata has no port 8081"},
		},
		"NoSelector": {
			reason: "a Service that somebody else would have to fill",
			change: []string{"  selector: {app: metadata}\n  ports", "  ports"},
			want:   []string{"Service/metadata: spec.selector: selects no pods"},
		},
		"GRPCProbe": {
			reason: "a gRPC probe has its port by number",
			change: []string{"tcpSocket: {port: 8887}", "grpc: {port: 8886}"},
			want:   []string{"livenessProbe.grpc.port: no container"},
		},
		"HTTPRouteService": {
			reason: "a gateway's backend that is not there",
			change: []string{"name: ml-pipeline, port: 8888}]", "name: ml-pipe, port: 8888}]"},
			want:   []string{"HTTPRoute/h: spec.rules[0].backendRefs[0]: Service ml-pipe does not exist"},
		},
		"HTTPRoute": {
			reason: "a gateway's backend",
			change: []string{"name: ml-pipeline, port: 8888}]", "name: ml-pipeline, port: 80}]"},
			want:   []string{"HTTPRoute/h: spec.rules[0].backendRefs[0]: Service ml-pipeline has no port 80"},
		},
		"Route": {
			reason: "a route's port by name",
			change: []string{"port: {targetPort: http}", "port: {targetPort: web}"},
			want:   []string{"Route/o: spec: Service ml-pipeline has no port web"},
		},
		"RouteNumber": {
			reason: "a route's port by number is the pod's",
			change: []string{"port: {targetPort: http}", "port: {targetPort: 80}"},
			want:   []string{"Route/o: spec.port.targetPort: Deployment/ml-pipeline has no container port 80"},
		},
		"Ingress": {
			reason: "an ingress's backend and certificate",
			change: []string{"port: {name: grpc}", "port: {name: web}", "tls: [{secretName: web}]", "tls: [{secretName: cert}]"},
			want:   []string{"Ingress/i: spec.tls[0]: Secret cert does not exist", "service: Service ml-pipeline has no port web"},
		},
		"PodMonitor": {
			reason: "a monitor of no port of a pod",
			change: []string{"podMetricsEndpoints: [{port: http", "podMetricsEndpoints: [{port: metrics"},
			want:   []string{"PodMonitor/p: spec.podMetricsEndpoints[0].port"},
		},
		"PodMonitorSelector": {
			reason: "a monitor of no pods",
			change: []string{
				"spec: {selector: {matchLabels: {app: ml-pipeline}}, podMetricsEndpoints",
				"spec: {selector: {matchLabels: {app: x}}, podMetricsEndpoints",
			},
			want: []string{"PodMonitor/p: spec.selector: selects no pods"},
		},
		"ServiceName": {
			reason: "a StatefulSet's Service",
			change: []string{"serviceName: metadata", "serviceName: data"},
			want:   []string{"StatefulSet/metadata: spec.serviceName: Service data does not exist"},
		},
		"VolumeClaim": {
			reason: "a claimed volume",
			change: []string{"emptyDir: {}", "persistentVolumeClaim: {claimName: data}"},
			want:   []string{"PersistentVolumeClaim data does not exist"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			expect(t, tc.reason, References(parse(t, change(t, sampleStack, tc.change...)), sampleOptions()), tc.want)
		})
	}
}

// What stands around a host decides whether it is one.
func TestStandsAlone(t *testing.T) {
	cases := map[string]bool{
		"#a:80":             true,
		"http://#a:80/x":    true,
		"user@#a:80":        true,
		"see #a:80.":        true,
		"registry/#a:80":    false,
		"#a:80.1":           false,
		"#a:80-rc":          false,
		".#a:80":            false,
		"tcp(#a:80)/db?x=y": true,
	}
	for text, want := range cases {
		from := strings.Index(text, "#")
		plain := text[:from] + text[from+1:]
		if got := standsAlone(plain, from, from+len("a:80")); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}
