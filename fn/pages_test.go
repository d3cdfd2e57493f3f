package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// What the pages say of the world outside is held against what the function makes.

// address in a page that somebody is told to ask.
var address = regexp.MustCompile(`http://([a-z-]+)\.([a-z-]+):(\d+)(/\S+)`)

// TestIsolationComesFirst wants whoever opens a page to read first what isolation depends on, with
// a line to try that asks what a stack serves.
func TestIsolationComesFirst(t *testing.T) {
	service := typed[corev1.Service](t, madeNamed(t, "Service", "ml-pipeline"))
	api := typed[appsv1.Deployment](t, madeNamed(t, "Deployment", "ml-pipeline")).Spec.Template.Spec.Containers[0]
	port := service.Spec.Ports[slices.IndexFunc(service.Spec.Ports, func(p corev1.ServicePort) bool { return p.TargetPort == api.LivenessProbe.HTTPGet.Port })]
	serves := fmt.Sprintf("http://%s.%s:%d%s", service.Name, service.Namespace, port.Port, api.LivenessProbe.HTTPGet.Path)
	for _, page := range []string{"README.md", "docs/install.md"} {
		text := string(must(os.ReadFile(filepath.Join(root, page))))
		paragraphs := strings.SplitN(text, "\n\n", 4)
		if !strings.HasPrefix(paragraphs[1], "Isolation needs a CNI that enforces NetworkPolicy") {
			t.Errorf("%s begins with %q instead of what isolation needs", page, paragraphs[1])
		}
		if asked := address.FindString(paragraphs[2]); asked != serves {
			t.Errorf("%s has people try %q, and the quickstart serves %q", page, asked, serves)
		}
	}
}

// madeNamed is the object of the quickstart that has a kind and a name.
func madeNamed(t *testing.T, kind, name string) obj {
	t.Helper()
	s := scenarioOf(t, "quickstart")
	made := desired(s.run(t, quiet()))
	i := slices.IndexFunc(made, func(o obj) bool { return o["kind"] == kind && o["metadata"].(map[string]any)["name"] == name })
	if i < 0 {
		t.Fatalf("the quickstart has no %s %s", kind, name)
	}
	return made[i]
}

// TestMySQLSettings wants the page and the field to name the same settings of each server, and
// nobody to start 8.4 with the one of 8.0.
func TestMySQLSettings(t *testing.T) {
	crd := string(must(os.ReadFile(filepath.Join(root, "package", "crds", "pipelines.opendatahub.io_pipelinestackclasses.yaml"))))
	_, field, found := strings.Cut(crd, "nativePasswords:\n")
	if !found {
		t.Fatal("the class has no nativePasswords")
	}
	field, _, _ = strings.Cut(field, "type: boolean")
	settings := map[string][]string{}
	for _, row := range tableIn(t, "docs/install.md", "Set `database.shared.nativePasswords: true` once the server has these settings:")[2:] {
		server := strings.TrimSpace(row[0])
		for _, word := range quoted(row[1]) {
			if strings.Contains(word, "=") {
				settings[server] = append(settings[server], word)
			}
		}
		for _, setting := range settings[server] {
			if !strings.Contains(field, setting) {
				t.Errorf("%s: the page says %s, and the field does not", server, setting)
			}
		}
	}
	if want := []string{
		"mysql_native_password=ON",
		"authentication_policy=mysql_native_password,,",
	}; !slices.Equal(
		settings["MySQL 8.4"],
		want,
	) {
		t.Errorf("MySQL 8.4 is set with %v, want %v", settings["MySQL 8.4"], want)
	}
}
