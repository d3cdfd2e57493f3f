package main

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation"
)

// A holder is whose stack it is.
type holder struct{ cluster, namespace, name string }

// confusable are the parts that meet when they are only put one behind the other, and those at the
// edge of what Kubernetes allows.
var confusable = []string{
	"a", "b", "c", "a-b", "b-c", "a-b-c", "ab", "bc", "0", "00", "1a", "a1", "1-1", "a--b", "0-0-0", "kfpa", "kube-system", "de-mo",
}

// holders are all pairs of confusable parts on two clusters, and thousands of others. Each is there
// once.
func holders() []holder {
	seen, all := map[holder]bool{}, []holder{}
	add := func(t holder) {
		if !seen[t] && len(t.name) <= maxStackName {
			seen[t] = true
			all = append(all, t)
		}
	}
	edges := slices.Concat(
		confusable,
		[]string{
			strings.Repeat("a", 13),
			strings.Repeat("a", 14),
			strings.Repeat("a", 63),
			strings.Repeat("a", 62) + "b",
			strings.Repeat("7", 63),
			"a" + strings.Repeat("-", 61) + "a",
			strings.Repeat("n", maxStackName),
			strings.Repeat("0", maxStackName),
			"z" + strings.Repeat("-", maxStackName-2) + "9",
		},
	)
	for _, cluster := range []string{"a", "a-b"} {
		for _, namespace := range edges {
			for _, name := range edges {
				add(holder{cluster, namespace, name})
			}
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 999 {
		add(holder{[]string{"a", "prod", "9"}[i/333], label(random, 63), label(random, maxStackName)})
	}
	return all
}

// maxStackName leaves room for ds-pipeline- in a Service's name.
const maxStackName = 51

// label is a random DNS label, often with much in common with others.
func label(random *rand.Rand, most int) string {
	const inside = "ab0-"
	b := make([]byte, 1+random.IntN(most))
	for i := range b {
		b[i] = inside[random.IntN(len(inside))]
	}
	b[0], b[len(b)-1] = inside[random.IntN(3)], inside[random.IntN(3)]
	return string(b)
}

var sharedName = regexp.MustCompile(`^[a-z][a-z0-9]{0,31}$`)

// No two tenants share a name in a shared service or an object of the cluster, and every name is
// one that its kind allows.
func TestNamesAreLegalAndUnique(t *testing.T) {
	const shards = 4
	all, owners, mutex := holders(), map[string]holder{}, sync.Mutex{}
	if len(all) < 2000 {
		t.Fatalf("only %d tenants", len(all))
	}
	for shard := range shards {
		t.Run(strconv.Itoa(shard), func(t *testing.T) {
			t.Parallel()
			f, quickstart := quiet(), scenarioOf(t, "quickstart")
			for _, who := range all[len(all)*shard/shards : len(all)*(shard+1)/shards] {
				names := takenBy(t, f, quickstart, who)
				mutex.Lock()
				for _, name := range names {
					if other, taken := owners[name]; taken {
						t.Errorf("%v and %v both have %s", who, other, name)
					}
					owners[name] = who
				}
				mutex.Unlock()
				if t.Failed() {
					return
				}
			}
		})
	}
}

// takenBy lists what a tenant has in shared services and in the cluster at large.
func takenBy(t *testing.T, f *Function, s *scenario, who holder) []string {
	t.Helper()
	s = s.in(t, kindComposite, who.namespace, who.name)
	s.classSpec()["clusterID"] = who.cluster
	rsp := s.run(t, f)
	if message := refusal(rsp); message != "" {
		t.Fatalf("%v: %s", who, message)
	}
	status := rsp.GetDesired().GetComposite().GetResource().GetFields()["status"].GetStructValue().GetFields()
	name := status["database"].GetStructValue().GetFields()["name"].GetStringValue()
	bucket := status["objectStore"].GetStructValue().GetFields()["bucket"].GetStringValue()
	if !sharedName.MatchString(name) || bucket != name {
		t.Fatalf("%v: database %q, bucket %q", who, name, bucket)
	}
	names := []string{name}
	for resource, r := range rsp.GetDesired().GetResources() {
		o := r.GetResource().GetFields()
		meta, kind := o["metadata"].GetStructValue().GetFields(), o["kind"].GetStringValue()
		if msgs := nameRule(kind)(meta["name"].GetStringValue()); len(msgs) > 0 {
			t.Fatalf("%v: %s: the name %s is illegal: %v", who, resource, meta["name"].GetStringValue(), msgs)
		}
		for key, value := range meta["labels"].GetStructValue().GetFields() {
			if msgs := validation.IsValidLabelValue(value.GetStringValue()); len(msgs) > 0 {
				t.Fatalf("%v: %s: label %s: %v", who, resource, key, msgs)
			}
		}
		if meta["namespace"] == nil {
			names = append(names, strings.Join([]string{who.cluster, o["apiVersion"].GetStringValue(), kind, meta["name"].GetStringValue()}, " "))
		}
	}
	return names
}

// nameRule is what Kubernetes demands of a kind's names.
func nameRule(kind string) func(string) []string {
	switch kind {
	case "Service":
		return validation.IsDNS1035Label
	case "Role", "RoleBinding", "ClusterRoleBinding":
		return func(name string) []string {
			if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/%") {
				return []string{"is no path segment"}
			}
			return nil
		}
	default:
		return validation.IsDNS1123Subdomain
	}
}

// A name that leaves no room, or none at all, is refused before anything is made of it.
func TestNamesThatAreRefused(t *testing.T) {
	for name, reason := range map[string]string{
		strings.Repeat("n", maxStackName+1): "ds-pipeline-<name> would be no name of a Service",
		"a.b":                               "a dot would split it in a host name",
		"A":                                 "no DNS label",
		"-a":                                "no DNS label",
	} {
		s := scenarioOf(t, "quickstart").in(t, kindComposite, "team-a", name)
		if message := refusal(s.run(t, quiet())); !strings.Contains(message, "metadata.name") {
			t.Errorf("%s: %s: the result is %q", name, reason, message)
		}
	}
}

// What is cluster-wide in the namespaced flavour stands in a manifest, and must be as unique there.
func TestNamesInManifests(t *testing.T) {
	seen := map[string]holder{}
	for _, namespace := range confusable[:9] {
		for _, name := range confusable[:9] {
			s := scenarioOf(t, "quickstart-namespaced").in(t, kindNamespaced, namespace, name)
			for _, o := range desired(s.run(t, quiet())) {
				manifest, ok, _ := unstructured.NestedMap(o, "spec", "forProvider", "manifest")
				if !ok {
					continue
				}
				place := manifest["kind"].(string) + "/" + manifest["metadata"].(obj)["name"].(string)
				if other, taken := seen[place]; taken {
					t.Fatalf("%s/%s and %v both have %s", namespace, name, other, place)
				}
				seen[place] = holder{"", namespace, name}
			}
		}
	}
	if len(seen) == 0 {
		t.Error("there are no manifests")
	}
}
