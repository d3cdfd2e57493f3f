package main

// Longer than others: one table of attacks by pipelines, and the pods that they start from.

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"sigs.k8s.io/yaml"

	"github.com/pipelinestack/function-pipelinestack/fn/stack"
)

const fence = "pipelinestack-workflow-pods"

// What the fence says.
const (
	byAccount    = "run as the service account"
	bySecret     = "the stack's own Secrets"
	byData       = "mount no volume of the stack's own servers"
	byLabel      = "do not wear the labels"
	byNode       = "stay off the node"
	byProbe      = "no host in probes"
	byPrivilege  = "are not privileged"
	byProfile    = "the node's profiles"
	byVolume     = "volumes of the kinds"
	byEscalation = "allowPrivilegeEscalation: false"
	byRoot       = "runAsNonRoot: true"
	bySeccomp    = "the seccompProfile RuntimeDefault"
)

// Saying tells whether a validation answers with these words.
func saying(v admissionv1.Validation, words string) bool {
	return strings.Contains(v.Message+v.MessageExpression, words)
}

// StackOf is a stack in team-a with a status that Crossplane wrote.
func stackOf(podSecurity string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": stackVersion, "kind": "PipelineStack", "metadata": map[string]any{"name": "demo", "namespace": "team-a"},
		"status": map[string]any{"workflowPods": map[string]any{
			"podSecurity":     podSecurity,
			"serviceAccounts": []any{"pipeline-runner", "spark"},
			"reservedSecrets": []any{"given-tls"},
		}},
	}}
}

// Samples of workflow pods by the version of Argo that makes them.
func samples(t *testing.T) map[string][]unstructured.Unstructured {
	t.Helper()

	found := map[string][]unstructured.Unstructured{}
	add := func(argo, pattern string) {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("there are no samples in %s: %v", pattern, err)
		}

		for _, file := range files {
			found[argo] = append(found[argo], load(t, strings.TrimPrefix(file, root+"/"))...)
		}
	}
	// Those that the control plane wrote down, and one of a version that it does not run.
	for name, r := range stack.Releases() {
		if folder := "internal/check/testdata/pods/" + name; exists(filepath.Join(root, folder)) {
			add(r.Argo, folder+"/*.yaml")
		}
	}

	add("v3.6.12", "fn/testdata/pods/v3.6.12.yaml")

	return found
}

func exists(path string) bool {
	_, err := os.Stat(path)

	return err == nil
}

// Restricted says whether the pods of every release with this version of Argo pass Pod Security
// restricted by themselves.
func restricted(t *testing.T, argo string) bool {
	t.Helper()

	known := 0
	all := true

	for _, r := range stack.Releases() {
		if r.Argo == argo {
			known++

			all = all && r.Features.RestrictedPods
		}
	}

	if known == 0 {
		t.Fatalf("no release has Argo %s", argo)
	}

	return all
}

// Step is the sample of a step with a user's code, changed the way podSpecPatch changes it: by a
// strategic merge.
func step(t *testing.T, change string) *unstructured.Unstructured {
	t.Helper()

	pods := samples(t)["v4.0.5"]

	return patched(
		t,
		&pods[slices.IndexFunc(pods, func(p unstructured.Unstructured) bool { return strings.Contains(p.GetName(), "impl") })],
		change,
	)
}

func patched(t *testing.T, pod *unstructured.Unstructured, change string) *unstructured.Unstructured {
	t.Helper()

	before, err := json.Marshal(pod.Object)
	if err != nil {
		t.Fatal(err)
	}

	patch, err := yaml.YAMLToJSON([]byte(change))
	if err != nil {
		t.Fatal(err)
	}

	after, err := strategicpatch.StrategicMergePatch(before, patch, corev1.Pod{})
	if err != nil {
		t.Fatal(err)
	}

	out := &unstructured.Unstructured{}
	if err := out.UnmarshalJSON(after); err != nil {
		t.Fatal(err)
	}

	return out
}

// What Argo makes of pipelines is admitted, at the level that the function writes into the status
// for its release.
func TestWorkflowPodsAreAdmitted(t *testing.T) {
	for _, i := range flavours {
		for argo, pods := range samples(t) {
			level := map[bool]string{true: "Restricted", false: "Baseline"}[restricted(t, argo)]
			a := newAdmitter(t, policies(t, i), true, stackOf(level))

			for _, pod := range pods {
				if err := a.ask(t.Context(), write{who: "system:serviceaccount:team-a:workflow-controller", object: &pod}); err != nil {
					t.Errorf("%s: Argo %s: %s: %v", i.name, argo, pod.GetName(), err)
				}
			}
		}
	}
}

// An attack is what the author of a pipeline, or whoever may write to the API, has Argo make.
type attack struct {
	reason string
	change string
	by     string // the words of the validation that refuses it
}

var attacks = map[string]attack{
	"OtherAccount": {"security 2: service_account in version 2", `{spec: {serviceAccountName: default}}`, byAccount},
	"Controller":   {"security 1: the account that makes pods", `{spec: {serviceAccountName: workflow-controller}}`, byAccount},
	"NoAccount":    {"the default is not the runner", `{spec: {serviceAccountName: null}}`, byAccount},
	"Database":     {"security 2: secretAsVolume", `{spec: {volumes: [{name: s, secret: {secretName: ml-pipeline-database}}]}}`, bySecret},
	"Reserved":     {"a given certificate", `{spec: {volumes: [{name: s, secret: {secretName: given-tls}}]}}`, bySecret},
	"Debugger": {
		"an ephemeral container's",
		`{spec: {ephemeralContainers: [{name: d, envFrom: [{secretRef: {name: ml-pipeline-database}}]}]}}`,
		bySecret,
	},
	"Data": {
		"kubernetes.mount_pvc: the database as files",
		`{spec: {volumes: [{name: d, persistentVolumeClaim: {claimName: demo-ml-pipeline-database-0}}]}}`,
		byData,
	},
	"Objects": {
		"everybody's artifacts",
		`{spec: {volumes: [{name: d, persistentVolumeClaim: {claimName: demo-ml-pipeline-object-store-0, readOnly: true}}]}}`,
		byData,
	},
	"StackLabel":  {"security 2: podMetadata", `{metadata: {labels: {app: ml-pipeline, pipelines.opendatahub.io/stack: demo}}}`, byLabel},
	"Workbench":   {"policies let workbenches in", `{metadata: {labels: {opendatahub.io/workbenches: "true"}}}`, byLabel},
	"HostNetwork": {"security 1", `{spec: {hostNetwork: true}}`, byNode},
	"HostPID":     {"security 1: by podSpecPatch", `{spec: {hostPID: true}}`, byNode},
	"HostPath":    {"security 1: the node's disk", `{spec: {volumes: [{name: h, hostPath: {path: /etc}}]}}`, byNode},
	"HostPort":    {"the node's address", `{spec: {containers: [{name: main, ports: [{containerPort: 1, hostPort: 1}]}]}}`, byNode},
	"Probe": {
		"the kubelet calls for the pod",
		`{spec: {containers: [{name: main, livenessProbe: {httpGet: {host: 169.254.169.254, port: 80}}}]}}`,
		byProbe,
	},
	"Privileged": {
		"security 1",
		`{spec: {initContainers: [{name: init, securityContext: {privileged: true, allowPrivilegeEscalation: false}}]}}`,
		byPrivilege,
	},
	"ProcMount": {"the draft let it pass", `{spec: {containers: [{name: main, securityContext: {procMount: Unmasked}}]}}`, byPrivilege},
	"Sysctl":    {"the node's kernel", `{spec: {securityContext: {sysctls: [{name: kernel.msgmax, value: "1"}]}}}`, byProfile},
	"SELinux":   {"the node's policy", `{spec: {securityContext: {seLinuxOptions: {type: spc_t}}}}`, byProfile},
	"AppArmor":  {"the node's profile", `{spec: {securityContext: {appArmorProfile: {type: Unconfined}}}}`, byProfile},
	"AppArmorOld": {
		"by annotation",
		`{metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/main: unconfined}}}`,
		byProfile,
	},
	"NFS": {
		"restricted has no such volume",
		`{spec: {volumes: [{name: files, nfs: {server: files.example.org, path: /data}}]}}`,
		byVolume,
	},
	"Escalation": {"restricted", `{spec: {containers: [{name: main, securityContext: {allowPrivilegeEscalation: true}}]}}`, byEscalation},
	"Undropped":  {"restricted", `{spec: {containers: [{name: main, securityContext: {capabilities: {drop: [CHOWN]}}}]}}`, byEscalation},
	"AddedCap": {
		"baseline has it, restricted not",
		`{spec: {containers: [{name: main, securityContext: {capabilities: {add: [CHOWN]}}}]}}`,
		byEscalation,
	},
	"Root": {"the draft let it pass", `{spec: {containers: [{name: main, securityContext: {runAsUser: 0}}]}}`, byRoot},
	"PerhapsRoot": {
		"restricted",
		`{spec: {securityContext: {runAsNonRoot: null}, containers: [{name: main, securityContext: {runAsNonRoot: null}}]}}`,
		byRoot,
	},
	"NoSeccomp": {
		"restricted",
		`{spec: {securityContext: {seccompProfile: null}, containers: [{name: main, securityContext: {seccompProfile: null}}]}}`,
		bySeccomp,
	},
	"EphemeralShell": {
		"also in what an editor adds",
		`{spec: {ephemeralContainers: [{name: d, securityContext: {privileged: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]}}`,
		byPrivilege,
	},
}

// At this level an attack is tried: at the lower one where that refuses it.
func (a attack) level() string {
	if slices.Contains([]string{byVolume, byEscalation, byRoot, bySeccomp}, a.by) {
		return "Restricted"
	}

	return "Baseline"
}

// Each attack is refused by the validation that is there for it, and admitted once that is gone.
func TestAttacksOfPipelinesFail(t *testing.T) {
	const argo = "system:serviceaccount:team-a:workflow-controller"

	for _, i := range flavours {
		for _, level := range []string{"Baseline", "Restricted"} {
			a := newAdmitter(t, policies(t, i), true, stackOf(level))

			for name, tc := range attacks {
				if tc.level() == "Restricted" && level == "Baseline" {
					continue
				}

				err := a.ask(t.Context(), write{who: argo, object: step(t, tc.change)})
				if err == nil || level == tc.level() && !strings.Contains(err.Error(), tc.by) {
					t.Errorf("%s: %s: %s: want a refusal that says %q, got: %v", i.name, name, tc.reason, tc.by, err)
				}
			}
		}
	}

	whole := policies(t, flavours[0])
	for _, o := range whole {
		p, ok := o.(*admissionv1.ValidatingAdmissionPolicy)
		if !ok || p.Name != fence {
			continue
		}

		for _, v := range p.Spec.Validations {
			shown := false

			for name, tc := range attacks {
				if !saying(v, tc.by) {
					continue
				}

				shown = true

				open := newAdmitter(t, without(t, whole, fence, tc.by), true, stackOf(tc.level()))
				if err := open.ask(t.Context(), write{who: argo, object: step(t, tc.change)}); err != nil {
					t.Errorf("%s: %s: without the validation it should pass, and the case shows nothing: %v", name, tc.reason, err)
				}
			}

			if !shown {
				t.Errorf("no attack shows what this is for: %s", v.Expression)
			}
		}
	}
}

// Whoever writes status.workflowPods is asked, and nobody else: accounts of the class pass, and what
// a tenant writes into the spec changes nothing.
func TestTheFenceReadsTheStatus(t *testing.T) {
	bare := stackOf("Baseline")
	delete(bare.Object, "status")

	lying := stackOf("Restricted")
	lying.Object["spec"] = map[string]any{"workflowPods": map[string]any{"serviceAccounts": []any{"default"}}}

	second := bare.DeepCopy()
	second.SetName("second")

	cases := map[string]struct {
		reason string
		stacks []kruntime.Object
		change string
		want   string
	}{
		"Listed":    {"the class allows it", []kruntime.Object{stackOf("Restricted")}, `{spec: {serviceAccountName: spark}}`, ""},
		"NotListed": {"before there is a status the runner alone", []kruntime.Object{bare}, `{spec: {serviceAccountName: spark}}`, byAccount},
		"Runner":    {"which is always there", []kruntime.Object{bare}, `{}`, ""},
		"Lying":     {"a tenant's own word", []kruntime.Object{lying}, `{spec: {serviceAccountName: default}}`, byAccount},
		"Second": {
			"a refused second stack opens nothing",
			[]kruntime.Object{stackOf("Restricted"), second},
			`{spec: {hostPID: true}}`,
			byNode,
		},
		"Baseline": {
			"releases whose pods carry no context",
			[]kruntime.Object{stackOf("Baseline")},
			`{spec: {securityContext: {seccompProfile: null}}}`,
			"",
		},
		"BaselineRoot": {"may still not have the node", []kruntime.Object{stackOf("Baseline")}, `{spec: {hostPID: true}}`, byNode},
		"Elsewhere": {
			"a namespace without a stack",
			[]kruntime.Object{stackOf("Restricted")},
			`{metadata: {namespace: no-stack}, spec: {serviceAccountName: default}}`,
			"",
		},
	}

	for name, tc := range cases {
		a := newAdmitter(t, policies(t, flavours[0]), true, tc.stacks...)
		err := a.ask(t.Context(), write{who: tenant, object: step(t, tc.change)})

		if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%s: %s: want a refusal that says %q, got: %v", name, tc.reason, tc.want, err)
		}
	}
}

// Pods that ran before the policy came go on, and nothing is put on them later.
func TestTheFenceOnChanges(t *testing.T) {
	a := newAdmitter(t, policies(t, flavours[0]), true, stackOf("Restricted"))
	old := step(t, `{spec: {serviceAccountName: default, hostPID: true}}`)

	for name, tc := range map[string]struct {
		old         *unstructured.Unstructured
		subresource string
		change      string
		want        string
	}{
		"Completed":  {old, "", `{metadata: {labels: {workflows.argoproj.io/completed: "true"}}}`, ""},
		"Disguised":  {step(t, `{}`), "", `{metadata: {labels: {pipelines.opendatahub.io/stack: demo}}}`, byLabel},
		"Unlabelled": {step(t, `{}`), "", `{metadata: {labels: {workflows.argoproj.io/workflow: null, opendatahub.io/workbenches: "true"}}}`, byLabel},
		"Debugged":   {step(t, `{}`), "ephemeralcontainers", `{spec: {ephemeralContainers: [{name: d, envFrom: [{secretRef: {name: ml-pipeline-database}}]}]}}`, bySecret},
	} {
		err := a.ask(t.Context(), write{who: tenant, old: tc.old, object: patched(t, tc.old, tc.change), subresource: tc.subresource})

		if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%s: want a refusal that says %q, got: %v", name, tc.want, err)
		}
	}
}

// A cluster that has the install file and not yet, or no longer, its kinds goes on: only pods of
// workflows wait.
func TestOrdinaryPodsAreMadeWithoutTheKinds(t *testing.T) {
	for _, i := range flavours {
		a := newAdmitter(t, policies(t, i), false)
		ordinary := step(
			t,
			`{metadata: {labels: {workflows.argoproj.io/workflow: null}}, spec: {serviceAccountName: default, hostNetwork: true}}`,
		)

		if err := a.ask(t.Context(), write{who: tenant, object: ordinary}); err != nil {
			t.Errorf("%s: an ordinary pod: %v", i.name, err)
		}

		if err := a.ask(t.Context(), write{who: tenant, object: step(t, `{}`)}); err == nil {
			t.Errorf("%s: a pod of a workflow is admitted while nobody knows what its stack allows", i.name)
		}
	}
}
