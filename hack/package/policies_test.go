package main

import (
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	"k8s.io/apiserver/pkg/cel/environment"
)

func TestNobodyDeletesEveryStack(t *testing.T) {
	thing := func(apiVersion, kind, name string, spec map[string]any) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"name": name}, "spec": spec,
		}}
	}

	const pkgs, kinds, crossplanes = "pkg.crossplane.io/v1", "apiextensions.k8s.io/v1", "apiextensions.crossplane.io/v2"

	for _, i := range flavours {
		installed := image(canonical, i.configuration, "v0.1.0")
		composite := map[string]string{claims.name: "xpipelinestacks", namespaced.name: "pipelinestacks"}[i.configuration.name] +
			".pipelines.opendatahub.io"

		guarded := map[string]*unstructured.Unstructured{
			"XRD":        thing(crossplanes, "CompositeResourceDefinition", composite, map[string]any{}),
			"OldXRD":     thing("apiextensions.crossplane.io/v1", "CompositeResourceDefinition", composite, map[string]any{}),
			"Definition": thing(kinds, "CustomResourceDefinition", composite, map[string]any{}),
			"Claims":     thing(kinds, "CustomResourceDefinition", "pipelinestacks.pipelines.opendatahub.io", map[string]any{}),
			"Classes":    thing(kinds, "CustomResourceDefinition", "pipelinestackclasses.pipelines.opendatahub.io", map[string]any{}),
			"Package":    thing(pkgs, "Configuration", "any-name", map[string]any{"package": installed}),
			"Standalone": thing(pkgs, "Configuration", "any-name", map[string]any{"package": image(canonical, i.configuration.alone(), "v0.1.0")}),
			"ByDigest": thing(
				pkgs,
				"Configuration",
				"any-name",
				map[string]any{"package": strings.ReplaceAll(installed, ":v0.1.0", "@sha256:0123")},
			),
			"Revision": thing(pkgs, "ConfigurationRevision", "any-name-0123", map[string]any{"image": installed, "desiredState": "Active"}),
		}
		free := map[string]*unstructured.Unstructured{
			"OldRevision":     thing(pkgs, "ConfigurationRevision", "any-name-0122", map[string]any{"image": installed, "desiredState": "Inactive"}),
			"OtherXRD":        thing(crossplanes, "CompositeResourceDefinition", "xbuckets.example.org", map[string]any{}),
			"OtherDefinition": thing(kinds, "CustomResourceDefinition", "buckets.example.org", map[string]any{}),
			"OtherPackage": thing(
				pkgs,
				"Configuration",
				"other",
				map[string]any{"package": "xpkg.crossplane.io/other/configuration-pipelinestack-extras:v1"},
			),
			"OtherRevision": thing(
				pkgs,
				"ConfigurationRevision",
				"other-0123",
				map[string]any{"image": "xpkg.crossplane.io/other/configuration:v1", "desiredState": "Active"},
			),
		}

		ask := func(t *testing.T, a admitter, reason string, wantRefused func(name string) bool, words ...string) {
			t.Helper()

			for _, things := range []map[string]*unstructured.Unstructured{guarded, free} {
				for name, o := range things {
					for _, collection := range []bool{false, true} {
						err := a.delete(t.Context(), o, collection)
						if refused := err != nil; refused != wantRefused(name) {
							t.Errorf("%s\ndelete %s, collection %v: want refused %v, got: %v", reason, name, collection, !refused, err)
						}

						for _, word := range words {
							if name == "Classes" {
								word = strings.Replace(word, "every PipelineStack ", "every PipelineStackClass ", 1)
							}

							if err != nil && !strings.Contains(err.Error(), word) {
								t.Errorf("%s\ndelete %s: want %q in the message, got: %v", reason, name, word, err)
							}
						}
					}
				}
			}
		}
		isGuarded := func(name string) bool { return guarded[name] != nil }
		nothing := func(string) bool { return false }

		t.Run(i.name, func(t *testing.T) {
			stack := thing(
				stackVersion,
				"XPipelineStack",
				"demo-x7k2p",
				map[string]any{"claimRef": map[string]any{"namespace": "team-a", "name": "demo"}},
			)
			words := []string{
				"every PipelineStack of the cluster",
				"XPipelineStack demo-x7k2p of PipelineStack team-a/demo still exists",
				"docs/install.md",
			}
			whenEmpty := nothing

			if strings.HasSuffix(i.name, "namespaced") {
				stack = thing(stackVersion, "PipelineStack", "demo", map[string]any{})
				stack.SetNamespace("team-a")

				words = []string{
					"every PipelineStack of the cluster",
					"delete validatingadmissionpolicybinding pipelinestack-deletion",
					"docs/install.md",
				}
				whenEmpty = isGuarded
			}

			ask(t, newAdmitter(t, policies(t, i), true, stack), "There is a stack.", isGuarded, words...)
			ask(t, newAdmitter(t, policies(t, i), true), "There is no stack, which the namespaced flavour's policy cannot see.", whenEmpty, words[0])
			ask(t, newAdmitter(t, policies(t, i), false), "The kinds are gone or never came.", whenEmpty, words[0])

			if !strings.HasSuffix(i.name, "namespaced") {
				direct := thing(stackVersion, "XPipelineStack", "demo", map[string]any{})
				ask(t, newAdmitter(t, policies(t, i), true, direct), "A composite may have no claim.", isGuarded, "XPipelineStack demo still exists")
			}

			lifted := slices.DeleteFunc(policies(t, i), func(o kruntime.Object) bool {
				b, ok := o.(*admissionv1.ValidatingAdmissionPolicyBinding)

				return ok && b.Name == "pipelinestack-deletion"
			})
			ask(t, newAdmitter(t, lifted, true, stack), "Somebody said that all stacks are gone.", nothing)
		})
	}
}

// Policies are stable since Kubernetes 1.30, so they have to compile there. An API server refuses a
// policy that uses a later language.
func TestPoliciesAreInTheOldestLanguage(t *testing.T) {
	env := environment.MustBaseEnvSet(version.MajorMinor(1, 30))

	for _, i := range flavours {
		for _, o := range policies(t, i) {
			p, ok := o.(*admissionv1.ValidatingAdmissionPolicy)
			if !ok {
				continue
			}

			compiler, err := cel.NewCompositedCompiler(env)
			if err != nil {
				t.Fatal(err)
			}

			declared := cel.OptionalVariableDeclarations{HasParams: p.Spec.ParamKind != nil, HasAuthorizer: true}
			compile := func(e cel.ExpressionAccessor) {
				if r := compiler.CompileCELExpression(e, declared, environment.NewExpressions); r.Error != nil {
					t.Errorf("%s: %s: %v", p.Name, e.GetExpression(), r.Error)
				}
			}

			for _, v := range p.Spec.Variables {
				if r := compiler.CompileAndStoreVariable(
					&validating.Variable{Name: v.Name, Expression: v.Expression},
					declared,
					environment.NewExpressions,
				); r.Error != nil {
					t.Errorf("%s: %s: %v", p.Name, v.Expression, r.Error)
				}
			}

			for _, c := range p.Spec.MatchConditions {
				compile(&matchconditions.MatchCondition{Name: c.Name, Expression: c.Expression})
			}

			for _, v := range p.Spec.Validations {
				compile(&validating.ValidationCondition{Expression: v.Expression})

				if v.MessageExpression != "" {
					compile(&validating.MessageExpressionCondition{MessageExpression: v.MessageExpression})
				}
			}
		}
	}
}
