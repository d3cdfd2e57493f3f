package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"
	"sigs.k8s.io/yaml"

	"github.com/pipelinestack/function-pipelinestack/internal/check"
)

// FuzzSpec takes anything for a claim's spec. What the function does not refuse an API server must accept.
//
//	go test ./fn/ -run '^$' -fuzz FuzzSpec -fuzztime 60s
func FuzzSpec(f *testing.F) {
	seed(f, "spec", (*scenario).spec)
	classes := []*scenario{scenarioOf(f, "quickstart"), scenarioOf(f, "full")}
	function, judged := quiet(), &verdicts{}
	f.Fuzz(func(t *testing.T, text string) {
		spec, ok := parsed(text)
		if !ok {
			t.Skip("is no object")
		}
		s := classes[len(text)%len(classes)].clone()
		spec["claimRef"] = s.spec()["claimRef"]
		s.xr["spec"] = spec
		if err := judged.answer(t, function, s); err != nil {
			t.Error(err)
		}
	})
}

// FuzzClass takes anything for a class.
//
//	go test ./fn/ -run '^$' -fuzz FuzzClass -fuzztime 60s
func FuzzClass(f *testing.F) {
	seed(f, "class", (*scenario).classSpec)
	claims := []*scenario{scenarioOf(f, "quickstart"), scenarioOf(f, "full")}
	judged := &verdicts{}
	f.Fuzz(func(t *testing.T, text string) {
		data, ok := parsed(text)
		if !ok {
			t.Skip("is no object")
		}
		s := claims[len(text)%len(claims)].clone()
		put(s.required[0], "spec", data)
		if err := judged.answer(t, quiet(), s); err != nil {
			t.Error(err)
		}
	})
}

// answer judges what the function makes of a scenario: a refusal, or objects that an API server takes. Objects that many scenarios have are
// judged once.
func (v *verdicts) answer(t *testing.T, f *Function, s *scenario) error {
	t.Helper()
	rsp := s.run(t, f)
	if refusal(rsp) != "" {
		return nil
	}
	if len(rsp.GetConditions()) == 0 {
		return errors.New("neither refused nor composed")
	}
	return errors.Join(v.each(desired(rsp), check.Validate)...)
}

// parsed is a YAML document that a request could carry.
func parsed(text string) (obj, bool) {
	var content obj
	if yaml.Unmarshal([]byte(text), &content) != nil || content == nil {
		return nil, false
	}
	s, err := structpb.NewStruct(content)
	if err != nil {
		return nil, false // not UTF-8
	}
	return check.Normalize(s.AsMap()), true
}

// seed with what the examples and the APIs' own tests say, whole and by line, so that the fuzzer knows the words.
func seed(f *testing.F, key string, content func(*scenario) obj) {
	f.Helper()
	add := func(m obj) {
		raw, err := yaml.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		for _, end := range []string{"", "\n", "\n\n"} { // the length chooses what it goes with
			f.Add(string(raw) + end)
		}
		for field, value := range m {
			if one, err := yaml.Marshal(obj{field: value}); err == nil {
				f.Add(string(one))
			}
		}
	}
	for _, name := range scenarioNames(f) {
		if s := scenarioOf(f, name); key == "spec" || s.hasClass() {
			add(content(s))
		}
	}
	if key == "spec" {
		raw, err := os.ReadFile(filepath.Join(root, "apis", "testdata", "full.yaml"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(raw))
	}
	for _, odd := range []string{
		"{}", "release: 1e400", "apiServer: {replicas: 1e300}", "apiServer: {replicas: -1}", "apiServer: {replicas: 1.5}", "size: ''", "hibernate: 1",
		"apiServer: {resources: {requests: {cpu: 1e300}}}", "apiServer: {resources: {limits: {cpu: -1}}}", "apiServer: {resources: {requests: {'a b': 1}}}",
		"scheduling: {nodeSelector: {'a b': x}}", "scheduling: {tolerations: [{operator: Sometimes}]}", "scheduling: {affinity: {podAffinity: 1}}",
		"apiServer: {runTTL: 999999999h}", "ttl: {ready: 0s}", "limits: {replicas: 0}", "sizes: {Small: {components: {apiServer: {replicas: 0}}}}",
		"tls: {type: Secret, secretName: '/'}", "pipelineRunner: {serviceAccountAnnotations: {'a b': x}}", "network: {dns: {namespace: ' '}}",
		"apiServer: {env: [{name: A, valueFrom: {secretKeyRef: {name: '', key: ''}}}]}", strings.Repeat("a: {", 200) + strings.Repeat("}", 200),
	} {
		f.Add(odd)
	}
}
