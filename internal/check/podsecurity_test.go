package check

import "testing"

func TestPodSecurity(t *testing.T) {
	cases := map[string]struct {
		reason string
		change []string
		want   []string
	}{
		"Restricted": {reason: "the sample passes; a writable root file system is allowed"},
		"NoMetadata": {
			reason: "a template without metadata is judged too",
			change: []string{"    metadata:\n      labels: {app: ml-pipeline}\n", "", "capabilities: {drop: [ALL]}", "privileged: true"},
			want:   []string{"privileged", "unrestricted capabilities"},
		},
		"Root": {
			reason: "restricted forbids root",
			change: []string{"runAsNonRoot: true", "runAsNonRoot: false"},
			want:   []string{"Deployment/ml-pipeline: spec.template.spec: pod security restricted: runAsNonRoot != true"},
		},
		"HostPath": {
			reason: "restricted forbids the node's files",
			change: []string{"emptyDir: {}", "hostPath: {path: /}"},
			want:   []string{`volume "tmp" uses restricted volume type "hostPath"`},
		},
		"NoRequests": {
			reason: "sizes are requests, every container has them",
			change: []string{"requests: {cpu: 100m, memory: 128Mi}", "requests: {cpu: 100m}"},
			want:   []string{"containers[0].resources.requests[memory]: Required value"},
		},
		"InitContainer": {
			reason: "init containers count",
			change: []string{"      containers:\n", "      initContainers:\n      - {name: wait, image: x}\n      containers:\n"},
			want: []string{
				"allowPrivilegeEscalation", "unrestricted capabilities",
				"initContainers[0].resources.requests[cpu]", "initContainers[0].resources.requests[memory]",
			},
		},
		"Token": {
			reason: "whether a token is mounted is said, not left to the default",
			change: []string{"      automountServiceAccountToken: true\n", ""},
			want:   []string{"automountServiceAccountToken: Required value"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			obj := parse(t, change(t, sampleDeployment, tc.change...))[0]
			expect(t, tc.reason, PodSecurity(obj), tc.want)
		})
	}

	service := parse(t, "{apiVersion: v1, kind: Service, metadata: {name: a}}")[0]
	expect(t, "an object without pods passes", PodSecurity(service), nil)
}
