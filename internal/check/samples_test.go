package check

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/pod-security-admission/api"
	"sigs.k8s.io/yaml"
)

// TestSamples holds the pods that Argo's controller made once against what a stack emits today: they
// run as its account, with its images, below its policies, with its store, and under restricted. If
// it fails, make samples writes them anew.
func TestSamples(t *testing.T) {
	emitted := emittedBy(t, "../../examples/quickstart/expected.yaml")
	files, err := filepath.Glob("testdata/pods/2.17.0/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no pods: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var pod corev1.Pod
			if err := yaml.UnmarshalStrict(b, &pod); err != nil {
				t.Fatal(err)
			}
			level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
			for _, r := range evaluator().EvaluatePod(level, &pod.ObjectMeta, &pod.Spec) {
				if !r.Allowed {
					t.Errorf("pod security: %s: %s", r.ForbiddenReason, r.ForbiddenDetail)
				}
			}
			if !slices.Contains(emitted.accounts, pod.Spec.ServiceAccountName) {
				t.Errorf("it runs as %q, and the stack has %v", pod.Spec.ServiceAccountName, emitted.accounts)
			}
			if !slices.ContainsFunc(emitted.policies, func(s labels.Selector) bool { return s.Matches(labels.Set(pod.Labels)) }) {
				t.Errorf("no policy for workflows selects it by %v", pod.Labels)
			}
			for _, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
				if !strings.HasPrefix(c.Image, "registry.example.org/") && !slices.Contains(emitted.images, c.Image) {
					t.Errorf("container %s has image %s, and the stack emits %v", c.Name, c.Image, emitted.images)
				}
				for _, e := range c.Env {
					if e.Name == "ARGO_TEMPLATE" && e.Value != "" {
						emitted.archives(t, e.Value)
					}
				}
			}
		})
	}
}

// emission is what a stack emits about the pods of its workflows.
type emission struct {
	accounts, images []string
	policies         []labels.Selector
	store            s3
}

// s3 is where Argo archives, but for the bucket.
type s3 struct {
	Endpoint        string                   `json:"endpoint"`
	Region          string                   `json:"region"`
	AccessKeySecret corev1.SecretKeySelector `json:"accessKeySecret"`
	SecretKeySecret corev1.SecretKeySelector `json:"secretKeySecret"`
}

func (e emission) archives(t *testing.T, template string) {
	t.Helper()
	var tmpl struct {
		ArchiveLocation struct {
			ArchiveLogs bool `json:"archiveLogs"`
			S3          s3   `json:"s3"`
		} `json:"archiveLocation"`
	}
	if err := json.Unmarshal([]byte(template), &tmpl); err != nil {
		t.Fatal(err)
	}
	if l := tmpl.ArchiveLocation; !l.ArchiveLogs || l.S3 != e.store {
		t.Errorf("it archives logs (%t) to %+v, and the stack says %+v", l.ArchiveLogs, l.S3, e.store)
	}
}

func emittedBy(t *testing.T, golden string) emission {
	t.Helper()
	b, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	var e emission
	into := func(doc string, o any) {
		t.Helper()
		if err := yaml.Unmarshal([]byte(doc), o); err != nil {
			t.Fatal(err)
		}
	}
	for doc := range strings.SplitSeq(string(b), "\n---\n") {
		var kind metav1.TypeMeta
		into(doc, &kind)
		switch kind.Kind {
		case "ServiceAccount":
			var a corev1.ServiceAccount
			into(doc, &a)
			e.accounts = append(e.accounts, a.Name)
		case "Deployment":
			var d appsv1.Deployment
			into(doc, &d)
			for _, c := range d.Spec.Template.Spec.Containers {
				for _, a := range c.Args {
					if image, ok := strings.CutPrefix(a, "--executor-image="); ok {
						e.images = append(e.images, image)
					}
				}
				for _, v := range c.Env {
					if v.Name == "V2_DRIVER_IMAGE" || v.Name == "V2_LAUNCHER_IMAGE" {
						e.images = append(e.images, v.Value)
					}
				}
			}
		case "NetworkPolicy":
			var p networkingv1.NetworkPolicy
			into(doc, &p)
			if s, err := metav1.LabelSelectorAsSelector(&p.Spec.PodSelector); err == nil && strings.Contains(s.String(), "workflow") {
				e.policies = append(e.policies, s)
			}
		case "ConfigMap":
			var c corev1.ConfigMap
			into(doc, &c)
			if repository := c.Data["artifactRepository"]; repository != "" {
				var r struct {
					S3 s3 `json:"s3"`
				}
				into(repository, &r)
				e.store = r.S3
			}
		}
	}
	return e
}
