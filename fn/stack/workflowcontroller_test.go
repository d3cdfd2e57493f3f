package stack

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// controllerKeys are those of its configuration that Argo 3.6, 3.7 and 4.0 all know. The controller
// ends at any other.
var controllerKeys = []string{
	"nodeEvents",
	"workflowEvents",
	"executor",
	"mainContainer",
	"kubeConfig",
	"artifactRepository",
	"namespace",
	"instanceID",
	"metricsConfig",
	"telemetryConfig",
	"parallelism",
	"namespaceParallelism",
	"resourceRateLimit",
	"persistence",
	"links",
	"columns",
	"workflowDefaults",
	"podSpecLogStrategy",
	"podGCGracePeriodSeconds",
	"podGCDeleteDelayDuration",
	"workflowRestrictions",
	"initialDelay",
	"images",
	"retentionPolicy",
	"navColor",
	"sso",
}

// controllerReads is the configuration as Argo reads it: a key with lines below it is a block, any
// other a scalar.
func controllerReads(t *testing.T, data map[string]string) map[string]any {
	t.Helper()
	var text strings.Builder
	for key, value := range data {
		if strings.Contains(value, "\n") {
			text.WriteString(key + ":\n  " + strings.Join(strings.Split(strings.Trim(value, "\n"), "\n"), "\n  ") + "\n")
			continue
		}
		text.WriteString(key + ": " + value + "\n")
	}
	var config map[string]any
	read(t, text.String(), &config)
	return config
}

func TestControllerConfig(t *testing.T) {
	repository := func(s *Stack, archive bool, prefix string) map[string]any {
		return map[string]any{"archiveLogs": archive, "s3": map[string]any{
			"endpoint": "s3.dualstack.eu-central-1.amazonaws.com", "bucket": s.ID, "region": "eu-central-1", "insecure": false,
			"keyFormat": prefix + "private-artifacts/{{workflow.namespace}}/{{workflow.name}}/{{workflow.creationTimestamp.Y}}/" +
				"{{workflow.creationTimestamp.m}}/{{workflow.creationTimestamp.d}}/{{pod.name}}",
			"accessKeySecret": map[string]any{"name": secretObjectStore, "key": keyAccessKey},
			"secretKeySecret": map[string]any{"name": secretObjectStore, "key": keySecretKey},
		}}
	}
	metrics := map[string]any{"enabled": true, "path": "/metrics", "port": 9090.0, "secure": false}
	cases := map[string]struct {
		reason string
		mods   []mod
		want   func(*Stack) map[string]any
	}{
		"Default": {"logs in the bucket, no bound on what runs at once", nil, func(s *Stack) map[string]any {
			return map[string]any{keyArtifactRepo: repository(s, true, "")}
		}},
		"Claim": {
			"what the claim says",
			[]mod{claims(t, `{objectStore: {prefix: a/b}, workflowController: {parallelism: 5, archiveLogs: false}}`)},
			func(s *Stack) map[string]any {
				return map[string]any{keyArtifactRepo: repository(s, false, "a/b/"), keyParallelism: 5.0}
			},
		},
		"Monitored": {
			"metrics in plain text: Prometheus does not know Argo's certificate",
			[]mod{classes(t, `monitoring: {prometheusOperator: true}`)},
			func(s *Stack) map[string]any {
				return map[string]any{keyArtifactRepo: repository(s, true, ""), keyMetricsConfig: metrics}
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, tc.mods...)
			got := controllerReads(t, controllerConfig(s).Data)
			for key := range got {
				if !slices.Contains(controllerKeys, key) {
					t.Errorf("some release's Argo does not know %s, and would end", key)
				}
			}
			executor, _ := got[keyExecutor].(map[string]any)
			if executor["securityContext"] == nil {
				t.Error("the executor's image runs as root unless told otherwise")
			}
			for _, key := range []string{keyExecutor, keyMainContainer, keyWorkflowDefaults} { // which have tests of their own
				if got[key] == nil {
					t.Errorf("%s is missing", key)
				}
				delete(got, key)
			}
			if diff := cmp.Diff(tc.want(s), got); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
		})
	}
}

// Argo and the agent that carries states into the database end a workflow's life together, or one
// of them would miss it.
func TestRunTTLIsOne(t *testing.T) {
	for spec, want := range map[string]string{`{}`: "86400", `apiServer: {runTTL: 90m}`: "5400"} {
		s := newStack(t, claims(t, spec))
		agent := persistenceAgentDeployment(s).Spec.Template.Spec.Containers[0]
		if flag := "--ttlSecondsAfterWorkflowFinish=" + want; !slices.Contains(agent.Args, flag) {
			t.Errorf("%s: %s is not among %v", spec, flag, agent.Args)
		}
		if defaults := controllerConfig(s).Data[keyWorkflowDefaults]; strings.Count(defaults, ": "+want) != 3 {
			t.Errorf("%s: Argo's are %s, want %s of each", spec, defaults, want)
		}
	}
}

func TestExecutorIsRestricted(t *testing.T) {
	restricted := map[string]any{
		"allowPrivilegeEscalation": false, "capabilities": map[string]any{"drop": []any{"ALL"}},
		"runAsNonRoot": true, "seccompProfile": map[string]any{"type": "RuntimeDefault"},
	}
	cases := map[string]struct {
		reason string
		class  string
		user   any
	}{
		"Fixed":    {"the image names no user", `{}`, 1000.0},
		"Assigned": {"admission chooses the user", `podSecurity: {userIDs: Assigned}`, nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			executor, _ := controllerReads(t, controllerConfig(newStack(t, classes(t, tc.class))).Data)[keyExecutor].(map[string]any)
			got, _ := executor["securityContext"].(map[string]any)
			user := got["runAsUser"]
			delete(got, "runAsUser")
			if diff := cmp.Diff(restricted, got); diff != "" || user != tc.user {
				t.Errorf("%s: user is %v: -want, +got\n%s", tc.reason, user, diff)
			}
		})
	}
}

func TestWorkflowController(t *testing.T) {
	s := newStack(t)
	ct := workflowControllerDeployment(s).Spec.Template.Spec.Containers[0]
	for _, want := range []string{"--configmap=" + nameControllerConfig, "--namespaced", "--executor-image=" + s.Release.Images[executorImage], "--loglevel=info"} {
		if !slices.Contains(ct.Args, want) {
			t.Errorf("%s is not among the arguments %v", want, ct.Args)
		}
	}
	before, after := workflowControllerDeployment(
		s,
	), workflowControllerDeployment(
		newStack(t, claims(t, `workflowController: {parallelism: 5}`)),
	)
	if a, b := before.Spec.Template.Annotations[annotationHash], after.Spec.Template.Annotations[annotationHash]; a == b {
		t.Error("not every setting takes effect without a restart, so a changed configuration rolls the pod")
	}
}

func TestForeignController(t *testing.T) {
	s := newStack(t, foreignArgo, claims(t, `workflowController: {archiveLogs: false}`))
	rs := workflowControllerResources(s, nil)
	if diff := cmp.Diff([]string{"artifact-repositories"}, names(rs)); diff != "" {
		t.Fatalf("two controllers on one namespace would fight over every workflow: -want, +got\n%s", diff)
	}
	cm := artifactRepositories(s)
	if cm.Name != "artifact-repositories" {
		t.Errorf("Argo looks for artifact-repositories in a workflow's namespace, not for %s", cm.Name)
	}
	var repository map[string]any
	read(t, cm.Data[cm.Annotations["workflows.argoproj.io/default-artifact-repository"]], &repository)
	s3, _ := repository["s3"].(map[string]any)
	if s3["bucket"] != s.ID || s3["endpoint"] != s.store.argoHost() || repository["archiveLogs"] != false {
		t.Errorf("the default repository is not the stack's, without a scheme: %v", repository)
	}
}
