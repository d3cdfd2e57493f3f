package stack

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWorkflowDefaults(t *testing.T) {
	nodes := func(architectures ...any) map[string]any {
		return map[string]any{"nodeAffinity": map[string]any{"requiredDuringSchedulingIgnoredDuringExecution": map[string]any{
			"nodeSelectorTerms": []any{map[string]any{"matchExpressions": []any{
				map[string]any{"key": "kubernetes.io/arch", "operator": "In", "values": architectures},
				map[string]any{"key": "kubernetes.io/os", "operator": "In", "values": []any{"linux"}},
			}}},
		}}}
	}
	cases := map[string]struct {
		reason string
		mods   []mod
		change func(spec map[string]any)
	}{
		"Default": {reason: "what every workflow gets"},
		"RunTTL": {
			reason: "how long the claim keeps runs",
			mods:   []mod{claims(t, `apiServer: {runTTL: 720h}`)},
			change: func(spec map[string]any) {
				spec["ttlStrategy"] = map[string]any{
					"secondsAfterCompletion": 2592000.0, "secondsAfterSuccess": 2592000.0, "secondsAfterFailure": 2592000.0,
				}
			},
		},
		"PullSecrets": {
			reason: "the class's, then the claim's, each once",
			mods: []mod{
				classes(t, `images: {pullSecrets: [{name: a}, {name: b}]}`),
				claims(t, `scheduling: {imagePullSecrets: [{name: b}, {name: c}]}`),
			},
			change: func(spec map[string]any) {
				spec["imagePullSecrets"] = []any{map[string]any{"name": "a"}, map[string]any{"name": "b"}, map[string]any{"name": "c"}}
			},
		},
		"Assigned": {
			reason: "admission assigns the group of volumes too",
			mods:   []mod{classes(t, `podSecurity: {userIDs: Assigned}`)},
			change: func(spec map[string]any) { delete(spec, "podSpecPatch") },
		},
		"OlderRelease": {
			reason: "upstream retries errors since 2.17, and has had images for arm64 since then",
			mods:   []mod{claims(t, `release: 2.16.1`)},
			change: func(spec map[string]any) {
				delete(spec, "templateDefaults")
				spec["affinity"] = nodes("amd64")
			},
		},
		"Scheduling": {
			reason: "where the claim wants pipelines, not where it wants the stack",
			mods: []mod{claims(t, `{scheduling: {nodeSelector: {pool: stacks}}, pipelineRunner: {scheduling: {
nodeSelector: {pool: gpu}, tolerations: [{key: gpu, operator: Exists}],
affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone}]}}}}}`)},
			change: func(spec map[string]any) {
				spec["nodeSelector"] = map[string]any{"pool": "gpu"}
				spec["tolerations"] = []any{map[string]any{"key": "gpu", "operator": "Exists"}}
				spec["affinity"] = nodes("amd64", "arm64")
				spec["affinity"].(map[string]any)["podAntiAffinity"] = map[string]any{
					"requiredDuringSchedulingIgnoredDuringExecution": []any{map[string]any{"topologyKey": "zone"}},
				}
			},
		},
		"OtherImages": {
			reason: "nobody knows the architectures of other images",
			mods: []mod{imagesAllowed, claims(t, `
{apiServer: {driverImage: a, launcherImage: b}, workflowController: {executorImage: c}}`)},
			change: func(spec map[string]any) { delete(spec, "affinity") },
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			want := map[string]any{
				"ttlStrategy": map[string]any{"secondsAfterCompletion": 86400.0, "secondsAfterSuccess": 86400.0, "secondsAfterFailure": 86400.0},
				"podMetadata": map[string]any{
					"labels": map[string]any{
						"sidecar.istio.io/inject": "false", "istio.io/dataplane-mode": "none", "kuma.io/sidecar-injection": "disabled",
					},
					"annotations": map[string]any{"linkerd.io/inject": "disabled", "consul.hashicorp.com/connect-inject": "false"},
				},
				"podSpecPatch":     `{"securityContext":{"fsGroup":1000,"fsGroupChangePolicy":"OnRootMismatch"}}`,
				"affinity":         nodes("amd64", "arm64"),
				"templateDefaults": map[string]any{"retryStrategy": map[string]any{"limit": 2.0, "retryPolicy": "OnError"}},
			}
			if tc.change != nil {
				tc.change(want)
			}
			got := controllerReads(t, controllerConfig(newStack(t, tc.mods...)).Data)[keyWorkflowDefaults]
			if diff := cmp.Diff(map[string]any{"spec": want}, got); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
		})
	}
}

// A quota on a resource refuses pods with a container that says nothing of it.
func TestPipelinePodsAreSized(t *testing.T) {
	of := func(cpu, memory string) map[string]any { return map[string]any{"cpu": cpu, "memory": memory} }
	cases := map[string]struct {
		reason         string
		mods           []mod
		executor, main map[string]any
	}{
		"Small": {
			"init and wait have limits too; a step's are the pipeline's", nil,
			map[string]any{"requests": of("10m", "64Mi"), "limits": of("500m", "512Mi")},
			map[string]any{"requests": of("20m", "64Mi")},
		},
		"Large": {
			"by size", []mod{claims(t, `size: Large`)},
			map[string]any{"requests": of("50m", "128Mi"), "limits": of("1", "1Gi")},
			map[string]any{"requests": of("20m", "64Mi")},
		},
		"ClassSize": {
			"a size of the class's",
			[]mod{
				classes(t, `sizes: {Mine: {components: {executor: {limits: {cpu: 2}}, step: {limits: {cpu: 4, memory: 8Gi}}}}}`),
				claims(t, `size: Mine`),
			},
			map[string]any{"requests": of("10m", "64Mi"), "limits": map[string]any{"cpu": "2"}},
			map[string]any{"requests": of("20m", "64Mi"), "limits": of("4", "8Gi")},
		},
		"Claim": {
			"the claim's before the size's, requests and limits each as a whole",
			[]mod{claims(t, `
{workflowController: {executorResources: {requests: {cpu: 5m}}}, pipelineRunner: {resources: {limits: {cpu: 1, memory: 2Gi}}}}`)},
			map[string]any{"requests": map[string]any{"cpu": "5m"}, "limits": of("500m", "512Mi")},
			map[string]any{"requests": of("20m", "64Mi"), "limits": of("1", "2Gi")},
		},
		"Default": {
			"the class's defaults likewise",
			[]mod{classes(t, `defaults: {pipelineRunner: {resources: {limits: {cpu: 1, memory: 2Gi}}}}`)},
			map[string]any{"requests": of("10m", "64Mi"), "limits": of("500m", "512Mi")},
			map[string]any{"requests": of("20m", "64Mi"), "limits": of("1", "2Gi")},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			config := controllerReads(t, controllerConfig(newStack(t, tc.mods...)).Data)
			for key, want := range map[string]any{keyExecutor: tc.executor, keyMainContainer: tc.main} {
				container, _ := config[key].(map[string]any)
				if diff := cmp.Diff(want, container["resources"]); diff != "" {
					t.Errorf("%s: %s: -want, +got\n%s", tc.reason, key, diff)
				}
			}
		})
	}
}

// A patch of a pipeline's own is laid over the main container's defaults, key by key.
func TestStepsRequestLess(t *testing.T) {
	for name, size := range sizes {
		requests := size[Step].Requests
		cpu, memory := requests.Cpu(), requests.Memory()
		if cpu.MilliValue() > 50 || memory.Value() > 64<<20 || len(size[Step].Limits) > 0 {
			t.Errorf("%s: %v: a limit below the request, or a request above the limit, would refuse the pod", name, size[Step])
		}
	}
}

func TestPipelinePodsAreRefused(t *testing.T) {
	const platform = `argo: {controller: Platform}`
	cases := map[string]claimCase{
		"BadResources": {
			reason: "more requested than the size's limit",
			spec:   `workflowController: {executorResources: {requests: {cpu: 7}}}`,
			want:   []string{"FieldValueInvalid spec.workflowController.executorResources.requests[cpu]"},
		},
		"Bound": {
			reason: "the class bounds every container",
			class:  `constraints: {resources: {requests: {cpu: 1}}}`,
			spec:   `pipelineRunner: {resources: {requests: {cpu: 2}}}`,
			want:   []string{"FieldValueInvalid spec.pipelineRunner.resources.requests[cpu]"},
		},
		"MustLimit": {
			reason: "a limit of the class's has to be kept",
			class:  `constraints: {resources: {limits: {cpu: 1}}}`,
			spec:   `pipelineRunner: {resources: {requests: {cpu: 10m}}}`,
			want:   []string{"FieldValueRequired spec.pipelineRunner.resources.limits[cpu]"},
		},
		"BadToleration": {
			reason: "what Argo would fail on at every pod",
			spec:   `pipelineRunner: {scheduling: {nodeSelector: {"a b": c}, tolerations: [{operator: Equal}]}}`,
			want: []string{
				"FieldValueInvalid spec.pipelineRunner.scheduling.nodeSelector",
				"FieldValueInvalid spec.pipelineRunner.scheduling.tolerations[0].operator",
			},
		},
		"Platform": {
			reason: "the platform's Argo knows nothing of them",
			class:  platform,
			spec:   `pipelineRunner: {resources: {requests: {cpu: 10m}}, scheduling: {nodeSelector: {a: b}}}`,
			want:   []string{"FieldValueForbidden spec.pipelineRunner.resources", "FieldValueForbidden spec.pipelineRunner.scheduling"},
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

// Envoy alone listens where it is told; the rest of a stack listens on both families by itself.
func TestEnvoyListensOnBothFamilies(t *testing.T) {
	const want = `"address":{"socket_address":{"address":"::","ipv4_compat":true,"port_value":9090}}`
	flat := strings.NewReplacer(" ", "", "\n", "").Replace(envoyJSON)
	if !strings.Contains(flat, want) || strings.Contains(flat, "0.0.0.0") {
		t.Errorf("on a cluster of IPv6 alone nobody reaches it: %s", flat)
	}
}
