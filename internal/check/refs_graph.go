package check

import (
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// A graph is everything that objects can refer to. Maps are keyed by
// namespace and name, joined by a slash.
type graph struct {
	opts ReferenceOptions
	objs []map[string]any

	secrets, configMaps       map[string]*keys
	serviceAccounts, services map[string]bool
	specs                     map[string]*corev1.Service // of the emitted Services
	names                     map[string]bool            // kind/namespace/name of every object
	pods                      []*podTemplate

	// the object at hand
	subject, namespace string
	errs               []error
}

// keys are what a Secret or ConfigMap holds.
type keys struct {
	any      bool
	names    map[string]bool
	provider string // the object that makes it
}

func newGraph(opts ReferenceOptions) *graph {
	g := &graph{
		opts:    opts,
		secrets: map[string]*keys{}, configMaps: map[string]*keys{},
		serviceAccounts: map[string]bool{}, services: map[string]bool{},
		specs: map[string]*corev1.Service{}, names: map[string]bool{},
	}
	given := func(to map[string]*keys, from map[string][]string) {
		for _, name := range slices.Sorted(maps.Keys(from)) {
			g.provide(to, opts.Namespace, name, "the options", len(from[name]) == 0, from[name]...)
		}
	}
	given(g.secrets, opts.Secrets)
	given(g.configMaps, opts.ConfigMaps)
	// Kubernetes puts it into every namespace
	g.provide(g.configMaps, opts.Namespace, "kube-root-ca.crt", "Kubernetes", false, "ca.crt")
	for _, name := range opts.ServiceAccounts {
		g.serviceAccounts[opts.Namespace+"/"+name] = true
	}
	for _, name := range opts.Services {
		g.services[opts.Namespace+"/"+name] = true
	}
	return g
}

// add takes an object into the graph.
func (g *graph) add(obj map[string]any) {
	g.objs = append(g.objs, obj)
	g.subject = id(obj)
	gvk, ns, name := kindOf(obj), namespaceOf(obj), nameOf(obj)
	if unique := gvk.GroupKind().String() + "/" + ns + "/" + name; g.names[unique] {
		g.errorf(nil, "is there twice")
	} else {
		g.names[unique] = true
	}
	if t, err := podTemplateOf(obj); err != nil {
		g.errorf(nil, "%v", err)
	} else if t != nil {
		g.pods = append(g.pods, t)
	}
	g.addConnectionSecret(obj)
	switch gvk.Group + "/" + gvk.Kind {
	case "/Secret":
		names := slices.Concat(slices.Collect(maps.Keys(mapAt(obj, "data"))), slices.Collect(maps.Keys(mapAt(obj, "stringData"))))
		g.provide(g.secrets, ns, name, g.subject, g.opts.AllowPendingKeys, names...)
	case "/ConfigMap":
		names := slices.Concat(slices.Collect(maps.Keys(mapAt(obj, "data"))), slices.Collect(maps.Keys(mapAt(obj, "binaryData"))))
		g.provide(g.configMaps, ns, name, g.subject, false, append(names, injected(obj)...)...)
	case "/ServiceAccount":
		g.serviceAccounts[ns+"/"+name] = true
	case "/Service":
		g.addService(obj)
	case "cert-manager.io/Certificate":
		g.provide(g.secrets, ns, stringAt(obj, "spec", "secretName"), g.subject, false, "tls.crt", "tls.key", "ca.crt")
	case "objectbucket.io/ObjectBucketClaim":
		g.provide(g.secrets, ns, name, g.subject, false, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
		g.provide(g.configMaps, ns, name, g.subject, false,
			"BUCKET_NAME", "BUCKET_HOST", "BUCKET_PORT", "BUCKET_REGION", "BUCKET_SUBREGION")
	}
}

// provide records a Secret or ConfigMap. Two objects that make the same one
// would overwrite each other.
func (g *graph) provide(to map[string]*keys, ns, name, provider string, anyKey bool, names ...string) {
	if other, ok := to[ns+"/"+name]; ok {
		g.errs = append(g.errs, fmt.Errorf("%s: makes %s, which %s makes too", provider, name, other.provider))
		return
	}
	k := &keys{any: anyKey, names: map[string]bool{}, provider: provider}
	for _, n := range names {
		k.names[n] = true
	}
	to[ns+"/"+name] = k
}

// servingCert are the annotations of a Service by which OpenShift's service CA
// makes a certificate for it in a Secret of that name.
var servingCert = []string{
	"service.beta.openshift.io/serving-cert-secret-name",
	"service.alpha.openshift.io/serving-cert-secret-name",
}

func (g *graph) addService(obj map[string]any) {
	ns, name := namespaceOf(obj), nameOf(obj)
	g.services[ns+"/"+name] = true
	for _, annotation := range servingCert {
		if secret := stringAt(obj, "metadata", "annotations", annotation); secret != "" {
			g.provide(g.secrets, ns, secret, g.subject, false, "tls.crt", "tls.key")
		}
	}
	svc, err := decode[corev1.Service](obj)
	if err != nil {
		g.errs = append(g.errs, err)
		return
	}
	g.specs[ns+"/"+name] = svc
}

// injected are the keys that OpenShift puts into a ConfigMap on request.
func injected(obj map[string]any) []string {
	var names []string
	if stringAt(obj, "metadata", "labels", "config.openshift.io/inject-trusted-cabundle") == "true" {
		names = append(names, "ca-bundle.crt")
	}
	if stringAt(obj, "metadata", "annotations", "service.beta.openshift.io/inject-cabundle") == "true" {
		names = append(names, "service-ca.crt")
	}
	return names
}
