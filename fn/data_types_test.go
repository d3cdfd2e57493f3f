package main

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/pipelinestack/function-pipelinestack/internal/check"
)

// A stack with data on volumes, or in stores that were there before it, is no worse off than one in
// shared stores. A class that offers something else now is nothing to it.

func TestDataOnVolumesNeverChangesSilently(t *testing.T) {
	for _, namespaced := range []bool{false, true} {
		class := obj{"database": obj{"allowedTypes": []any{"Embedded", "External"}}, "objectStore": obj{"allowedTypes": []any{"Embedded"}}}
		claim := obj{
			"database":    obj{"embedded": obj{"storage": "20Gi", "storageClassName": "fast"}},
			"objectStore": obj{"prefix": "team/a", "embedded": obj{"storage": "30Gi"}},
		}
		claim["database"].(obj)["type"], claim["objectStore"].(obj)["type"] = "Embedded", "Embedded"
		c := richCluster(t, namespaced, class, claim)
		edits := append(editsOf(heldOnVolumes), edit{"class.database", nil}, edit{"class.objectStore", nil})
		checkEdits(t, c, class, claim, heldOnVolumes, edits, rand.New(rand.NewPCG(1, 0)), 40)
	}
}

func TestDataOutsideNeverChangesSilently(t *testing.T) {
	s := scenarioOf(t, "external-ready")
	class, claim := s.classSpec(), check.Normalize(s.spec())
	delete(claim, "claimRef")
	c := newCluster(fixtures(), false, claim, class)
	for _, o := range s.required {
		if o["kind"] != kindClass {
			c.others = append(c.others, object(o))
		}
	}
	if rsp := c.settle(t); refusal(rsp) != "" || !compositeReady(rsp) {
		t.Fatalf("never gets ready: %s %v", refusal(rsp), rsp.GetConditions())
	}
	edits := append(editsOf(heldOutside), edit{"class.database", nil}, edit{"class.objectStore", nil})
	checkEdits(t, c, class, claim, heldOutside, edits, rand.New(rand.NewPCG(1, 0)), 10)
	for _, e := range editsOf(refusedOutside) {
		newClass, newClaim := applied(class, claim, []edit{e})
		then := *c
		then.composite, then.others = proto.CloneOf(c.composite), slices.Clone(c.others)
		then.claim(newClaim)
		then.setClass(newClass)
		_, path, _ := strings.Cut(e.path, ".")
		block := strings.Join(strings.Split(path, ".")[:2], ".")
		if message := refusal(then.ask(t, then.request(nil))); !strings.HasPrefix(message, "spec."+block+": ") {
			t.Errorf("%v: %q", e, message)
		}
	}
}
