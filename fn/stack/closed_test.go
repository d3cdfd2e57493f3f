package stack

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/fields"
)

// With an image or a Secret of their choice in a pod of the stack's, whoever may write a claim has
// the rights of that pod. A field that joins the API must not be the one that was forgotten.
func TestImagesAndSourcesAreClosed(t *testing.T) {
	var want []string
	fields.Walk[v1alpha1.StackSettings](func(path string, typ reflect.Type) {
		name := strings.ToLower(path[strings.LastIndex(path, ".")+1:])
		switch {
		case strings.HasSuffix(name, "image") && typ.Kind() == reflect.String:
			want = append(want, path)
		case typ == reflect.TypeFor[[]v1alpha1.EnvVar]():
			want = append(want, path+".valueFrom")
		}
	})
	slices.Sort(want)
	if diff := cmp.Diff(want, closedFields(v1alpha1.Constraints{})); diff != "" {
		t.Errorf("images and sources of variables are closed, and nothing else: -want, +got\n%s", diff)
	}
	if !slices.Contains(want, "mlmd.envoy.image") || !slices.Contains(want, "ui.env.valueFrom") {
		t.Errorf("this test does not see the fields: %v", want)
	}
}

func TestClosedFields(t *testing.T) {
	all := closedFields(v1alpha1.Constraints{})
	without := func(paths ...string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(p string) bool { return slices.Contains(paths, p) })
	}
	with := func(paths ...string) []string {
		return slices.Sorted(slices.Values(append(slices.Clone(all), paths...)))
	}
	cases := map[string]struct {
		reason        string
		allow, forbid []string
		want          []string
	}{
		"Nothing": {reason: "nothing is said", want: all},
		"Allow":   {reason: "one field", allow: []string{"ui.image"}, want: without("ui.image")},
		"AllowBlock": {
			reason: "a block opens all in it",
			allow:  []string{"mlmd"},
			want:   without("mlmd.image", "mlmd.envoy.image", "mlmd.env.valueFrom"),
		},
		"AllowAll": {reason: "everything", allow: []string{"*"}},
		"AllowDeep": {
			reason: "a star stands for any steps, and the name for every image",
			allow:  []string{"*.image"},
			want:   slices.DeleteFunc(slices.Clone(all), func(p string) bool { return !strings.HasSuffix(p, ".valueFrom") }),
		},
		"AllowOther": {reason: "what is open needs no opening", allow: []string{"hibernate"}, want: all},
		"AllowEnv": {
			reason: "sources of variables lie below the variables",
			allow:  []string{"*.env"},
			want:   slices.DeleteFunc(slices.Clone(all), func(p string) bool { return strings.HasSuffix(p, ".valueFrom") }),
		},
		"Forbid":      {reason: "a further field", forbid: []string{"hibernate"}, want: with("hibernate")},
		"ForbidBlock": {reason: "a block is one field", forbid: []string{"objectStore.lifecycle"}, want: with("objectStore.lifecycle")},
		"ForbidStar": {
			reason: "at any depth",
			allow:  []string{"*"},
			forbid: []string{"*.replicas"},
			want:   []string{"apiServer.replicas", "mlmd.replicas", "ui.replicas", "workflowController.replicas"},
		},
		"ForbidImages": {
			reason: "a name after a star is every name that ends in it",
			allow:  []string{"*"},
			forbid: []string{"*.image"},
			want:   slices.DeleteFunc(slices.Clone(all), func(p string) bool { return strings.HasSuffix(p, ".valueFrom") }),
		},
		"ForbidTop": {
			reason: "a star stands for no step as well",
			allow:  []string{"*"},
			forbid: []string{"*.scheduling"},
			want:   []string{"pipelineRunner.scheduling", "scheduling"},
		},
		"ForbidWins": {
			reason: "what is allowed and forbidden is forbidden",
			allow:  []string{"*"},
			forbid: []string{"ui.image"},
			want:   []string{"ui.image"},
		},
		"ForbidTwice": {reason: "each is said once", forbid: []string{"ui.image", "*.image"}, want: all},
		"ForbidSource": {
			reason: "sources can be forbidden where all is allowed",
			allow:  []string{"*"},
			forbid: []string{"*.env.valueFrom"},
			want:   slices.DeleteFunc(slices.Clone(all), func(p string) bool { return !strings.HasSuffix(p, ".valueFrom") }),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := closedFields(v1alpha1.Constraints{Allow: tc.allow, Forbid: tc.forbid})
			if diff := cmp.Diff(append([]string{}, tc.want...), append([]string{}, got...)); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
		})
	}
}

// Each field that is closed is refused to a claim, whatever leads to it, and open where the class
// allows it.
func TestClosedFieldsAreRefused(t *testing.T) {
	for _, path := range closedFields(v1alpha1.Constraints{}) {
		t.Run(path, func(t *testing.T) {
			document, want := nested(path, "x"), "FieldValueForbidden spec."+path
			if list, ok := strings.CutSuffix(path, ".valueFrom"); ok {
				document = nested(list, `[{name: A, value: b}, {name: B, valueFrom: {secretKeyRef: {name: x, key: x}}}]`)
				want = "FieldValueForbidden spec." + list + "[1].valueFrom"
			}
			_, errs := tryStack(claims(t, document))
			if diff := cmp.Diff([]string{want}, refusals(errs)); diff != "" {
				t.Errorf("-want, +got\n%s", diff)
			}
			if _, errs := tryStack(claims(t, document), classes(t, `constraints: {allow: ["`+path+`"]}`)); len(errs) > 0 {
				t.Errorf("the class allows it: %v", errs)
			}
			if _, errs := tryStack(classes(t, "defaults: "+document)); len(errs) > 0 {
				t.Errorf("the class says so itself: %v", errs)
			}
		})
	}
}

func TestValidateNames(t *testing.T) {
	const priority, annotation = "spec.scheduling.priorityClassName", "spec.pipelineRunner.serviceAccountAnnotations"
	const roleARN = `pipelineRunner: {serviceAccountAnnotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::123456789012:role/x"}}`
	cases := map[string]claimCase{
		"Priority": {reason: "any but the system's", spec: `scheduling: {priorityClassName: high}`},
		"PriorityOfSystem": {
			reason: "pods would push others out of the cluster",
			spec:   `scheduling: {priorityClassName: system-cluster-critical}`,
			want:   []string{"FieldValueForbidden " + priority},
		},
		"PriorityNode": {
			reason: "either of them",
			spec:   `scheduling: {priorityClassName: system-node-critical}`,
			want:   []string{"FieldValueForbidden " + priority},
		},
		"PriorityListed": {
			reason: "one of the class's",
			class:  `constraints: {priorityClassNames: [low, high]}`,
			spec:   `scheduling: {priorityClassName: high}`,
		},
		"PriorityUnlisted": {
			reason: "and no other",
			class:  `constraints: {priorityClassNames: [low]}`,
			spec:   `scheduling: {priorityClassName: high}`,
			want:   []string{"FieldValueNotSupported " + priority},
		},
		"PrioritySystem": {
			reason: "a class may list the system's",
			class:  `constraints: {priorityClassNames: [system-node-critical]}`,
			spec:   `scheduling: {priorityClassName: system-node-critical}`,
		},
		"PriorityNone": {
			reason: "an empty list allows none",
			class:  `constraints: {priorityClassNames: []}`,
			spec:   `scheduling: {priorityClassName: high}`,
			want:   []string{"FieldValueNotSupported " + priority},
		},
		"PriorityUnset": {reason: "nobody has to name one", class: `constraints: {priorityClassNames: []}`},
		"PriorityDefault": {
			reason: "the class's own defaults are not bound",
			class:  `{constraints: {priorityClassNames: [low]}, defaults: {scheduling: {priorityClassName: system-node-critical}}}`,
		},
		"Annotation": {reason: "any, where the class does not say", spec: `pipelineRunner: {serviceAccountAnnotations: {example.org/a: b}}`},
		"AnnotationIdentity": {
			reason: "but none that gives a cloud identity: nothing says whose it is",
			spec:   roleARN,
			want:   []string{"FieldValueForbidden " + annotation + "[eks.amazonaws.com/role-arn]"},
		},
		"AnnotationOAuth": {
			reason: "OpenShift sends logins where it says",
			spec:   `pipelineRunner: {serviceAccountAnnotations: {serviceaccounts.openshift.io/oauth-redirecturi.a: "https://x.example.org"}}`,
			want:   []string{"FieldValueForbidden " + annotation + "[serviceaccounts.openshift.io/oauth-redirecturi.a]"},
		},
		"AnnotationDefault": {reason: "the class's own defaults are not bound", class: `defaults: {` + roleARN + `}`},
		"AnnotationListed":  {reason: "one of the class's", class: `constraints: {annotationKeys: [eks.amazonaws.com/role-arn]}`, spec: roleARN},
		"AnnotationStar": {
			reason: "a star stands for any rest",
			class:  `constraints: {annotationKeys: ["example.org/*", "eks.amazonaws.com/*"]}`,
			spec:   roleARN,
		},
		"AnnotationOther": {
			reason: "and no other",
			class:  `constraints: {annotationKeys: ["example.org/*", eks.amazonaws.com/role]}`,
			spec:   roleARN,
			want:   []string{"FieldValueNotSupported " + annotation},
		},
		"AnnotationNone": {
			reason: "an empty list allows none",
			class:  `constraints: {annotationKeys: []}`,
			spec:   roleARN,
			want:   []string{"FieldValueNotSupported " + annotation},
		},
		"AnnotationClass": {
			reason: "the class's own defaults are not bound",
			class:  `{constraints: {annotationKeys: []}, defaults: {` + roleARN + `}}`,
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}

func TestValidateEgressAsked(t *testing.T) {
	const within = `constraints: {egress: [10.0.0.0/8, "fd00::/8"]}`
	refused := []string{"FieldValueForbidden spec.networkPolicy.egress[0].cidr"}
	cases := map[string]claimCase{
		"Listed": {
			reason: "a class that lists where pipelines go does not have it widened",
			class:  `network: {pipelines: [{cidr: 10.0.0.0/8, ports: [443]}]}`,
			spec:   `networkPolicy: {egress: [{cidr: 0.0.0.0/0}]}`,
			want:   refused,
		},
		"ListedNone": {
			reason: "nor where it lists nothing",
			class:  `network: {pipelines: []}`,
			spec:   `networkPolicy: {egress: [{cidr: 192.0.2.0/24}]}`,
			want:   refused,
		},
		"ListedInside": {
			reason: "other ports of what it lists",
			class:  `network: {pipelines: [{cidr: 10.0.0.0/8, ports: [443]}]}`,
			spec:   `networkPolicy: {egress: [{cidr: 10.1.0.0/16, ports: [22]}]}`,
		},
		"LinkLocal": {
			reason: "where nodes get their accounts",
			spec:   `networkPolicy: {egress: [{cidr: 169.254.169.254/32, ports: [80]}]}`,
			want:   refused,
		},
		"LinkLocalIPv6": {reason: "in IPv6 likewise", spec: `networkPolicy: {egress: [{cidr: "fd00:ec2::254/128"}]}`, want: refused},
		"LinkLocalAllowed": {
			reason: "constraints only bound",
			class:  `constraints: {egress: [0.0.0.0/0]}`,
			spec:   `networkPolicy: {egress: [{cidr: 169.254.0.0/16}]}`,
			want:   refused,
		},
		"Database": {
			reason: "the stack's database",
			class:  `network: {database: [10.1.0.0/16]}`,
			spec:   `networkPolicy: {egress: [{cidr: 10.1.2.0/24}]}`,
			want:   refused,
		},
		"DatabasePort": {
			reason: "on its port",
			class:  `{network: {database: [10.1.0.0/16]}, database: {shared: {port: 3307}}}`,
			spec:   `networkPolicy: {egress: [{cidr: 10.1.2.0/24, ports: [443, 3307]}]}`,
			want:   refused,
		},
		"BesideTheDatabase": {
			reason: "other servers of its range",
			class:  `network: {database: [10.1.0.0/16]}`,
			spec:   `networkPolicy: {egress: [{cidr: 10.1.2.0/24, ports: [443]}]}`,
		},
		"Unbound": {reason: "anywhere, where the class does not say", spec: `networkPolicy: {egress: [{cidr: 0.0.0.0/0}]}`},
		"Inside": {
			reason: "inside one of the ranges",
			class:  within,
			spec:   `networkPolicy: {egress: [{cidr: 10.1.0.0/16}, {cidr: 10.0.0.0/8}, {cidr: "fd00:1::/32"}]}`,
		},
		"Outside": {reason: "outside of them", class: within, spec: `networkPolicy: {egress: [{cidr: 192.0.2.0/24}]}`, want: refused},
		"Around":  {reason: "around them", class: within, spec: `networkPolicy: {egress: [{cidr: 0.0.0.0/0}]}`, want: refused},
		"Second": {
			reason: "each of them",
			class:  within,
			spec:   `networkPolicy: {egress: [{cidr: 10.0.0.0/8}, {cidr: 11.0.0.0/8}]}`,
			want:   []string{"FieldValueForbidden spec.networkPolicy.egress[1].cidr"},
		},
		"None": {
			reason: "an empty list allows none",
			class:  `constraints: {egress: []}`,
			spec:   `networkPolicy: {egress: [{cidr: 10.0.0.0/8}]}`,
			want:   refused,
		},
		"Default": {
			reason: "the class's own defaults are not bound",
			class:  `{` + within + `, defaults: {networkPolicy: {egress: [{cidr: 0.0.0.0/0}]}}}`,
		},
		"NoRange": {
			reason: "what is no range bounds nothing",
			class:  `constraints: {egress: [10.0.0.1]}`,
			want:   []string{"FieldValueInvalid class/default: spec.constraints.egress[0]"},
		},
	}
	for name, tc := range cases {
		t.Run(name, tc.run)
	}
}
