package stack

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

func TestValidateDurations(t *testing.T) {
	cases := map[string]claimCase{
		"Startup": {reason: "as short as it may be", spec: `apiServer: {startupTimeout: 3m}`},
		"StartupLong": {
			reason: "it becomes a 32-bit count",
			spec:   `apiServer: {startupTimeout: 1000000h}`,
			want:   []string{"FieldValueInvalid spec.apiServer.startupTimeout"},
		},
		"RunTTLLong": {
			reason: "it becomes a 32-bit count",
			spec:   `apiServer: {runTTL: 2000000h}`,
			want:   []string{"FieldValueInvalid spec.apiServer.runTTL"},
		},
		"StartupShort": {
			reason: "the probe would kill the API server before it can say why it has no database",
			spec:   `apiServer: {startupTimeout: 2m59s}`,
			want:   []string{"FieldValueInvalid spec.apiServer.startupTimeout"},
		},
		"RunTTL": {reason: "as short as it may be", spec: `apiServer: {runTTL: 1s}`},
		"RunTTLShort": {
			reason: "Argo and the agent count whole seconds",
			spec:   `apiServer: {runTTL: 999ms}`,
			want:   []string{"FieldValueInvalid spec.apiServer.runTTL"},
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

func TestValidateTimeZone(t *testing.T) {
	cases := map[string]claimCase{
		"City": {reason: "as the database names it", spec: `scheduledWorkflow: {timeZone: Europe/Berlin}`},
		"UTC":  {reason: "the default", spec: `scheduledWorkflow: {timeZone: UTC}`},
		"Mars": {
			reason: "the controller ends at a zone that it does not find",
			spec:   `scheduledWorkflow: {timeZone: Mars/Phobos}`,
			want:   []string{"FieldValueInvalid spec.scheduledWorkflow.timeZone"},
		},
		"Local": {
			reason: "whichever that is",
			spec:   `scheduledWorkflow: {timeZone: Local}`,
			want:   []string{"FieldValueInvalid spec.scheduledWorkflow.timeZone"},
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

func TestValidateEnv(t *testing.T) {
	cases := map[string]claimCase{
		"Own": {
			reason: "variables that the stack does not know",
			spec:   `apiServer: {env: [{name: HTTPS_PROXY, value: proxy}, {name: NO_PROXY, value: none}]}`,
		},
		"Elsewhere": {reason: "a name counts for its own component", spec: `mlmd: {env: [{name: POD_NAMESPACE}]}`},
		"Twice": {
			reason: "the second would win, unseen",
			spec:   `apiServer: {env: [{name: A}, {name: B}, {name: A}]}`,
			want:   []string{"FieldValueDuplicate spec.apiServer.env[2].name"},
		},
		"MultiUser": {
			reason: "the stack's own rules of isolation would no longer hold",
			spec:   `apiServer: {env: [{name: MULTIUSER, value: "true"}]}`,
			want:   []string{"FieldValueInvalid spec.apiServer.env[0].name"},
		},
		"Accounts": {
			reason: "a release to come would act on it",
			spec:   `apiServer: {env: [{name: ALLOWEDSERVICEACCOUNTS, value: admin}]}`,
			want:   []string{"FieldValueInvalid spec.apiServer.env[0].name"},
		},
		"ByClass": {
			reason: "nor may the class's defaults",
			class:  `defaults: {apiServer: {env: [{name: MULTIUSER}]}}`,
			want:   []string{"FieldValueInvalid class/default: spec.defaults.apiServer.env[0].name"},
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

// Whatever a component is told by the stack, a claim cannot tell it otherwise.
// A variable that runs code is as good as an image.
func TestEnvRunsNoCode(t *testing.T) {
	claimCase{
		reason: "Node.js would run it",
		spec:   `ui: {env: [{name: NODE_OPTIONS, value: "--import data:text/javascript,x"}]}`,
		want:   []string{"FieldValueInvalid spec.ui.env[0].name"},
	}.run(t)
}

func TestValidateEnvKnowsEveryName(t *testing.T) {
	s := newStack(t, withUI)
	cases := map[string]struct {
		names []string
		set   func(*v1alpha1.PipelineStackSpec, []v1alpha1.EnvVar)
	}{
		"apiServer": {
			envNames(apiServerDeployment(s, nil), "api-server"),
			func(p *v1alpha1.PipelineStackSpec, e []v1alpha1.EnvVar) { p.APIServer.Env = e },
		},
		"persistenceAgent": {
			envNames(persistenceAgentDeployment(s), "persistence-agent"),
			func(p *v1alpha1.PipelineStackSpec, e []v1alpha1.EnvVar) { p.PersistenceAgent.Env = e },
		},
		"scheduledWorkflow": {
			envNames(scheduledWorkflowDeployment(s), "scheduled-workflow"),
			func(p *v1alpha1.PipelineStackSpec, e []v1alpha1.EnvVar) { p.ScheduledWorkflow.Env = e },
		},
		"workflowController": {
			envNames(workflowControllerDeployment(s), "workflow-controller"),
			func(p *v1alpha1.PipelineStackSpec, e []v1alpha1.EnvVar) { p.WorkflowController.Env = e },
		},
		"mlmd": {
			envNames(metadataDeployment(s, nil), "write-config"),
			func(p *v1alpha1.PipelineStackSpec, e []v1alpha1.EnvVar) { p.MLMD.Env = e },
		},
		"ui": {envNames(uiDeployment(s, nil), "ui"), func(p *v1alpha1.PipelineStackSpec, e []v1alpha1.EnvVar) { p.UI.Env = e }},
	}
	for _, c := range containers {
		if _, ok := cases[c.path]; ok != (c.env != nil) {
			t.Errorf("%s: the table of containers says %t of variables, this test %t", c.path, c.env != nil, ok)
		}
	}
	for component, tc := range cases {
		t.Run(component, func(t *testing.T) {
			if len(tc.names) == 0 {
				t.Fatal("the stack tells it nothing: the test looks at the wrong container")
			}
			for _, name := range tc.names {
				_, errs := tryStack(withUI, withSpec(func(p *v1alpha1.PipelineStackSpec) { tc.set(p, []v1alpha1.EnvVar{{Name: name}}) }))
				want := "spec." + component + ".env[0].name"
				if !slices.ContainsFunc(errs, func(e *field.Error) bool { return e.Field == want && e.Type == field.ErrorTypeInvalid }) {
					t.Errorf("%s can be set: %v", name, errs)
				}
			}
		})
	}
}

func TestValidateForeignArgo(t *testing.T) {
	cases := map[string]claimCase{
		"Nothing": {reason: "nothing to refuse"},
		"ArchiveLogs": {
			reason: "reaches the platform's controller through the namespace's artifact repository",
			spec:   `workflowController: {archiveLogs: false}`,
		},
		"Controller": {
			reason: "there is no controller of the stack's to set",
			spec:   `workflowController: {parallelism: 3}`,
			want:   []string{"FieldValueForbidden spec.workflowController"},
		},
		"RunTTL": {
			reason: "which is in its configuration",
			spec:   `apiServer: {runTTL: 1h}`,
			want:   []string{"FieldValueForbidden spec.apiServer.runTTL"},
		},
		"ByClass": {
			reason: "the class's defaults may still hold what an own controller would be told",
			class:  `defaults: {workflowController: {parallelism: 3}, apiServer: {runTTL: 1h}}`,
		},
	}
	for name, tc := range cases {
		tc.mods = append(tc.mods, foreignArgo)
		t.Run(name, tc.run)
	}
}

func TestValidateAccess(t *testing.T) {
	const identities = `constraints: {annotationKeys: ["*"]}`
	cases := map[string]claimCase{
		"TLSSecret": {reason: "a type and its name", spec: `tls: {type: Secret, secretName: mine}`},
		"TLSOwnType": {
			reason: "the class's name goes with the class's type",
			class:  `defaults: {tls: {type: Secret, secretName: theirs}}`,
			spec:   `tls: {type: SelfSigned}`,
		},
		"TLSNameMissing": {
			reason: "the type needs a name",
			spec:   `tls: {type: Secret}`,
			want:   []string{"FieldValueInvalid spec.tls.secretName"},
		},
		"TLSNameTooMuch": {
			reason: "and the name the type",
			spec:   `tls: {secretName: mine}`,
			want:   []string{"FieldValueInvalid spec.tls.secretName"},
		},
		"Clients": {reason: "labels as pods carry them", spec: `networkPolicy: {clients: [{podLabels: {app: x}}]}`},
		"ClientLabel": {
			reason: "no pod can carry such a label, and the API server would refuse the policy",
			spec:   `networkPolicy: {clients: [{podLabels: {app: ok}}, {podLabels: {"a b": x}}]}`,
			want:   []string{"FieldValueInvalid spec.networkPolicy.clients[1].podLabels"},
		},
		"Egress": {reason: "a range and ports", spec: `networkPolicy: {egress: [{cidr: 10.0.0.0/8, ports: [443]}, {cidr: "fd00::/8"}]}`},
		"EgressHost": {
			reason: "an address is no range",
			spec:   `networkPolicy: {egress: [{cidr: 10.0.0.1}]}`,
			want:   []string{"FieldValueInvalid spec.networkPolicy.egress[0].cidr"},
		},
		"EgressHostBits": {
			reason: "a range with bits outside its mask names another than it seems to",
			spec:   `networkPolicy: {egress: [{cidr: 10.1.0.0/8}]}`,
			want:   []string{"FieldValueInvalid spec.networkPolicy.egress[0].cidr"},
		},
		"EgressPort": {
			reason: "ports end at 65535",
			spec:   `networkPolicy: {egress: [{cidr: 10.0.0.0/8, ports: [443, 65536]}]}`,
			want:   []string{"FieldValueInvalid spec.networkPolicy.egress[0].ports[1]"},
		},
		"Annotations": {
			reason: "as IRSA wants them",
			class:  identities,
			spec:   `pipelineRunner: {serviceAccountAnnotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::123456789012:role/x"}}`,
		},
		"CloudIdentities": {
			reason: "what no cloud would take",
			class:  identities,
			spec: `pipelineRunner: {serviceAccountAnnotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::123456789012:user/x",
  iam.gke.io/gcp-service-account: runner, azure.workload.identity/client-id: runner, example.org/other: "&"}}`,
			want: []string{
				"FieldValueInvalid spec.pipelineRunner.serviceAccountAnnotations[azure.workload.identity/client-id]",
				"FieldValueInvalid spec.pipelineRunner.serviceAccountAnnotations[eks.amazonaws.com/role-arn]",
				"FieldValueInvalid spec.pipelineRunner.serviceAccountAnnotations[iam.gke.io/gcp-service-account]",
			},
		},
		"CloudIdentitiesTaken": {
			reason: "what they take",
			class:  identities,
			spec: `pipelineRunner: {serviceAccountAnnotations: {eks.amazonaws.com/role-arn: "arn:aws-cn:iam::123456789012:role/a/x",
  iam.gke.io/gcp-service-account: runner@research.iam.gserviceaccount.com, azure.workload.identity/client-id: 01234567-89ab-cdef-0123-456789abcdef}}`,
		},
		"Workspace": {
			reason: "a volume that a run writes to",
			spec:   `apiServer: {workspace: {storageClassName: fast, accessModes: [ReadWriteOnce, ReadWriteMany]}}`,
		},
		"WorkspaceModes": {
			reason: "each run's volume would be refused",
			spec:   `apiServer: {workspace: {storageClassName: "a b", accessModes: [RWX, ReadOnlyMany, ReadWriteOnce, ReadWriteOnce, ReadWriteOncePod]}}`,
			want: []string{
				"FieldValueDuplicate spec.apiServer.workspace.accessModes[3]", "FieldValueInvalid spec.apiServer.workspace.accessModes[4]",
				"FieldValueInvalid spec.apiServer.workspace.storageClassName",
				"FieldValueNotSupported spec.apiServer.workspace.accessModes[0]", "FieldValueNotSupported spec.apiServer.workspace.accessModes[1]",
			},
		},
		"BadAnnotation": {
			reason: "the API server would refuse the account",
			spec:   `pipelineRunner: {serviceAccountAnnotations: {"a b": c}}`,
			want:   []string{"FieldValueInvalid spec.pipelineRunner.serviceAccountAnnotations"},
		},
		"Monitored": {
			reason: "where the kinds are there",
			spec:   `monitoring: {enabled: true}`,
			class:  `monitoring: {prometheusOperator: true}`,
		},
		"NotMonitored": {
			reason: "and the tenant may do without",
			spec:   `monitoring: {enabled: false}`,
			class:  `monitoring: {prometheusOperator: true}`,
		},
		"CannotMonitored": {
			reason: "a kind that is missing would be waited for",
			spec:   `monitoring: {enabled: true}`,
			want:   []string{"FieldValueForbidden spec.monitoring.enabled"},
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}
