package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/pipelinestack/function-pipelinestack/fn/kube"
	"github.com/pipelinestack/function-pipelinestack/fn/stack"
)

// Who reads what. Everything else must never roll for a Secret.
var (
	readDatabase = []string{"api-server-deployment", "metadata-deployment"}
	readStore    = []string{"api-server-deployment", "ui-deployment"}
)

// TestRotation changes what one provider published for a stack that runs, and looks at which pods
// are replaced.
func TestRotation(t *testing.T) {
	cases := map[string]struct {
		reason string
		change func(*cluster)
		rolls  []string
		told   map[string]emptied // conditions that are not True
	}{
		"Nothing": {reason: "nothing changed", change: func(*cluster) {}},
		"Password": {
			reason: "a new password rolls those who log in",
			change: func(c *cluster) { c.publish("database-user", "second") },
			rolls:  readDatabase,
		},
		"Address": {
			reason: "so does a new address",
			change: setDetail("database-user", "endpoint", "other.example.org"),
			rolls:  readDatabase,
		},
		"Key": {
			reason: "a new key rolls those who read the store",
			change: func(c *cluster) { c.publish("bucket-access-key", "second") },
			rolls:  readStore,
		},
		"KeysExtra": {
			reason: "what nobody reads rolls nobody",
			change: setDetail("bucket-access-key", "attribute.ses_smtp_password_v4", "x"),
		},
		"PasswordExtra": {reason: "neither here", change: setDetail("database-user", "comment", "x")},
		"EmptyPassword": {
			reason: "pods go on with what they have read, and somebody is told what to do", change: setDetail("database-user", "password", ""),
			told: map[string]emptied{"DatabaseReady": {"database-user", "password"}},
		},
		"NoLogin": {
			reason: "a Secret that was deleted", change: func(c *cluster) { delete(c.details, "database-user") },
			told: map[string]emptied{"DatabaseReady": {"database-user", "endpoint, password, port, username"}},
		},
		"NoKeys": {
			reason: "the store's likewise, and the Secret that pods read keeps the keys",
			change: func(c *cluster) { delete(c.details, "bucket-access-key") },
			told:   map[string]emptied{"ObjectStoreReady": {"bucket-access-key", "password, username"}},
		},
	}
	for name, tc := range cases {
		for _, namespaced := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/Namespaced=%v", name, namespaced), func(t *testing.T) {
				c := newCluster(stack.Releases(), namespaced, map[string]any{"ui": map[string]any{"enabled": true}}, simpleClass())
				before := templates(c.settle(t))
				tc.change(c)
				rsp := c.reconcile(t)

				if diff := cmp.Diff(tc.rolls, rolled(before, templates(rsp))); diff != "" {
					t.Errorf("%s: rolls: -want, +got:\n%s", tc.reason, diff)
				}
				for _, typ := range allConditions {
					want := "True "
					if e, ok := tc.told[typ]; ok {
						want = e.told(c)
					} else if typ == stack.ConditionStack && tc.told != nil {
						want = "False EmptyConnectionSecret " // of the part
					}
					if got := told(rsp, typ); !strings.HasPrefix(got, want) {
						t.Errorf("%s: %s is %q, want %q", tc.reason, typ, got, want)
					}
				}
				if compositeReady(rsp) != (tc.told == nil) {
					t.Errorf("%s: ready is %v", tc.reason, compositeReady(rsp))
				}
				checkNoSecrets(t, c, rsp)
			})
		}
	}
}

// emptied is an object whose connection Secret lost keys.
type emptied struct{ name, keys string }

// told is what its condition says.
func (e emptied) told(c *cluster) string {
	o := kube.Observed{Object: c.objects[e.name]}
	return fmt.Sprintf(
		"False EmptyConnectionSecret %s: ready, but its connection Secret has no value for %s: restore the Secret or, only if no data "+
			"goes with it, delete %s %s of %s to get a new one with a new Secret",
		e.name,
		e.keys,
		o.String("kind"),
		o.Name(),
		o.String("apiVersion"),
	)
}

func setDetail(name, key, value string) func(*cluster) {
	return func(c *cluster) { c.details[name][key] = []byte(value) }
}

// TestRotationAlways takes logins and keys through random changes: at every step exactly those roll
// who read what changed, a value that was there before makes the pods of before, and whatever is
// missing changes nothing and is told.
func TestRotationAlways(t *testing.T) {
	t.Parallel()
	steps := 1000
	if os.Getenv("CI") == "true" {
		steps = 10_000
	}
	const seed = 1
	random := rand.New(rand.NewPCG(seed, 0))
	c := newCluster(stack.Releases(), false, map[string]any{"ui": map[string]any{"enabled": true}}, simpleClass())
	before := templates(c.settle(t))
	database, store := login(
		c.details["database-user"],
		"username",
		"password",
		"endpoint",
		"port",
	), login(
		c.details["bucket-access-key"],
		"username",
		"password",
	)
	made := map[string]*structpb.Value{}
	for step := range steps {
		changeDetails(random, c)
		rsp := must(c.function.RunFunction(t.Context(), c.request(c.fetch(t, c.asked))))

		var want []string
		if l := login(c.details["database-user"], "username", "password", "endpoint", "port"); l != "" && l != database {
			database, want = l, append(want, readDatabase...)
		}
		if l := login(c.details["bucket-access-key"], "username", "password"); l != "" && l != store {
			store, want = l, append(want, readStore...)
		}
		slices.Sort(want)
		now := templates(rsp)
		if diff := cmp.Diff(slices.Compact(want), rolled(before, now)); diff != "" {
			t.Fatalf("seed %d, step %d: rolls: -want, +got:\n%s", seed, step, diff)
		}
		if earlier, known := made[database+store]; known && !proto.Equal(earlier, now["api-server-deployment"]) {
			t.Fatalf("seed %d, step %d: the same login and keys make another pod than earlier", seed, step)
		}
		made[database+store] = now["api-server-deployment"]
		for typ, complete := range map[string]bool{
			"DatabaseReady":    login(c.details["database-user"], "username", "password", "endpoint", "port") != "",
			"ObjectStoreReady": login(c.details["bucket-access-key"], "username", "password") != "",
		} {
			got, otherPort := told(rsp, typ), string(c.details["database-user"]["port"]) != "3306"
			if typ == "DatabaseReady" && complete && otherPort {
				if !strings.Contains(got, stack.ReasonAddressMismatch) {
					t.Fatalf("seed %d, step %d: the login is for another port, and %s is %s", seed, step, typ, got)
				}
				continue
			}
			if complete != strings.HasPrefix(got, "True Available ") || !complete && !strings.Contains(got, "EmptyConnectionSecret") {
				t.Fatalf("seed %d, step %d: %s is %s", seed, step, typ, got)
			}
		}
		before = now
		if want != nil {
			checkNoSecrets(t, c, rsp)
		}
		for _, name := range want {
			c.write(t, name, proto.CloneOf(rsp.GetDesired().GetResources()[name].GetResource()))
			c.report(name, well)
		}
	}
	if len(made) < 10 {
		t.Errorf("only %d logins and keys were ever in use: the steps are too dull to prove anything", len(made))
	}
}

// changeDetails in one way that providers and people do. Values repeat, so that some changes are
// none.
func changeDetails(random *rand.Rand, c *cluster) {
	name := pick(random, "database-user", "bucket-access-key")
	key := pick(random, "username", "password", "endpoint", "port", "other")
	switch random.IntN(5) {
	case 0, 1:
		c.publish(name, pick(random, "a", "b", "c", "d", "e", "f"))
	case 2:
		if d := c.details[name]; d != nil {
			d[key] = []byte(pick(random, "", "3306", "3307"))
		}
	case 3:
		delete(c.details[name], key)
	default:
		c.details[name] = map[string][]byte{}
	}
}

// login is what pods read of connection details, empty unless all of it is there.
func login(details map[string][]byte, keys ...string) string {
	var all []string
	for _, k := range keys {
		if len(details[k]) == 0 {
			return ""
		}
		all = append(all, string(details[k]))
	}
	return strings.Join(all, "\n")
}

// templates of the pods that an answer wants, by Deployment.
func templates(rsp *fnv1.RunFunctionResponse) map[string]*structpb.Value {
	out := map[string]*structpb.Value{}
	for name, r := range rsp.GetDesired().GetResources() {
		if kind := r.GetResource().GetFields()["kind"].GetStringValue(); kind == "Deployment" || kind == "StatefulSet" {
			out[name] = fields(r.GetResource(), "spec")["template"]
		}
	}
	return out
}

// rolled are the Deployments and StatefulSets whose pods are replaced.
func rolled(before, after map[string]*structpb.Value) []string {
	var list []string
	for name, template := range after {
		if !proto.Equal(before[name], template) {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// checkNoSecrets wants nothing that a provider published in an answer, but for the keys in the one
// Secret that the function writes.
func checkNoSecrets(t *testing.T, c *cluster, rsp *fnv1.RunFunctionResponse) {
	t.Helper()
	rest := &fnv1.RunFunctionResponse{
		Conditions: rsp.GetConditions(), Results: rsp.GetResults(), Requirements: rsp.GetRequirements(),
		Desired: &fnv1.State{Composite: rsp.GetDesired().GetComposite(), Resources: map[string]*fnv1.Resource{}},
	}
	for name, r := range rsp.GetDesired().GetResources() {
		if name != "object-store-secret" {
			rest.Desired.Resources[name] = r
		}
	}
	raw := encoded(rest)
	for name, details := range c.details {
		password := details["password"]
		if len(password) < 8 {
			continue // emptied
		}
		if bytes.Contains(raw, password) || bytes.Contains(raw, []byte(base64.StdEncoding.EncodeToString(password))) {
			t.Fatalf("the password of %s stands in the answer", name)
		}
	}
}
