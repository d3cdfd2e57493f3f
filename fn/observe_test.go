package main

import (
	"encoding/base64"
	"reflect"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/pipelinestack/function-pipelinestack/internal/check"
)

// everythingReady is what a cluster shows of a scenario's stack once all of it is ready. What the function desires may depend on what
// it has observed, as keys do that a provider makes, so it goes in rounds.
func everythingReady(t testing.TB, s *scenario) []obj {
	t.Helper()
	f, s := quiet(), s.clone()
	s.observed = nil
	for range 10 {
		rsp := s.run(t, f)
		if message := refusal(rsp); message != "" {
			t.Fatalf("%s: nothing gets ready: %s", s.name, message)
		}
		var ready []obj
		for _, o := range desired(rsp) {
			ready = append(ready, lived(o))
		}
		if reflect.DeepEqual(ready, s.observed) {
			return ready
		}
		s.observed = ready
	}
	t.Fatalf("%s: the objects never settle", s.name)
	return nil
}

const someTime = "2026-01-01T00:00:00Z"

// lived is a desired object after its controller or provider has done its work.
func lived(o obj) obj {
	o = check.Normalize(o)
	put(o, "metadata.creationTimestamp", someTime)
	put(o, "metadata.generation", int64(1))
	switch {
	case o["kind"] == "Deployment":
		replicas, _, _ := unstructured.NestedInt64(o, "spec", "replicas")
		status := obj{"observedGeneration": int64(1)}
		if replicas > 0 {
			for _, count := range []string{"replicas", "updatedReplicas", "readyReplicas", "availableReplicas"} {
				status[count] = replicas
			}
		}
		status["conditions"] = []any{
			conditionOf("Available", "MinimumReplicasAvailable"), conditionOf("Progressing", "NewReplicaSetAvailable"),
		}
		o["status"] = status
	case isManaged(groupOf(o)):
		name, _, _ := unstructured.NestedString(o, "metadata", "name")
		if external := []string{"metadata", "annotations", "crossplane.io/external-name"}; !has(o, external...) {
			_ = unstructured.SetNestedField(o, name, external...)
		}
		o["status"] = obj{"conditions": []any{conditionOf("Ready", "Available"), conditionOf("Synced", "ReconcileSuccess")}}
	}
	return o
}

// groupOf an object's kind, empty for the core group.
func groupOf(o obj) string {
	group, _, ok := strings.Cut(o["apiVersion"].(string), "/")
	if !ok {
		return ""
	}
	return group
}

// isManaged says whether a group is a provider's.
func isManaged(group string) bool {
	return slices.ContainsFunc([]string{".crossplane.io", ".upbound.io"}, func(suffix string) bool { return strings.HasSuffix(group, suffix) })
}

func has(o obj, path ...string) bool {
	_, ok, err := unstructured.NestedFieldNoCopy(o, path...)
	return ok && err == nil
}

func conditionOf(typ, reason string) obj {
	return obj{"type": typ, "status": "True", "reason": reason, "lastTransitionTime": someTime}
}

// Made-up values of connection Secrets, by the kind that writes them.
var madeUp = map[string]map[string]string{
	"User":      {"username": "made-up-user", "password": madeUpPassword, "endpoint": "mysql.databases.example.org", "port": "3306"},
	"AccessKey": {"username": madeUpKeyID, "password": madeUpKey},
}

const (
	madeUpPassword = "fake/database+password"
	madeUpKeyID    = "FAKEACCESSKEYID"
	madeUpKey      = "fake/secret+access+key"
)

// observe desired objects as ready, with the Secrets that providers write unless the scenario has its own.
func (s *scenario) observe(t testing.TB, objects []obj) {
	t.Helper()
	s.observed = nil
	namespace, _ := s.tenant()
	for _, o := range objects {
		s.observed = append(s.observed, lived(o))
		secret, _, _ := unstructured.NestedString(o, "spec", "writeConnectionSecretToRef", "name")
		if secret == "" || s.find("v1", "Secret", namespace, func(meta obj) bool { return meta["name"] == secret }) != nil {
			continue
		}
		data := obj{}
		for k, v := range madeUp[o["kind"].(string)] {
			data[k] = base64.StdEncoding.EncodeToString([]byte(v))
		}
		s.required = append(s.required, obj{
			"apiVersion": "v1", "kind": "Secret", "metadata": obj{"name": secret, "namespace": namespace}, "data": data,
		})
	}
}
