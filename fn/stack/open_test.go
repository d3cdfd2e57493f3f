package stack

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/fields"
)

// What a tenant who has only the claim may set. A field that joins the API is refused to nobody, so
// somebody has to decide, and write it down here or in closedByDefault.

// boundFields are open, within what the class says.
var boundFields = []string{
	"release", "size", // by what the class has, and constraints.releases and sizes
	// By allowedTypes, and External by secretFields as well: none of the stack's own. A stack with an
	// External store hands Secrets of its namespace to a server of the claim's choice.
	"database.type", "objectStore.type",
	"database.embedded.storage", "database.embedded.storageClassName", "objectStore.embedded.storage", "objectStore.embedded.storageClassName",
	"database.external.host", "database.external.port", "database.external.name", "database.external.username", "database.external.tls",
	"database.external.usernameSecretRef.name", "database.external.usernameSecretRef.key",
	"database.external.passwordSecretRef.name", "database.external.passwordSecretRef.key",
	"database.external.caBundle.configMapKeyRef.name", "database.external.caBundle.configMapKeyRef.key",
	"objectStore.external.endpoint", "objectStore.external.region", "objectStore.external.bucket", "objectStore.external.forcePathStyle",
	"objectStore.external.credentialsSecretRef.name", "objectStore.external.credentialsSecretRef.accessKeyIDKey",
	"objectStore.external.credentialsSecretRef.secretAccessKeyKey",
	"objectStore.external.caBundle.configMapKeyRef.name", "objectStore.external.caBundle.configMapKeyRef.key",
	"objectStore.external.furtherBuckets.bucket", "objectStore.external.furtherBuckets.endpoint", "objectStore.external.furtherBuckets.region",
	"objectStore.external.furtherBuckets.credentialsSecretRef.name", "objectStore.external.furtherBuckets.credentialsSecretRef.accessKeyIDKey",
	"objectStore.external.furtherBuckets.credentialsSecretRef.secretAccessKeyKey",
	"objectStore.encryption.key",                              // by the class's keys
	"apiServer.allowV1Pipelines",                              // by the class's
	"scheduling.priorityClassName",                            // by constraints.priorityClassNames; none of the system's
	"pipelineRunner.serviceAccountAnnotations",                // by constraints.annotationKeys; no cloud identities
	"pipelineRunner.roles",                                    // by the class's list
	"networkPolicy.egress.cidr", "networkPolicy.egress.ports", // by constraints.egress
	"*.resources.requests", "*.resources.limits", // by constraints.resources
	"apiServer.replicas", "workflowController.replicas", "mlmd.replicas", "ui.replicas", // by constraints.replicas
	"tls.secretName", // by secretFields
	// Their variables' values, but neither what the stack sets nor sources.
	"*.env.name", "*.env.value",
}

// openFields give nobody more than a stack of their own: they name nothing of the stack's that its
// tenant does not have, and nothing of somebody else's.
var openFields = []string{
	"hibernate",
	"adoptionPolicy",
	"database.deletionPolicy",
	"database.extraParams",
	"objectStore.deletionPolicy",
	"objectStore.prefix",
	"objectStore.versioning",
	"objectStore.lifecycle.expireAfterDays",
	"objectStore.lifecycle.expireNoncurrentAfterDays",
	"objectStore.lifecycle.abortUploadsAfterDays",
	"apiServer.logLevel",
	"apiServer.cacheEnabled",
	"apiServer.runTTL",
	"apiServer.startupTimeout",
	"apiServer.workspace.storageClassName",
	"apiServer.workspace.accessModes",
	"persistenceAgent.logLevel",
	"persistenceAgent.workers",
	"scheduledWorkflow.logLevel",
	"scheduledWorkflow.timeZone",
	"workflowController.logLevel",
	"workflowController.parallelism",
	"workflowController.archiveLogs",
	"mlmd.envoy.enabled",
	"ui.enabled",
	"monitoring.enabled",
	"exposure.type",
	"exposure.host",
	"tls.type",
	"proxy.httpProxy",
	"proxy.httpsProxy",
	"proxy.noProxy",
	"caBundle.configMapKeyRef.name",
	"caBundle.configMapKeyRef.key",
	// Into the stack's own policies; the pods are of the tenant's namespace.
	"networkPolicy.clients.podLabels",
	// Nodes that admission does not keep from the namespace. docs/operations.md says how a class
	// closes them.
	"scheduling.nodeSelector",
	"scheduling.tolerations",
	"scheduling.affinity",
	"pipelineRunner.scheduling.nodeSelector",
	"pipelineRunner.scheduling.tolerations",
	"pipelineRunner.scheduling.affinity",
	// A kubelet takes nothing but registries' logins from them.
	"scheduling.imagePullSecrets.name",
}

func TestEveryFieldIsOpenBoundOrClosed(t *testing.T) {
	lists := map[string][]string{"closed": closedFields(v1alpha1.Constraints{}), "bound": boundFields, "open": openFields}
	unused := map[string]bool{}
	for _, list := range lists {
		for _, path := range list {
			unused[path] = true
		}
	}
	for _, path := range leavesOf[v1alpha1.StackSettings]() {
		var in []string
		for name, list := range lists {
			for _, listed := range list {
				if listed == path || strings.Contains(listed, "*") && fields.Covers(listed, path) || name == "closed" && fields.Covers(listed, path) {
					in = append(in, name+" as "+listed)
					delete(unused, listed)
				}
			}
		}
		if len(in) != 1 {
			t.Errorf("%s is in %v: say once whether claims may set it, in this file or in closedByDefault", path, in)
		}
	}
	if len(unused) > 0 {
		t.Errorf("there are no such fields: %v", unused)
	}
}

// Whatever names a Secret is kept from the stack's own, but for imagePullSecrets, of which a kubelet
// takes nothing but registries' logins.
func TestEverySecretIsChecked(t *testing.T) {
	found := map[string]bool{}
	for _, path := range leavesOf[v1alpha1.StackSettings]() {
		steps := strings.Split(strings.ToLower(path), ".")
		last, parent := steps[len(steps)-1], steps[max(len(steps)-2, 0)]
		names := strings.HasSuffix(last, "secretname") || last == "name" && strings.Contains(parent, "secret")
		if !names || path == "scheduling.imagePullSecrets.name" {
			continue
		}
		i := slices.IndexFunc(secretFields, func(f string) bool { return fields.Covers(f, path) })
		if i < 0 {
			t.Errorf("%s names a Secret, and is not in secretFields", path)
			continue
		}
		found[secretFields[i]] = true
	}
	for _, f := range secretFields {
		if !found[f] {
			t.Errorf("secretFields has %s, and there is no such field", f)
		}
	}
}

// The class of docs/operations.md for tenants who have only the claim.
func TestProfileOfClaimOnlyTenants(t *testing.T) {
	const profile = `constraints: {forbid: ["*.scheduling", "*.env", networkPolicy, "*.serviceAccountAnnotations", adoptionPolicy],
  priorityClassNames: [], egress: [], resources: {limits: {cpu: "4", memory: 8Gi}}}`
	cases := map[string]claimCase{
		"Empty": {reason: "an ordinary claim", class: profile, spec: `{size: Small, ui: {enabled: true}}`},
		"Edit": {
			reason: "what an editor of the namespace could do",
			class:  profile,
			spec: `{scheduling: {tolerations: [{operator: Exists}]}, pipelineRunner: {scheduling: {nodeSelector: {a: b}}}, ui: {env: [{name: A, value: b}]},
  networkPolicy: {clients: [{podLabels: {a: b}}]}}`,
			want: []string{
				"FieldValueForbidden spec.networkPolicy", "FieldValueForbidden spec.pipelineRunner.scheduling",
				"FieldValueForbidden spec.scheduling", "FieldValueForbidden spec.ui.env",
			},
		},
		"External": {
			reason: "which would hand any Secret of the namespace to a server of the claim's choice",
			class:  profile,
			spec:   externalClaim,
			want:   []string{"FieldValueNotSupported spec.database.type", "FieldValueNotSupported spec.objectStore.type"},
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

// leavesOf a struct are the paths of its fields that are no blocks, also of those in lists.
func leavesOf[T any]() []string { return leaves(reflect.TypeFor[T](), "") }

func leaves(t reflect.Type, path string) []string {
	switch {
	case t.Kind() == reflect.Pointer, t.Kind() == reflect.Slice:
		return leaves(t.Elem(), path)
	case t.Kind() != reflect.Struct || t.PkgPath() != reflect.TypeFor[v1alpha1.StackSettings]().PkgPath():
		return []string{strings.TrimPrefix(path, ".")}
	}
	var paths []string
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous {
			paths = append(paths, leaves(f.Type, path)...)
		} else {
			paths = append(paths, leaves(f.Type, path+"."+name)...)
		}
	}
	return paths
}

func TestValidateSecrets(t *testing.T) {
	source := func(name string) string {
		return `ui: {env: [{name: A, value: b}, {name: B, valueFrom: {secretKeyRef: {name: ` + name + `, key: password}}}]}`
	}
	const open, inEnv, inTLS = `constraints: {allow: ["*"]}`, "FieldValueForbidden spec.ui.env[1].valueFrom.secretKeyRef.name", "FieldValueForbidden spec.tls.secretName"
	const types = `{database: {allowedTypes: [External]}, objectStore: {allowedTypes: [External]}, ` + open + `}`
	external := func(password, keys, further, rest string) string {
		return `{database: {type: External, external: {host: db.example.org, name: kfp, username: kfp, tls: Disabled, passwordSecretRef: {name: ` + password + `, key: a}}},
  objectStore: {type: External, external: {endpoint: "https://s3.example.org", bucket: abc, credentialsSecretRef: {name: ` + keys + `},
    furtherBuckets: [{bucket: xyz}, {bucket: old, credentialsSecretRef: {name: ` + further + `}}]}}, ` + rest + `}`
	}
	const ofDatabase, ofStore = "FieldValueForbidden spec.database.external.passwordSecretRef.name", "FieldValueForbidden spec.objectStore.external."
	cases := map[string]claimCase{
		"External": {reason: "Secrets of the tenant's, and one of them for both", class: types, spec: external("a", "a", "b", source("c"))},
		"ExternalOwn": {
			reason: "a store elsewhere would be told them", class: types,
			spec: external("ml-pipeline-object-store", "ml-pipeline-database", "mlpipeline-minio-artifact", ""),
			want: []string{ofDatabase, ofStore + "credentialsSecretRef.name", ofStore + "furtherBuckets[1].credentialsSecretRef.name"},
		},
		"ExternalLogin": {
			reason: "what opens the database, in another pod",
			class:  types,
			spec:   external("a", "b", "c", source("a")),
			want:   []string{inEnv},
		},
		"ExternalKeys": {reason: "what opens the store", class: types, spec: external("a", "b", "c", source("b")), want: []string{inEnv}},
		"ExternalOld":  {reason: "what opens a further bucket", class: types, spec: external("a", "b", "c", source("c")), want: []string{inEnv}},
		"ExternalTLS": {
			reason: "one for the proxy and a store", class: types, spec: external("a", "b", "c", `tls: {type: Secret, secretName: b}`),
			want: []string{ofStore + "credentialsSecretRef.name", inTLS},
		},
		"Served": {
			reason: "the proxy's key, in another pod",
			class:  open,
			spec:   `{` + source("mine") + `, tls: {type: Secret, secretName: mine}}`,
			want:   []string{inEnv},
		},
		"Own":      {reason: "a Secret of the tenant's", class: open, spec: source("extra")},
		"Database": {reason: "the database's login", class: open, spec: source("ml-pipeline-database"), want: []string{inEnv}},
		"Key":      {reason: "what the provider writes", class: open, spec: source("ml-pipeline-object-store-key"), want: []string{inEnv}},
		"Store": {
			reason: "the store's keys, which have another name",
			class:  open,
			spec:   source("mlpipeline-minio-artifact"),
			want:   []string{inEnv},
		},
		"Later":   {reason: "whatever a later version adds", class: open, spec: source("ml-pipeline-more"), want: []string{inEnv}},
		"Similar": {reason: "a name that only looks like it", class: open, spec: source("ml-pipelines")},
		"ConfigMap": {
			reason: "configuration holds no secrets",
			class:  open,
			spec:   `ui: {env: [{name: A, valueFrom: {configMapKeyRef: {name: ml-pipeline-database-ca, key: a}}}]}`,
		},
		"TLS":    {reason: "a certificate of the tenant's", spec: `tls: {type: Secret, secretName: pipelines-tls}`},
		"TLSOwn": {reason: "the proxy would serve it", spec: `tls: {type: Secret, secretName: ml-pipeline-database}`, want: []string{inTLS}},
		"TLSServing": {
			reason: "OpenShift's goes with its own type",
			spec:   `tls: {type: Secret, secretName: ml-pipeline-serving-cert}`,
			want:   []string{inTLS},
		},
		"DefaultEnv": {
			reason: "nobody means it, so not even a class says it: every claim of it would be refused",
			class:  `defaults: {` + source("ml-pipeline-database") + `}`,
			want:   []string{"FieldValueForbidden class/default: spec.defaults.ui.env[1].valueFrom.secretKeyRef.name"},
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}
