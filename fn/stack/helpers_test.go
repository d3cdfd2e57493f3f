package stack

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// given is all that a stack is made of. A test says how it differs from an empty claim in a small
// class.
type given struct {
	claim     Claim
	class     v1alpha1.PipelineStackClassSpec
	catalogue Catalogue
	world     World
}

type mod func(*given)

// newStack fails the test when anything is wrong with what is given.
func newStack(t *testing.T, mods ...mod) *Stack {
	t.Helper()
	s, errs := tryStack(mods...)
	if len(errs) > 0 {
		t.Fatal(errs.ToAggregate())
	}
	return s
}

// tryStack returns what is wrong with the class, or else with the claim.
func tryStack(mods ...mod) (*Stack, field.ErrorList) {
	g := given{
		claim: Claim{Name: "demo", Namespace: "team-a"},
		class: v1alpha1.PipelineStackClassSpec{
			ClusterID: "demo", IdentitySalt: testSalt,
			Database: v1alpha1.ClassDatabase{Shared: &v1alpha1.SharedDatabase{
				Host: "mysql.example.org", Engine: v1alpha1.EngineMariaDB, TLS: v1alpha1.DatabaseTLSSkipVerify,
			}},
			ObjectStore: v1alpha1.ClassObjectStore{AWS: &v1alpha1.AWSObjectStore{Region: "eu-central-1"}},
		},
		catalogue: Releases(),
	}
	for _, m := range mods {
		m(&g)
	}
	class, errs := NewClass(DefaultClassName, g.class, g.catalogue)
	if len(errs) > 0 {
		return nil, errs
	}
	return New(g.claim, class, g.world)
}

// testSalt is that of the small class.
const testSalt = "0123456789abcdef"

// claims reads what a tenant would write, into what the claim says already.
func claims(t *testing.T, document string) mod {
	t.Helper()
	return func(g *given) { read(t, document, &g.claim.Spec) }
}

// classes reads what a platform team would write, into what the class says already.
func classes(t *testing.T, document string) mod {
	t.Helper()
	return func(g *given) { read(t, document, &g.class) }
}

func read(t *testing.T, document string, into any) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(document), into); err != nil {
		t.Fatal(err)
	}
}

func withSpec(f func(*v1alpha1.PipelineStackSpec)) mod {
	return func(g *given) { f(&g.claim.Spec) }
}

func withClass(f func(*v1alpha1.PipelineStackClassSpec)) mod {
	return func(g *given) { f(&g.class) }
}

func withDatabase(f func(*v1alpha1.SharedDatabase)) mod {
	return func(g *given) { f(g.class.Database.Shared) }
}

func withAWS(f func(*v1alpha1.AWSObjectStore)) mod {
	return func(g *given) { f(g.class.ObjectStore.AWS) }
}

func namespaced(g *given) { g.claim.Namespaced = true }

func hibernating(g *given) { g.claim.Spec.Hibernate = ptr.To(true) }

func foreignArgo(g *given) { g.class.Argo.Controller = v1alpha1.ArgoPlatform }

func unfenced(g *given) { g.class.Network.Policies = v1alpha1.NetworkPoliciesDisabled }

func unguarded(g *given) { g.class.Auth.Type = v1alpha1.AuthNone }

// observing has a stack made for a world in which objects are there.
func observing(o Observed) mod { return func(g *given) { g.world.Observed = o } }

// imagesAllowed has the class let claims name images.
func imagesAllowed(g *given) {
	g.class.Constraints.Allow = append(g.class.Constraints.Allow, "*.image", "*.driverImage", "*.launcherImage", "*.executorImage")
}

// embedded has both stores in the stack's namespace.
func embedded(t *testing.T) mod {
	t.Helper()
	return func(g *given) {
		classes(t, `{database: {allowedTypes: [Embedded]}, objectStore: {allowedTypes: [Embedded]}}`)(g)
		g.world.Random = func(length int) string { return strings.Repeat("R", length) }
	}
}

func withUI(g *given) { g.claim.Spec.UI.Enabled = ptr.To(true) }

// withoutMLMD runs a release that has no ML Metadata.
func withoutMLMD(g *given) {
	r := *g.catalogue[DefaultRelease]
	r.Name = "3.0.0"
	r.Images = map[Component]string{}
	for c, image := range g.catalogue[DefaultRelease].Images {
		if c != MLMD && c != MLMDEnvoy {
			r.Images[c] = image
		}
	}
	r.Features.MLMDNativePasswords = false
	g.catalogue = Catalogue{r.Name: &r, DefaultRelease: g.catalogue[DefaultRelease]}
	g.claim.Spec.Release = r.Name
}

// refusals are the type and the field of each error, in order.
func refusals(errs field.ErrorList) []string {
	var found []string
	for _, e := range errs {
		found = append(found, string(e.Type)+" "+e.Field)
	}
	slices.Sort(found)
	return found
}

// content is a YAML document as it comes over the wire.
func content(t *testing.T, document string) *structpb.Struct {
	t.Helper()
	s := &structpb.Struct{}
	if err := yaml.Unmarshal([]byte(document), s); err != nil {
		t.Fatal(err)
	}
	return s
}

// found is an object of the cluster.
func found(t *testing.T, document string) kube.Observed {
	t.Helper()
	return kube.Observed{Object: content(t, document)}
}

// find returns the object of a resource.
func find[T runtime.Object](t *testing.T, rs []Resource, name string) T {
	t.Helper()
	i := slices.IndexFunc(rs, func(r Resource) bool { return r.Name == name })
	if i < 0 {
		t.Fatalf("there is no resource %s", name)
	}
	object, ok := rs[i].Object.(T)
	if !ok {
		t.Fatalf("resource %s is a %T", name, rs[i].Object)
	}
	return object
}

func names(rs []Resource) []string {
	var found []string
	for _, r := range rs {
		found = append(found, r.Name)
	}
	return found
}

// values of variables that hold one themselves.
func values(vars []corev1.EnvVar) map[string]string {
	found := map[string]string{}
	for _, v := range vars {
		if v.ValueFrom == nil {
			found[v.Name] = v.Value
		}
	}
	return found
}

// envNames of a container of a Deployment, init containers included.
func envNames(d *appsv1.Deployment, container string) []string {
	var found []string
	for _, c := range slices.Concat(d.Spec.Template.Spec.InitContainers, d.Spec.Template.Spec.Containers) {
		if c.Name != container {
			continue
		}
		for _, v := range c.Env {
			found = append(found, v.Name)
		}
	}
	return found
}

// verified has the database's certificate checked against an authority of its own.
func verified(ca string) mod {
	return withDatabase(func(d *v1alpha1.SharedDatabase) { d.TLS, d.CABundle = v1alpha1.DatabaseTLSVerify, ca })
}

// testCA is a self-signed certificate whose key is lost.
const testCA = `-----BEGIN CERTIFICATE-----
MIIBVzCCAQmgAwIBAgIUSnUkpgft9zSC5wRRT8DCkW1q8LswBQYDK2VwMCAxHjAc
BgNVBAMMFUFuIGF1dGhvcml0eSBvZiB0ZXN0czAgFw0yNjExMjIxNTI3MTZaGA8y
MTI2MTAyOTE1MjcxNlowIDEeMBwGA1UEAwwVQW4gYXV0aG9yaXR5IG9mIHRlc3Rz
MCowBQYDK2VwAyEAf+znv3wSAOZqu6lrcbAy6R3CKwiZCf2YqtLu4/+ZO22jUzBR
MB0GA1UdDgQWBBRK3Y7KWOzamiUQwNVY9hida+EdtzAfBgNVHSMEGDAWgBRK3Y7K
WOzamiUQwNVY9hida+EdtzAPBgNVHRMBAf8EBTADAQH/MAUGAytlcANBAG0HE6s4
ADHmn4HmQlaROoSBfyH9uXsWj0Q9GYQ9c4OE7qhH+K8m+FSA4vwbiG1V17rXjzsk
mVQenmSKJT0e7AQ=
-----END CERTIFICATE-----
`

// everything that a stack is made of.
func everything(t *testing.T, s *Stack) []Resource {
	t.Helper()
	plan, errs := s.Plan()
	if len(errs) > 0 {
		t.Fatal(errs.ToAggregate())
	}
	var rs []Resource
	for _, p := range plan.Resources {
		rs = append(rs, p.Resource)
	}
	return rs
}

// all objects of a type.
func all[T runtime.Object](rs []Resource) []T {
	var found []T
	for _, r := range rs {
		if o, ok := r.Object.(T); ok {
			found = append(found, o)
		}
	}
	return found
}

// asObserved is an object as it is once it was made.
func asObserved(t *testing.T, o runtime.Object) kube.Observed {
	t.Helper()
	object, err := kube.Struct(o)
	if err != nil {
		t.Fatal(err)
	}
	return kube.Observed{Object: object}
}
