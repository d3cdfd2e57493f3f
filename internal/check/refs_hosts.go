package check

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// hostToken finds what may be a host with or without a port.
var hostToken = regexp.MustCompile(`[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?`)

// hostPairs are keys that hold a host and its port side by side in
// configuration files; the first is Envoy's.
var hostPairs = [][2]string{{"address", "port_value"}, {"host", "port"}}

// walkHosts finds the Services that an object's texts name, <service>:<port>
// or <service>.<namespace>.svc, and checks that they exist and have the port.
func (g *graph) walkHosts(v any) { g.walkHostsFrom(v, nil) }

func (g *graph) walkHostsFrom(v any, root *field.Path) {
	walk(v, "", root, func(v any, key string, p *field.Path) {
		switch v := v.(type) {
		case string:
			if key != "image" {
				g.scanHosts(v, p)
			}
			if doc := document(v); doc != nil {
				g.walkPairs(doc, p)
			}
		case map[string]any:
			if key == "data" {
				g.variables(stringsAt(v), p)
			}
		}
	})
}

// walkPairs checks hosts and ports in separate fields of a document.
func (g *graph) walkPairs(doc any, root *field.Path) {
	walk(doc, "", root, func(v any, _ string, p *field.Path) {
		m, ok := v.(map[string]any)
		if !ok {
			return
		}
		for _, pair := range hostPairs {
			host, port := stringAt(m, pair[0]), m[pair[1]]
			if host != "" && port != nil {
				g.hostPort(host, fmt.Sprint(port), p)
			}
		}
	})
}

// scanHosts checks every host in a text.
func (g *graph) scanHosts(text string, p *field.Path) {
	if !strings.Contains(text, ":") && !strings.Contains(text, ".svc") {
		return
	}
	for _, span := range hostToken.FindAllStringIndex(text, -1) {
		if !standsAlone(text, span[0], span[1]) {
			continue
		}
		host, port, _ := strings.Cut(text[span[0]:span[1]], ":")
		if port != "" || strings.Contains(host, ".svc") {
			g.hostPort(host, port, p)
		}
	}
}

// standsAlone says whether text[from:to] is a whole host and not a piece of a
// path, an image reference or a longer name.
func standsAlone(text string, from, to int) bool {
	if from > 0 && strings.ContainsRune("._-/", rune(text[from-1])) && !strings.HasSuffix(text[:from], "//") {
		return false
	}
	rest := text[to:]
	if rest == "" {
		return true
	}
	if rest[0] == '.' { // the end of a sentence, or a version
		return len(rest) == 1 || rest[1] == ' ' || rest[1] == '\n'
	}
	return !strings.ContainsRune("_-", rune(rest[0])) && !isAlphanumeric(rest[0])
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// hostPort checks a host that may be a Service of the namespace; any other
// host is none of our business. An empty port is not checked.
func (g *graph) hostPort(host, port string, p *field.Path) {
	labels := strings.Split(host, ".")
	name, inNamespace := labels[0], len(labels) > 1 && labels[1] == g.namespace && (len(labels) == 2 || labels[2] == "svc")
	if len(labels) > 1 && !inNamespace {
		return
	}
	key := g.namespace + "/" + name
	if !g.services[key] {
		if inNamespace {
			g.errorf(p, "%s: Service %s does not exist", host, name)
		}
		return
	}
	svc := g.specs[key]
	if svc == nil || port == "" || strings.Contains(port, "$(") {
		return
	}
	var have []string
	for _, sp := range svc.Spec.Ports {
		have = append(have, strconv.Itoa(int(sp.Port)))
	}
	if !slices.Contains(have, port) {
		g.errorf(p, "%s:%s: Service %s has no port %s, only %s", host, port, name, port, strings.Join(have, ", "))
	}
}

// bareAddress is a whole value that is an address of one label with a port.
var bareAddress = regexp.MustCompile(`^(?:[a-z][a-z0-9+.-]*://)?([a-z][a-z0-9-]*):[0-9]{1,5}(?:/.*)?$`)

// address checks a variable's value or a flag's: a bare name with a port must
// be a Service, for nothing else has such a name.
func (g *graph) address(value string, p *field.Path) {
	if m := bareAddress.FindStringSubmatch(value); m != nil {
		g.bareHost(m[1], p)
	}
}

// bareHost checks a host of one label.
func (g *graph) bareHost(host string, p *field.Path) {
	if host != "localhost" && !g.services[g.namespace+"/"+host] {
		g.errorf(p, "Service %s does not exist", host)
	}
}

var bareLabel = regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`)

// variables checks pairs of X_HOST and X_PORT among literal variables.
func (g *graph) variables(vars map[string]string, p *field.Path) {
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		if name != "HOST" && !strings.HasSuffix(name, "_HOST") {
			continue
		}
		q := p.Key(name)
		if bareLabel.MatchString(vars[name]) {
			g.bareHost(vars[name], q)
		}
		g.hostPort(vars[name], vars[strings.TrimSuffix(name, "HOST")+"PORT"], q)
	}
}
