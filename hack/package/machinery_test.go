package main

// Longer than others: one table of attacks on the machinery, in both flavours.

import (
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kruntime "k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

const byMachinery = "is the platform"

// Made of YAML: an object of the tenant's namespace.
func made(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()

	o := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &o.Object); err != nil {
		t.Fatal(err)
	}

	o.SetNamespace("team-a")
	o.SetName("demo")

	return o
}

func stackWith(t *testing.T, spec string) *unstructured.Unstructured {
	t.Helper()

	return made(t, `{apiVersion: `+stackVersion+`, kind: PipelineStack, spec: `+spec+`}`)
}

// What Crossplane writes into a claim, and into a namespaced stack.
const (
	ofClaim = `compositeDeletePolicy: Foreground, compositionRef: {name: pipelinestack}, compositionRevisionRef: {name: pipelinestack-1}, ` +
		`compositionUpdatePolicy: Automatic, resourceRef: {apiVersion: ` + stackVersion + `, kind: XPipelineStack, name: demo-x7k2p}`
	ofStack = `crossplane: {compositionRef: {name: pipelinestack}, compositionRevisionRef: {name: pipelinestack-1}, ` +
		`compositionUpdatePolicy: Automatic, resourceRefs: [{apiVersion: v1, kind: ConfigMap, name: kfp-launcher}]}`
)

// Which Composition makes a stack, and of which objects it consists, is no tenant's.
func TestTenantsDoNotTouchTheMachinery(t *testing.T) {
	cases := map[string]struct {
		reason string
		who    string
		old    string // none for a new stack
		spec   string
		want   string // a word of the refusal
	}{
		"Empty":           {"an ordinary claim", tenant, "", `{}`, ""},
		"Settings":        {"an ordinary claim", tenant, "", `{size: Small, release: 2.17.0}`, ""},
		"Defaulted":       {"the definition fills it in before admission", tenant, "", `{compositeDeletePolicy: Foreground}`, ""},
		"DefaultedStack":  {"likewise in the namespaced flavour", tenant, "", `{crossplane: {compositionUpdatePolicy: Automatic}}`, ""},
		"Changed":         {"an ordinary change", tenant, `{` + ofClaim + `}`, `{size: Large, ` + ofClaim + `}`, ""},
		"ChangedStack":    {"an ordinary change", tenant, `{` + ofStack + `}`, `{size: Large, ` + ofStack + `}`, ""},
		"Composition":     {"security 7", tenant, "", `{compositionRef: {name: mine}}`, "spec.compositionRef"},
		"Selector":        {"security 7", tenant, "", `{compositionSelector: {matchLabels: {a: b}}}`, "spec.compositionSelector"},
		"Revision":        {"security 7", tenant, "", `{compositionRevisionRef: {name: mine}}`, "spec.compositionRevisionRef"},
		"RevisionByLabel": {"security 7", tenant, "", `{compositionRevisionSelector: {matchLabels: {a: b}}}`, "spec.compositionRevisionSelector"},
		"Pinned":          {"an old revision may have holes", tenant, "", `{compositionUpdatePolicy: Manual}`, "spec.compositionUpdatePolicy"},
		"OtherComposite":  {"somebody else's composite is bound", tenant, "", `{resourceRef: {name: theirs}}`, "spec.resourceRef"},
		"Connection": {
			"a Secret is overwritten",
			tenant,
			"",
			`{writeConnectionSecretToRef: {name: theirs}}`,
			"spec.writeConnectionSecretToRef",
		},
		"Background": {
			"the data's end comes before its users'",
			tenant,
			"",
			`{compositeDeletePolicy: Background}`,
			"spec.compositeDeletePolicy",
		},
		"OfAStack": {"security 7", tenant, "", `{crossplane: {compositionRef: {name: mine}}}`, "spec.crossplane.compositionRef"},
		"RevisionOfStack": {
			"security 7",
			tenant,
			"",
			`{crossplane: {compositionRevisionRef: {name: mine}}}`,
			"spec.crossplane.compositionRevisionRef",
		},
		"SelectorOfStack": {
			"security 7",
			tenant,
			"",
			`{crossplane: {compositionSelector: {matchLabels: {a: b}}}}`,
			"spec.crossplane.compositionSelector",
		},
		"Objects": {
			"security 6: Crossplane overwrites what is named",
			tenant,
			`{` + ofStack + `}`,
			`{` + strings.ReplaceAll(
				ofStack,
				`name: kfp-launcher}`,
				`name: kfp-launcher}, {apiVersion: rbac.authorization.k8s.io/v1, kind: Role, name: theirs}`,
			) + `}`,
			"spec.crossplane.resourceRefs",
		},
		"ObjectsOfNew": {
			"security 6",
			tenant,
			"",
			`{crossplane: {resourceRefs: [{apiVersion: v1, kind: Secret, name: a}]}}`,
			"spec.crossplane.resourceRefs",
		},
		"Unknown": {"a field that a later Crossplane brings", tenant, "", `{crossplane: {more: true}}`, "spec.crossplane.more"},
		"Moved": {
			"another database server, for a stack that runs", tenant, `{` + ofClaim + `}`,
			`{` + strings.ReplaceAll(ofClaim, `{name: pipelinestack}`, `{name: mine}`) + `}`, "spec.compositionRef",
		},
		"Replaced": {
			"kubectl replace leaves everything out",
			tenant,
			`{` + ofClaim + `}`,
			`{compositeDeletePolicy: Foreground}`,
			"spec.resourceRef",
		},
		"ReplacedStack":    {"likewise", tenant, `{` + ofStack + `}`, `{}`, "spec.crossplane.resourceRefs"},
		"Collector":        {"metadata is no machinery", collector, `{` + ofStack + `}`, `{` + ofStack + `}`, ""},
		"Crossplane":       {"whose it is", crossplane, `{}`, `{` + ofClaim + `}`, ""},
		"CrossplanesStack": {"whose it is", crossplane, `{}`, `{` + ofStack + `}`, ""},
		"Platform":         {"holds the verb", platform, "", `{compositionRef: {name: canary}}`, ""},
	}

	for _, i := range flavours {
		whole := policies(t, i)
		a := newAdmitter(t, whole, true)
		open := newAdmitter(t, without(t, whole, "pipelinestack-machinery", byMachinery), true)

		for name, tc := range cases {
			w := write{who: tc.who, object: stackWith(t, tc.spec)}
			if tc.old != "" {
				w.old = stackWith(t, tc.old)
			}

			err := a.ask(t.Context(), w)
			if tc.want == "" && err != nil {
				t.Errorf("%s: %s: %s: %v", i.name, name, tc.reason, err)
			}

			if tc.want != "" && (err == nil || !strings.Contains(err.Error(), byMachinery) || !slices.Contains(fieldsIn(err), tc.want)) {
				t.Errorf("%s: %s: %s: want a refusal that names %s, got: %v", i.name, name, tc.reason, tc.want, err)
			}

			if err := open.ask(t.Context(), w); err != nil {
				t.Errorf("%s: %s: without the validation it should pass, and the case shows nothing: %v", i.name, name, err)
			}
		}
	}
}

// FieldsIn are the words of an error.
func fieldsIn(err error) []string {
	return strings.FieldsFunc(err.Error(), func(r rune) bool { return r == ' ' || r == ',' })
}

// What may name the platform's accounts, and ask for those of the providers.
func TestTenantsDoNotUseThePlatformsAccounts(t *testing.T) {
	const (
		byManaged   = "only Crossplane makes and changes managed resources"
		byObjects   = "only Crossplane makes and changes Objects"
		bySource    = "has its credentials from a Secret"
		byNamespace = "names Secrets of that namespace alone"

		managed = "pipelinestack-managed"
		configs = "pipelinestack-provider-configs"
		objects = "pipelinestack-objects"

		provider = "system:serviceaccount:crossplane-system:provider-sql-0123"
	)

	config := func(group, version, spec string) string {
		return `{apiVersion: ` + group + `/` + version + `, kind: ProviderConfig, spec: ` + spec + `}`
	}
	through := func(version, kind, ref, more string) string {
		return `{apiVersion: ` + version + `, kind: ` + kind + `, spec: {` + more + `providerConfigRef: ` + ref + `}}`
	}

	const (
		stacks, other = `{kind: ClusterProviderConfig, name: pipelinestack}`, `{kind: ClusterProviderConfig, name: default}`
		grant         = "mysql.sql.m.crossplane.io/v1alpha1"
	)

	cases := map[string]struct {
		reason      string
		who         string
		old, object string
		policy, by  string // none if it is admitted
	}{
		"Grant":    {"security 11: a neighbour's database", tenant, "", through(grant, "Grant", stacks, ""), managed, byManaged},
		"Database": {"a database that nobody counts", tenant, "", through(grant, "Database", stacks, ""), managed, byManaged},
		"Bucket":   {"a neighbour's bucket", tenant, "", through("s3.aws.m.upbound.io/v1beta1", "Bucket", stacks, ""), managed, byManaged},
		"Identity": {"a login to the account", tenant, "", through("iam.aws.m.upbound.io/v1beta1", "User", stacks, ""), managed, byManaged},
		"DefaultedKind": {
			"the definition's default is the cluster's",
			tenant,
			"",
			through(grant, "Grant", `{name: pipelinestack}`, ""),
			managed,
			byManaged,
		},
		"ByTheProvider": {"no provider makes one", provider, "", through(grant, "Grant", stacks, ""), managed, byManaged},
		"ByThePlatform": {"nobody does", platform, "", through(grant, "Grant", stacks, ""), managed, byManaged},
		"Taken": {
			"one that was somebody's",
			tenant,
			through(grant, "Grant", other, ""),
			through(grant, "Grant", stacks, ""),
			managed,
			byManaged,
		},
		"Edited": {
			"a stack's own", tenant, through(grant, "Grant", stacks, ""),
			through(grant, "Grant", stacks, `forProvider: {database: theirs}, `), managed, byManaged,
		},
		"Withdrawn":  {"a stack's own", tenant, through(grant, "Grant", stacks, ""), through(grant, "Grant", other, ""), managed, byManaged},
		"Crossplane": {"which makes stacks", crossplane, "", through(grant, "Grant", stacks, ""), "", ""},
		"FilledIn": {
			"providers add what they find",
			provider,
			through(grant, "Grant", stacks, ""),
			through(grant, "Grant", stacks, `forProvider: {a: b}, `),
			"",
			"",
		},
		"Finalizer":    {"the collector's", collector, through(grant, "Grant", stacks, ""), through(grant, "Grant", stacks, ""), "", ""},
		"OtherAccount": {"the platform's other uses", tenant, "", through(grant, "Grant", other, ""), "", ""},
		"OwnConfig":    {"a login of one's own", tenant, "", through(grant, "Grant", `{kind: ProviderConfig, name: pipelinestack}`, ""), "", ""},
		"Config": {
			"which names no config",
			tenant,
			"",
			config("mysql.sql.m.crossplane.io", "v1alpha1", `{credentials: {source: MySQLConnectionSecret, connectionSecretRef: {name: mine}}}`),
			"",
			"",
		},

		"Object": {
			"every Secret of the cluster",
			tenant,
			"",
			through(
				"kubernetes.m.crossplane.io/v1alpha1",
				"Object",
				stacks,
				`forProvider: {manifest: {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, `+
					`metadata: {name: pipelinestack-auth-delegator.team-a.demo}, roleRef: {kind: ClusterRole, name: system:auth-delegator}}}, `,
			),
			objects,
			byObjects,
		},

		"Injected": {
			"security 11: the provider's account", tenant, "",
			config("kubernetes.m.crossplane.io", "v1alpha1", `{credentials: {source: InjectedIdentity}}`), configs, bySource,
		},
		"InjectedTogether": {
			"with a kubeconfig",
			tenant,
			"",
			config(
				"kubernetes.m.crossplane.io",
				"v1alpha1",
				`{credentials: {source: Secret, secretRef: {namespace: team-a, name: a, key: k}}, identity: {type: AWSWebIdentityCredentials, source: InjectedIdentity}}`,
			),
			configs,
			bySource,
		},
		"File": {
			"the provider's disk", tenant, "",
			config("kubernetes.m.crossplane.io", "v1alpha1", `{credentials: {source: Filesystem, fs: {path: /a}}}`), configs, bySource,
		},
		"IRSA": {
			"the provider's role",
			tenant,
			"",
			config("aws.m.upbound.io", "v1beta1", `{credentials: {source: IRSA}}`),
			configs,
			bySource,
		},
		"PodIdentity": {
			"the provider's role",
			tenant,
			"",
			config("aws.m.upbound.io", "v1beta1", `{credentials: {source: PodIdentity}}`),
			configs,
			bySource,
		},
		"Rewritten": {
			"one that was harmless", tenant,
			config("kubernetes.m.crossplane.io", "v1alpha1", `{credentials: {source: Secret, secretRef: {namespace: team-a, name: a, key: k}}}`),
			config("kubernetes.m.crossplane.io", "v1alpha1", `{credentials: {source: InjectedIdentity}}`), configs, bySource,
		},
		"OthersSecret": {
			"the platform's kubeconfig",
			tenant,
			"",
			config(
				"kubernetes.m.crossplane.io",
				"v1alpha1",
				`{credentials: {source: Secret, secretRef: {namespace: crossplane-system, name: a, key: k}}}`,
			),
			configs,
			byNamespace,
		},
		"OthersKeys": {
			"the platform's access keys",
			tenant,
			"",
			config(
				"aws.m.upbound.io",
				"v1beta1",
				`{credentials: {source: Secret, secretRef: {namespace: crossplane-system, name: a, key: k}}}`,
			),
			configs,
			byNamespace,
		},
		"OthersCertificate": {
			"the platform's client certificate", tenant, "",
			config("mysql.sql.m.crossplane.io", "v1alpha1", `{credentials: {source: MySQLConnectionSecret, connectionSecretRef: {name: mine}}, `+
				`tlsConfig: {clientKey: {secretRef: {namespace: crossplane-system, name: a, key: k}}}}`), configs, byNamespace,
		},
		"OwnKubeconfig": {
			"what it says is not to be seen here",
			tenant,
			"",
			config(
				"kubernetes.m.crossplane.io",
				"v1alpha1",
				`{credentials: {source: Secret, secretRef: {namespace: team-a, name: a, key: k}}}`,
			),
			"",
			"",
		},
		"PlatformsConfig": {
			"has the account already", platform, "",
			config("kubernetes.m.crossplane.io", "v1alpha1", `{credentials: {source: InjectedIdentity}}`), "", "",
		},
		"InUse": {
			"a finalizer on one from before", tenant,
			config("kubernetes.m.crossplane.io", "v1alpha1", `{credentials: {source: InjectedIdentity}}`),
			config("kubernetes.m.crossplane.io", "v1alpha1", `{credentials: {source: InjectedIdentity}}`), "", "",
		},
	}

	whole := policies(t, flavours[1])
	a := newAdmitter(t, whole, true)
	open := map[string]admitter{}

	for name, tc := range cases {
		w := write{who: tc.who, object: made(t, tc.object)}
		if tc.old != "" {
			w.old = made(t, tc.old)
		}

		err := a.ask(t.Context(), w)
		if tc.by == "" {
			if err != nil {
				t.Errorf("%s: %s: %v", name, tc.reason, err)
			}

			continue
		}

		if err == nil || !strings.Contains(err.Error(), tc.by) {
			t.Errorf("%s: %s: want a refusal that says %q, got: %v", name, tc.reason, tc.by, err)
		}

		if _, ok := open[tc.by]; !ok {
			open[tc.by] = newAdmitter(t, without(t, whole, tc.policy, tc.by), true)
		}

		if err := open[tc.by].ask(t.Context(), w); err != nil {
			t.Errorf("%s: without the validation it should pass, and the case shows nothing: %v", name, err)
		}
	}
}

// Every kind that a namespaced stack has made through a ClusterProviderConfig is guarded, those too
// that a later type of store brings.
func TestEveryManagedKindIsGuarded(t *testing.T) {
	guarded := map[string]bool{}

	for _, o := range policies(t, flavours[1]) {
		u, err := kruntime.DefaultUnstructuredConverter.ToUnstructured(o)
		if err != nil {
			t.Fatal(err)
		}

		p := unstructured.Unstructured{Object: u}
		if name := p.GetName(); name != "pipelinestack-managed" && name != "pipelinestack-objects" {
			continue
		}

		if _, binding, _ := unstructured.NestedString(u, "spec", "policyName"); binding {
			continue
		}

		for _, rule := range list(t, p, "spec", "matchConstraints", "resourceRules") {
			for _, group := range rule["apiGroups"].([]any) {
				guarded[group.(string)] = true
			}
		}
	}

	for _, o := range load(t, "package/configuration/namespaced/mrap.yaml") {
		kinds, _, _ := unstructured.NestedStringSlice(o.Object, "spec", "activate")
		for _, kind := range kinds {
			if _, group, _ := strings.Cut(kind, "."); !guarded[group] {
				t.Errorf("anybody makes %s through the platform's account", kind)
			}
		}
	}
}

// The verb that the policy asks for is the platform's alone.
func TestTheMachineryIsThePlatforms(t *testing.T) {
	holders := []string{}

	for _, o := range load(t, "package/rbac.yaml") {
		for _, rule := range list(t, o, "rules") {
			for _, resource := range rule["resources"].([]any) {
				if resource == "pipelinestacks/composition" || resource == "pipelinestacks/*" || resource == "*" {
					holders = append(holders, o.GetName())
				}
			}
		}
	}

	if !slices.Equal(holders, []string{"pipelinestack:aggregate-to-crossplane-admin"}) {
		t.Errorf("pipelinestacks/composition is given to whoever has %v", holders)
	}
}
