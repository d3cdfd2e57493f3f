package main

import (
	"slices"
	"strings"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"

	"github.com/pipelinestack/function-pipelinestack/fn/stack"
)

// TestLostLoginIsRepaired plays the repair of docs/operations.md: somebody deletes the User, the
// provider makes another one, without rights, and at last the rights. Pods keep the login that they
// have until the new one can do something.
func TestLostLoginIsRepaired(t *testing.T) {
	const made, anew, later = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-02T00:00:01Z"
	c := newCluster(stack.Releases(), false, nil, simpleClass())
	c.settle(t)
	c.created("database-user", made)
	c.created("database-grant", made)
	before := templates(c.settle(t))

	c.publish("database-user", "second")
	c.created("database-user", anew)
	rsp := c.reconcile(t)
	if got := told(rsp, "DatabaseReady"); !strings.HasPrefix(got, "False Outdated database-grant: it is older than database-user") {
		t.Errorf("a login without rights: DatabaseReady is %q", got)
	}
	if got := rolled(before, templates(rsp)); len(got) > 0 {
		t.Errorf("%v roll to a login that has no rights", got)
	}
	if got := annotation(rsp, "database-grant", "pipelines.opendatahub.io/user"); !strings.HasSuffix(got, "@"+anew) {
		t.Errorf("the grant carries the user %q: nothing tells the provider to look at it now", got)
	}
	c.claim(map[string]any{"release": "9.9.9"})
	if got := told(c.reconcile(t), "DatabaseReady"); !strings.HasPrefix(got, "False Outdated") {
		t.Errorf("with an invalid spec besides: DatabaseReady is %q", got)
	}
	c.claim(nil)

	c.created("database-grant", later)
	rsp = c.reconcile(t)
	if got := told(rsp, "DatabaseReady"); !strings.HasPrefix(got, "True") {
		t.Errorf("rights are there: DatabaseReady is %q", got)
	}
	if got := rolled(before, templates(rsp)); !slices.Equal(got, readDatabase) {
		t.Errorf("rights are there: %v roll, want %v", got, readDatabase)
	}
}

func annotation(rsp *fnv1.RunFunctionResponse, name, key string) string {
	object := rsp.GetDesired().GetResources()[name].GetResource()
	return fields(object, "metadata", "annotations")[key].GetStringValue()
}
