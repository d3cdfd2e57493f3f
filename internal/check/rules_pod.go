package check

import (
	"fmt"
	"strings"

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
	if len(errs) == 0 && !matches(t.selector, t.labels()) {
		errs = append(errs, field.Invalid(meta.Child("labels"), t.labels(), "the selector does not match the template's labels"))
	}

	p := t.specPath()
	errs = append(errs, metavalidation.ValidateLabels(t.spec.NodeSelector, p.Child("nodeSelector"))...)
	errs = append(errs, tolerations(t.spec.Tolerations, p.Child("tolerations"))...)
	for _, c := range t.containers() {
		errs = append(errs, c.validate()...)
	}
	errs = append(errs, t.validatePorts()...)
	return append(errs, t.validateVolumes()...)
}

// validate applies the rules of one container.
func (c container) validate() field.ErrorList {
	var errs field.ErrorList
	if c.Image == "" || c.Image != strings.TrimSpace(c.Image) {
		errs = append(errs, field.Invalid(c.path.Child("image"), c.Image, "must be a reference without surrounding space"))
	}
	for i, env := range c.Env {
		p := c.path.Child("env").Index(i)
		errs = append(errs, syntax(env.Name, p.Child("name"), validation.IsEnvVarName(env.Name))...)
		if s := env.ValueFrom; s != nil {
			errs = append(errs, exactlyOne(p, map[string]bool{
				"value": env.Value != "", "fieldRef": s.FieldRef != nil, "resourceFieldRef": s.ResourceFieldRef != nil,
				"configMapKeyRef": s.ConfigMapKeyRef != nil, "secretKeyRef": s.SecretKeyRef != nil,
			})...)
		}
	}
	return append(errs, resources(c.Resources, c.path.Child("resources"))...)
}

// validatePorts: two containers cannot open one port, and a Service that
// chooses a port by name would get either. Ports of an init container are gone
// before the others open theirs.
func (t *podTemplate) validatePorts() field.ErrorList {
	var errs field.ErrorList
	names, owners := map[string]bool{}, map[string]string{}
	for _, c := range t.containers() {
		if c.init {
			continue
		}
		for i, port := range c.Ports {
			p := c.path.Child("ports").Index(i)
			key := fmt.Sprintf("%d/%s", port.ContainerPort, protocol(port.Protocol))
			if other, ok := owners[key]; ok {
				errs = append(errs, field.Duplicate(p.Child("containerPort"), key+", also of container "+other))
			}
			owners[key] = c.Name
			if port.Name != "" {
				errs = append(errs, unique(names, port.Name, p.Child("name"))...)
			}
		}
	}
	return errs
}

// validateVolumes: what is mounted is there, and what is there is mounted.
func (t *podTemplate) validateVolumes() field.ErrorList {
	var errs field.ErrorList
	known, used := map[string]bool{}, map[string]bool{}
	for _, name := range t.claims {
		known[name] = true
	}
	for _, v := range t.spec.Volumes {
		known[v.Name] = true
	}
	for _, c := range t.containers() {
		for i, m := range c.VolumeMounts {
			used[m.Name] = true
			if !known[m.Name] {
				errs = append(errs, field.NotFound(c.path.Child("volumeMounts").Index(i).Child("name"), m.Name))
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
