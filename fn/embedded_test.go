package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/types"

	"github.com/pipelinestack/function-pipelinestack/fn/stack"
	"github.com/pipelinestack/function-pipelinestack/internal/check"
)

// embeddedCluster has nothing but Crossplane.
func embeddedCluster(namespaced bool) *cluster {
	c := newCluster(stack.Releases(), namespaced, map[string]any{}, nil)
	c.input.Fields["classResolution"] = structpb.NewStringValue("Optional")
	c.missing["securitycontextconstraints.security.openshift.io"] = true
	return c
}

// What is made once stays, whatever Crossplane loses sight of, and a Secret that somebody deletes is
// made anew and rolls all who read it.
func TestEmbeddedStackKeepsItsSecrets(t *testing.T) {
	for _, namespaced := range []bool{false, true} {
		c := embeddedCluster(namespaced)
		calls := 0
		words := []string{"First", "Second", "Third"}
		c.function.random = func(length int) string {
			calls++
			return strings.Repeat(words[min(calls, 2)], length)[:length] // never twice the same
		}
		c.twin = nil
		rsp := c.settle(t)
		if message := refusal(rsp); message != "" || !compositeReady(rsp) {
			t.Fatalf("not ready: %s %v", message, rsp.GetConditions())
		}
		before := templates(rsp)
		password := func(rsp *fnv1.RunFunctionResponse) string {
			return fields(rsp.GetDesired().GetResources()["database-secret"].GetResource(), "data")["password"].GetStringValue()
		}
		first := password(rsp)

		c.unseen = map[string]bool{"database-secret": true, "object-store-secret": true}
		rsp = c.reconcile(t)
		if got := rolled(before, templates(rsp)); password(rsp) != first || len(got) > 0 {
			t.Errorf("a Secret that is not found, but there, gets another content, and %v roll", got)
		}
		c.unseen = map[string]bool{}
		c.settle(t)

		delete(c.objects, "database-secret")
		c.function.random = func(length int) string { return strings.Repeat("Anew", length)[:length] }
		rsp = c.settle(t)
		if password(rsp) == first {
			t.Error("a Secret that was deleted is not made anew")
		}
		want := []string{"api-server-deployment", "database-server", "metadata-deployment"}
		if got := rolled(before, templates(rsp)); !slices.Equal(want, got) {
			t.Errorf("rolls %v, want %v", got, want)
		}
	}
}

// Made secrets stand in the two Secrets that pods read, and nowhere else.
func TestMadeSecretsStayWhereTheyBelong(t *testing.T) {
	const made = "NobodyGuessesThis0NobodyGuessesThis0NobodyGuessesThis0"
	c := embeddedCluster(false)
	c.function.random = func(length int) string { return made[:length] }
	c.twin = nil
	rsp := c.settle(t)
	declared := []types.NamespacedName{
		{Namespace: clusterTenant, Name: "mlpipeline-minio-artifact"}, {Namespace: clusterTenant, Name: "ml-pipeline-database"},
	}
	for _, haystack := range []any{summary(rsp), desired(rsp)} {
		for _, err := range check.Secrets(haystack, []string{made[:20]}, declared...) {
			t.Error(err)
		}
	}
	if len(check.Secrets(desired(rsp), []string{made[:20]})) == 0 {
		t.Error("nothing holds the secrets")
	}
}

// What data on volumes means is said in one event of a new stack, and never again.
func TestEmbeddedStackWarnsOnce(t *testing.T) {
	c := embeddedCluster(false)
	var said []string
	for range 6 {
		for _, r := range c.reconcile(t).GetResults() {
			if strings.Contains(r.GetMessage(), "volumes of this namespace") {
				said = append(said, r.GetSeverity().String())
			}
		}
		c.heal()
	}
	if !slices.Equal(said, []string{"SEVERITY_WARNING"}) {
		t.Errorf("said %v", said)
	}
}

// The tenant's Secrets are read and stand nowhere.
func TestProvidedSecretsStayWhereTheyAre(t *testing.T) {
	s := scenarioOf(t, "external")
	rsp := s.run(t, quiet())
	needles := []string{"a made-up password", "made-up-key-id", "a made-up secret key", "an old made-up secret key", "pipelines-of-team-a"}
	for _, haystack := range []any{summary(rsp), desired(rsp)} {
		for _, err := range check.Secrets(haystack, needles) {
			t.Error(err)
		}
	}
}

// A Secret that a person takes away is told, and changes nothing of a stack that runs.
func TestProvidedSecretIsTakenAway(t *testing.T) {
	s := scenarioOf(t, "external")
	s.getReady(t, quiet())
	before := s.run(t, quiet())
	s.required = slices.DeleteFunc(s.required, func(o obj) bool { return nameOf(o) == "mysql-login" || o["kind"] == "ConfigMap" })
	rsp := s.run(t, quiet())
	if got := told(rsp, "DatabaseReady"); !strings.HasPrefix(got, "False NotProvided Secret mysql-login: ") || compositeReady(rsp) {
		t.Errorf("ready: %t, DatabaseReady is %s", compositeReady(rsp), got)
	}
	if got := rolled(templates(before), templates(rsp)); len(got) > 0 {
		t.Errorf("rolls %v", got)
	}
	if !slices.Equal(resourceNames(before), resourceNames(rsp)) {
		t.Errorf("objects are withdrawn: %v, were %v", resourceNames(rsp), resourceNames(before))
	}
}

func TestRandomText(t *testing.T) {
	allowed, seen := regexp.MustCompile(`^[A-Za-z0-9]*$`), map[string]bool{}
	for range 100 {
		text := randomText(32)
		if len(text) != 32 || !allowed.MatchString(text) || seen[text] {
			t.Fatalf("%q", text)
		}
		seen[text] = true
	}
}
