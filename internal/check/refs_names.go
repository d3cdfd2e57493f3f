package check

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"
)

// walkNames goes through a value and checks every name of a Secret, ConfigMap,
// service account or claimed volume. It recognises them by the shape of what
// holds them, so that built-in kinds, foreign ones and configuration files of
// programs need no list of fields.
func (g *graph) walkNames(v any, root *field.Path) {
	walk(v, "", root, func(v any, key string, p *field.Path) {
		switch v := v.(type) {
		case map[string]any:
			g.visitMap(v, key, p)
		case string:
			if key == "serviceAccountName" || key == "serviceAccount" {
				g.serviceAccount(g.namespace, v, p)
			}
			g.walkDocument(v, p)
		}
	})
}

func (g *graph) visitMap(m map[string]any, key string, p *field.Path) {
	name := stringAt(m, "name")
	ns := g.namespace
	if other := stringAt(m, "namespace"); other != "" {
		ns = other
	}
	optional := m["optional"] == true
	kind, table := "Secret", g.secrets
	if strings.Contains(strings.ToLower(key), "configmap") {
		kind, table = "ConfigMap", g.configMaps
	}
	switch {
	case key == "env":
		g.visitVariable(m, p)
	// Secret volumes, KFP's secretRef; a Certificate makes the Secret
	case stringAt(m, "secretName") != "" && !strings.HasPrefix(g.subject, "Certificate/"):
		g.entry(kind, g.secrets, ns, stringAt(m, "secretName"), chosenKeys(m), optional, p)
	// secretKeyRef, configMapKeyRef, passwordSecretRef, Argo's accessKeySecret, …
	case isKeyRef(m):
		g.entry(kind, table, ns, name, []string{stringAt(m, "key")}, optional, p)
	// envFrom, ConfigMap volumes, projected sources
	case name != "" && slices.Contains([]string{"secret", "secretRef", "configMap", "configMapRef"}, key):
		g.entry(kind, table, ns, name, chosenKeys(m), optional, p)
	case name != "" && key == "imagePullSecrets":
		g.entry(kind, table, ns, name, nil, optional, p)
	case stringAt(m, "claimName") != "":
		g.volumeClaim(ns, stringAt(m, "claimName"), p)
	}
}

// isKeyRef recognises {name, key} with nothing but qualifiers beside them.
func isKeyRef(m map[string]any) bool {
	for k := range m {
		if !slices.Contains([]string{"name", "key", "namespace", "optional"}, k) {
			return false
		}
	}
	return stringAt(m, "name") != "" && stringAt(m, "key") != ""
}

// chosenKeys are the keys that a volume's items or the …Key fields of a
// program's configuration pick.
func chosenKeys(m map[string]any) []string {
	var chosen []string
	for _, item := range listAt(m, "items") {
		if i, ok := item.(map[string]any); ok {
			chosen = append(chosen, stringAt(i, "key"))
		}
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if s, ok := m[k].(string); ok && strings.HasSuffix(k, "Key") {
			chosen = append(chosen, s)
		}
	}
	return chosen
}

// entry checks a reference to keys of a Secret or ConfigMap.
func (g *graph) entry(kind string, table map[string]*keys, ns, name string, chosen []string, optional bool, p *field.Path) {
	if optional {
		return
	}
	k, ok := table[ns+"/"+name]
	if !ok {
		g.errorf(p, "%s %s does not exist", kind, name)
		return
	}
	for _, key := range chosen {
		if !k.any && !k.names[key] {
			g.errorf(p, "%s %s, which %s makes, has no key %q", kind, name, k.provider, key)
		}
	}
}

func (g *graph) serviceAccount(ns, name string, p *field.Path) {
	if name != "" && !g.serviceAccounts[ns+"/"+name] {
		g.errorf(p, "ServiceAccount %s does not exist", name)
	}
}

func (g *graph) service(name string, p *field.Path) {
	if name != "" && !g.services[g.namespace+"/"+name] {
		g.errorf(p, "Service %s does not exist", name)
	}
}

func (g *graph) volumeClaim(ns, name string, p *field.Path) {
	if !g.names["PersistentVolumeClaim/"+ns+"/"+name] {
		g.errorf(p, "PersistentVolumeClaim %s does not exist", name)
	}
}

// A nameRule says what a variable or a program's flag names, by its ending.
type nameRule struct {
	ending string
	check  func(g *graph, name string, p *field.Path)
}

var variableRules = []nameRule{
	{"SERVICEACCOUNT", func(g *graph, n string, p *field.Path) { g.serviceAccount(g.namespace, n, p) }},
	{"SERVICE_ACCOUNT", func(g *graph, n string, p *field.Path) { g.serviceAccount(g.namespace, n, p) }},
	{"SERVICE_NAME", func(g *graph, n string, p *field.Path) { g.service(n, p) }},
	{"SECRET_NAME", func(g *graph, n string, p *field.Path) { g.entry("Secret", g.secrets, g.namespace, n, nil, n == "", p) }},
	{"CONFIGMAP_NAME", func(g *graph, n string, p *field.Path) {
		g.entry("ConfigMap", g.configMaps, g.namespace, n, nil, n == "", p)
	}},
}

var flagRules = []nameRule{
	{"configmap", func(g *graph, n string, p *field.Path) {
		g.entry("ConfigMap", g.configMaps, g.namespace, n, nil, false, p)
	}},
	{"service-account", func(g *graph, n string, p *field.Path) { g.serviceAccount(g.namespace, n, p) }},
}

// visitVariable checks a variable whose own name says what it names.
func (g *graph) visitVariable(m map[string]any, p *field.Path) {
	name, value := stringAt(m, "name"), stringAt(m, "value")
	for _, rule := range variableRules {
		if strings.HasSuffix(name, rule.ending) && !strings.Contains(value, "$(") {
			rule.check(g, value, p.Child("value"))
		}
	}
}

// visitFlags does the same for a program's flags, as --flag=value or in two.
func (g *graph) visitFlags(args []string, p *field.Path) {
	for i, arg := range args {
		if !strings.HasPrefix(arg, "-") {
			continue
		}
		flag, value, ok := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if !ok && i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
			value = args[i+1]
		}
		for _, rule := range flagRules {
			if value != "" && strings.HasSuffix(flag, rule.ending) && !strings.Contains(value, "$(") {
				rule.check(g, value, p.Index(i))
			}
		}
	}
}

// walkDocument reads YAML or JSON inside a string and walks it as well.
func (g *graph) walkDocument(text string, p *field.Path) {
	if doc := document(text); doc != nil {
		g.walkNames(doc, p)
	}
}

// document returns the structure in a text, nil when it is plain text.
func document(text string) any {
	if !strings.ContainsAny(text, "\n{[") || !strings.Contains(text, ":") || strings.Contains(text, "-----BEGIN") {
		return nil
	}
	var doc any
	if err := json.Unmarshal([]byte(text), &doc); err != nil { // first: a dashboard is long, and YAML slow
		if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
			return nil
		}
	}
	switch doc.(type) {
	case map[string]any, []any:
		return normalize(doc)
	default:
		return nil
	}
}
