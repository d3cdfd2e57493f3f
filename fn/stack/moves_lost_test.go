package stack

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// madeWorld is one in which database and bucket are there and ready, and nothing else is.
func madeWorld(t *testing.T) World {
	t.Helper()
	g := given{}
	placed(t)(&g)
	w, s := g.world, newStack(t)
	there := append(databaseResources(s, nil), objectStoreResources(s, nil)...)
	for _, c := range components {
		if c.off != nil {
			if off, _ := c.off(s); off != "" {
				continue
			}
		}
		there = append(there, slices.DeleteFunc(c.resources(s, nil), func(r Resource) bool { return account(r) == "" })...)
	}
	for _, r := range there {
		object, err := kube.Struct(r.Object)
		if err != nil {
			t.Fatal(err)
		}
		object.Fields["status"] = structpb.NewStructValue(
			content(t, `conditions: [{type: Ready, status: "True"}, {type: Synced, status: "True"}]`),
		)
		w.Observed[r.Name] = kube.Observed{Object: object, Details: map[string][]byte{
			keyUsername: []byte("u"), keyPassword: []byte("p"), keyEndpoint: []byte("h"), keyPort: []byte("3306"),
		}}
	}
	delete(w.Observed, resAPIServerDeployment)
	w.Required = map[string][]kube.Observed{}
	for range 2 { // kinds first, then names of objects of those
		p, errs := newStack(t, func(g *given) { g.world = w }).Plan()
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		for _, r := range p.Requires {
			w.Required[r.Key] = nil
			if r.Kind == "CustomResourceDefinition" {
				w.Required[r.Key] = []kube.Observed{bare(t, r.Kind)}
			}
		}
	}
	return w
}

// Crossplane tells resources by an annotation, and whoever may write any object of the namespace can put
// it on one. Such an object says nothing: no name, no place and no class follows from it.
func TestNoNameFollowsFromWhatTheStatusDoesNotSay(t *testing.T) {
	for _, resource := range []string{resDatabase, resBucket} {
		planted := func(g *given) {
			g.world.Observed = Observed{resource: found(t, `{metadata: {annotations: {crossplane.io/external-name: company-finance}}}`)}
		}
		s := newStack(t, planted)
		if s.ID != testID || len(s.moves) > 0 {
			t.Errorf("%s: a stack that has nothing yet is called %s, moves %v", resource, s.ID, s.moves)
		}
		if _, errs := s.Plan(); len(errs) == 0 {
			t.Errorf("%s: an object under another name is taken for the stack's own", resource)
		}
	}
}

// A Database that is gone would be made anew where the class says, and be empty there.
func TestDatabaseIsNotMadeAnewElsewhere(t *testing.T) {
	gone := func(g *given) { delete(g.world.Observed, resDatabase) }
	if _, errs := tryStack(placed(t), gone); len(errs) > 0 {
		t.Errorf("in the same place it may be made anew: %v", errs)
	}
	for _, class := range []string{`database: {shared: {host: mysql2.example.org}}`} {
		_, errs := tryStack(placed(t), gone, classes(t, class))
		if diff := cmp.Diff([]string{"FieldValueForbidden class/default: spec.database.shared"}, refusals(errs)); diff != "" {
			t.Errorf("%s: -want, +got\n%s", class, diff)
		}
	}
	moved := `database: {shared: {host: mysql2.example.org}, movedFrom: [Shared/mysql.example.org/` + testID + `]}`
	if _, errs := tryStack(placed(t), gone, classes(t, moved)); len(errs) > 0 {
		t.Errorf("unless the platform has moved the data: %v", errs)
	}
}

// A Bucket that is gone is made anew, or found, in the region that the status says.
func TestBucketIsMadeAnewInItsRegion(t *testing.T) {
	s := newStack(t, placed(t), classes(t, `objectStore: {aws: {region: eu-west-1}}`), func(g *given) { delete(g.world.Observed, resBucket) })
	if got := s.region(); got != "eu-central-1" {
		t.Errorf("the bucket would be made in %s", got)
	}
}
