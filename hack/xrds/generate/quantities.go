package generate

import (
	"strings"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-tools/pkg/crd"
	"sigs.k8s.io/controller-tools/pkg/loader"
)

// A quantity is bounded by its text, before anything reads it: 1e2000000000 has 12 characters, and
// comparing it takes its two billion digits. Kubernetes' own pattern lets it pass.

const (
	quantityPackage = "k8s.io/apimachinery/pkg/api/resource"

	// maxNumber is the most that a number holds exactly on its way to the function, as a float.
	// What is more is written as text.
	maxNumber = 1<<53 - 1
	// maxQuantityLength leaves room for what programs compute, such as 0.30000000000000004Gi.
	maxQuantityLength = 32
)

// quantityForms are the digits before the point that keep a quantity below 8E or, in binary units,
// 8Ei, by what follows them. What is less fits into 64 bits.
var quantityForms = []struct{ digits, units string }{
	{`[0-7]?[0-9]{1,18}`, `([num]|[eE]-0?[0-9])?`},
	{`[0-7]?[0-9]{1,15}`, `(Ki|k|[eE]\+?0?[0-3])`},
	{`[0-7]?[0-9]{1,12}`, `(Mi?|[eE]\+?0?[4-6])`},
	{`[0-7]?[0-9]{1,9}`, `(Gi?|[eE]\+?0?[7-9])`},
	{`[0-7]?[0-9]{1,6}`, `(Ti?|[eE]\+?1[0-2])`},
	{`[0-7]?[0-9]{1,3}`, `(Pi?|[eE]\+?1[3-5])`},
	{`[0-7]`, `(Ei?|[eE]\+?1[6-8])`},
}

// quantitySchema is the schema of every field that is a Quantity. The pattern and the length are
// for text, the rest is for numbers.
func quantitySchema() extv1.JSONSchemaProps {
	forms := make([]string, len(quantityForms))
	for i, f := range quantityForms {
		forms[i] = f.digits + `(\.[0-9]+)?` + f.units
	}
	return extv1.JSONSchemaProps{
		XIntOrString: true,
		AnyOf:        []extv1.JSONSchemaProps{{Type: "integer"}, {Type: "string"}},
		Pattern:      `^(` + strings.Join(forms, "|") + `)$`,
		MaxLength:    ptr.To[int64](maxQuantityLength),
		Minimum:      ptr.To(0.0),
		Maximum:      ptr.To[float64](maxNumber),
	}
}

// boundQuantities replaces what controller-tools knows about quantities.
func boundQuantities() {
	crd.KnownPackages[quantityPackage] = func(p *crd.Parser, pkg *loader.Package) {
		p.Schemata[crd.TypeIdent{Name: "Quantity", Package: pkg}] = quantitySchema()
	}
}
