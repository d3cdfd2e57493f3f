package main

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/pipelinestack/function-pipelinestack/internal/check"
)

// What docs/use.md has people type is about a stack demo in team-a with the web interface, which
// the example quickstart becomes.

const usePage = "docs/use.md"

// block of a page that is set apart: its language and what it holds.
type block struct{ language, text string }

var blockFence = regexp.MustCompile("(?ms)^ *```([a-z]+)\n(.*?)^ *```$")

func blocks(t *testing.T, page string) []block {
	t.Helper()
	var list []block
	for _, m := range blockFence.FindAllStringSubmatch(string(must(os.ReadFile(filepath.Join(root, page)))), -1) {
		list = append(list, block{m[1], m[2]})
	}
	if len(list) == 0 {
		t.Fatalf("%s has nothing to type", page)
	}
	return list
}

// commands of a page, with the lines that continue them.
func commands(t *testing.T, page string) []string {
	t.Helper()
	var list []string
	for _, b := range blocks(t, page) {
		if b.language != "console" {
			continue
		}
		open := false
		for line := range strings.Lines(b.text) {
			command, begins := strings.CutPrefix(strings.TrimLeft(line, " "), "$ ")
			switch {
			case begins:
				list = append(list, command)
			case open:
				list[len(list)-1] += line
			}
			open = (begins || open) && strings.HasSuffix(line, "\\\n")
		}
	}
	return list
}

// TestCommandsAreAccountedFor wants each command of a page in the page's table, which says what
// stands behind it: tests that exist, or that it is not run. What bash cannot read nobody can type.
func TestCommandsAreAccountedFor(t *testing.T) {
	for _, page := range []string{usePage, "docs/upgrade.md"} {
		rows := map[string]bool{} // by how a command begins: whether there is such a command
		for _, row := range tableIn(t, page, "## Tests of these commands")[2:] {
			rows[quoted(row[0])[0]] = false
			if is := strings.TrimSpace(row[1]); !strings.HasPrefix(is, "checked") && !strings.HasPrefix(is, "not run") {
				t.Errorf("%s: a command is checked or not run, and %s is %q", page, row[0], is)
			}
			for _, name := range quoted(row[1]) {
				if !slices.Contains(testNames(t), name) {
					t.Errorf("%s names a test %s, which does not exist", page, name)
				}
			}
		}
		for _, command := range commands(t, page) {
			found := false
			for begins := range rows {
				if strings.HasPrefix(command, begins) {
					rows[begins], found = true, true
				}
			}
			if !found {
				t.Errorf("%s does not say whether a test runs %q", page, command)
			}
			if out, err := exec.CommandContext(t.Context(), "bash", "-n", "-c", command).CombinedOutput(); err != nil {
				t.Errorf("%s: %s: %v: %s", page, command, err, out)
			}
		}
		for begins, found := range rows {
			if !found {
				t.Errorf("%s has no command that begins with %q", page, begins)
			}
		}
	}
}

// testNames are those of the function and of the control plane.
func testNames(t *testing.T) []string {
	t.Helper()
	var names []string
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	for _, pattern := range []string{"fn/*_test.go", "test/e2e/*_test.go"} {
		for _, file := range must(filepath.Glob(filepath.Join(root, pattern))) {
			for _, m := range declared.FindAllStringSubmatch(string(must(os.ReadFile(file))), -1) {
				names = append(names, m[1])
			}
		}
	}
	return names
}

var (
	typedAddress = regexp.MustCompile(`https?://[a-z-]+\.team-a\.svc\.[a-z.]+:\d+`)
	typedForward = regexp.MustCompile(`port-forward svc/(\S+) \d+:(\d+)`)
	typedSecret  = regexp.MustCompile(`get secret (\S+) -o jsonpath='\{\.data\.([a-z]+)\}'`)
	typedRole    = regexp.MustCompile(`--role=(\S+)`)
	typedStatus  = regexp.MustCompile(`\{\.status\.([A-Za-z.]+)\}`)
	typedPatch   = regexp.MustCompile(`patch pipelinestack demo --type merge -p '(.*?)'`)
	typedWait    = regexp.MustCompile(`--for=condition=(\w+)`)
)

// TestUseNamesWhatIsThere looks up every object, port, key and field that the page has people type
// in what the stack is made of.
func TestUseNamesWhatIsThere(t *testing.T) {
	s := scenarioOf(t, "aws-shared-ready")
	s.spec()["ui"] = obj{"enabled": true}
	answer := s.run(t, quiet())
	if r := refusal(answer); r != "" {
		t.Fatal(r)
	}
	namespace, stack := s.tenant()
	made := desired(answer)
	find := func(kind, name string) obj {
		for _, o := range made {
			meta := o["metadata"].(obj)
			if o["kind"] == kind && meta["name"] == strings.ReplaceAll(name, "-demo", "-"+stack) && meta["namespace"] == namespace {
				return o
			}
		}
		t.Errorf("%s names the %s %s, and the stack has none", usePage, kind, name)
		return nil
	}
	served := func(service, port string) {
		if o := find("Service", service); o != nil {
			ports := typed[corev1.Service](t, o).Spec.Ports
			if !slices.ContainsFunc(ports, func(p corev1.ServicePort) bool { return strconv.Itoa(int(p.Port)) == port }) {
				t.Errorf("%s names port %s of the Service %s, which has %v", usePage, port, service, ports)
			}
		}
	}
	status := answer.GetDesired().GetComposite().GetResource().AsMap()
	text := strings.Join(commands(t, usePage), "")
	page := string(must(os.ReadFile(filepath.Join(root, usePage))))
	seen := func(re *regexp.Regexp, in string) [][]string {
		all := re.FindAllStringSubmatch(in, -1)
		if len(all) == 0 {
			t.Errorf("%s has nothing like %s", usePage, re)
		}
		return all
	}
	for _, m := range seen(typedAddress, page) {
		host, port, _ := strings.Cut(strings.SplitN(m[0], "//", 2)[1], ":")
		served(strings.SplitN(host, ".", 2)[0], port)
		own, _, _ := unstructured.NestedString(status, "status", "components", "apiServer", "url")
		own = strings.NewReplacer("-"+stack+".", "-demo.", "."+namespace+".", ".team-a.").Replace(own)
		if strings.HasPrefix(m[0], "https") && m[0] != own {
			t.Errorf("%s has the address %s, and the status %s", usePage, m[0], own)
		}
	}
	for _, m := range seen(typedForward, text) {
		served(m[1], m[2])
	}
	for _, m := range seen(typedSecret, text) {
		if o := find("Secret", m[1]); o != nil && o["data"].(obj)[m[2]] == nil {
			t.Errorf("%s reads the key %s of the Secret %s, which has none", usePage, m[2], m[1])
		}
	}
	for _, m := range seen(typedRole, text) {
		find("Role", m[1])
	}
	for _, m := range seen(typedStatus, text) {
		if v, ok, _ := unstructured.NestedString(status, append([]string{"status"}, strings.Split(m[1], ".")...)...); !ok || v == "" {
			t.Errorf("%s reads status.%s, which the stack does not have", usePage, m[1])
		}
	}
	for _, m := range seen(typedWait, text) {
		if !slices.Contains(append(slices.Clone(allConditions), "Ready"), m[1]) {
			t.Errorf("%s waits for the condition %s", usePage, m[1])
		}
	}
	for _, m := range seen(typedPatch, text) {
		accepted(t, usePage, []byte(m[1]))
	}
	for _, want := range []struct{ config, holds string }{
		{"kfp-launcher", "v2/artifacts"},
		{"workflow-controller-configmap", "private-artifacts/{{workflow.namespace}}/{{workflow.name}}/"},
	} {
		if o := find("ConfigMap", want.config); o != nil && !bytes.Contains(must(yaml.Marshal(o)), []byte(want.holds)) {
			t.Errorf("%s describes keys below %s, and %s has others", usePage, want.holds, want.config)
		}
		if begins, _, _ := strings.Cut(want.holds, "{"); !strings.Contains(page, "| `"+begins) {
			t.Errorf("%s does not describe keys below %s", usePage, begins)
		}
	}
}

// TestPagesAreAccepted gives what pages have people write to the function, which makes a stack of
// it.
func TestPagesAreAccepted(t *testing.T) {
	for _, page := range []string{usePage, "docs/platforms.md"} {
		given := 0
		for _, b := range blocks(t, page) {
			if b.language == "yaml" && accepted(t, page, []byte(b.text)) {
				given++
			}
		}
		if given == 0 {
			t.Errorf("%s has no YAML", page)
		}
	}
}

// TestArgoCDKnowsStacks holds what docs/platforms.md has Argo CD look at and ignore against the
// conditions of stacks, and against the fields that the policies keep for Crossplane.
func TestArgoCDKnowsStacks(t *testing.T) {
	const page = "docs/platforms.md"
	text := string(must(os.ReadFile(filepath.Join(root, page))))
	lists := regexp.MustCompile(`ipairs\(\{(.*?)\}\)|by\["(\w+)"\]`).FindAllString(text, -1)
	pointers := regexp.MustCompile(`(?m)^ +- /spec/(\w+)$`).FindAllStringSubmatch(text, -1)
	if len(lists) == 0 || len(pointers) == 0 {
		t.Fatalf("%s has neither health nor ignored fields for Argo CD", page)
	}
	for _, m := range regexp.MustCompile(`"(\w+)"`).FindAllStringSubmatch(strings.Join(lists, " "), -1) {
		if !slices.Contains(append([]string{"Synced", "Ready"}, allConditions...), m[1]) {
			t.Errorf("%s looks at the condition %s", page, m[1])
		}
	}
	policy := string(must(os.ReadFile(filepath.Join(root, "package", "policies", "machinery.yaml"))))
	for _, m := range pointers {
		if !strings.Contains(policy, "'"+m[1]+"'") && m[1] != "crossplane" {
			t.Errorf("%s ignores spec.%s, which is not Crossplane's", page, m[1])
		}
	}
}

// accepted gives a claim, the spec of one, or a class to the function. It returns false for kinds
// of others.
func accepted(t *testing.T, page string, text []byte) bool {
	t.Helper()
	var o obj
	if err := yaml.UnmarshalStrict(text, &o); err != nil {
		t.Errorf("%s: %v:\n%s", page, err, text)
		return false
	}
	o = check.Normalize(o)
	s := scenarioOf(t, "quickstart")
	switch o["kind"] {
	case kindClass:
		if name := o["metadata"].(obj)["name"].(string); name != "default" {
			s.spec()["className"] = name
		}
		s.required = slices.DeleteFunc(s.required, func(have obj) bool { return have["kind"] == kindClass })
		if labels, ok, _ := unstructured.NestedMap(o, "spec", "allowedNamespaces", "selector", "matchLabels"); ok {
			s.required = append(s.required, obj{"apiVersion": "v1", "kind": "Namespace", "metadata": obj{"name": "team-a", "labels": labels}})
		}
		s.required = append(s.required, o)
	case kindNamespaced, nil:
		maps.Copy(s.spec(), o["spec"].(obj))
	default:
		return false
	}
	answer := s.run(t, quiet())
	if r := refusal(answer); r != "" {
		t.Errorf("%s: refused: %s:\n%s", page, r, text)
	}
	if len(resourceNames(answer)) == 0 {
		t.Errorf("%s: nothing is made of\n%s", page, text)
	}
	return true
}
