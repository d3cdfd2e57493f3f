package main

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"

	"github.com/pipelinestack/function-pipelinestack/fn/stack"
)

// wishes are what claim and class say at one moment of a stack's life, and what is wrong with them.
type wishes struct {
	release    string // empty for the platform's default
	hibernate  bool
	ui         bool
	unfenced   bool
	versioning bool
	lifecycle  bool
	unguarded  bool
	noEnvoy    bool
	monitoring string // what the claim says: yes, no or nothing
	mistake    string // one of mistakes

	defaultRelease string
	platformArgo   bool
	prometheus     bool
	authorities    bool
	otherCluster   bool
	platformFault  string // one of platformFaults
}

// mistakes in a claim, of every layer that can find one.
var mistakes = map[string]func(spec map[string]any){
	"unknown field":  func(spec map[string]any) { spec["databse"] = map[string]any{} },
	"wrong type":     func(spec map[string]any) { spec["hibernate"] = "yes" },
	"later field":    func(spec map[string]any) { spec["exposure"] = map[string]any{"type": "Route"} },
	"taken variable": func(spec map[string]any) { spec["persistenceAgent"] = oneVariable("NAMESPACE") },
	"half a setting": func(spec map[string]any) { spec["tls"] = map[string]any{"type": "Secret"} },
	"unknown size":   func(spec map[string]any) { spec["size"] = "Huge" },
}

func oneVariable(name string) map[string]any {
	return map[string]any{"env": []any{map[string]any{"name": name, "value": "x"}}}
}

// platformFaults are what can be wrong with the class.
var platformFaults = map[string]func(data map[string]any){
	"gone":             nil,
	"no region":        func(data map[string]any) { data["objectStore"] = map[string]any{"aws": map[string]any{}} },
	"no cluster":       func(data map[string]any) { delete(data, "clusterID") },
	"unknown default":  func(data map[string]any) { data["defaults"] = map[string]any{"release": "0.1"} },
	"field of nothing": func(data map[string]any) { data["dataBase"] = map[string]any{} },
}

// spec of the claim.
func (w *wishes) spec() map[string]any {
	spec := map[string]any{
		"hibernate": w.hibernate,
		"ui":        map[string]any{"enabled": w.ui},
	}
	store := map[string]any{}
	if w.release != "" {
		spec["release"] = w.release
	}
	if w.versioning {
		store["versioning"] = "Enabled"
	}
	if w.lifecycle {
		store["lifecycle"] = map[string]any{"expireAfterDays": 30.0}
	}
	if len(store) > 0 {
		spec["objectStore"] = store
	}
	if w.noEnvoy {
		spec["mlmd"] = map[string]any{"envoy": map[string]any{"enabled": false}}
	}
	if w.monitoring != "" {
		spec["monitoring"] = map[string]any{"enabled": w.monitoring == "yes"}
	}
	if w.mistake != "" {
		mistakes[w.mistake](spec)
	}
	return spec
}

// class is what the class says, nil if it is gone.
func (w *wishes) class() map[string]any {
	if w.platformFault == "gone" {
		return nil
	}
	data := simpleClass()
	if w.unfenced {
		data["network"] = map[string]any{"policies": "Disabled"}
	}
	if w.unguarded {
		data["auth"] = map[string]any{"type": "None"}
	}
	data["monitoring"] = map[string]any{"prometheusOperator": w.prometheus}
	if w.defaultRelease != "" {
		data["defaults"] = map[string]any{"release": w.defaultRelease}
	}
	if w.platformArgo {
		data["argo"] = map[string]any{"controller": "Platform"}
	}
	if w.authorities {
		shared := data["database"].(map[string]any)["shared"].(map[string]any)
		shared["tls"], shared["caBundle"] = "Verify", authority
	}
	if w.otherCluster {
		data["clusterID"] = "another"
	}
	if w.platformFault != "" {
		platformFaults[w.platformFault](data)
	}
	return data
}

// authority is a certificate; who signed it does not matter here.
const authority = `-----BEGIN CERTIFICATE-----
MIIBjTCCATOgAwIBAgIUGh2meQvrWorjniHfdf/6z0daa90wCgYIKoZIzj0EAwIw
HDEaMBgGA1UEAwwRZXhhbXBsZSBhdXRob3JpdHkwHhcNMjYxMTIyMTUyNjE5WhcN
MzYxMTE5MTUyNjE5WjAcMRowGAYDVQQDDBFleGFtcGxlIGF1dGhvcml0eTBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABCyFKOGjrGqyDRfbhFucTymCEjVPhVip6Jp8
DVCCe1u82NRclvADd+VXFKZMvR3+SEuFLvOV+aUzVJE+D5ptS2WjUzBRMB0GA1Ud
DgQWBBRr422izyUOG3Z0RPtLUnhjdEEmijAfBgNVHSMEGDAWgBRr422izyUOG3Z0
RPtLUnhjdEEmijAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQCs
rplOgEjMSg5w4tpZ+bdyxIACFzv61tV678jcGgmwoAIgHvrRuQyHy0joq4U6Q60S
w++077s5TBSfBvUyZZkdc6I=
-----END CERTIFICATE-----
`

// A rule names what alone may take a composed object away again.
type rule struct {
	why     string
	objects *regexp.Regexp
	wanted  func(w wishes, r *stack.Release) bool
}

var rules = []rule{
	{"the web interface is switched off", regexp.MustCompile(`^(ui-|network-policy-ui$)`),
		func(w wishes, _ *stack.Release) bool { return w.ui }},
	{"the release has no ML Metadata", regexp.MustCompile(`^(network-policy-)?metadata(-|$)`),
		func(_ wishes, r *stack.Release) bool { return r.Has(stack.MLMD) }},
	{"the envoy before ML Metadata is switched off", regexp.MustCompile(`^(network-policy-)?metadata-envoy(-|$)`),
		func(w wishes, _ *stack.Release) bool { return !w.noEnvoy }},
	{"network policies are switched off", regexp.MustCompile(`^network-policy-`),
		func(w wishes, _ *stack.Release) bool { return !w.unfenced }},
	{"nothing guards the API", regexp.MustCompile(`^auth-`),
		func(w wishes, _ *stack.Release) bool { return !w.unguarded }},
	{"nobody monitors", regexp.MustCompile(`^(alerts|workflow-controller-monitor)$`),
		func(w wishes, _ *stack.Release) bool {
			return w.monitoring == "yes" || w.monitoring == "" && w.prometheus
		}},
	{"the platform runs Argo", regexp.MustCompile(`^workflow-controller-`),
		func(w wishes, _ *stack.Release) bool { return !w.platformArgo }},
	{"the stack runs Argo itself", regexp.MustCompile(`^artifact-repositories$`),
		func(w wishes, _ *stack.Release) bool { return w.platformArgo }},
	{"the database's authorities are public", regexp.MustCompile(`^database-ca$`),
		func(w wishes, _ *stack.Release) bool { return w.authorities }},
}

// unwanted is the rule that takes an object away, empty if it is to stay.
func (w *wishes) unwanted(name string, r *stack.Release) string {
	for _, rule := range rules {
		if rule.objects.MatchString(name) && !rule.wanted(*w, r) {
			return rule.why
		}
	}
	return ""
}

// refusal is why the wishes cannot be acted upon on a stack that runs a release; empty if they can.
func (w *wishes) refusal(catalogue stack.Catalogue, running string) string {
	release := catalogue[w.effective(catalogue, running)]
	switch {
	case w.platformFault != "":
		return "platform: " + w.platformFault
	case w.mistake != "":
		return "mistake: " + w.mistake
	case release == nil:
		return "unknown release"
	case w.ui && !release.Has(stack.UI):
		return "release without web interface"
	case w.noEnvoy && !release.Has(stack.MLMD):
		return "release without ML Metadata"
	case w.monitoring == "yes" && !w.prometheus:
		return "nobody to monitor"
	default:
		return ""
	}
}

// effective release: the claim's, else the one that runs, else the class's default. One whose tables
// are older than those that there are is not gone back to.
func (w *wishes) effective(catalogue stack.Catalogue, running string) string {
	if to, from := catalogue[w.release], catalogue[running]; to != nil && from != nil && to.Schema < from.Schema {
		return running
	}
	return cmp.Or(w.release, running, w.defaultRelease, stack.DefaultRelease)
}

// edits that tenants and platform teams make, and how often in comparison.
var edits = []struct {
	weight int
	edit   func(w *wishes, r *rand.Rand)
}{
	{3, func(w *wishes, r *rand.Rand) {
		w.release = pick(r, append(upstream(), "", "", releaseBare, "9.9.9")...)
	}},
	{1, func(w *wishes, r *rand.Rand) { w.release = pick(r, "", releaseNext) }},
	{3, func(w *wishes, _ *rand.Rand) { w.hibernate = !w.hibernate }},
	{3, func(w *wishes, _ *rand.Rand) { w.ui = !w.ui }},
	{3, func(w *wishes, _ *rand.Rand) { w.unfenced = !w.unfenced }},
	{3, func(w *wishes, _ *rand.Rand) { w.versioning = !w.versioning }},
	{3, func(w *wishes, _ *rand.Rand) { w.lifecycle = !w.lifecycle }},
	{3, func(w *wishes, _ *rand.Rand) { w.unguarded = !w.unguarded }},
	{3, func(w *wishes, _ *rand.Rand) { w.noEnvoy = !w.noEnvoy }},
	{3, func(w *wishes, r *rand.Rand) { w.monitoring = pick(r, "", "", "yes", "no") }},
	{4, func(w *wishes, r *rand.Rand) { w.mistake = pick(r, names(mistakes)...) }},
	{8, func(w *wishes, _ *rand.Rand) { w.mistake = "" }},
	{2, func(w *wishes, r *rand.Rand) { w.defaultRelease = pick(r, append(upstream(), "", releaseBare)...) }},
	{2, func(w *wishes, _ *rand.Rand) { w.platformArgo = !w.platformArgo }},
	{2, func(w *wishes, _ *rand.Rand) { w.prometheus = !w.prometheus }},
	{2, func(w *wishes, _ *rand.Rand) { w.authorities = !w.authorities }},
	{2, func(w *wishes, _ *rand.Rand) { w.otherCluster = !w.otherCluster }},
	{3, func(w *wishes, r *rand.Rand) { w.platformFault = pick(r, names(platformFaults)...) }},
	{6, func(w *wishes, _ *rand.Rand) { w.platformFault = "" }},
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func names[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// editOnce makes one edit.
func (w *wishes) editOnce(r *rand.Rand) {
	total := 0
	for _, e := range edits {
		total += e.weight
	}
	n := r.IntN(total)
	for _, e := range edits {
		if n -= e.weight; n < 0 {
			e.edit(w, r)
			return
		}
	}
}
