package main

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// claimProofs are those of fields below spec.
var claimProofs = map[string]proof{
	"className": {change: onClaim("className", "other"), refused: "spec.className"},
	"hibernate": {change: onClaim("hibernate", true)},
	"adoptionPolicy": {
		base:    foreignObject,
		change:  onClaim("adoptionPolicy", "Never"),
		refused: "spec.adoptionPolicy",
	},
	// One replica makes the tables.
	"apiServer.replicas":              {base: allReady, change: onClaim("apiServer.replicas", int64(3))},
	"mlmd.replicas":                   {base: allReady, change: onClaim("mlmd.replicas", int64(3))},
	"pipelineRunner.resources.limits": {change: onClaim("pipelineRunner.resources.limits", obj{"cpu": "1", "memory": "1Gi"})},
	"database.type":                   {change: onClaim("database.type", "Embedded"), refused: "spec.database.type"},
	"database.external.username": {
		base:   first(onClaim("database.external.usernameSecretRef", nil, "database.external.username", "one")),
		change: onClaim("database.external.username", "other"),
	},
	"database.external.tls": {
		base:   first(onClaim("database.external.caBundle", nil, "database.external.tls", "SkipVerify")),
		change: onClaim("database.external.tls", "Disabled"),
	},
	"objectStore.type":                                   {change: onClaim("objectStore.type", "Embedded"), refused: "spec.objectStore.type"},
	"objectStore.external.endpoint":                      {change: onClaim("objectStore.external.endpoint", "https://s3.other.example.org")},
	"objectStore.external.caBundle.configMapKeyRef.name": storeAuthorities,
	"objectStore.external.caBundle.configMapKeyRef.key":  storeAuthorities,
	"objectStore.versioning":                             {change: onClaim("objectStore.versioning", "Suspended")},
	"objectStore.encryption.key": {
		change:  onClaim("objectStore.encryption.key", "nobodys"),
		refused: "spec.objectStore.encryption.key",
	},
	"exposure.type": {later: "Route"},
	"exposure.host": {later: "kfp.example.org"},
	"tls.type":      {later: "CertManager", change: onClaim("tls.type", "ServiceCA", "tls.secretName", nil)},
	"networkPolicy.egress[].cidr": {
		change: onClaim("networkPolicy.egress", []any{obj{"cidr": "10.2.0.0/24", "ports": []any{int64(443)}}}),
	},
	"scheduling.priorityClassName":             {change: onClaim("scheduling.priorityClassName", nil)},
	"pipelineRunner.serviceAccountAnnotations": {change: onClaim("pipelineRunner.serviceAccountAnnotations", obj{"example.org/other": "x"})},
	"proxy":    {later: obj{"httpProxy": "http://proxy:3128"}},
	"caBundle": {later: obj{"configMapKeyRef": keyRef}},
}

// argoFields are refused without a controller of the stack's own.
var argoFields = []any{
	"workflowController", nil, "apiServer.runTTL", nil, "pipelineRunner.scheduling", nil, "pipelineRunner.resources", nil,
}

var keyRef = obj{"name": "n", "key": "k"}

// storeAuthorities are still to come.
var storeAuthorities = proof{
	base:    first(onClaim()),
	change:  onClaim("objectStore.external.caBundle", obj{"configMapKeyRef": keyRef}),
	refused: "spec.objectStore.external.caBundle: Forbidden: not available in this version of the function",
}

// classProofs are those of fields below a class's spec.
var classProofs = map[string]proof{
	"allowedNamespaces.from": {
		base:    first(onClass("allowedNamespaces", obj{"from": "All"})),
		change:  onClass("allowedNamespaces", obj{"from": "Selector", "selector": obj{"matchLabels": obj{"nobody": "has"}}}),
		refused: "allowedNamespaces",
	},
	"allowedNamespaces.selector": {
		change:  onClass("allowedNamespaces.selector", obj{"matchLabels": obj{"nobody": "has"}}),
		refused: "allowedNamespaces",
	},
	"identityFrom":         {change: onClass("identityFrom", "NamespaceUID")},
	"constraints.releases": {change: onClass("constraints.releases", []any{"2.17.0"}), refused: "spec.release"},
	"constraints.sizes":    {change: onClass("constraints.sizes", []any{"Small"}), refused: "spec.size"},
	"constraints.replicas": {change: onClass("constraints.replicas", int64(1)), refused: "spec.apiServer.replicas"},
	"constraints.resources.requests": {
		change:  onClass("constraints.resources.requests", obj{"cpu": "1m"}),
		refused: "spec.apiServer.resources.requests",
	},
	"constraints.resources.limits": {
		change:  onClass("constraints.resources.limits", obj{"cpu": "1m"}),
		refused: "spec.apiServer.resources.limits",
	},
	"constraints.egress": {
		change:  onClass("constraints.egress", []any{"198.51.100.0/24"}),
		refused: "spec.networkPolicy.egress[0].cidr",
	},
	"constraints.priorityClassNames": {
		change:  onClass("constraints.priorityClassNames", []any{"other"}),
		refused: "spec.scheduling.priorityClassName",
	},
	"constraints.annotationKeys": {
		change:  onClass("constraints.annotationKeys", []any{"other"}),
		refused: "spec.pipelineRunner.serviceAccountAnnotations",
	},
	"constraints.allow":     {change: onClass("constraints.allow", []any{"*.env"}), refused: "spec.apiServer.image"},
	"constraints.forbid":    {change: onClass("constraints.forbid", []any{"*.env"}), refused: "spec.apiServer.env"},
	"allowV1Pipelines":      {change: onClass("allowV1Pipelines", false), refused: "spec.apiServer.allowV1Pipelines"},
	"releases{}.kfpVersion": {change: ofRelease("kfpVersion", "2.16.2")},
	"releases{}.architectures": {
		base:   first(onClaim("ui.image", nil)),
		change: ofRelease("architectures", []any{"amd64"}),
	},
	"releases{}.architectureExceptions": {
		base:   first(onClaim("mlmd.image", nil)),
		change: ofRelease("architectureExceptions", obj{"mlmd": []any{"arm64"}}),
	},
	"releases{}.argo": {unread: "for people, as its doc says"},
	"releases{}.images": {
		base:   first(onClaim("ui.image", nil)),
		change: ofRelease("images.ui", "registry.example.org/other:1"),
	},
	"releases{}.commands": {change: ofRelease("commands.ui", "other")},
	"releases{}.schema":   {change: ofRelease("schema", int64(3))},
	"releases{}.features.mlmdNativePasswords": {
		base: both(
			onClass("database.shared.nativePasswords", false, "defaults.release", nil),
			ofRelease("features.mlmdNativePasswords", false),
		),
		change:  ofRelease("features.mlmdNativePasswords", true),
		refused: "mysql_native_password",
	},
	"releases{}.features.blockV1Pipelines": {
		base:   first(onClaim("apiServer.allowV1Pipelines", nil)),
		change: ofRelease("features.blockV1Pipelines", false),
	},
	"releases{}.features.keyless": {unread: "read by what is still to come: stores without keys"},
	"releases{}.features.restrictedPods": {
		base:   first(onClaim("apiServer.allowV1Pipelines", nil)),
		change: ofRelease("features.restrictedPods", false),
	},
	"releases{}.features.allowedServiceAccounts": {change: ofRelease("features.allowedServiceAccounts", true)},
	"podSecurity.userIDs":                        {change: onClass("podSecurity.userIDs", "Assigned")},
	"images.registry": {
		base:   first(onClaim("apiServer.driverImage", nil)),
		change: onClass("images.registry", "other.example.org"),
	},
	"database.allowedTypes": {change: onClass("database.allowedTypes", []any{"Embedded"}), refused: "spec.database.type"},
	"database.movedFrom":    {base: movedDatabase, change: movedFrom("database")},
	"database.shared.engine": {
		base:    first(onClass("database.shared.engine", "MariaDB", "database.shared.nativePasswords", nil)),
		change:  onClass("database.shared.engine", "MySQL"),
		refused: "mysql_native_password",
	},
	"database.shared.version": {
		base:    first(onClass("database.shared.engine", "MySQL", "database.shared.nativePasswords", true)),
		change:  onClass("database.shared.version", "9.1.0"),
		refused: "nativePasswords",
	},
	"database.shared.nativePasswords": {
		change:  onClass("database.shared.nativePasswords", false),
		refused: "mysql_native_password",
	},
	"database.shared.tls": {
		base:   first(onClass("database.shared.caBundle", nil, "database.shared.tls", "SkipVerify")),
		change: onClass("database.shared.tls", "Disabled"),
	},
	"database.shared.caBundle": {change: onClass("database.shared.caBundle", exampleCA+exampleCA)},
	"objectStore.allowedTypes": {change: onClass("objectStore.allowedTypes", []any{"Embedded"}), refused: "spec.objectStore.type"},
	"objectStore.movedFrom":    {base: movedStore, change: movedFrom("objectStore")},
	"objectStore.aws.region":   {base: noKey, change: onClass("objectStore.aws.region", "eu-west-1")},
	"objectStore.aws.accountID": {
		base:   first(onClass("objectStore.aws.permissionsBoundary", nil)),
		change: onClass("objectStore.aws.accountID", "210987654321"),
	},
	"objectStore.aws.kmsKeys": {
		change: onClass("objectStore.aws.kmsKeys", obj{"research": "arn:aws:kms:eu-central-1:123456789012:key/other"}),
	},
	"objectStore.aws.endpoint":      {change: onClass("objectStore.aws.endpoint", "https://s3.example.org")},
	"objectStore.aws.irsa":          {later: obj{"oidcProviderARN": "arn:aws:iam::123456789012:oidc-provider/x"}},
	"objectStore.aws.podIdentity":   {later: obj{"clusterName": "c"}},
	"objectStore.objectBucketClaim": {later: obj{"storageClassName": "s"}},
	"argo.controller": {
		base:   first(onClaim(argoFields...)),
		change: onClass("argo.controller", "Platform"),
	},
	"pipelineRunner.roles": {change: onClass("pipelineRunner.roles", []any{"other"}), refused: "spec.pipelineRunner.roles[0]"},
	"pipelineRunner.serviceAccounts": {
		base:   first(ofRelease("features.allowedServiceAccounts", true)),
		change: onClass("pipelineRunner.serviceAccounts", []any{"other"}),
	},
	"auth.type":                {change: onClass("auth.type", "None")},
	"auth.audiences":           {change: onClass("auth.audiences", []any{"a"})},
	"exposure":                 {later: obj{"ingressClassName": "c"}},
	"certificates":             {later: obj{"issuerRef": obj{"name": "n"}}},
	"network.policies":         {change: onClass("network.policies", "Disabled")},
	"network.policiesEnforced": {later: true},
	"network.cluster": {
		base:   first(onClass("network.pipelines", nil)),
		change: onClass("network.cluster", []any{"10.128.0.0/9"}),
	},
	"network.kubernetesAPI.cidrs": {change: onClass("network.kubernetesAPI.cidrs", []any{"10.0.0.2/32"})},
	"network.kubernetesAPI.ports": {change: onClass("network.kubernetesAPI.ports", []any{int64(16443)})},
	"network.pipelines[].cidr": {
		change: onClass("network.pipelines", []any{obj{"cidr": "192.0.2.0/24", "ports": []any{int64(443), int64(8443)}}}),
	},
	"monitoring.prometheusOperator": {
		base:   first(onClaim("monitoring", nil)),
		change: onClass("monitoring.prometheusOperator", false),
	},
	"monitoring.dashboards": {later: true},
	"ttl.ready":             {base: allReady, change: onClass("ttl.ready", "42m")},
}

// ofRelease changes the release that the example's class adds, whose name has dots.
func ofRelease(path string, value any) func(*scenario) {
	return func(s *scenario) { put(s.classSpec()["releases"].(obj)["research-2.16.1"].(obj), path, value) }
}

// both changes make a base.
func both(one, other func(*scenario)) func(testing.TB, *scenario) {
	return first(func(s *scenario) {
		one(s)
		other(s)
	})
}

// movedDatabase is a stack whose database the class would move.
func movedDatabase(t testing.TB, s *scenario) {
	t.Helper()
	was := fields(s.run(t, quiet()).GetDesired().GetComposite().GetResource(), "status", "database")
	onClass("database.movedFrom", nil)(s)
	allReady(t, s)
	put(s.xr, "status", obj{"release": "2.16.1", "database": obj{"identity": "Shared/mysql.old.example.org/" + was["name"].GetStringValue()}})
}

// movedStore is a stack whose bucket the class would move.
func movedStore(t testing.TB, s *scenario) {
	t.Helper()
	was := fields(s.run(t, quiet()).GetDesired().GetComposite().GetResource(), "status", "objectStore")
	onClass("objectStore.movedFrom", nil)(s)
	noKey(t, s)
	allReady(t, s)
	for _, o := range s.observed {
		if resourceName(o) == "bucket" {
			put(o, "spec.forProvider.region", "eu-west-1")
		}
	}
	put(
		s.xr,
		"status",
		obj{"release": "2.16.1", "objectStore": obj{"identity": "AWS/aws/123456789012/eu-west-1/" + was["bucket"].GetStringValue()}},
	)
}

// movedFrom lists a stack's data in the class as moved.
func movedFrom(store string) func(*scenario) {
	return func(s *scenario) {
		identity, _, _ := unstructured.NestedString(s.xr, "status", store, "identity")
		onClass(store+".movedFrom", []any{identity})(s)
	}
}

// first makes a base of a change.
func first(change func(*scenario)) func(testing.TB, *scenario) {
	return func(_ testing.TB, s *scenario) { change(s) }
}

// noKey leaves out what names a region and a partition beside the fields themselves.
func noKey(_ testing.TB, s *scenario) {
	onClaim("objectStore.encryption", nil)(s)
	onClass("objectStore.aws.kmsKeys", nil, "objectStore.aws.permissionsBoundary", nil, "objectStore.aws.endpoint", nil)(s)
}

// allReady observes everything.
func allReady(t testing.TB, s *scenario) {
	t.Helper()
	s.getReady(t, quiet())
}

// foreignObject puts the scenario on a cluster where somebody else has an object that the stack
// would make.
func foreignObject(t testing.TB, s *scenario) {
	t.Helper()
	rsp := s.run(t, quiet())
	s.required = append(s.required, installed)
	for _, selector := range rsp.GetRequirements().GetResources() {
		if selector.GetKind() == kindDefinition {
			s.required = append(s.required, obj{
				"apiVersion": selector.GetApiVersion(), "kind": selector.GetKind(), "metadata": obj{"name": selector.GetMatchName()},
			})
		}
	}
	for _, o := range desired(rsp) {
		if resourceName(o) == "launcher-config" {
			unstructured.RemoveNestedField(o, "metadata", "labels")
			s.required = append(s.required, o)
		}
	}
}
