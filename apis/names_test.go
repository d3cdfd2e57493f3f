package apis

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
)

func TestNamesAndReferences(t *testing.T) {
	cases := map[string]struct {
		reason string
		shape  string
		name   string
		spec   string
		want   []string
	}{
		"LongestClaim": {
			reason: "ds-pipeline- and 51 characters are the 63 that a Service may have.",
			shape:  "claim", name: strings.Repeat("a", 51), spec: `{}`,
		},
		"ClaimTooLong": {
			reason: "Its Service could not be made.",
			shape:  "claim", name: strings.Repeat("a", 52), spec: `{}`, want: []string{"metadata.name"},
		},
		"ClaimWithDot": {
			reason: "A Service's name has no dots.",
			shape:  "claim", name: "a.b", spec: `{}`, want: []string{"metadata.name"},
		},
		"LongestNamespaced": {
			reason: "The composite of the namespaced flavour is what a tenant names.",
			shape:  "namespaced", name: strings.Repeat("a", 51), spec: `{}`,
		},
		"NamespacedTooLong": {
			reason: "Its Service could not be made.",
			shape:  "namespaced", name: strings.Repeat("a", 52), spec: `{}`, want: []string{"metadata.name"},
		},
		"CompositeOfLongestClaim": {
			reason: "Crossplane adds a hyphen and five characters to the claim's name; nothing is called after it.",
			shape:  "composite", name: strings.Repeat("a", 51) + "-x7k2p",
			spec: `
claimRef: {apiVersion: pipelines.opendatahub.io/v1alpha1, kind: PipelineStack, namespace: team-a, name: pipelines}
compositionRef: {name: pipelinestack}
compositionUpdatePolicy: Automatic
resourceRefs: [{apiVersion: v1, kind: Service, namespace: team-a, name: ds-pipeline-pipelines}]
size: Medium
`,
		},
		"ClaimBound": {
			reason: "Crossplane's own fields stand beside ours.",
			shape:  "claim", name: "pipelines",
			spec: `
compositeDeletePolicy: Foreground
compositionRef: {name: pipelinestack}
resourceRef: {apiVersion: pipelines.opendatahub.io/v1alpha1, kind: XPipelineStack, name: pipelines-x7k2p}
size: Medium
`,
		},
		"NamespacedComposed": {
			reason: "In the namespaced flavour Crossplane's fields have a block of their own.",
			shape:  "namespaced", name: "pipelines",
			spec: `
crossplane: {compositionRef: {name: pipelinestack}, resourceRefs: [{apiVersion: v1, kind: Service, name: ds-pipeline-pipelines}]}
size: Medium
`,
		},
		"NamespacedWithClaimRef": {
			reason: "Nobody claims a namespaced composite.",
			shape:  "namespaced", name: "pipelines", spec: `{claimRef: {name: a}}`, want: []string{"spec.claimRef"},
		},
	}
	servers := stackServers(t)
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := servers[tc.shape]
			errs := s.create(s.object(tc.name, parse(t, tc.spec)))
			if diff := cmp.Diff(tc.want, paths(errs)); diff != "" {
				t.Errorf("%s\nrefused fields (-want +got):\n%s%v", tc.reason, diff, errs.ToAggregate())
			}
		})
	}
}

// Status is written by the function and by Crossplane.
func TestStatus(t *testing.T) {
	for shape, s := range stackServers(t) {
		stack := s.object("pipelines", map[string]any{})
		stack["status"] = parse(t, `
conditions: [{type: DatabaseReady, status: "True", reason: Available, message: m, lastTransitionTime: "2026-01-01T00:00:00Z"}]
className: default
release: odh-2.18.0
kfpVersion: 2.14.3
pendingResources: [{resource: api-server-deployment, reason: Waiting, message: m}]
components: {apiServer: {url: "https://a", externalUrl: "https://b"}, ui: {url: "http://c"}}
database: {type: Shared, identity: Shared/h/stack, name: stack, host: h, port: 3306, secretName: s, deletionPolicy: Retain}
objectStore:
  type: Shared
  identity: AWS/aws/123456789012/r/b
  bucket: b
  endpoint: https://s3
  region: r
  versioning: Suspended
  lifecycle: Enabled
  secretName: s
  deletionPolicy: Delete
workflowPods: {serviceAccounts: [pipeline-runner], reservedSecrets: [ml-pipeline-database]}
`)
		if errs := s.create(stack); len(errs) > 0 {
			t.Errorf("%s: %v", shape, errs.ToAggregate())
		}
	}
}

// The version of before runs until the new one does. It writes the status as its own definition has
// it, by server-side apply, and Kubernetes refuses all of that for one field that is not declared.
func TestStatusOfThePreviousVersion(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "fn/testdata/previous/*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("there are no stacks of the previous version", err)
	}
	servers := stackServers(t)
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var composite map[string]any // the first of a stream
		if err := json.NewDecoder(bytes.NewReader(b)).Decode(&composite); err != nil {
			t.Fatal(err)
		}
		status, ok := composite["status"].(map[string]any)
		if !ok {
			t.Fatalf("%s begins with no status", file)
		}
		for shape, s := range servers {
			stack := s.object("pipelines", map[string]any{})
			stack["status"] = status
			if errs := s.create(runtime.DeepCopyJSON(stack)); len(errs) > 0 {
				t.Errorf("%s, %s: %v", filepath.Base(file), shape, errs.ToAggregate())
			}
		}
	}
}
