package main

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/pipelinestack/function-pipelinestack/fn/stack"
)

// Crossplane hands over any object of the cluster that a selector asks for, to whichever
// namespace's claim. So selectors name one object each, in the tenant's namespace, by names that
// are the function's own. A class is named by a claim, and of a kind that is the function's own;
// where it is missing, all of that kind are asked for.

// TestSelectors asks on behalf of random claims whose every free text is a trap.
func TestSelectors(t *testing.T) {
	random, own := rand.New(rand.NewPCG(1, 1)), ownNames(t)
	asked := 0
	for range 40 {
		namespaced := random.IntN(2) == 0
		w := wishes{}
		for range random.IntN(8) {
			w.editOnce(random)
		}
		w.platformFault = ""
		class := w.class()
		class["constraints"] = map[string]any{"allow": []any{"*.image", "*.env"}}
		c := newCluster(fixtures(), namespaced, nil, class)
		claim := tenant{namespace: "tenant-" + letters(random, 6), name: letters(random, 1+random.IntN(12))}
		claim.of(c, trapped(w.spec()))
		for range 5 {
			asked += claim.check(t, c, own)
		}
	}
	if asked < 500 {
		t.Errorf("only %d questions were asked: the claims are too dull to prove anything", asked)
	}
}

// TestSelectorsOfOddNames has claims whose very names are traps: nothing is asked on their behalf.
func TestSelectorsOfOddNames(t *testing.T) {
	cases := map[string]struct{ reason, name, namespace string }{
		"Path":        {"a name that leads elsewhere", "../kube-system", "team-a"},
		"Dots":        {"a name with dots could be another derived name", "demo.team-b", "team-a"},
		"Upper":       {"a name that no object has", "Demo", "team-a"},
		"TooLong":     {"a name whose Services would not fit", strings.Repeat("a", 60), "team-a"},
		"Nameless":    {"no name at all", "", "team-a"},
		"NoNamespace": {"a claim from nowhere", "demo", ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := newCluster(stack.Releases(), false, nil, simpleClass())
			tenant{name: tc.name, namespace: tc.namespace}.of(c, nil)
			rsp := c.reconcile(t)
			if refusal(rsp) == "" {
				t.Errorf("%s: it is served", tc.reason)
			}
			for key, s := range rsp.GetRequirements().GetResources() {
				if !ofTheClass(s) {
					t.Errorf("%s: %s is asked for: %v", tc.reason, key, s)
				}
			}
		})
	}
}

// ofTheClass says whether a selector finds the class of a stack: it is the same for every claim but
// for the class's name.
func ofTheClass(s *fnv1.ResourceSelector) bool {
	switch place := s.GetKind() + "/" + s.GetNamespace() + "/" + s.GetMatchName(); place {
	case kindClass + "//default", "ConfigMap/crossplane-system/pipelinestack-install",
		kindDefinition + "//pipelinestackclasses.pipelines.opendatahub.io",
		kindDefinition + "//pipelinestacks.pipelines.opendatahub.io", kindDefinition + "//xpipelinestacks.pipelines.opendatahub.io":
		return true
	default:
		return false
	}
}

type tenant struct{ namespace, name string }

// fences says whether a selector finds what fences the tenant's pipelines: policies whose names are
// the same for every claim, and the tenant's own namespace.
func (n tenant) fences(s *fnv1.ResourceSelector) bool {
	switch place := s.GetKind() + "/" + s.GetNamespace() + "/" + s.GetMatchName(); place {
	case "ValidatingAdmissionPolicy//pipelinestack-workflow-pods", "ValidatingAdmissionPolicyBinding//pipelinestack-workflow-pods",
		"Namespace//" + n.namespace:
		return true
	default:
		return false
	}
}

// of makes the cluster's composite this tenant's.
func (n tenant) of(c *cluster, spec map[string]any) {
	c.claim(spec)
	who := fields(c.composite, "spec", "claimRef")
	if who == nil {
		who = fields(c.composite, "metadata")
	}
	who["name"], who["namespace"] = structpb.NewStringValue(n.name), structpb.NewStringValue(n.namespace)
}

// check reconciles once and looks at every selector. It returns how many there were.
func (n tenant) check(t *testing.T, c *cluster, own map[string]bool) int {
	t.Helper()
	rsp := c.reconcile(t)
	c.heal()
	for key, s := range rsp.GetRequirements().GetResources() {
		if ofTheClass(s) || n.fences(s) {
			continue
		}
		if s.GetMatchLabels() != nil || s.GetMatchName() == "" {
			t.Fatalf("%s names no object: %v", key, s)
		}
		if strings.Contains(s.String(), trap) {
			t.Fatalf("%s carries what the tenant wrote: %v", key, s)
		}
		if want := n.namespaceOf(s); s.GetNamespace() != want {
			t.Fatalf("%s asks in namespace %q, want %q: %v", key, s.GetNamespace(), want, s)
		}
		if !n.madeHere(own, s) {
			t.Fatalf("%s asks by a name that is none of the function's: %v", key, s)
		}
	}
	return len(rsp.GetRequirements().GetResources())
}

// namespaceOf is where a kind may be asked for.
func (n tenant) namespaceOf(s *fnv1.ResourceSelector) string {
	if slices.Contains([]string{kindDefinition, "ClusterRoleBinding"}, s.GetKind()) {
		return ""
	}
	return n.namespace
}

// madeHere says whether a name is of the function's making: one that stacks of the examples have
// too, but for the stack's name in it.
func (n tenant) madeHere(own map[string]bool, s *fnv1.ResourceSelector) bool {
	switch s.GetKind() {
	case "ClusterRoleBinding":
		return s.GetMatchName() == "pipelinestack-auth-delegator."+n.namespace+"."+n.name
	default:
		return own[s.GetMatchName()] || own[strings.TrimSuffix(s.GetMatchName(), "-"+n.name)+"-*"]
	}
}

// ownNames are those of the objects that the examples' stacks hold, with a star for the stack's own
// name, and of the definitions of their kinds.
func ownNames(t *testing.T) map[string]bool {
	t.Helper()
	own := map[string]bool{"xpipelinestacks.pipelines.opendatahub.io": true, "pipelinestacks.pipelines.opendatahub.io": true}
	for _, c := range combos(t) {
		_, stackName := c.scenario.tenant()
		for _, r := range c.answer.GetDesired().GetResources() {
			name := fields(r.GetResource(), "metadata")["name"].GetStringValue()
			if stem, found := strings.CutSuffix(name, "-"+stackName); found {
				name = stem + "-*"
			}
			own[name], own[definitionOf(r.GetResource())] = true, true
		}
	}
	return own
}

const trap = "elsewhere"

// trapped fills free text of a spec with names that must not be asked for.
func trapped(spec map[string]any) map[string]any {
	set := func(path string, value any) {
		at := spec
		steps := strings.Split(path, ".")
		for _, s := range steps[:len(steps)-1] {
			if at[s] == nil {
				at[s] = map[string]any{}
			}
			at = at[s].(map[string]any)
		}
		at[steps[len(steps)-1]] = value
	}
	secret := map[string]any{"name": trap, "key": trap}
	set("tls", map[string]any{"type": "Secret", "secretName": trap})
	set("objectStore.prefix", trap)
	set("apiServer.image", "registry/"+trap)
	set("apiServer.env", []any{map[string]any{"name": "EXTRA", "valueFrom": map[string]any{"secretKeyRef": secret}}})
	set("ui.env", []any{map[string]any{"name": "EXTRA", "valueFrom": map[string]any{"configMapKeyRef": secret}}})
	set("apiServer.workspace", map[string]any{"storageClassName": trap})
	set("scheduling.imagePullSecrets", []any{map[string]any{"name": trap}})
	set("scheduling.priorityClassName", trap)
	set("pipelineRunner.serviceAccountAnnotations", map[string]any{trap + ".io/role": trap})
	return spec
}

func letters(random *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('a' + random.IntN(26))
	}
	return string(b)
}
