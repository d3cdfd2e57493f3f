package check

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validate applies the rules of a pod template.
func (t *podTemplate) validate() field.ErrorList {
	meta := t.path.Child("metadata")
	errs := metavalidation.ValidateLabels(t.meta.Labels, meta.Child("labels"))
	errs = append(errs, apivalidation.ValidateAnnotations(t.meta.Annotations, meta.Child("annotations"))...)

	p := t.specPath()
	if !slices.Contains(t.restarts, t.spec.RestartPolicy) {
		errs = append(errs, field.NotSupported(p.Child("restartPolicy"), t.spec.RestartPolicy, t.restarts))
	}
	if len(t.spec.Containers) == 0 {
		errs = append(errs, field.Required(p.Child("containers"), ""))
	}
	errs = append(errs, dnsSubdomain(t.spec.ServiceAccountName, p.Child("serviceAccountName"))...)
	errs = append(errs, oneOf(t.spec.DNSPolicy, p.Child("dnsPolicy"), "",
		corev1.DNSClusterFirst, corev1.DNSClusterFirstWithHostNet, corev1.DNSDefault, corev1.DNSNone)...)
	if s := t.spec.TerminationGracePeriodSeconds; s != nil && *s < 0 {
		errs = append(errs, field.Invalid(p.Child("terminationGracePeriodSeconds"), *s, "must not be negative"))
	}
	errs = append(errs, metavalidation.ValidateLabels(t.spec.NodeSelector, p.Child("nodeSelector"))...)
	errs = append(errs, tolerations(t.spec.Tolerations, p.Child("tolerations"))...)
	for i, c := range t.spec.TopologySpreadConstraints {
		errs = append(errs, validateSelector(c.LabelSelector, p.Child("topologySpreadConstraints").Index(i).Child("labelSelector"))...)
	}
	errs = append(errs, volumes(t.spec.Volumes, p.Child("volumes"))...)
	return append(errs, t.validateContainers()...)
}

// validateContainers applies the rules of the containers and those among them.
func (t *podTemplate) validateContainers() field.ErrorList {
	var errs field.ErrorList
	known := map[string]bool{}
	for _, v := range t.spec.Volumes {
		known[v.Name] = true
	}
	for _, name := range t.claims {
		known[name] = true
	}
	used := map[string]bool{}
	names := map[string]bool{}
	ports := map[string]string{}   // port and protocol → container
	portNames := map[string]bool{} // in the whole pod: Services choose by name
	for _, c := range t.containers() {
		errs = append(errs, unique(names, c.Name, c.path.Child("name"))...)
		errs = append(errs, c.validate()...)
		for i, m := range c.VolumeMounts {
			used[m.Name] = true
			if !known[m.Name] {
				errs = append(errs, field.NotFound(c.path.Child("volumeMounts").Index(i).Child("name"), m.Name))
			}
		}
		if c.init { // its ports are gone before the others open theirs
			continue
		}
		for i, port := range c.Ports {
			pp := c.path.Child("ports").Index(i)
			key := fmt.Sprintf("%d/%s", port.ContainerPort, protocol(port.Protocol))
			if other, ok := ports[key]; ok {
				errs = append(errs, field.Duplicate(pp.Child("containerPort"), key+", also of container "+other))
			}
			ports[key] = c.Name
			if port.Name != "" {
				errs = append(errs, unique(portNames, port.Name, pp.Child("name"))...)
			}
		}
	}
	for i, v := range t.spec.Volumes {
		if !used[v.Name] {
			errs = append(errs, field.Invalid(t.specPath().Child("volumes").Index(i).Child("name"), v.Name, "no container mounts it"))
		}
	}
	return errs
}

// tolerations follow the API server: an empty key only with Exists, which in
// turn takes no value.
func tolerations(list []corev1.Toleration, p *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, t := range list {
		q := p.Index(i)
		if t.Key != "" {
			errs = append(errs, metavalidation.ValidateLabelName(t.Key, q.Child("key"))...)
		} else if t.Operator != corev1.TolerationOpExists {
			errs = append(errs, field.Invalid(q.Child("operator"), t.Operator, "must be Exists when the key is empty"))
		}
		if t.Operator == corev1.TolerationOpExists && t.Value != "" {
			errs = append(errs, field.Invalid(q.Child("value"), t.Value, "must be empty when the operator is Exists"))
		}
		if t.TolerationSeconds != nil && t.Effect != corev1.TaintEffectNoExecute {
			errs = append(errs, field.Invalid(q.Child("effect"), t.Effect, "must be NoExecute when tolerationSeconds is set"))
		}
		errs = append(errs, oneOf(t.Operator, q.Child("operator"), "", corev1.TolerationOpEqual, corev1.TolerationOpExists)...)
		errs = append(errs, oneOf(t.Effect, q.Child("effect"), "",
			corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute)...)
	}
	return errs
}

// protocol is the protocol that an absent one means.
func protocol(p corev1.Protocol) corev1.Protocol {
	if p == "" {
		return corev1.ProtocolTCP
	}
	return p
}

// oneOf allows the given values only; the schema of built-in kinds does not
// know their enumerations.
func oneOf[T ~string](value T, p *field.Path, allowed ...T) field.ErrorList {
	if slices.Contains(allowed, value) {
		return nil
	}
	return field.ErrorList{field.NotSupported(p, value, allowed)}
}

// unique reports a name seen before, and remembers it.
func unique(seen map[string]bool, name string, p *field.Path) field.ErrorList {
	if seen[name] {
		return field.ErrorList{field.Duplicate(p, name)}
	}
	seen[name] = true
	return nil
}

// syntax turns the messages of apimachinery's validators into errors.
func syntax(value string, p *field.Path, msgs []string) field.ErrorList {
	var errs field.ErrorList
	for _, msg := range msgs {
		errs = append(errs, field.Invalid(p, value, msg))
	}
	return errs
}

// dnsSubdomain allows an empty name: the schema knows which are required.
func dnsSubdomain(name string, p *field.Path) field.ErrorList {
	if name == "" {
		return nil
	}
	return syntax(name, p, validation.IsDNS1123Subdomain(name))
}
