package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	kruntime "k8s.io/apimachinery/pkg/runtime"
)

// Each policy that keeps somebody from something stops an attack that goes through without the
// policy, and without its binding alone: a policy that nothing binds is there and stops nothing.
func TestPoliciesStopAttacksOnlyWithTheirBindings(t *testing.T) {
	const (
		config = `{apiVersion: kubernetes.m.crossplane.io/v1alpha1, kind: ProviderConfig, spec: {credentials: {source: InjectedIdentity}}}`
		ref    = `providerConfigRef: {kind: ClusterProviderConfig, name: pipelinestack}`
	)

	attacks := map[string]func() write{
		"pipelinestack-machinery": func() write { return write{who: tenant, object: stackWith(t, `{compositionRef: {name: mine}}`)} },
		"pipelinestack-bindings": func() write {
			return write{who: crossplane, object: made(t, `{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, `+
				`roleRef: {kind: ClusterRole, name: cluster-admin}, subjects: [{kind: User, name: eve}]}`)}
		},
		"pipelinestack-volumes": func() write {
			o := made(t, `{apiVersion: v1, kind: PersistentVolumeClaim}`)
			o.SetName("data-ml-pipeline-database-0")

			return write{who: "system:serviceaccount:team-a:pipeline-runner", object: o}
		},
		"pipelinestack-workflow-pods":    func() write { return write{who: tenant, object: step(t, `{spec: {serviceAccountName: default}}`)} },
		"pipelinestack-provider-configs": func() write { return write{who: tenant, object: made(t, config)} },
		"pipelinestack-managed": func() write {
			return write{who: tenant, object: made(t, `{apiVersion: mysql.sql.m.crossplane.io/v1alpha1, kind: Grant, spec: {`+ref+`}}`)}
		},
		"pipelinestack-objects": func() write {
			return write{who: tenant, object: made(t, `{apiVersion: kubernetes.m.crossplane.io/v1alpha1, kind: Object, spec: {`+ref+`}}`)}
		},
	}

	for _, i := range installs {
		whole := policies(t, i)
		closed := newAdmitter(t, whole, true, stackOf("Baseline"))

		for _, o := range whole {
			p, ok := o.(*admissionv1.ValidatingAdmissionPolicy)
			if !ok || strings.HasSuffix(p.Name, "-deletion") {
				continue
			}

			attack := attacks[p.Name]
			if attack == nil {
				t.Errorf("%s: no attack shows what %s stops", i.name, p.Name)

				continue
			}

			if err := closed.ask(t.Context(), attack()); err == nil {
				t.Errorf("%s: %s stops nothing", i.name, p.Name)
			}

			unbound := slices.DeleteFunc(slices.Clone(whole), func(o kruntime.Object) bool {
				b, ok := o.(*admissionv1.ValidatingAdmissionPolicyBinding)

				return ok && b.Spec.PolicyName == p.Name
			})
			if len(unbound) != len(whole)-1 {
				t.Errorf("%s: %s has %d bindings", i.name, p.Name, len(whole)-len(unbound))
			}

			if err := newAdmitter(t, unbound, true, stackOf("Baseline")).ask(t.Context(), attack()); err != nil {
				t.Errorf("%s: without the binding of %s the attack should succeed: %v", i.name, p.Name, err)
			}
		}
	}
}

// Every attack of the page has a test.
func TestEveryAttackIsTried(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs/security.md"))
	if err != nil {
		t.Fatal(err)
	}

	attacks := 0

	for _, table := range regexp.MustCompile(`(?m)^\| Attack \|.*\n(?:\|.*\n)*`).FindAllString(string(page), -1) {
		for _, row := range strings.Split(strings.TrimSpace(table), "\n")[2:] {
			attacks++

			if cells := strings.Split(strings.Trim(row, "| "), " | "); len(cells) != 3 || !strings.Contains(cells[2], "`Test") {
				t.Errorf("no test tries: %s", row)
			}
		}
	}

	if attacks < 20 {
		t.Errorf("the page has only %d attacks", attacks)
	}
}
