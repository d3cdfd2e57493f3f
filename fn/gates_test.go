package main

import (
	"maps"
	"slices"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/google/go-cmp/cmp"

	"github.com/pipelinestack/function-pipelinestack/fn/stack"
)

// TestKindMissing has a cluster lack one kind. Its object waits, what needs the object waits, and
// everything else is made.
func TestKindMissing(t *testing.T) {
	all := newCluster(stack.Releases(), false, nil, simpleClass())
	all.settle(t)
	workloads := afterStores(all)
	cases := map[string]struct {
		reason     string
		namespaced bool
		spec       map[string]any
		monitored  bool
		missing    string
		object     string
		waits      []string
		condition  string
		told       string
	}{
		"Grant": {
			reason:    "without a grant nobody logs in",
			missing:   "grants.mysql.sql.crossplane.io",
			object:    "database-grant",
			waits:     workloads,
			condition: "DatabaseReady",
			told:      "False KindMissing database-grant: the cluster has no kind Grant of mysql.sql.crossplane.io: install provider-sql, and see that its kinds are activated",
		},
		"Versioning": {
			reason:    "what protects the data comes before the data",
			spec:      map[string]any{"objectStore": map[string]any{"versioning": "Enabled"}},
			missing:   "bucketversionings.s3.aws.upbound.io",
			object:    "bucket-versioning",
			waits:     workloads,
			condition: "ObjectStoreReady",
			told:      "False KindMissing bucket-versioning: the cluster has no kind BucketVersioning of s3.aws.upbound.io: install provider-aws-s3, and see that its kinds are activated",
		},
		"AccessKey": {
			reason: "the Secret that pods read is made of the key", namespaced: true,
			missing: "accesskeys.iam.aws.m.upbound.io", object: "bucket-access-key", waits: append([]string{"object-store-secret"}, workloads...),
			condition: "ObjectStoreReady",
			told: "False KindMissing bucket-access-key: the cluster has no kind AccessKey of iam.aws.m.upbound.io: install provider-aws-iam, " +
				"and see that its kinds are activated",
		},
		"Alerts": {
			reason:    "pipelines run without alerts",
			monitored: true,
			missing:   "prometheusrules.monitoring.coreos.com",
			object:    "alerts",
			condition: "APIServerReady",
			told:      "False KindMissing alerts: the cluster has no kind PrometheusRule of monitoring.coreos.com: install the Prometheus operator, and see that its kinds are activated",
		},
		"Monitor": {
			reason:    "and without metrics",
			monitored: true,
			missing:   "podmonitors.monitoring.coreos.com",
			object:    "workflow-controller-monitor",
			condition: "WorkflowControllerReady",
			told:      "False KindMissing workflow-controller-monitor: the cluster has no kind PodMonitor of monitoring.coreos.com: install the Prometheus operator, and see that its kinds are activated",
		},
		"Object": {
			reason:     "the guard lets nobody in without it, but the rest works",
			namespaced: true,
			missing:    "objects.kubernetes.m.crossplane.io",
			object:     "auth-delegator",
			condition:  "APIServerReady",
			told:       "False KindMissing auth-delegator: the cluster has no kind Object of kubernetes.m.crossplane.io: install provider-kubernetes, and see that its kinds are activated",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			platform := simpleClass()
			platform["monitoring"] = map[string]any{"prometheusOperator": tc.monitored}
			c := newCluster(stack.Releases(), tc.namespaced, tc.spec, platform)
			c.missing[tc.missing] = true
			rsp := c.settle(t)

			want := map[string]string{tc.object: stack.ReasonKindMissing}
			for _, w := range tc.waits {
				want[w] = stack.ReasonWaiting
			}
			if diff := cmp.Diff(want, heldBack(rsp)); diff != "" {
				t.Errorf("%s: held back: -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.told, told(rsp, tc.condition)); diff != "" {
				t.Errorf("%s: %s: -want, +got:\n%s", tc.reason, tc.condition, diff)
			}
			if compositeReady(rsp) {
				t.Errorf("%s: ready though something is held back", tc.reason)
			}

			clear(c.missing)
			if rsp := c.settle(t); len(heldBack(rsp)) > 0 || !compositeReady(rsp) {
				t.Errorf("%s: once the kind is there: held back %v, conditions %v", tc.reason, heldBack(rsp), rsp.GetConditions())
			}
			if got := names(
				c.asked,
			); !slices.Equal(
				got,
				[]string{
					"canary", "class", "fence", "fence binding", "install", "kind pipelinestackclasses.pipelines.opendatahub.io", "namespace",
				},
			) {
				t.Errorf("%s: a stack that is all there still asks for %v", tc.reason, got)
			}
		})
	}
}

// afterStores are the names of a stack's objects that come after its stores, of those that are there.
func afterStores(c *cluster) []string {
	var later []string
	for name, o := range c.objects {
		switch of := fields(o, "metadata", "labels")[stack.LabelCondition].GetStringValue(); {
		case of == stack.ConditionDatabase, of == stack.ConditionObjectStore, o.GetFields()["kind"].GetStringValue() == "ServiceAccount":
		default:
			later = append(later, name)
		}
	}
	return later
}

// TestCanary tells a cluster from a render without one by the definition of the stack itself.
func TestCanary(t *testing.T) {
	cases := map[string]struct {
		reason     string
		namespaced bool
		prepare    func(*cluster)
		answers    bool // whether what the function asks for is answered
		made, held bool
	}{
		"LocalRender": {
			reason:  "a render without a cluster shows the whole stack",
			prepare: func(c *cluster) { c.local = true },
			answers: true,
			made:    true,
		},
		"NamespacedRender": {
			reason:     "in either flavour",
			namespaced: true,
			prepare:    func(c *cluster) { c.local = true },
			answers:    true,
			made:       true,
		},
		"Unanswered": {reason: "nothing is made before the questions are answered", prepare: func(*cluster) {}, held: true},
		"Cluster": {
			reason:  "on a cluster what can be made is made, and the rest waits",
			prepare: func(*cluster) {},
			answers: true,
			made:    true,
			held:    true,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := newCluster(stack.Releases(), tc.namespaced, nil, simpleClass())
			tc.prepare(c)
			var rsp *fnv1.RunFunctionResponse
			if tc.answers {
				rsp = c.reconcile(t)
			} else {
				// The class has been found, and nothing else is known.
				first := must(c.function.RunFunction(t.Context(), c.request(nil)))
				second := must(c.function.RunFunction(t.Context(), c.request(c.fetch(t, first.GetRequirements().GetResources()))))
				rsp = must(c.function.RunFunction(t.Context(), c.request(c.fetch(t, second.GetRequirements().GetResources()))))
			}
			if made := len(rsp.GetDesired().GetResources()) > 0; made != tc.made {
				t.Errorf("%s: %d objects are made", tc.reason, len(rsp.GetDesired().GetResources()))
			}
			if held := heldBack(rsp); (len(held) > 0) != tc.held {
				t.Errorf("%s: held back: %v", tc.reason, held)
			}
			definition := map[bool]string{false: "xpipelinestacks.pipelines.opendatahub.io", true: "pipelinestacks.pipelines.opendatahub.io"}[tc.namespaced]
			if got := rsp.GetRequirements().GetResources()["canary"].GetMatchName(); got != definition {
				t.Errorf("%s: the canary is %s, want %s", tc.reason, got, definition)
			}
		})
	}
}

// TestWaves follows a new stack on a cluster where everything gets ready as soon as it is there, and
// says what is desired when.
func TestWaves(t *testing.T) {
	c := newCluster(stack.Releases(), false, map[string]any{"ui": map[string]any{"enabled": true}}, simpleClass())
	wave := map[string]int{}
	for n := range 6 {
		for name := range c.reconcile(t).GetDesired().GetResources() {
			if _, made := wave[name]; !made {
				wave[name] = n
			}
		}
		c.heal()
	}
	want := map[string]int{
		"database": 0, "database-user": 0, "bucket": 0, "bucket-public-access-block": 0, "bucket-encryption": 0, "bucket-user": 0,
		"bucket-policy-attachment": 0, "bucket-access-key": 0,
		"database-grant":      1,
		"object-store-secret": 1, // after user and key
		"bucket-policy":       1, // which names the user's account
	}
	for name, o := range c.objects {
		if o.GetFields()["kind"].GetStringValue() == "ServiceAccount" {
			want[name] = 0 // before any pod
		}
	}
	for _, name := range afterStores(c) {
		if _, special := want[name]; !special {
			want[name] = 2 // all together, when both stores can be logged in to
		}
	}
	if diff := cmp.Diff(want, wave); diff != "" {
		t.Errorf("the calls at which objects are made: -want, +got:\n%s", diff)
	}
	if len(wave) != 54 {
		t.Errorf("%d objects: the test misses some", len(wave))
	}
}

// TestAccountsComeBeforePods adds to a stack that is there what has pods, and the account that they
// need: Kubernetes refuses pods without it.
func TestAccountsComeBeforePods(t *testing.T) {
	ui := map[string]any{"ui": map[string]any{"enabled": true}}
	cases := map[string]struct {
		reason, account, pods string
		cluster               func() *cluster
	}{
		"Later": {"the web interface is wanted later", "ui-service-account", "ui-deployment", func() *cluster {
			c := newCluster(stack.Releases(), false, nil, simpleClass())
			c.settle(t)
			c.claim(ui)
			return c
		}},
		"Lost": {"both were deleted", "database-service-account", "database-server", func() *cluster {
			class := simpleClass()
			class["database"] = map[string]any{"allowedTypes": []any{"Embedded"}}
			c := newCluster(stack.Releases(), false, nil, class)
			c.settle(t)
			delete(c.objects, "database-service-account")
			delete(c.objects, "database-server")
			return c
		}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := tc.cluster()
			var wave []string
			for range 2 {
				for name := range c.reconcile(t).GetDesired().GetResources() {
					if !slices.Contains(wave, name) && (name == tc.account || name == tc.pods) {
						wave = append(wave, name)
					}
				}
				wave = append(wave, "next")
			}
			if diff := cmp.Diff([]string{tc.account, "next", tc.pods, "next"}, wave); diff != "" {
				t.Errorf("%s: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestWavesAreForNewStacks takes an object of each kind from a stack whose stores are out of order:
// it comes back, unless it is what cannot start without them.
func TestWavesAreForNewStacks(t *testing.T) {
	c := newCluster(stack.Releases(), false, nil, simpleClass())
	c.settle(t)
	for name, o := range maps.Clone(c.objects) {
		if of := fields(o, "metadata", "labels")[stack.LabelCondition].GetStringValue(); of == stack.ConditionDatabase ||
			of == stack.ConditionObjectStore {
			continue
		}
		c.report("database", sick)
		c.report("bucket", sick)
		delete(c.objects, name)
		held := heldBack(c.reconcile(t))
		if waits := name == "api-server-deployment"; waits != (held[name] != "") || len(held) > 1 {
			t.Errorf("without %s, and without stores: held back: %v", name, held)
		}
		c.settle(t)
	}
}

// TestEachNeed takes from a new stack one thing at a time, and wants what needs it to wait for it
// by name.
func TestEachNeed(t *testing.T) {
	cases := map[string]struct{ reason, broken, waits, told string }{
		"Grant": {
			"a grant for a user that is not there fails for a while, and wakes somebody",
			"database-user",
			"database-grant",
			"waits for database-user",
		},
		"Database": {"or on a database", "database", "database-grant", "waits for database"},
		"Account":  {"a policy without it would open a bucket of somebody else's", "bucket-user", "bucket-policy", "waits for bucket-user"},
		"Keys":     {"the Secret is never written without keys", "bucket-access-key", "object-store-secret", "waits for bucket-access-key"},
		"Login": {
			"an API server without a database crashes until it has one",
			"database-grant",
			"api-server-deployment",
			"waits for DatabaseReady",
		},
		"Bucket":   {"nor without its bucket", "bucket", "api-server-deployment", "waits for ObjectStoreReady"},
		"Metadata": {"nor ML Metadata", "database-grant", "metadata-deployment", "waits for DatabaseReady"},
		"Namespace": {
			"what nobody can use yet would be applied over and over",
			"bucket",
			"workflow-controller-deployment",
			"waits for ObjectStoreReady",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := newCluster(stack.Releases(), false, nil, simpleClass())
			var rsp *fnv1.RunFunctionResponse
			for range 6 {
				rsp = c.reconcile(t)
				c.heal()
				c.report(tc.broken, sick)
			}
			var got string
			for _, h := range fields(rsp.GetDesired().GetComposite().GetResource(), "status")["pendingResources"].GetListValue().GetValues() {
				if f := h.GetStructValue().GetFields(); f["resource"].GetStringValue() == tc.waits {
					got = f["message"].GetStringValue()
				}
			}
			if got != tc.told {
				t.Errorf("%s: %s %q, want %q", tc.reason, tc.waits, got, tc.told)
			}
		})
	}
}
