package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/pipelinestack/function-pipelinestack/fn/stack"
	"github.com/pipelinestack/function-pipelinestack/internal/check"
)

// Every stack that somebody could have is made of objects that an API server takes, that pass Pod
// Security, that refer to nothing which is not there, and that stay in their namespace, both when
// it is new and when all of it is ready.
func TestMatrix(t *testing.T) {
	roles, judged := shippedRoles(t), &verdicts{}
	for _, c := range combos(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f, s, fresh := carrying(fixtures()), c.scenario.clone(), c.answer
			if message := refusal(fresh); message != "" {
				t.Fatalf("refused: %s", message)
			}
			for _, err := range judged.all(desired(fresh), s, roles) {
				t.Error(err)
			}
			s.getReady(t, f)
			ready := s.run(t, f)
			for _, err := range judged.each(desired(ready), judges...) {
				t.Error(err)
			}
			for name, r := range ready.GetDesired().GetResources() {
				if r.GetReady() != fnv1.Ready_READY_TRUE {
					t.Errorf("%s is not ready though everything is", name)
				}
			}
			if fresh, ready := resourceNames(fresh), resourceNames(ready); !slices.Equal(fresh, ready) {
				t.Errorf("a new stack has other resources than a ready one:\n%v\n%v", fresh, ready)
			}
		})
	}
}

var metadataWords = regexp.MustCompile(`(?i)metadata-(grpc|envoy)|METADATA_(SERVICE|GRPC|ENVOY)|ml.?metadata|mlmd`)

// A release without ML Metadata makes nothing of it, leads nobody to it and says nothing of it but
// that it has none.
func TestNothingSpeaksOfAbsentMetadata(t *testing.T) {
	tried := 0
	for _, c := range combos(t) {
		if fixtures()[c.scenario.spec()["release"].(string)].Has(stack.MLMD) {
			continue
		}
		tried++
		for _, o := range desired(c.answer) {
			if found := metadataWords.Find(must(json.Marshal(o))); found != nil {
				t.Errorf("%s: %s speaks of %s", c.name, resourceName(o), found)
			}
		}
		for _, condition := range c.answer.GetConditions() {
			if condition.GetType() == stack.ConditionMLMD {
				if condition.GetReason() != stack.ReasonNotApplicable {
					t.Errorf("%s: %s is %s, want %s", c.name, condition.GetType(), condition.GetReason(), stack.ReasonNotApplicable)
				}
				continue
			}
			if found := metadataWords.FindString(condition.GetMessage()); found != "" {
				t.Errorf("%s: %s speaks of %s", c.name, condition.GetType(), found)
			}
		}
	}
	if tried == 0 {
		t.Error("every release has ML Metadata, so nothing was tested")
	}
}

// Releases differ in what they can do. What one cannot do is refused, not ignored.
func TestReleasesRefuseWhatTheyLack(t *testing.T) {
	cases := map[string]struct {
		path    string
		value   bool
		refused string
		lacks   func(*stack.Release) bool
	}{
		"WebInterface": {"ui.enabled", true, "ui.enabled", func(r *stack.Release) bool { return !r.Has(stack.UI) }},
		"BlockV1Pipelines": {
			"apiServer.allowV1Pipelines",
			false,
			"apiServer.allowV1Pipelines",
			func(r *stack.Release) bool { return !r.Features.BlockV1Pipelines },
		},
		"Metadata": {"mlmd.envoy.enabled", true, "mlmd", func(r *stack.Release) bool { return !r.Has(stack.MLMD) }},
	}
	for name, tc := range cases {
		lacking, releases := 0, fixtures()
		for release, r := range releases {
			s := scenarioOf(t, "quickstart")
			s.spec()["release"] = release
			put(s.spec(), tc.path, tc.value)
			lacks := tc.lacks(r)
			if refused := strings.Contains(refusal(s.run(t, carrying(releases))), "spec."+tc.refused+":"); refused != lacks {
				t.Errorf("%s: release %s: refused %t, want %t", name, release, refused, lacks)
			}
			if lacks {
				lacking++
			}
		}
		if lacking == 0 {
			t.Errorf("%s: every release has it, so nothing was tested", name)
		}
	}
}

// An idle tenant costs little: half of what Open Data Hub's operator asks for.
func TestSmallIsSmall(t *testing.T) {
	limits := corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse("500m"),
		corev1.ResourceMemory: resource.MustParse("1331Mi"),
	} // 1.3 Gi
	for _, release := range fixtures() {
		for _, ui := range []bool{false, true} {
			s := scenarioOf(t, "quickstart")
			put(s.spec(), "ui.enabled", ui)
			s.choose(release, "Small")
			sum := requested(t, desired(s.run(t, carrying(fixtures()))))
			for name, most := range limits {
				if got := sum[name]; got.IsZero() || got.Cmp(most) > 0 {
					t.Errorf("release %s, web interface %t: requests %s of %s, want at most %s", release.Name, ui, got.String(), name, most.String())
				}
			}
		}
	}
}

// requested is what a scheduler sets aside for all pods of Deployments.
func requested(t *testing.T, objects []obj) corev1.ResourceList {
	t.Helper()
	sum := corev1.ResourceList{}
	for _, o := range objects {
		if o["kind"] != "Deployment" {
			continue
		}
		replicas, _, _ := unstructured.NestedInt64(o, "spec", "replicas")
		containers, _, _ := unstructured.NestedSlice(o, "spec", "template", "spec", "containers")
		for _, c := range containers {
			requests, _, err := unstructured.NestedStringMap(c.(obj), "resources", "requests")
			if err != nil {
				t.Fatal(err)
			}
			for name, amount := range requests {
				total := sum[corev1.ResourceName(name)]
				for range replicas {
					total.Add(resource.MustParse(amount))
				}
				sum[corev1.ResourceName(name)] = total
			}
		}
	}
	return sum
}

// judges of a single object.
var judges = []func(obj) []error{check.Validate, check.ZeroLeaks, check.PodSecurity}

// verdicts remembers which objects have been judged: most are the same in many stacks.
type verdicts struct{ seen sync.Map }

// all that is wrong with the objects of a stack, one by one and together.
func (v *verdicts) all(objects []obj, s *scenario, clusterRoles []string) []error {
	errs := v.each(objects, judges...)
	namespace, _ := s.tenant()
	options := s.outside()
	options.Namespace, options.AllowPendingKeys, options.ClusterRoles = namespace, true, clusterRoles
	errs = append(errs, check.References(objects, options)...)

	flavour, clusterKinds := check.NamespacedFlavour, []schema.GroupKind{{Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"}}
	if s.xr["kind"] == kindComposite {
		flavour, clusterKinds = check.ClaimFlavour, append(clusterKinds, managedClusterKinds()...)
	}
	return append(
		errs,
		check.Isolation(objects, check.IsolationOptions{Namespace: namespace, Flavour: flavour, ClusterKinds: clusterKinds})...)
}

// each judges objects for themselves.
func (v *verdicts) each(objects []obj, judges ...func(obj) []error) []error {
	var errs []error
	for _, o := range objects {
		raw, err := json.Marshal(o)
		if err != nil {
			return []error{err}
		}
		if _, known := v.seen.LoadOrStore(sha256.Sum256(raw), true); known {
			continue
		}
		for _, judge := range judges {
			errs = append(errs, judge(o)...)
		}
	}
	return errs
}

// managedClusterKinds are the providers' kinds that a claim's stack may hold: those of a shared
// database and of a bucket with its identity.
var managedClusterKinds = sync.OnceValue(func() []schema.GroupKind {
	var kinds []schema.GroupKind
	for group, names := range map[string][]string{
		"mysql.sql.crossplane.io": {"Database", "User", "Grant"},
		"s3.aws.upbound.io": {
			"Bucket", "BucketPublicAccessBlock", "BucketServerSideEncryptionConfiguration", "BucketVersioning", "BucketLifecycleConfiguration",
		},
		"iam.aws.upbound.io": {"User", "Policy", "UserPolicyAttachment", "AccessKey"},
	} {
		for _, name := range names {
			kinds = append(kinds, schema.GroupKind{Group: group, Kind: name})
		}
	}
	return kinds
})

// outside is what a tenant brings into the namespace and what runs there without the function, as
// far as the claim and the class name it.
func (s *scenario) outside() check.ReferenceOptions {
	options := check.ReferenceOptions{
		// Kubeflow Pipelines dies without the name of a server that nobody needs.
		Services: []string{"visualizations-are-not-served"},
		Secrets:  map[string][]string{}, ConfigMaps: map[string][]string{},
		Pods: []map[string]string{{"workflows.argoproj.io/workflow": "a-run"}, {"opendatahub.io/workbenches": "true"}},
	}
	var visit func(key string, v any)
	visit = func(key string, v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				visit(key, e)
			}
		case string:
			if key == "secretName" {
				options.Secrets[v] = []string{"tls.crt", "tls.key"}
			}
		case obj:
			name, _ := v["name"].(string)
			switch key {
			case "secretKeyRef", "imagePullSecrets", "pullSecrets":
				options.Secrets[name] = nil
			case "configMapKeyRef":
				options.ConfigMaps[name] = nil
			case "passwordSecretRef", "usernameSecretRef":
				options.Secrets[name] = append(options.Secrets[name], v["key"].(string))
			case "credentialsSecretRef":
				options.Secrets[name] = credentialKeys(v)
			case "podLabels":
				options.Pods = append(options.Pods, texts(v))
			}
			for k, e := range v {
				visit(k, e)
			}
		}
	}
	visit("", s.spec())
	if s.hasClass() {
		visit("", s.classSpec())
	}
	return options
}

// credentialKeys are the keys of a Secret with an object store's keys.
func credentialKeys(ref obj) []string {
	keys := []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
	for i, name := range []string{"accessKeyIDKey", "secretAccessKeyKey"} {
		if key, ok := ref[name].(string); ok {
			keys[i] = key
		}
	}
	return keys
}

func texts(m obj) map[string]string {
	out := map[string]string{}
	for k, v := range m {
		out[k] = fmt.Sprint(v)
	}
	return out
}
