package check

import (
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validate applies the rules of one container.
func (c container) validate() field.ErrorList {
	errs := syntax(c.Name, c.path.Child("name"), validation.IsDNS1123Label(c.Name))
	if c.Image == "" || c.Image != strings.TrimSpace(c.Image) {
		errs = append(errs, field.Invalid(c.path.Child("image"), c.Image, "must be a reference without surrounding space"))
	}
	errs = append(errs, oneOf(c.ImagePullPolicy, c.path.Child("imagePullPolicy"), "", corev1.PullAlways, corev1.PullIfNotPresent, corev1.PullNever)...)
	errs = append(errs, oneOf(c.TerminationMessagePolicy, c.path.Child("terminationMessagePolicy"), "",
		corev1.TerminationMessageReadFile, corev1.TerminationMessageFallbackToLogsOnError)...)
	errs = append(errs, c.validatePorts()...)
	errs = append(errs, c.validateEnv()...)
	errs = append(errs, c.validateMounts()...)
	errs = append(errs, resources(c.Resources, c.path.Child("resources"))...)
	return append(errs, c.validateProbes()...)
}

func (c container) validatePorts() field.ErrorList {
	var errs field.ErrorList
	for i, port := range c.Ports {
		p := c.path.Child("ports").Index(i)
		if port.Name != "" {
			errs = append(errs, syntax(port.Name, p.Child("name"), validation.IsValidPortName(port.Name))...)
		}
		errs = append(errs, portNumber(int(port.ContainerPort), p.Child("containerPort"))...)
		errs = append(errs, protocolName(port.Protocol, p.Child("protocol"))...)
	}
	return errs
}

func (c container) validateEnv() field.ErrorList {
	var errs field.ErrorList
	names := map[string]bool{}
	for i, env := range c.Env {
		p := c.path.Child("env").Index(i)
		errs = append(errs, unique(names, env.Name, p.Child("name"))...)
		errs = append(errs, syntax(env.Name, p.Child("name"), validation.IsEnvVarName(env.Name))...)
		if env.ValueFrom == nil {
			continue
		}
		if env.Value != "" {
			errs = append(errs, field.Forbidden(p.Child("valueFrom"), "a variable has either a value or a source"))
		}
		s := env.ValueFrom
		errs = append(errs, exactlyOne(p.Child("valueFrom"), map[string]bool{
			"fieldRef": s.FieldRef != nil, "resourceFieldRef": s.ResourceFieldRef != nil,
			"configMapKeyRef": s.ConfigMapKeyRef != nil, "secretKeyRef": s.SecretKeyRef != nil, "fileKeyRef": s.FileKeyRef != nil,
		})...)
		if s.FieldRef != nil {
			errs = append(errs, fieldRef(s.FieldRef.FieldPath, envFields, p.Child("valueFrom", "fieldRef", "fieldPath"))...)
		}
	}
	for i, from := range c.EnvFrom {
		errs = append(errs, exactlyOne(c.path.Child("envFrom").Index(i), map[string]bool{
			"configMapRef": from.ConfigMapRef != nil, "secretRef": from.SecretRef != nil,
		})...)
	}
	return errs
}

// envFields are the pod's fields that the downward API offers to variables,
// besides single labels and annotations.
var envFields = []string{
	"metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
	"status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
}

func fieldRef(fieldPath string, allowed []string, p *field.Path) field.ErrorList {
	if slices.Contains(allowed, fieldPath) ||
		strings.HasPrefix(fieldPath, "metadata.labels['") || strings.HasPrefix(fieldPath, "metadata.annotations['") {
		return nil
	}
	return field.ErrorList{field.NotSupported(p, fieldPath, allowed)}
}

func (c container) validateMounts() field.ErrorList {
	var errs field.ErrorList
	paths := map[string]bool{}
	for i, m := range c.VolumeMounts {
		p := c.path.Child("volumeMounts").Index(i)
		if !path.IsAbs(m.MountPath) || strings.Contains(m.MountPath, ":") {
			errs = append(errs, field.Invalid(p.Child("mountPath"), m.MountPath, "must be absolute and without a colon"))
		}
		errs = append(errs, unique(paths, path.Clean(m.MountPath), p.Child("mountPath"))...)
		if m.SubPath != "" && (path.IsAbs(m.SubPath) || slices.Contains(strings.Split(m.SubPath, "/"), "..")) {
			errs = append(errs, field.Invalid(p.Child("subPath"), m.SubPath, "must stay inside the volume"))
		}
		if m.SubPath != "" && m.SubPathExpr != "" {
			errs = append(errs, field.Forbidden(p.Child("subPathExpr"), "excludes subPath"))
		}
	}
	return errs
}

func (c container) validateProbes() field.ErrorList {
	var errs field.ErrorList
	for name, probe := range map[string]*corev1.Probe{
		"livenessProbe": c.LivenessProbe, "readinessProbe": c.ReadinessProbe, "startupProbe": c.StartupProbe,
	} {
		if probe == nil {
			continue
		}
		p := c.path.Child(name)
		if c.init {
			errs = append(errs, field.Forbidden(p, "an init container has no probes"))
		}
		errs = append(errs, handler(probe.ProbeHandler, p)...)
		if name != "readinessProbe" && probe.SuccessThreshold > 1 {
			errs = append(errs, field.Invalid(p.Child("successThreshold"), probe.SuccessThreshold, "must be 1"))
		}
		for f, n := range map[string]int32{
			"initialDelaySeconds": probe.InitialDelaySeconds, "periodSeconds": probe.PeriodSeconds, "timeoutSeconds": probe.TimeoutSeconds,
			"failureThreshold": probe.FailureThreshold, "successThreshold": probe.SuccessThreshold,
		} {
			if n < 0 {
				errs = append(errs, field.Invalid(p.Child(f), n, "must not be negative"))
			}
		}
	}
	inOrder(errs)
	return errs
}

// handler demands exactly one way to probe.
func handler(h corev1.ProbeHandler, p *field.Path) field.ErrorList {
	errs := exactlyOne(p, map[string]bool{"exec": h.Exec != nil, "httpGet": h.HTTPGet != nil, "tcpSocket": h.TCPSocket != nil, "grpc": h.GRPC != nil})
	switch {
	case h.Exec != nil && len(h.Exec.Command) == 0:
		errs = append(errs, field.Required(p.Child("exec", "command"), ""))
	case h.HTTPGet != nil:
		q := p.Child("httpGet")
		errs = append(errs, portRef(h.HTTPGet.Port, q.Child("port"))...)
		errs = append(errs, oneOf(h.HTTPGet.Scheme, q.Child("scheme"), "", corev1.URISchemeHTTP, corev1.URISchemeHTTPS)...)
		if h.HTTPGet.Path != "" && !strings.HasPrefix(h.HTTPGet.Path, "/") {
			errs = append(errs, field.Invalid(q.Child("path"), h.HTTPGet.Path, "must begin with a slash"))
		}
	case h.TCPSocket != nil:
		errs = append(errs, portRef(h.TCPSocket.Port, p.Child("tcpSocket", "port"))...)
	case h.GRPC != nil:
		errs = append(errs, portNumber(int(h.GRPC.Port), p.Child("grpc", "port"))...)
	}
	return errs
}

// portRef is a port's number or name.
func portRef(port intstr.IntOrString, p *field.Path) field.ErrorList {
	if port.Type == intstr.String {
		return syntax(port.StrVal, p, validation.IsValidPortName(port.StrVal))
	}
	return portNumber(port.IntValue(), p)
}

func portNumber(n int, p *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, msg := range validation.IsValidPortNum(n) {
		errs = append(errs, field.Invalid(p, n, msg))
	}
	return errs
}

func protocolName(name corev1.Protocol, p *field.Path) field.ErrorList {
	return oneOf(name, p, "", corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP)
}

// exactlyOne demands that one of several alternatives is set.
func exactlyOne(p *field.Path, alternatives map[string]bool) field.ErrorList {
	var all, set []string
	for name, on := range alternatives {
		all = append(all, name)
		if on {
			set = append(set, name)
		}
	}
	slices.Sort(all)
	slices.Sort(set)
	switch len(set) {
	case 1:
		return nil
	case 0:
		return field.ErrorList{field.Required(p, "one of "+strings.Join(all, ", "))}
	default:
		return field.ErrorList{field.Forbidden(p, "more than one of "+strings.Join(set, ", "))}
	}
}
