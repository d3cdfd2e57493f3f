package stack

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

func TestStartupOutlastsTheDatabase(t *testing.T) {
	cases := map[string]struct {
		reason string
		spec   string
		want   int32 // seconds
	}{
		"Default":  {"ten minutes, for migrations", `{}`, 600},
		"Shortest": {"the least that validation lets through", `apiServer: {startupTimeout: 3m}`, 180},
		"Longest":  {"what the claim asks for", `apiServer: {startupTimeout: 2h}`, 7200},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := apiServerDeployment(newStack(t, claims(t, tc.spec)), nil).Spec.Template.Spec.Containers[0].StartupProbe
			window := p.PeriodSeconds * p.FailureThreshold
			if window != tc.want {
				t.Errorf("%s: the probe gives up after %d seconds, want %d", tc.reason, window, tc.want)
			}
			if window <= databaseTimeoutSeconds {
				t.Errorf(
					"the probe gives up after %d seconds, the API server waits %d for its database and then says why it cannot have it",
					window,
					databaseTimeoutSeconds,
				)
			}
		})
	}
}

// TestAnOutageShows wants an API server without its database to be not ready, in every release, and
// nothing to end it for that.
func TestAnOutageShows(t *testing.T) {
	health := httpProbe(httpPort, "/apis/v2beta1/healthz", corev1.URISchemeHTTP)
	database := httpProbe(httpPort, "/apis/v2beta1/experiments?page_size=1", corev1.URISchemeHTTP)
	for release := range Releases() {
		for name, mods := range map[string][]mod{"guarded": nil, "open": {unguarded}} {
			s := newStack(t, append(mods, claims(t, "release: "+release), withDatabase(func(d *v1alpha1.SharedDatabase) {
				d.NativePasswords = ptr.To(true)
			}))...)
			api := apiServerDeployment(s, nil).Spec.Template.Spec.Containers[0]
			want := &corev1.Probe{ProbeHandler: database, PeriodSeconds: 20, TimeoutSeconds: 5, FailureThreshold: 3}
			if diff := cmp.Diff(want, api.ReadinessProbe); diff != "" {
				t.Errorf("%s, %s: a call that needs the database tells that it is gone: -want, +got\n%s", release, name, diff)
			}
			for what, p := range map[string]*corev1.Probe{"liveness": api.LivenessProbe, "startup": api.StartupProbe} {
				if diff := cmp.Diff(health, p.ProbeHandler); diff != "" {
					t.Errorf("%s, %s: %s must not end what waits for its database: -want, +got\n%s", release, name, what, diff)
				}
			}
		}
	}
}

func TestServerConfig(t *testing.T) {
	plain := map[string]any{
		"DBConfig":                     map[string]any{"MySQLConfig": map[string]any{"GroupConcatMaxLen": "4194304"}},
		"ARCHIVE_CONFIG_LOG_FILE_NAME": "main.log", "ARCHIVE_CONFIG_LOG_PATH_PREFIX": "/artifacts",
	}
	// Kubeflow Pipelines ends at resources here: it takes the size from the pipeline.
	workspace := func(modes ...any) map[string]any {
		return map[string]any{"VolumeClaimTemplateSpec": map[string]any{"accessModes": modes, "storageClassName": "fast"}}
	}
	cases := map[string]struct {
		reason    string
		spec      string
		workspace any
	}{
		"None":      {"a block that says nothing would end the server", `{}`, nil},
		"Workspace": {"class and mode, and nothing else", `apiServer: {workspace: {storageClassName: fast}}`, workspace("ReadWriteOnce")},
		"Modes": {
			"the modes that the claim names",
			`apiServer: {workspace: {storageClassName: fast, accessModes: [ReadWriteMany]}}`,
			workspace("ReadWriteMany"),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var got map[string]any
			if err := json.Unmarshal([]byte(serverConfig(newStack(t, claims(t, tc.spec))).Data[keyServerConfig]), &got); err != nil {
				t.Fatal(err)
			}
			workspace, there := got["Workspace"]
			if diff := cmp.Diff(tc.workspace, workspace); diff != "" || there != (tc.workspace != nil) {
				t.Errorf("%s: there: %t, -want, +got\n%s", tc.reason, there, diff)
			}
			delete(got, "Workspace")
			if diff := cmp.Diff(plain, got); diff != "" {
				t.Errorf("all else is said in the environment: -want, +got\n%s", diff)
			}
		})
	}
}

// What goes wrong without these is told by the messages; research has found each of them the hard
// way.
func TestAPIServerEnv(t *testing.T) {
	s := newStack(t)
	vars := apiServerEnv(s)
	got := values(vars)
	for name, want := range map[string]string{
		"DBDRIVERNAME":                                 "mysql",
		"DBCONFIG_MYSQLCONFIG_DBNAME":                  s.ID,
		"DBCONFIG_CONMAXLIFETIME":                      "120s",
		"INITCONNECTIONTIMEOUT":                        "120s",
		"OBJECTSTORECONFIG_HOST":                       "s3.eu-central-1.amazonaws.com",
		"OBJECTSTORECONFIG_BUCKETNAME":                 s.ID,
		"OBJECTSTORECONFIG_PIPELINEPATH":               "pipelines",
		"OBJECTSTORECONFIG_SECURE":                     "true",
		"DEFAULTPIPELINERUNNERSERVICEACCOUNT":          "pipeline-runner",
		"V2_DRIVER_IMAGE":                              s.Release.Images[driverImage],
		"V2_LAUNCHER_IMAGE":                            s.Release.Images[launcherImage],
		"ML_PIPELINE_SERVICE_HOST":                     "ml-pipeline.team-a.svc.cluster.local",
		"METADATA_GRPC_SERVICE_SERVICE_HOST":           "metadata-grpc-service",
		"CLUSTER_DOMAIN":                               "cluster.local",
		"ML_PIPELINE_VISUALIZATIONSERVER_SERVICE_PORT": "8888",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if got["ML_PIPELINE_VISUALIZATIONSERVER_SERVICE_HOST"] == "" {
		t.Error("ML_PIPELINE_VISUALIZATIONSERVER_SERVICE_HOST is empty: the server dies at start")
	}
	seen := map[string]bool{}
	for _, v := range vars {
		if seen[v.Name] {
			t.Errorf("%s is there twice", v.Name)
		}
		seen[v.Name] = true
		if name := strings.ToUpper(
			v.Name,
		); (strings.Contains(name, "PASSWORD") || strings.HasSuffix(name, "KEY")) &&
			(v.ValueFrom == nil || v.ValueFrom.SecretKeyRef == nil) {
			t.Errorf("%s does not come from a Secret", v.Name)
		}
	}
	if !seen["POD_NAMESPACE"] {
		t.Error("without POD_NAMESPACE every pipeline goes to namespace kubeflow")
	}
}

// What a class says of service accounts holds for the API and for admission alike.
func TestServiceAccountsOfTheClass(t *testing.T) {
	var asking string
	for name, r := range Releases() {
		if r.Features.AllowedServiceAccounts {
			asking = name
		}
	}
	s := newStack(t, claims(t, "release: "+asking), classes(t, `pipelineRunner: {serviceAccounts: [trainer, reader]}`))
	if got := values(apiServerEnv(s))[envAllowedAccounts]; got != "pipeline-runner,trainer,reader" {
		t.Errorf("the API server is told %q", got)
	}
	if diff := cmp.Diff([]string{"pipeline-runner", "trainer", "reader"}, s.status().WorkflowPods.ServiceAccounts); diff != "" {
		t.Errorf("the status says: -want, +got\n%s", diff)
	}
}

// The Deployment says which stack it is, for a function that finds no status.
func TestAPIServerRemembers(t *testing.T) {
	s := newStack(t)
	want := map[string]string{
		AnnotationRelease: DefaultRelease, AnnotationSchema: strconv.Itoa(s.Release.Schema), annotationClass: "default",
		annotationDatabase: "Shared/mysql.example.org/" + s.ID, annotationObjectStore: "AWS/aws//eu-central-1/" + s.ID,
		annotationTables:       "Shared/mysql.example.org/" + s.ID + " " + s.Release.Images[APIServer],
		annotationPipelineRoot: "s3://" + s.ID + "/v2/artifacts",
	}
	if diff := cmp.Diff(want, apiServerDeployment(s, nil).Annotations); diff != "" {
		t.Errorf("-want, +got\n%s", diff)
	}
	known := newStack(t, withAWS(func(a *v1alpha1.AWSObjectStore) { a.AccountID = "123456789012" }))
	if got, want := known.store.identity, dataIdentity("AWS/aws/123456789012/eu-central-1/"+s.ID); got != want {
		t.Errorf("the account that the class says is part of what tells data apart: %s, want %s", got, want)
	}
}

// Releases that ask have to be told; the others are told nothing, and roll for nothing.
func TestAllowedServiceAccounts(t *testing.T) {
	seen := map[bool]int{}
	for name, r := range Releases() {
		got, told := values(apiServerEnv(newStack(t, claims(t, "release: "+name))))[envAllowedAccounts]
		if told != r.Features.AllowedServiceAccounts || told && got != "pipeline-runner" {
			t.Errorf("release %s: %s is %q, set %t, want it set %t", name, envAllowedAccounts, got, told, r.Features.AllowedServiceAccounts)
		}
		seen[told]++
	}
	if len(seen) != 2 {
		t.Errorf("releases that are told and that are not: %v, want some of each", seen)
	}
}

func TestAPIServerUsers(t *testing.T) {
	cases := map[string]struct {
		reason string
		class  string
		want   string
	}{
		"Fixed":    {"plain Kubernetes: user code runs as the stack's own pods do", `{}`, "1000"},
		"Assigned": {"OpenShift chooses for pipeline pods too", `podSecurity: {userIDs: Assigned}`, ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, classes(t, tc.class))
			if got := values(apiServerEnv(s))["DEFAULT_SECURITY_CONTEXT_RUN_AS_USER"]; got != tc.want {
				t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
			}
			if sc := apiServerDeployment(s, nil).Spec.Template.Spec.SecurityContext; (sc.RunAsUser != nil) != (tc.want != "") || !*sc.RunAsNonRoot {
				t.Errorf("%s: the pod's own context is %v", tc.reason, sc)
			}
		})
	}
}

func TestClaimReplacesWhatTheReleaseSays(t *testing.T) {
	s := newStack(
		t,
		classes(t, `{images: {registry: mirror.example.org}, constraints: {allow: ["*.image", "*.driverImage", "*.env.valueFrom"]}}`),
		claims(t, `
apiServer: {image: mine/server:1, driverImage: mine/driver:1, replicas: 3, logLevel: Debug, cacheEnabled: false, env: [{name: EXTRA, valueFrom: {secretKeyRef: {name: a, key: b}}}]}
`),
	)
	first := apiServerDeployment(s, nil)
	first.Annotations[annotationTablesMade] = first.Annotations[annotationTables] // until then there is one replica
	d := apiServerDeployment(s, Observed{resAPIServerDeployment: seen(t, first, "")})
	ct := d.Spec.Template.Spec.Containers[0]
	vars := values(ct.Env)
	got := []string{ct.Image, vars["V2_DRIVER_IMAGE"], vars["V2_LAUNCHER_IMAGE"], vars["LOG_LEVEL"], vars["CACHEENABLED"]}
	want := []string{"mine/server:1", "mine/driver:1", "mirror.example.org/kubeflow/kfp-launcher:" + DefaultRelease, "debug", "false"}
	if diff := cmp.Diff(want, got); diff != "" || *d.Spec.Replicas != 3 {
		t.Errorf("%d replicas: -want, +got\n%s", *d.Spec.Replicas, diff)
	}
	last := ct.Env[len(ct.Env)-1]
	if last.Name != "EXTRA" || last.ValueFrom.SecretKeyRef.Name != "a" || last.ValueFrom.SecretKeyRef.Key != "b" {
		t.Errorf("the claim's variables stand behind the stack's own: last is %v", last)
	}
}

func TestLauncherConfig(t *testing.T) {
	s := newStack(t, claims(t, `objectStore: {prefix: a}`))
	cm := launcherConfig(s)
	if want := "s3://" + s.ID + "/a/v2/artifacts"; cm.Name != "kfp-launcher" || cm.Data["defaultPipelineRoot"] != want {
		t.Errorf("%s has root %s, want kfp-launcher with %s", cm.Name, cm.Data["defaultPipelineRoot"], want)
	}
	var got map[string]any
	read(t, cm.Data["providers"], &got)
	want := map[string]any{"s3": map[string]any{"default": map[string]any{
		"endpoint": "https://s3.eu-central-1.amazonaws.com", "region": "eu-central-1", "disableSSL": false,
		"credentials": map[string]any{"fromEnv": false, "secretRef": map[string]any{
			"secretName": "mlpipeline-minio-artifact", "accessKeyKey": "accesskey", "secretKeyKey": "secretkey",
		}},
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want, +got\n%s", diff)
	}
}

func TestPipelineRunner(t *testing.T) {
	for name, argo := range map[string]mod{"Stack": func(*given) {}, "Platform": foreignArgo} {
		s := newStack(t, argo, classes(t, `images: {pullSecrets: [{name: a}, {name: b}]}`), claims(t, `
{pipelineRunner: {serviceAccountAnnotations: {role: arn}}, scheduling: {imagePullSecrets: [{name: b}, {name: c}]}}`))
		sa := pipelineRunnerAccount(s)
		if sa.AutomountServiceAccountToken != nil || sa.Annotations["role"] != "arn" {
			t.Errorf("%s: drivers and launchers call Kubernetes: automount is %v, annotations %v",
				name, sa.AutomountServiceAccountToken, sa.Annotations)
		}
		if sa.ImagePullSecrets != nil {
			t.Errorf("%s: OpenShift writes the list too, and each would undo the other: %v", name, sa.ImagePullSecrets)
		}
	}
}

func TestUserAccessRole(t *testing.T) {
	role := userAccessRole(newStack(t))
	r := role.Rules[0]
	got := slices.Concat(r.APIGroups, r.Resources, r.ResourceNames, r.Verbs)
	want := []string{v1alpha1.GroupVersion.Group, "pipelinestacks/api", "demo", "get", "create", "update", "patch", "delete"}
	if diff := cmp.Diff(want, got); diff != "" || len(role.Rules) != 1 || role.Name != "ds-pipeline-user-access-demo" {
		t.Errorf("%s has %d rules: -want, +got\n%s", role.Name, len(role.Rules), diff)
	}
}

// A version 1 pipeline becomes a workflow unchanged, so its author decides how its pods run.
func TestVersion1PipelinesAreBlocked(t *testing.T) {
	cases := map[string]struct {
		reason string
		mods   []mod
		want   string
	}{
		"Default": {"nobody has to ask for it", nil, "true"},
		"Wanted":  {"who asks gets it", []mod{claims(t, `apiServer: {allowV1Pipelines: false}`)}, "true"},
		"Allowed": {
			"a claim may go on with them where its class lets it",
			[]mod{classes(t, `allowV1Pipelines: true`), claims(t, `apiServer: {allowV1Pipelines: true}`)},
			"false",
		},
		"Possible": {"a class that lets claims does not do it for them", []mod{classes(t, `allowV1Pipelines: true`)}, "true"},
		"Class":    {"unless it says so, for every claim", []mod{classes(t, `defaults: {apiServer: {allowV1Pipelines: true}}`)}, "false"},
		"Cannot":   {"a release that cannot goes on as it is", []mod{claims(t, `release: odh-2.18.0`)}, "false"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, tc.mods...)
			got := []string{values(apiServerEnv(s))["BLOCK_V1_PIPELINES"], values(scheduledWorkflowEnv(s))["BLOCK_V1_PIPELINES"]}
			if diff := cmp.Diff([]string{tc.want, tc.want}, got); diff != "" {
				t.Errorf("%s: of API server and schedules: -want, +got\n%s", tc.reason, diff)
			}
		})
	}
}
