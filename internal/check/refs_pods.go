package check

import (
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// checkPods checks what the parts of one pod template say of each other and of
// other objects in ways that no field's shape tells.
func (g *graph) checkPods(t *podTemplate) {
	for _, c := range t.containers() {
		g.checkProbes(t, c)
		g.checkExpansion(c)
		g.checkSubPaths(t, c)

		g.checkWords(t, c.Command, c.path.Child("command"))
		g.checkWords(t, c.Args, c.path.Child("args"))
		literals := map[string]string{}
		for i, env := range c.Env {
			p := c.path.Child("env").Index(i).Child("value")
			g.checkLoopback(t, env.Value, p)
			g.address(env.Value, p)
			if env.ValueFrom == nil && !strings.Contains(env.Value, "$(") {
				literals[env.Name] = env.Value
			}
		}
		g.variables(literals, c.path.Child("env"))
	}
}

// checkWords checks a command or its arguments.
func (g *graph) checkWords(t *podTemplate, words []string, p *field.Path) {
	g.visitFlags(words, p)
	for i, word := range words {
		g.checkLoopback(t, word, p.Index(i))
		value := word
		if strings.HasPrefix(word, "-") {
			_, value, _ = strings.Cut(word, "=")
		}
		g.address(value, p.Index(i))
	}
}

// hasPort says whether a container of the pod that keeps running declares a
// port, by number or name.
func (t *podTemplate) hasPort(port intstr.IntOrString) bool {
	return slices.ContainsFunc(t.containers(), func(c container) bool {
		return !c.init && c.hasPort(port)
	})
}

func (c container) hasPort(port intstr.IntOrString) bool {
	return slices.ContainsFunc(c.Ports, func(p corev1.ContainerPort) bool {
		if port.Type == intstr.String {
			return p.Name == port.StrVal
		}
		return p.ContainerPort == port.IntVal
	})
}

// checkProbes: a named port is one of the container itself, a number may be
// that of a neighbour.
func (g *graph) checkProbes(t *podTemplate, c container) {
	check := func(port intstr.IntOrString, p *field.Path) {
		if port.Type == intstr.String && !c.hasPort(port) {
			g.errorf(p, "the container has no port named %s", port.StrVal)
		}
		if port.Type == intstr.Int && !t.hasPort(port) {
			g.errorf(p, "no container of the pod declares port %d", port.IntVal)
		}
	}
	probe := func(name string, probe *corev1.Probe) {
		if probe == nil {
			return
		}
		p := c.path.Child(name)
		switch {
		case probe.HTTPGet != nil:
			check(probe.HTTPGet.Port, p.Child("httpGet", "port"))
		case probe.TCPSocket != nil:
			check(probe.TCPSocket.Port, p.Child("tcpSocket", "port"))
		case probe.GRPC != nil:
			check(intstr.FromInt32(probe.GRPC.Port), p.Child("grpc", "port"))
		}
	}
	probe("startupProbe", c.StartupProbe)
	probe("readinessProbe", c.ReadinessProbe)
	probe("livenessProbe", c.LivenessProbe)
}

// expansion is a reference to a variable in arguments and values; $$( escapes.
var expansion = regexp.MustCompile(`\$?\$\(([A-Za-z_][A-Za-z0-9_]*)\)`)

// checkExpansion: Kubernetes leaves $(NAME) as it stands if the container has
// no such variable, and inside variables if it is declared further below.
func (g *graph) checkExpansion(c container) {
	if len(c.EnvFrom) > 0 {
		return // brings variables that are not known here
	}
	declared := map[string]bool{}
	check := func(text string, p *field.Path) {
		for _, m := range expansion.FindAllStringSubmatch(text, -1) {
			if !strings.HasPrefix(m[0], "$$") && !declared[m[1]] {
				g.errorf(p, "$(%s): the container has no such variable here", m[1])
			}
		}
	}
	for i, env := range c.Env {
		check(env.Value, c.path.Child("env").Index(i).Child("value"))
		declared[env.Name] = true
	}
	words := func(words []string, p *field.Path) {
		for i, word := range words {
			if !isScript(word) {
				check(word, p.Index(i))
			}
		}
	}
	words(c.Command, c.path.Child("command"))
	words(c.Args, c.path.Child("args"))
}

// isScript: a shell's $(program) looks like a variable.
func isScript(word string) bool { return strings.ContainsAny(word, "\n;|&") }

// loopback is an address inside the pod, or one to listen on.
var loopback = regexp.MustCompile(`(?:127\.0\.0\.1|0\.0\.0\.0|localhost|\[::1?\]):([0-9]{1,5})\b`)

// checkLoopback: an address inside the pod is a declared port of it.
func (g *graph) checkLoopback(t *podTemplate, text string, p *field.Path) {
	for _, m := range loopback.FindAllStringSubmatch(text, -1) {
		if port := intstr.Parse(m[1]); port.IntVal > 0 && !t.hasPort(port) {
			g.errorf(p, "%s: no container of the pod declares port %s", m[0], m[1])
		}
	}
}

// checkSubPaths: a file mounted out of a Secret or ConfigMap is one of its
// keys; kubelet would make an empty directory of it.
func (g *graph) checkSubPaths(t *podTemplate, c container) {
	for i, m := range c.VolumeMounts {
		if m.SubPath == "" {
			continue
		}
		p := c.path.Child("volumeMounts").Index(i).Child("subPath")
		for _, v := range t.spec.Volumes {
			if v.Name != m.Name {
				continue
			}
			switch {
			case v.ConfigMap != nil:
				g.subPath("ConfigMap", g.configMaps[g.namespace+"/"+v.ConfigMap.Name], v.ConfigMap.Items, m.SubPath, p)
			case v.Secret != nil:
				g.subPath("Secret", g.secrets[g.namespace+"/"+v.Secret.SecretName], v.Secret.Items, m.SubPath, p)
			}
		}
	}
}

func (g *graph) subPath(kind string, k *keys, items []corev1.KeyToPath, file string, p *field.Path) {
	picked := slices.ContainsFunc(items, func(i corev1.KeyToPath) bool { return i.Path == file })
	switch {
	case k == nil || picked: // its absence is reported where the volume is
	case len(items) > 0:
		g.errorf(p, "no item of the volume has the path %s", file)
	case !k.any && !k.names[file]:
		g.errorf(p, "the %s, which %s makes, has no key %q", kind, k.provider, file)
	}
}
