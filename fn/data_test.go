package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	api "github.com/pipelinestack/function-pipelinestack/fn/fields"
	"github.com/pipelinestack/function-pipelinestack/internal/check"
)

// Whatever class and claim say, no stack loses, hides, opens or locks data unless its answer says so,
// and everything else that they change reaches it. So each field of both is in one of these lists.

// heldFields say where data is. A stack that has some keeps what it has, and a condition names both
// values. Nil takes the field away.
var heldFields = map[string][]any{
	"class.clusterID":                      {"other"},
	"class.identitySalt":                   {"fedcba9876543210"},
	"class.identityFrom":                   {"NamespaceUID", nil},
	"class.database.shared.host":           {"mysql2.example.org"},
	"class.database.shared.port":           {int64(3308), nil},
	"class.database.shared.providerConfig": {"second", nil},
	"class.objectStore.aws.region":         {"eu-west-1"},
	"class.objectStore.aws.accountID":      {"999999999999"},
	"class.objectStore.aws.providerConfig": {"second", nil},
	"class.objectStore.aws.iamPath":        {"/second/", nil},
	"class.objectStore.aws.kmsKeys":        {nil, obj{"other": keyARN(3)}},
	"claim.objectStore.prefix":             {"other", nil},
	"claim.className":                      {"other"},
	"claim.database.type":                  {"Embedded"},
	"claim.objectStore.type":               {"Embedded"},
	"class.database":                       {nil},
	"class.database.shared":                {nil},
	"class.objectStore":                    {nil},
	"class.objectStore.aws":                {nil},
}

// heldOnVolumes are those of a stack whose data is on volumes, and heldOutside those of one whose data
// was there before it.
var (
	heldOnVolumes = map[string][]any{
		"claim.className":                             {"other"},
		"claim.objectStore.prefix":                    {"other", nil},
		"claim.database.type":                         {"Shared"},
		"claim.objectStore.type":                      {"Shared"},
		"claim.database.embedded.storage":             {"50Gi", "1Gi"},
		"claim.database.embedded.storageClassName":    {"other"},
		"claim.objectStore.embedded.storage":          {"50Gi", "1Gi"},
		"claim.objectStore.embedded.storageClassName": {"other"},
	}
	heldOutside = map[string][]any{"claim.className": {"other"}, "claim.objectStore.prefix": {"other", nil}}
)

// refusedOutside are refused: nothing but the claim describes such a store.
var refusedOutside = map[string][]any{
	"claim.database.type":                 {"Shared", "Embedded"},
	"claim.database.external":             {nil},
	"claim.database.external.host":        {"other.example.org"},
	"claim.database.external.port":        {int64(3306), nil},
	"claim.database.external.name":        {"other"},
	"claim.objectStore.type":              {"Shared", "Embedded"},
	"claim.objectStore.external":          {nil},
	"claim.objectStore.external.endpoint": {"https://other.example.org"},
	"claim.objectStore.external.bucket":   {"other"},
}

// turnedFields protect data, open it or let it expire, by their own word. What they say is what is
// there, and what they no longer say ends.
var turnedFields = map[string][]any{
	"claim.objectStore.versioning":     {"Suspended", nil},
	"claim.objectStore.lifecycle":      {obj{"expireAfterDays": int64(7)}, nil},
	"claim.objectStore.encryption":     {obj{"key": "new"}, nil},
	"claim.objectStore.deletionPolicy": {"Delete", nil},
	"claim.database.deletionPolicy":    {"Delete", nil},
	"class.database.shared.tls":        {"Disabled"},
}

// refusedFields are those of which a change is refused as a whole, and the answer names what was
// there.
var refusedFields = map[string][]any{
	"claim.release":                       {"2.16.1-older"},
	"class.database.allowedTypes":         {[]any{}},
	"class.objectStore.allowedTypes":      {[]any{}},
	"class.objectStore.aws.irsa":          {obj{"oidcProviderARN": "arn:aws:iam::123456789012:oidc-provider/x"}},
	"class.objectStore.aws.podIdentity":   {obj{"clusterName": "c"}},
	"class.objectStore.objectBucketClaim": {obj{"storageClassName": "s"}},
	"class.database.shared.tls":           {nil},
	"claim.database.embedded":             {obj{"storage": "1Gi"}},
	"claim.database.external":             {obj{}},
	"claim.objectStore.embedded":          {obj{"storage": "1Gi"}},
	"claim.objectStore.external":          {obj{}},
}

// otherFields neither say where data is, nor protect it: patterns, as fields.Covers reads them. A
// class's defaults are as good as a claim's fields, and movedFrom is the word of a platform that has
// moved data.
var otherFields = []string{
	"class.defaults", "class.database.movedFrom", "class.objectStore.movedFrom",
	"class.allowedNamespaces", "class.constraints", "class.allowV1Pipelines", "class.releases", "class.sizes", "class.clusterDomain",
	"class.podSecurity", "class.images", "class.argo", "class.pipelineRunner", "class.auth", "class.exposure", "class.network",
	"class.certificates", "class.monitoring", "class.ttl",
	"class.database.shared.engine", "class.database.shared.version", "class.database.shared.nativePasswords",
	"class.database.shared.maxUserConnections", "class.database.shared.caBundle",
	"class.objectStore.aws.endpoint", "class.objectStore.aws.permissionsBoundary", "class.objectStore.aws.tags",
	"claim.size", "claim.hibernate", "claim.adoptionPolicy", "claim.database.extraParams", "claim.apiServer", "claim.persistenceAgent",
	"claim.scheduledWorkflow", "claim.workflowController", "claim.mlmd", "claim.ui", "claim.pipelineRunner", "claim.exposure", "claim.tls",
	"claim.networkPolicy", "claim.proxy", "claim.caBundle", "claim.scheduling", "claim.monitoring",
}

func keyARN(n int) string { return fmt.Sprintf("arn:aws:kms:eu-central-1:123456789012:key/%d", n) }

// A new field has to be put into one of the lists, by somebody who has thought about it.
func TestEveryFieldIsJudgedByWhatItDoesToData(t *testing.T) {
	all := append(prefixed("class.", leaves(reflect.TypeFor[v1alpha1.PipelineStackClassSpec](), "")),
		prefixed("claim.", leaves(reflect.TypeFor[v1alpha1.PipelineStackSpec](), ""))...)
	blocks := names(lostBlocks) // listed to be taken away
	listed := slices.Concat(otherFields, names(heldFields), names(turnedFields), names(refusedFields))
	for _, path := range all {
		if !slices.ContainsFunc(listed, func(l string) bool { return !slices.Contains(blocks, l) && api.Covers(l, plain(path)) }) {
			t.Errorf("%s is in none of the lists of fn/data_test.go: say what a change of it does to the data of a stack that runs", path)
		}
	}
	for _, l := range listed {
		if !slices.ContainsFunc(all, func(path string) bool { return api.Covers(l, plain(path)) }) {
			t.Errorf("%s is listed, and there is no such field", l)
		}
	}
}

// plain path of a field, without the marks of lists and maps.
func plain(path string) string { return strings.NewReplacer("[]", "", "{}", "").Replace(path) }

// richClass and richClaim set every field that the lists change.
func richClass() obj {
	class := simpleClass()
	put(class, "objectStore.aws", obj{
		"region":              "eu-central-1",
		"providerConfig":      "first",
		"accountID":           "123456789012",
		"iamPath":             "/first/",
		"permissionsBoundary": "arn:aws:iam::123456789012:policy/boundary",
		"kmsKeys":             obj{"old": keyARN(1), "new": keyARN(2)},
	})
	put(class, "database.shared.providerConfig", "first")
	put(class, "database.shared.port", int64(3307))
	put(class, "identityFrom", "NamespaceUID")
	return class
}

func richClaim() obj {
	return obj{
		"database": obj{"deletionPolicy": "Retain"},
		"objectStore": obj{
			"prefix": "team/a", "versioning": "Enabled", "lifecycle": obj{"expireAfterDays": int64(30)}, "encryption": obj{"key": "old"},
			"deletionPolicy": "Retain",
		},
	}
}

// richCluster holds a stack of those that is ready.
func richCluster(t *testing.T, namespaced bool, class, claim obj) *cluster {
	t.Helper()
	c := newCluster(fixtures(), namespaced, claim, class)
	c.others = append(c.others, object(obj{
		"apiVersion": "v1", "kind": "Namespace", "metadata": obj{"name": clusterTenant, "uid": "0b7f3c9e-4a51-4d0e-9a5b-2f6c8d1e7a90"},
	}))
	if rsp := c.settle(t); refusal(rsp) != "" || !compositeReady(rsp) {
		t.Fatalf("never gets ready: %s %v", refusal(rsp), rsp.GetConditions())
	}
	return c
}

// TestDataNeverChangesSilently changes some fields of class and claim at a time, or takes them away,
// together with one that has nothing to do with data.
func TestDataNeverChangesSilently(t *testing.T) {
	const seed, combinations = 1, 150
	for _, namespaced := range []bool{false, true} {
		for name, lean := range map[string]bool{"Rich": false, "Lean": true} {
			t.Run(fmt.Sprintf("%s/%t", name, namespaced), func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(seed, 0))
				class, claim := richClass(), richClaim()
				if lean { // nothing is set but what has to be: every change adds
					class, claim = simpleClass(), obj{}
				}
				c := richCluster(t, namespaced, class, claim)
				edits := editsOf(heldFields)
				if !lean {
					edits = append(edits, editsOf(turnedFields)...)
				}
				checkEdits(t, c, class, claim, heldFields, edits, random, combinations)
			})
		}
	}
}

// checkEdits makes each edit alone, then some together.
func checkEdits(t *testing.T, c *cluster, class, claim obj, held map[string][]any, edits []edit, random *rand.Rand, combinations int) {
	t.Helper()
	for _, one := range edits {
		checkEdit(t, c, class, claim, held, []edit{one})
	}
	for range combinations {
		checkEdit(t, c, class, claim, held, []edit{pick(random, edits...), pick(random, edits...), pick(random, edits...)})
	}
}

// edit of a field; a nil value takes it away.
type edit struct {
	path  string
	value any
}

func editsOf(list map[string][]any) []edit {
	var all []edit
	for _, path := range names(list) {
		for _, value := range list[path] {
			all = append(all, edit{path, value})
		}
	}
	return all
}

// apply the edits to copies.
func applied(class, claim obj, edits []edit) (obj, obj) {
	class, claim = check.Normalize(class), check.Normalize(claim)
	last := func(e edit) int { return len(lostBlocks[e.path]) } // what a block holds goes with it
	for _, e := range slices.SortedStableFunc(slices.Values(edits), func(a, b edit) int { return last(a) - last(b) }) {
		where, path, _ := strings.Cut(e.path, ".")
		in := map[string]obj{"class": class, "claim": claim}[where]
		if e.value == nil {
			unstructured.RemoveNestedField(in, strings.Split(path, ".")...)
			continue
		}
		put(in, path, e.value)
	}
	store, _ := class["objectStore"].(obj)
	aws, _ := store["aws"].(obj)
	keys, _ := aws["kmsKeys"].(obj)
	for name, key := range keys { // go with the region, as the boundary does with the account
		keys[name] = strings.Replace(key.(string), ":kms:eu-central-1:", ":kms:"+aws["region"].(string)+":", 1)
	}
	if account, boundary := aws["accountID"], aws["permissionsBoundary"]; account != nil && boundary != nil {
		aws["permissionsBoundary"] = strings.Replace(boundary.(string), "123456789012", account.(string), 1)
	}
	return class, claim
}

func checkEdit(t *testing.T, c *cluster, class, claim obj, held map[string][]any, edits []edit) {
	t.Helper()
	newClass, newClaim := applied(class, claim, edits)
	put(newClaim, "persistenceAgent", obj{"logLevel": "Debug"})
	then := *c
	then.composite, then.others = proto.CloneOf(c.composite), slices.Clone(c.others)
	then.claim(newClaim)
	then.setClass(newClass)
	rsp := then.ask(t, then.request(nil))
	if message := refusal(rsp); message != "" {
		t.Fatalf("%v is refused, and all that was changed with it: %s", edits, message)
	}
	before, after := dataOf(t, c.objects), dataOf(t, resourcesOf(rsp))
	said := map[string]any{}
	for _, e := range edits {
		said[e.path] = e.value
	}
	for _, what := range slices.Sorted(maps.Keys(before)) {
		if before[what] != after[what] && !allowed(what, after[what], said) {
			t.Errorf("%v: %s was %q and is %q", edits, what, before[what], after[what])
		}
	}
	checkTold(t, rsp, class, claim, held, edits, said)
	checkExpiry(t, rsp, newClaim, edits)
	if agent := then.objects["persistence-agent-deployment"]; proto.Equal(
		templateOf(agent),
		templateOf(resourcesOf(rsp)["persistence-agent-deployment"]),
	) {
		t.Errorf("%v: an unrelated edit does not reach its Deployment", edits)
	}
}

// templateOf is the pod template of a Deployment.
func templateOf(o *structpb.Struct) *structpb.Struct {
	return o.GetFields()["spec"].GetStructValue().GetFields()["template"].GetStructValue()
}

func resourcesOf(rsp *fnv1.RunFunctionResponse) map[string]*structpb.Struct {
	all := map[string]*structpb.Struct{}
	for name, r := range rsp.GetDesired().GetResources() {
		all[name] = r.GetResource()
	}
	return all
}

// Changes that are refused as a whole name what is there, and the next call finds everything as it
// was.
func TestRefusedChangesNameTheData(t *testing.T) {
	c := richCluster(t, false, richClass(), richClaim())
	for _, e := range editsOf(refusedFields) {
		class, claim := applied(richClass(), richClaim(), []edit{e})
		then := *c
		then.composite, then.others = proto.CloneOf(c.composite), slices.Clone(c.others)
		then.claim(claim)
		then.setClass(class)
		rsp := then.ask(t, then.request(nil))
		message := refusal(rsp)
		_, path, _ := strings.Cut(e.path, ".")
		if message == "" || !strings.Contains(message, strings.Split(path, ".")[0]) {
			t.Errorf("%v: %q", e, message)
		}
	}
	// A class that vanishes takes nothing with it.
	then := *c
	then.composite, then.others = proto.CloneOf(c.composite), slices.Clone(c.others)
	then.setClass(nil)
	if message := refusal(then.ask(t, then.request(nil))); !strings.Contains(message, "the class is gone") {
		t.Errorf("a class that is gone: %q", message)
	}
}
