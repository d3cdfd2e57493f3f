package main

import (
	"maps"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/structpb"
	"sigs.k8s.io/yaml"

	"github.com/pipelinestack/function-pipelinestack/fn/stack"
)

var (
	noWayBack = "spec.release: Forbidden: the database has been migrated for release " + releaseNext + ", and release 2.17.0 cannot read it: " +
		"there is no way back but a backup"
	notKnown = "class/default: spec.releases[" + releaseNext + "]: Required value: the stack runs it, and neither the function nor the class " +
		"has it any more: add it to the class, or name another release in spec.release: 2.16.1, 2.17.0, 2.17.2, odh-2.18.0"
)

// TestRelease changes claim, class or memory of a stack that runs a release, and checks which one
// it runs then.
func TestRelease(t *testing.T) {
	cases := map[string]struct {
		reason    string
		made      string // the release that the claim named when the stack was made; empty for the platform's default, 2.17.0
		claim     string // the one that it names now
		byDefault string // the platform's default now
		status    string // what the status remembers, - for nothing; empty for what was made
		deployed  string // what the Deployment remembers, likewise
		catalogue stack.Catalogue
		want      string
		held      bool // the claim's word is not followed, and the database's condition says so
		refusal   string
	}{
		"Upgrade":   {reason: "an upgrade is a field", made: "2.16.1", claim: "2.17.0", want: "2.17.0"},
		"Back":      {reason: "so is the way back where the tables are the same", made: "2.17.0", claim: "2.16.1", want: "2.16.1"},
		"Migration": {reason: "forward over a migration", made: "2.17.0", claim: releaseNext, want: releaseNext},
		"NoWayBack": {reason: "and not back", made: releaseNext, claim: "2.17.0", want: releaseNext, held: true},
		"Unknown": {
			reason:  "a release that nobody knows",
			claim:   "9.9.9",
			refusal: `spec.release: Unsupported value: "9.9.9": ` + supported(fixtures()),
		},
		"NewDefault":   {reason: "a new default is for new stacks", byDefault: releaseNext, want: "2.17.0"},
		"OldDefault":   {reason: "an old one too", byDefault: "2.16.1", want: "2.17.0"},
		"Unnamed":      {reason: "a claim that no longer names a release keeps it", made: "2.16.1", want: "2.16.1"},
		"ByStatus":     {reason: "a Deployment that somebody deleted comes back as it was", deployed: "-", byDefault: "2.16.1", want: "2.17.0"},
		"ByDeployment": {reason: "a status that got lost is of no consequence", status: "-", byDefault: "2.16.1", want: "2.17.0"},
		"BothLost":     {reason: "who remembers nothing is new", status: "-", deployed: "-", byDefault: "2.16.1", want: "2.16.1"},
		"UnderWay":     {reason: "an upgrade that was ordered may have begun to migrate", status: releaseNext, want: releaseNext},
		"UnderWayBack": {reason: "so it is not undone", status: releaseNext, claim: "2.17.0", want: releaseNext, held: true},
		"Older":        {reason: "a status from before the migration does not count", deployed: releaseNext, want: releaseNext},
		"OlderBack":    {reason: "nor does it open the way back", deployed: releaseNext, claim: "2.17.0", want: releaseNext, held: true},
		"NoMigration":  {reason: "without a migration what is deployed counts", status: "2.16.1", want: "2.17.0"},
		"Forgotten": {
			reason:    "a release that the function no longer carries is not replaced by another one",
			made:      releaseNext,
			catalogue: stack.Releases(),
			refusal:   notKnown,
		},
		"ForgottenBack": {
			reason:    "nor is its migration forgotten",
			made:      releaseNext,
			claim:     "2.17.0",
			catalogue: stack.Releases(),
			refusal:   noWayBack,
		},
		"ForgottenLeft": {
			reason:    "but one can leave it where there was none",
			made:      releaseBare,
			claim:     "2.17.0",
			catalogue: stack.Releases(),
			want:      "2.17.0",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := newCluster(fixtures(), false, release(tc.made), simpleClass())
			c.settle(t)
			remember(fields(c.composite, "status"), "release", tc.status)
			annotations := fields(c.objects["api-server-deployment"], "metadata", "annotations")
			remember(annotations, stack.AnnotationRelease, tc.deployed)
			if r := fixtures()[tc.deployed]; r != nil {
				remember(annotations, stack.AnnotationSchema, strconv.Itoa(r.Schema))
			}
			if tc.catalogue != nil {
				c.twin = func() *Function { return carrying(tc.catalogue) }
				c.function = c.twin()
			}
			platform := simpleClass()
			if tc.byDefault != "" {
				platform["defaults"] = release(tc.byDefault)
			}
			c.setClass(platform)
			c.claim(release(tc.claim))
			before := maps.Clone(c.objects)
			rsp := c.reconcile(t)

			if diff := cmp.Diff(tc.refusal, refusal(rsp)); diff != "" {
				t.Fatalf("%s: refusal: -want, +got:\n%s", tc.reason, diff)
			}
			if tc.refusal != "" {
				if diff := cmp.Diff(before, c.objects, protocmp.Transform()); diff != "" {
					t.Errorf("%s: a refusal changes objects:\n%s", tc.reason, diff)
				}
				for _, typ := range allConditions {
					if got := told(
						rsp,
						typ,
					); typ == "SpecValid" && got != "False Invalid "+tc.refusal ||
						typ != "SpecValid" && !strings.HasPrefix(got, "True ") {
						t.Errorf("%s: %s is %s", tc.reason, typ, got)
					}
				}
				return
			}
			deployment := c.objects["api-server-deployment"]
			if got := fields(deployment, "metadata", "annotations")[stack.AnnotationRelease].GetStringValue(); got != tc.want {
				t.Errorf("%s: the Deployment carries %s, want %s", tc.reason, got, tc.want)
			}
			if got := fields(c.composite, "status")["release"].GetStringValue(); got != tc.want {
				t.Errorf("%s: the status says %s, want %s", tc.reason, got, tc.want)
			}
			if got := told(rsp, "DatabaseReady"); strings.Contains(got, "MoveRefused") != tc.held {
				t.Errorf("%s: the way back is refused: %v, and DatabaseReady is %s", tc.reason, tc.held, got)
			}
		})
	}
}

func release(name string) map[string]any {
	if name == "" {
		return map[string]any{}
	}
	return map[string]any{"release": name}
}

// remember something else in a field, or nothing for -.
func remember(in map[string]*structpb.Value, field, value string) {
	switch value {
	case "":
	case "-":
		delete(in, field)
	default:
		in[field] = structpb.NewStringValue(value)
	}
}

// TestUpgradeKeepsSelectors holds releases against each other for what Kubernetes never lets
// anybody change.
func TestUpgradeKeepsSelectors(t *testing.T) {
	all := stack.Releases()
	want := rendered(t, stack.DefaultRelease)
	for name := range all {
		for resource, o := range rendered(t, name) {
			if want[resource] == nil {
				continue
			}
			if place(o) != place(want[resource]) {
				t.Errorf("%s is %s in %s and %s in %s", resource, place(o), name, place(want[resource]), stack.DefaultRelease)
			}
			for _, field := range []string{"selector", "roleRef"} {
				a, b := fields(o, "spec")[field], fields(want[resource], "spec")[field]
				if field == "roleRef" {
					a, b = o.GetFields()[field], want[resource].GetFields()[field]
				}
				if !proto.Equal(a, b) {
					t.Errorf("%s has another %s in %s than in %s: %v", resource, field, name, stack.DefaultRelease, a)
				}
			}
		}
	}
}

// TestExamplesOfUpgrades shows what an upgrade of the quickstart's stack to the next release
// upstream changes. With -update it writes that down.
func TestExamplesOfUpgrades(t *testing.T) {
	releases := upstream()
	for i, before := range releases[:len(releases)-1] {
		after := releases[i+1]
		name := before + "-to-" + after
		t.Run(name, func(t *testing.T) {
			from, to := rendered(t, before), rendered(t, after)
			var got strings.Builder
			for _, resource := range names(union(from, to)) {
				got.WriteString(unified(resource+" of "+before, resource+" of "+after, yamlOf(from[resource]), yamlOf(to[resource]), 2))
			}
			file := filepath.Join(folder("upgrade"), name+".diff")
			if is, same := golden(t, file, got.String()); !same {
				t.Errorf("%s: -file, +function (make goldens rewrites it):\n%s", file, unified("file", "function", is, got.String(), 2))
			}
		})
	}
}

func union(a, b map[string]*structpb.Struct) map[string]*structpb.Struct {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// rendered are the quickstart's objects in a release, by resource name, as a local render shows
// them.
func rendered(t *testing.T, name string) map[string]*structpb.Struct {
	t.Helper()
	s := scenarioOf(t, "quickstart")
	s.spec()["release"] = name
	objects := map[string]*structpb.Struct{}
	rsp := s.run(t, quiet())
	if message := refusal(rsp); message != "" {
		t.Fatal(message)
	}
	for resource, r := range rsp.GetDesired().GetResources() {
		objects[resource] = r.GetResource()
	}
	return objects
}

// yamlOf is an object as YAML, empty without one.
func yamlOf(o *structpb.Struct) string {
	if o == nil {
		return ""
	}
	return string(must(yaml.Marshal(o.AsMap())))
}
