package stack

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/platform/v1beta1"
	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/fields"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// validatePlatform says everything that is wrong with a platform's input, which nobody else checks. The schema has been held against it.
func validatePlatform(p *Platform, in v1beta1.Platform) field.ErrorList {
	errs := validateLater(laterPlatform, in, inputPath)
	if p.ClusterID == "" {
		errs = append(errs, field.Required(inputPath.Child("clusterID"), "it goes into the name of every database and bucket"))
	}
	for _, msg := range validation.IsDNS1123Subdomain(p.ClusterDomain) {
		errs = append(errs, field.Invalid(inputPath.Child("clusterDomain"), p.ClusterDomain, msg))
	}
	errs = append(errs, validateDefaults(p, in)...)
	errs = append(errs, validatePlatformLimits(p)...)
	errs = append(errs, validateSizes(p)...)
	errs = append(errs, validateSharedDatabase(p)...)
	errs = append(errs, validateAWS(p)...)
	errs = append(errs, validateNetwork(p)...)
	errs = append(errs, kube.ValidateImage(p.Images.AuthProxy, inputPath.Child("images", "authProxy"))...)
	errs = append(errs, kube.ValidateImage(p.Images.Registry, inputPath.Child("images", "registry"))...)
	if strings.Contains(p.Images.Registry, "://") {
		errs = append(errs, field.Invalid(inputPath.Child("images", "registry"), p.Images.Registry, "must be a host with an optional path, without a scheme"))
	}
	for name, d := range map[string]bool{"ready": p.TTL.Ready.Duration <= 0, "progressing": p.TTL.Progressing.Duration <= 0} {
		if d {
			errs = append(errs, field.Invalid(inputPath.Child("ttl", name), field.OmitValueType{}, "must be more than zero: Crossplane would never call again by itself"))
		}
	}
	return sortErrors(errs)
}

// validateDefaults finds in the platform's defaults what every claim would trip over.
func validateDefaults(p *Platform, in v1beta1.Platform) field.ErrorList {
	if in.Defaults == nil {
		return nil
	}
	path := inputPath.Child("defaults")
	errs := validateLater(laterSpec, *in.Defaults, path)
	if _, ok := p.Catalogue[p.Defaults.Release]; !ok {
		errs = append(errs, field.NotSupported(path.Child("release"), p.Defaults.Release, p.Catalogue.Names()))
	}
	if _, ok := sizeNamed(p.Sizes, p.Defaults.Size); !ok {
		errs = append(errs, field.NotSupported(path.Child("size"), p.Defaults.Size, sizeNames(p)))
	}
	return errs
}

func validatePlatformLimits(p *Platform) field.ErrorList {
	var errs field.ErrorList
	path := inputPath.Child("limits")
	for i, r := range p.Limits.Releases {
		if _, ok := p.Catalogue[r]; !ok {
			errs = append(errs, field.NotSupported(path.Child("releases").Index(i), r, p.Catalogue.Names()))
		}
	}
	for i, z := range p.Limits.Sizes {
		if _, ok := sizeNamed(p.Sizes, z); !ok {
			errs = append(errs, field.NotSupported(path.Child("sizes").Index(i), z, sizeNames(p)))
		}
	}
	for i, f := range p.Limits.ForbiddenFields {
		if !fields.Exists[v1alpha1.PipelineStackSpec](f) {
			errs = append(errs, field.Invalid(path.Child("forbiddenFields").Index(i), f, "names no field below spec"))
		}
	}
	return errs
}

func validateSizes(p *Platform) field.ErrorList {
	var errs field.ErrorList
	known := slices.Sorted(maps.Keys(sizes[DefaultSize]))
	for name, size := range p.Sizes {
		path := inputPath.Child("sizes").Key(name).Child("components")
		for c, cs := range size.Components {
			if !slices.Contains(known, Component(c)) {
				errs = append(errs, field.NotSupported(path, Component(c), known))
			}
			errs = append(errs, kube.ValidateResources(corev1.ResourceRequirements{Requests: cs.Requests, Limits: cs.Limits}, path.Key(c))...)
		}
	}
	return errs
}

func validateSharedDatabase(p *Platform) field.ErrorList {
	path := inputPath.Child("database", "shared")
	shared := p.Database.Shared
	if shared == nil {
		return field.ErrorList{field.Required(path, "stacks of mode Shared need a server")}
	}
	var errs field.ErrorList
	if !kube.IsHost(shared.Host) {
		errs = append(errs, field.Invalid(path.Child("host"), shared.Host, "must be a host name or an address, without a port"))
	}
	if shared.CABundle != "" && !kube.IsCertificates(shared.CABundle) {
		errs = append(errs, field.Invalid(path.Child("caBundle"), field.OmitValueType{}, "must hold certificates, PEM-encoded, and nothing else"))
	}
	if shared.CABundle != "" && shared.TLS != v1alpha1.DatabaseTLSVerify {
		errs = append(errs, field.Forbidden(path.Child("caBundle"), "goes with tls Verify"))
	}
	return errs
}

func validateAWS(p *Platform) field.ErrorList {
	path := inputPath.Child("objectStore", "aws")
	aws := p.ObjectStore.AWS
	if aws == nil {
		return field.ErrorList{field.Required(path, "stacks of mode Managed need a backend")}
	}
	var errs field.ErrorList
	arn := "arn:" + aws.Partition + ":"
	if b := aws.PermissionsBoundary; b != "" && !strings.HasPrefix(b, arn+"iam::") {
		errs = append(errs, field.Invalid(path.Child("permissionsBoundary"), b, "must be the ARN of a policy, "+arn+"iam::…"))
	}
	for name, key := range aws.KMSKeys {
		if !strings.HasPrefix(key, arn+"kms:"+aws.Region+":") {
			errs = append(errs, field.Invalid(path.Child("kmsKeys").Key(name), key, "must be the ARN of a key of the bucket's region, "+arn+"kms:"+aws.Region+":…"))
		}
	}
	return errs
}

func validateNetwork(p *Platform) field.ErrorList {
	path := inputPath.Child("network")
	errs := validateTargets(p.Network.Pipelines, path.Child("pipelines"))
	for name, cidrs := range map[string][]string{
		"apiServer": p.Network.APIServer, "database": p.Network.Database, "objectStore": p.Network.ObjectStore,
	} {
		errs = append(errs, kube.ValidateCIDRs(cidrs, path.Child(name))...)
	}
	if dns := p.Network.DNS; dns != nil {
		errs = append(errs, kube.ValidateNamespace(dns.Namespace, path.Child("dns", "namespace"))...)
		errs = append(errs, metavalidation.ValidateLabels(dns.PodLabels, path.Child("dns", "podLabels"))...)
	}
	if ns := p.Monitoring.Namespace; ns != "" {
		errs = append(errs, kube.ValidateNamespace(ns, inputPath.Child("monitoring", "namespace"))...)
	}
	return errs
}
