package stack

import (
	"maps"
	"regexp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// validateClass says everything that is wrong with a class. Admission has checked it against schema
// and rules; under a local render nobody has.
func validateClass(c *Class, in v1alpha1.PipelineStackClassSpec, carried Catalogue) field.ErrorList {
	path := c.path()
	errs := validateLater(laterClass, in, path)
	errs = append(errs, validateIdentity(c)...)
	for _, msg := range validation.IsDNS1123Label(c.Name) {
		errs = append(errs, field.Invalid(path, c.Name, "the class's name: "+msg))
	}
	if (c.AllowedNamespaces.From == v1alpha1.NamespacesSelector) != (c.AllowedNamespaces.Selector != nil) {
		errs = append(
			errs,
			field.Invalid(path.Child("allowedNamespaces", "selector"), field.OmitValueType{}, "must be set with from: Selector, and only with it"),
		)
	}
	errs = append(
		errs,
		metavalidation.ValidateLabelSelector(
			c.AllowedNamespaces.Selector,
			metavalidation.LabelSelectorValidationOptions{},
			path.Child("allowedNamespaces", "selector"),
		)...)
	for _, msg := range validation.IsDNS1123Subdomain(c.ClusterDomain) {
		errs = append(errs, field.Invalid(path.Child("clusterDomain"), c.ClusterDomain, msg))
	}
	errs = append(errs, validateDefaults(c, in)...)
	errs = append(errs, validateConstraints(c)...)
	errs = append(errs, validateReleases(c, in, carried)...)
	errs = append(errs, validateSizes(c)...)
	errs = append(errs, validateTypes(c)...)
	errs = append(errs, validateNetwork(c)...)
	errs = append(errs, kube.ValidateImage(c.Images.AuthProxy, path.Child("images", "authProxy"))...)
	errs = append(errs, kube.ValidateRegistry(c.Images.Registry, path.Child("images", "registry"))...)
	errs = append(errs, metavalidation.ValidateLabels(c.Monitoring.Labels, path.Child("monitoring", "labels"))...)
	for i, name := range c.PipelineRunner.ServiceAccounts {
		for _, msg := range validation.IsDNS1123Subdomain(name) {
			errs = append(errs, field.Invalid(path.Child("pipelineRunner", "serviceAccounts").Index(i), name, msg))
		}
	}
	for name, d := range map[string]bool{"ready": c.TTL.Ready.Duration <= 0, "progressing": c.TTL.Progressing.Duration <= 0} {
		if d {
			errs = append(
				errs,
				field.Invalid(path.Child("ttl", name), field.OmitValueType{}, "must be more than zero: Crossplane would never call again by itself"),
			)
		}
	}
	return sortErrors(errs)
}

// validateIdentity requires what goes into every name that is derived in shared stores.
func validateIdentity(c *Class) field.ErrorList {
	if c.Database.Shared == nil && c.ObjectStore.AWS == nil && c.ObjectStore.ObjectBucketClaim == nil {
		return nil
	}
	var errs field.ErrorList
	for _, f := range []struct{ name, value string }{{"clusterID", c.ClusterID}, {"identitySalt", c.IdentitySalt}} {
		if f.value == "" {
			errs = append(errs, field.Required(c.path().Child(f.name), "it goes into the name of every database and bucket"))
		}
	}
	return errs
}

// validateDefaults says what is wrong with the class's defaults, and so with every claim that
// relies on them.
func validateDefaults(c *Class, in v1alpha1.PipelineStackClassSpec) field.ErrorList {
	if in.Defaults == nil {
		return nil
	}
	path := c.path().Child("defaults")
	errs := validateLater(laterSettings, *in.Defaults, path)
	if _, ok := c.Catalogue[c.Defaults.Release]; !ok {
		errs = append(errs, field.NotSupported(path.Child("release"), c.Defaults.Release, c.Catalogue.Names()))
	}
	if _, ok := sizeNamed(c.Sizes, c.Defaults.Size); !ok {
		errs = append(errs, field.NotSupported(path.Child("size"), c.Defaults.Size, sizeNames(c)))
	}
	return errs
}

func validateConstraints(c *Class) field.ErrorList {
	var errs field.ErrorList
	path := c.path().Child("constraints")
	for i, r := range c.Constraints.Releases {
		if _, ok := c.Catalogue[r]; !ok {
			errs = append(errs, field.NotSupported(path.Child("releases").Index(i), r, c.Catalogue.Names()))
		}
	}
	for i, z := range c.Constraints.Sizes {
		if _, ok := sizeNamed(c.Sizes, z); !ok {
			errs = append(errs, field.NotSupported(path.Child("sizes").Index(i), z, sizeNames(c)))
		}
	}
	for name, patterns := range map[string][]string{"allow": c.Constraints.Allow, "forbid": c.Constraints.Forbid} {
		for i, pattern := range patterns {
			if len(fieldsCovered(pattern)) == 0 {
				errs = append(errs, field.Invalid(path.Child(name).Index(i), pattern, "names no field below spec"))
			}
		}
	}
	if most := c.Constraints.Resources; most != nil { // a name with a typo would bound nothing
		errs = append(errs, kube.ValidateQuantities(most.Requests, path.Child("resources", "requests"))...)
		errs = append(errs, kube.ValidateQuantities(most.Limits, path.Child("resources", "limits"))...)
	}
	return append(errs, kube.ValidateCIDRs(c.Constraints.Egress, path.Child("egress"))...)
}

// releaseName is the pattern of a claim's release.
var releaseName = regexp.MustCompile(`^([a-z][a-z0-9]*-)?[0-9]+\.[0-9]+\.[0-9]+([-.][A-Za-z0-9]+)*$`)

// validateReleases checks the releases that the class adds.
func validateReleases(c *Class, in v1alpha1.PipelineStackClassSpec, carried Catalogue) field.ErrorList {
	var errs field.ErrorList
	for name, r := range in.Releases {
		path := c.path().Child("releases").Key(name)
		if carried[name] != nil {
			errs = append(errs, field.Forbidden(path, "the function carries a release of that name: choose another"))
		}
		if !releaseName.MatchString(name) || len(name) > validation.LabelValueMaxLength {
			errs = append(errs, field.Invalid(path, name, "must be a name that claims can ask for, such as 2.17.0 or site-2.17.0"))
		}
		errs = append(errs, validateReleaseSpec(&Release{Name: name, ReleaseSpec: r}, path)...)
	}
	return errs
}

// sizeName is the pattern of a claim's size.
var sizeName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`)

func validateSizes(c *Class) field.ErrorList {
	var errs field.ErrorList
	known := slices.Sorted(maps.Keys(sizes[DefaultSize]))
	for name, size := range c.Sizes {
		path := c.path().Child("sizes").Key(name).Child("components")
		if !sizeName.MatchString(name) || len(name) > validation.LabelValueMaxLength {
			errs = append(errs, field.Invalid(c.path().Child("sizes").Key(name), name, forms[sizeName.String()]+", so that a claim can ask for it"))
		}
		for component, cs := range size.Components {
			if !slices.Contains(known, Component(component)) {
				errs = append(errs, field.NotSupported(path, Component(component), known))
			}
			errs = append(
				errs,
				kube.ValidateResources(corev1.ResourceRequirements{Requests: cs.Requests, Limits: cs.Limits}, path.Key(component))...)
		}
	}
	return errs
}

// validateTypes checks the stores that the class offers. A block that is missing is a matter of the
// stacks that need it: those that have their data elsewhere go on.
func validateTypes(c *Class) field.ErrorList {
	var errs field.ErrorList
	for _, t := range c.Database.AllowedTypes {
		if known, ok := databaseTypes[t]; ok {
			errs = append(errs, known.class(c)...)
		}
	}
	for _, t := range c.ObjectStore.AllowedTypes {
		if known, ok := storeTypes[t]; ok {
			errs = append(errs, known.class(c)...)
		}
	}
	return slices.DeleteFunc(errs, func(e *field.Error) bool { return e.Type == field.ErrorTypeRequired })
}

func validateNetwork(c *Class) field.ErrorList {
	path := c.path().Child("network")
	errs := validateTargets(c.Network.Pipelines, path.Child("pipelines"))
	for name, cidrs := range map[string][]string{
		"cluster": c.Network.Cluster, "database": c.Network.Database, "objectStore": c.Network.ObjectStore,
	} {
		errs = append(errs, kube.ValidateCIDRs(cidrs, path.Child(name))...)
	}
	errs = append(errs, kube.ValidateCIDRs(c.Network.KubernetesAPI.CIDRs, path.Child("kubernetesAPI", "cidrs"))...)
	if len(c.Network.Cluster) > 0 && len(c.Network.KubernetesAPI.CIDRs) == 0 {
		errs = append(errs, field.Required(path.Child("kubernetesAPI", "cidrs"),
			"network.cluster closes the cluster's addresses to pipelines, and these have to stay open"))
	}
	for i, port := range c.Network.KubernetesAPI.Ports {
		for _, msg := range validation.IsValidPortNum(int(port)) {
			errs = append(errs, field.Invalid(path.Child("kubernetesAPI", "ports").Index(i), port, msg))
		}
	}
	if dns := c.Network.DNS; dns != nil {
		errs = append(errs, validateDNS(dns, path.Child("dns"))...)
	}
	if ns := c.Monitoring.Namespace; ns != "" {
		errs = append(errs, kube.ValidateNamespace(ns, c.path().Child("monitoring", "namespace"))...)
	}
	return errs
}

func validateDNS(dns *v1alpha1.DNSPeer, path *field.Path) field.ErrorList {
	errs := kube.ValidateCIDRs(dns.CIDRs, path.Child("cidrs"))
	switch {
	case dns.Namespace != "":
		errs = append(errs, kube.ValidateNamespace(dns.Namespace, path.Child("namespace"))...)
	case len(dns.PodLabels) > 0 || len(dns.CIDRs) == 0:
		errs = append(errs, field.Required(path.Child("namespace"), "name the namespace of the DNS pods, or set cidrs alone"))
	}
	return append(errs, metavalidation.ValidateLabels(dns.PodLabels, path.Child("podLabels"))...)
}
