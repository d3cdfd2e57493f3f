package main

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// claimProofs are those of fields below spec.
var claimProofs = map[string]proof{
	"hibernate":                   {change: onClaim("hibernate", true)},
	"adopt":                       {base: foreignObject, change: onClaim("adopt", false), refused: "spec.adopt"},
	"database.mode":               {later: "Dedicated"},
	"database.dedicated":          {later: obj{"instanceClass": "db.t4g.small"}},
	"database.inCluster":          {later: obj{"storage": "1Gi"}},
	"database.external":           {later: obj{"host": "h", "name": "n", "usernameSecretRef": keyRef, "passwordSecretRef": keyRef}},
	"objectStore.mode":            {later: "InCluster"},
	"objectStore.inCluster":       {later: obj{"storage": "1Gi"}},
	"objectStore.external":        {later: obj{"endpoint": "https://s3", "bucket": "abc", "accessKeySecretRef": keyRef, "secretKeySecretRef": keyRef}},
	"objectStore.encryption.key":  {change: onClaim("objectStore.encryption.key", "nobodys"), refused: "spec.objectStore.encryption.key"},
	"pipelineRunner.rules":        {later: []any{obj{"apiGroups": []any{""}, "resources": []any{"pods"}, "verbs": []any{"get"}}}},
	"exposure.type":               {later: "Route"},
	"exposure.host":               {later: "kfp.example.org"},
	"auth.type":                   {change: onClaim("auth.type", "None")},
	"tls.type":                    {later: "CertManager", change: onClaim("tls.type", "ServiceCA", "tls.secretName", nil)},
	"tls.podToPod":                {later: true},
	"networkPolicy.egress[].cidr": {change: onClaim("networkPolicy.egress", []any{obj{"cidr": "198.51.100.0/24", "ports": []any{int64(443)}}})},
	"quota":                       {later: obj{"hard": obj{"pods": "10"}}},
	"proxy":                       {later: obj{"httpProxy": "http://proxy:3128"}},
	"caBundle":                    {later: obj{"configMapRef": keyRef}},
}

var keyRef = obj{"name": "n", "key": "k"}

// platformProofs are those of fields below input.
var platformProofs = map[string]proof{
	"identityFrom":                    {later: "NamespaceUID"},
	"environmentConfigRef.name":       {change: func(s *scenario) { put(s.input, "environmentConfigRef.name", "other") }, refused: "EnvironmentConfig named other"},
	"limits.releases":                 {change: onPlatform("limits.releases", []any{"2.17.0"}), refused: "spec.release"},
	"limits.sizes":                    {change: onPlatform("limits.sizes", []any{"Small"}), refused: "spec.size"},
	"limits.replicas":                 {change: onPlatform("limits.replicas", int64(1)), refused: "spec.apiServer.replicas"},
	"limits.resources.requests":       {change: onPlatform("limits.resources.requests", obj{"cpu": "1m"}), refused: "spec.apiServer.resources.requests"},
	"limits.resources.limits":         {change: onPlatform("limits.resources.limits", obj{"cpu": "1m"}), refused: "spec.apiServer.resources.limits"},
	"limits.forbiddenFields":          {change: onPlatform("limits.forbiddenFields", []any{"*.image"}), refused: "spec.apiServer.image"},
	"podSecurity.runAsUser":           {change: onPlatform("podSecurity.runAsUser", "Platform")},
	"images.registry":                 {base: first(onClaim("apiServer.driverImage", nil)), change: onPlatform("images.registry", "other.example.org")},
	"database.allowedModes":           {later: []any{"Shared", "Dedicated"}},
	"database.shared.engine":          {base: first(onPlatform("database.shared.engine", "MariaDB", "database.shared.nativePasswords", nil)), change: onPlatform("database.shared.engine", "MySQL"), refused: "mysql_native_password"},
	"database.shared.version":         {unread: "for people, as its doc says"},
	"database.shared.nativePasswords": {change: onPlatform("database.shared.nativePasswords", false), refused: "mysql_native_password"},
	"database.shared.tls":             {base: first(onPlatform("database.shared.caBundle", nil, "database.shared.tls", "SkipVerify")), change: onPlatform("database.shared.tls", "Disabled")},
	"database.shared.caBundle":        {change: onPlatform("database.shared.caBundle", exampleCA+exampleCA)},
	"database.dedicated":              {later: obj{"region": "eu-central-1", "subnetGroup": "s", "instanceClass": "c"}},
	"objectStore.allowedModes":        {later: []any{"Managed", "External"}},
	"objectStore.aws.region":          {base: noKey, change: onPlatform("objectStore.aws.region", "eu-west-1")},
	"objectStore.aws.partition":       {base: noKey, change: onPlatform("objectStore.aws.partition", "aws-us-gov")},
	"objectStore.aws.kmsKeys":         {change: onPlatform("objectStore.aws.kmsKeys", obj{"research": "arn:aws:kms:eu-central-1:123456789012:key/other"})},
	"objectStore.aws.identity":        {later: "IRSA"},
	"objectStore.aws.accountID":       {later: "123456789012"},
	"objectStore.aws.oidcProviderARN": {later: "arn"},
	"objectStore.aws.issuer":          {later: "issuer"},
	"objectStore.aws.eksClusterName":  {later: "cluster"},
	"objectStore.objectBucketClaim":   {later: obj{"storageClassName": "s"}},
	"objectStore.minio":               {later: obj{"endpoint": "http://minio"}},
	"argo.controller":                 {base: first(onClaim("workflowController", nil, "apiServer.runTTL", nil)), change: onPlatform("argo.controller", "Platform")},
	"exposure":                        {later: obj{"ingressClassName": "c"}},
	"certificates":                    {later: obj{"issuerRef": obj{"name": "n"}}},
	"network.pipelines[].cidr":        {change: onPlatform("network.pipelines", []any{obj{"cidr": "192.0.2.0/24", "ports": []any{int64(443), int64(8443)}}})},
	"monitoring.prometheusOperator":   {base: first(onClaim("monitoring", nil)), change: onPlatform("monitoring.prometheusOperator", false)},
	"monitoring.dashboards":           {later: true},
	"ttl.ready":                       {base: allReady, change: onPlatform("ttl.ready", "42m")},
}

// first makes a base of a change.
func first(change func(*scenario)) func(testing.TB, *scenario) {
	return func(_ testing.TB, s *scenario) { change(s) }
}

// noKey leaves out what names a region and a partition beside the fields themselves.
func noKey(_ testing.TB, s *scenario) {
	onClaim("objectStore.encryption", nil)(s)
	onPlatform("objectStore.aws.kmsKeys", nil, "objectStore.aws.permissionsBoundary", nil)(s)
}

// allReady observes everything.
func allReady(t testing.TB, s *scenario) {
	t.Helper()
	s.getReady(t, quiet())
}

// foreignObject puts the scenario on a cluster where somebody else has an object that the stack would make.
func foreignObject(t testing.TB, s *scenario) {
	t.Helper()
	rsp := s.run(t, quiet())
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
