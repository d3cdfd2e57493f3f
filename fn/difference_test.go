package main

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/pipelinestack/function-pipelinestack/internal/check"
)

// A difference is how a scenario's stack differs from a ready one. What is observed follows from
// it.
type difference struct {
	// New stacks have the difference from the start, so that what waits for it is not there. Others
	// were ready once.
	New bool `json:"new"`
	// Lacks are the API groups of kinds that the cluster of a new stack does not have.
	Lacks []string `json:"lacks"`
	// Before is how the spec differed while the stack got ready, as a merge patch.
	Before obj `json:"before"`
	// Objects that differ, as merge patches by resource name.
	Objects map[string]obj `json:"objects"`
}

// differenceOf a scenario, nil for one that observes nothing.
func differenceOf(t *testing.T, name string) *difference {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(folder(name), "difference.yaml"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	d := &difference{}
	if err := errors.Join(err, yaml.UnmarshalStrict(raw, d)); err != nil {
		t.Fatalf("%s: difference.yaml: %v", name, err)
	}
	return d
}

// observed is all that the cluster shows of the scenario's stack.
func (d *difference) observed(t *testing.T, s *scenario) []obj {
	t.Helper()
	s = s.clone()
	s.observed = nil
	delete(s.xr, "status")
	c := s.cluster(quiet())
	if !d.New {
		c.local, c.silent = false, false // it got ready on a whole cluster
		c.claim(merged(s.spec(), d.Before))
		if rsp := c.settle(t); refusal(rsp) != "" || !compositeReady(rsp) {
			t.Fatalf("%s: the stack never got ready: %s %v", s.name, refusal(rsp), rsp.GetConditions())
		}
		c.local, c.silent = true, true
		clear(c.details)
		c.claim(s.spec())
	}
	c.differences = d.Objects
	c.settle(t)
	for name := range d.Objects {
		if c.objects[name] == nil {
			t.Fatalf("%s: difference.yaml speaks of %s, which is not there", s.name, name)
		}
	}
	return c.shown()
}

// definitions that the cluster of a new stack has: those of all kinds that the function asks for,
// but for what it lacks.
func (d *difference) definitions(t *testing.T, s *scenario) []obj {
	t.Helper()
	s = s.clone()
	s.observed = nil
	c := s.cluster(quiet())
	c.local = false
	var all []obj
	for _, selector := range c.ask(t, c.request(nil)).GetRequirements().GetResources() {
		_, group, _ := strings.Cut(selector.GetMatchName(), ".")
		if selector.GetKind() == kindDefinition && !slices.Contains(d.Lacks, group) {
			all = append(all, obj{
				"apiVersion": selector.GetApiVersion(), "kind": kindDefinition, "metadata": obj{"name": selector.GetMatchName()},
			})
		}
	}
	slices.SortFunc(all, func(a, b obj) int { return strings.Compare(nameOf(a), nameOf(b)) })
	return all
}

// shown are the objects as the cluster shows them, by resource name.
func (c *cluster) shown() []obj {
	c.heal()
	var all []obj
	for _, name := range names(c.objects) {
		all = append(all, check.Normalize(c.objects[name].AsMap()))
	}
	return all
}

// merged is a merge patch's result: null takes a field away. Neither of the two changes.
func merged(into, patch obj) obj {
	out := maps.Clone(into)
	for key, value := range patch {
		below, isObject := value.(obj)
		switch was, _ := out[key].(obj); {
		case value == nil:
			delete(out, key)
		case isObject && was != nil:
			out[key] = merged(was, below)
		default:
			out[key] = value
		}
	}
	return out
}

// read are the fields of observed objects that the function reads, and those by which people know
// an object. TestExamples proves that no other matters.
var read = []string{
	"apiVersion",
	"kind",
	"metadata.name",
	"metadata.namespace",
	"metadata.labels",
	"metadata.annotations",
	"metadata.generation",
	"metadata.creationTimestamp",
	"metadata.deletionTimestamp",
	"metadata.uid",
	"data",
	"status",
	"spec.forProvider.path",
	"spec.forProvider.permissionsBoundary",
	"spec.forProvider.policy",
	"spec.forProvider.region",
	"spec.forProvider.rule",
	"spec.providerConfigRef",
	"spec.replicas",
	"spec.template.metadata.annotations",
	pathUser,
	"spec.volumeClaimTemplates",
	"spec.persistentVolumeClaimRetentionPolicy",
	"spec.deletionPolicy",
	"spec.managementPolicies",
	"spec.writeConnectionSecretToRef",
}

// pathUser is read of servers alone.
const pathUser = "spec.template.spec.securityContext.runAsUser"

// cut an object to what is read of it. The data of a ConfigMap is not, but for the database's
// authorities.
func cut(o obj) obj {
	out := obj{}
	for _, path := range read {
		steps := strings.Split(path, ".")
		value, found, _ := unstructured.NestedFieldNoCopy(o, steps...)
		if found && (path != "data" || o["kind"] == "Secret" || resourceName(o) == "database-ca") &&
			(path != pathUser || o["kind"] == "StatefulSet") {
			if err := unstructured.SetNestedField(out, value, steps...); err != nil {
				panic(err)
			}
		}
	}
	return out
}
