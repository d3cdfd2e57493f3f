package main

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/pipelinestack/function-pipelinestack/fn/stack"
)

// A combo is a stack that somebody could have: an example or a variant of one, of some release,
// size and flavour, also of releases that could come. Tests do not change it.
type combo struct {
	name     string
	scenario *scenario
	answer   *fnv1.RunFunctionResponse // to a new stack
}

var builtinSizes = []string{"Small", "Medium", "Large"}

// mixes of variants that are tried beside each variant alone; enough for any two to meet several
// times.
const mixes = 12

// combos are all that the tests of emitted objects go through.
func combos(t testing.TB) []combo {
	t.Helper()
	known.once.Do(func() { known.combos = makeCombos(t) })
	if len(known.combos) == 0 {
		t.Fatal("the combos could not be made")
	}
	return known.combos
}

// known combos are made once, for all tests.
var known struct {
	once   sync.Once
	combos []combo
}

// makeCombos of every example of a new claim, every variant of the quickstart, and mixes of
// variants.
func makeCombos(t testing.TB) []combo {
	t.Helper()
	var all []combo
	releases := fixtures()
	add := func(s *scenario, size string, words ...string) {
		for _, release := range releases.Names() {
			for _, kind := range []string{kindComposite, kindNamespaced} {
				namespace, name := s.tenant()
				c := s.in(t, kind, namespace, name)
				c.name = strings.Join(append(words, release, size, kind), " ")
				c.choose(releases[release], size)
				all = append(all, combo{c.name, c, c.run(t, carrying(releases))})
			}
		}
	}
	for _, name := range scenarioNames(t) {
		s := scenarioOf(t, name)
		if !s.valid() || s.observed != nil || s.xr["kind"] == kindNamespaced {
			continue // every flavour is tried anyway, and what is observed makes no other objects
		}
		for _, size := range builtinSizes {
			add(s, size, name)
		}
	}
	quickstart := scenarioOf(t, "quickstart")
	for _, v := range variants {
		s := quickstart.clone()
		v.change(s)
		add(s, "Small", v.name)
	}
	for seed := range uint64(mixes) {
		s, random, words := quickstart.clone(), rand.New(rand.NewPCG(seed, 0)), []string{"mix"}
		for i, v := range variants {
			if random.IntN(2) == 0 {
				v.change(s)
				words = append(words, strconv.Itoa(i))
			}
		}
		add(s, builtinSizes[random.IntN(len(builtinSizes))], words...)
	}
	return all
}

// choose a release and size for a claim, and leave out what the release cannot do.
func (s *scenario) choose(r *stack.Release, size string) {
	s.spec()["release"], s.spec()["size"] = r.Name, size
	if s.hasClass() {
		if constraints, ok := s.classSpec()["constraints"].(obj); ok {
			delete(constraints, "releases")
		}
	}
	if !r.Has(stack.MLMD) {
		delete(s.spec(), "mlmd")
	}
	if !r.Has(stack.UI) {
		unstructured.RemoveNestedField(s.spec(), "ui", "enabled")
	}
	if !r.Features.BlockV1Pipelines {
		unstructured.RemoveNestedField(s.spec(), "apiServer", "allowV1Pipelines")
	}
}

// A variant changes what a claim or the class says. Any two go together.
type variant struct {
	name   string
	change func(*scenario)
}

var variants = []variant{
	{"plain", onClaim()},
	{"hibernated", onClaim("hibernate", true)},
	{"no policies", onClass("network.policies", "Disabled")},
	{"no guard", onClass("auth.type", "None")},
	{"given certificate", onClaim("tls.type", "Secret", "tls.secretName", "pipelines-tls")},
	{"certificate of OpenShift", onClaim("tls.type", "ServiceCA", "tls.secretName", nil)},
	{"web interface", onClaim("ui.enabled", true)},
	{"no envoy", onClaim("mlmd.envoy.enabled", false)},
	{"data goes", onClaim("database.deletionPolicy", "Delete", "objectStore.deletionPolicy", "Delete")},
	{
		"bucket with all",
		onClaim("objectStore.prefix", "team", "objectStore.versioning", "Enabled", "objectStore.lifecycle.expireAfterDays", int64(30)),
	},
	{"no archive", onClaim("workflowController.archiveLogs", false)},
	{"extra peers", onClaim("networkPolicy.clients", []any{obj{"podLabels": obj{"app": "notebook"}}},
		"networkPolicy.egress", []any{obj{"cidr": "192.0.2.0/24"}})},
	{"Argo of the platform", onClass("argo.controller", "Platform")},
	{"users of the platform", onClass("podSecurity.userIDs", "Assigned")},
	{"mirror", onClass("images.registry", "mirror.example.org/kfp", "images.pullSecrets", []any{obj{"name": "mirror"}})},
	{"own authorities", onClass("database.shared.tls", "Verify", "database.shared.caBundle", exampleCA)},
	{"no database TLS", onClass("database.shared.tls", "Disabled", "database.shared.caBundle", nil)},
	{"China", onClass("objectStore.aws.region", "cn-north-1")},
	{"narrow network", onClass("network.kubernetesAPI.cidrs", []any{"10.0.0.1/32"}, "network.database", []any{"10.1.0.0/16"},
		"network.objectStore", []any{"198.51.100.0/24"}, "network.dns.namespace", "kube-system",
		"network.pipelines", []any{obj{"cidr": "203.0.113.0/24", "ports": []any{int64(443)}}}, "constraints.egress", []any{"192.0.2.0/24"})},
	{"Prometheus", onClass("monitoring.prometheusOperator", true, "monitoring.namespace", "prometheus")},
}

// onClaim sets fields of a claim, given as path and value in turns; nil takes a field away.
func onClaim(fields ...any) func(*scenario) {
	return func(s *scenario) { assign(s.spec(), fields) }
}

// onClass does the same with the class.
func onClass(fields ...any) func(*scenario) {
	return func(s *scenario) { assign(s.classSpec(), fields) }
}

func assign(m obj, fields []any) {
	for i := 0; i+1 < len(fields); i += 2 {
		path := fields[i].(string)
		if fields[i+1] == nil {
			unstructured.RemoveNestedField(m, strings.Split(path, ".")...)
			continue
		}
		put(m, path, fields[i+1])
	}
}

// exampleCA is a certificate that nobody has the key of.
const exampleCA = `-----BEGIN CERTIFICATE-----
MIIBcTCCARegAwIBAgIBATAKBggqhkjOPQQDAjAnMSUwIwYDVQQDExxBbiBleGFt
cGxlLCBub3QgYW4gYXV0aG9yaXR5MCAXDTI2MDEwMTAwMDAwMFoYDzIxMjYwMTAx
MDAwMDAwWjAnMSUwIwYDVQQDExxBbiBleGFtcGxlLCBub3QgYW4gYXV0aG9yaXR5
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEANXTcVqKqIDUAOpsvZ/c0OrSouvb
GmiJi79e/c/BiM9CB0tv7xX7hI8SVZ4BWMQQoltsBmkeUjjwQlEu9xBU3aMyMDAw
DwYDVR0TAQH/BAUwAwEB/zAdBgNVHQ4EFgQU3qQA3psgL55V0eN+y89Q821qmLkw
CgYIKoZIzj0EAwIDSAAwRQIgB9ndyZ44DvIazA1p6qSWDxF6fmN7QrYtygqHn08W
vJkCIQDT2GXoi/e/UZRIxgs/fZT+2BVubnpLPT73wrBPuxS7Mw==
-----END CERTIFICATE-----
`
