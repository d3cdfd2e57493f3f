package stack

import (
	"testing"

	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

func TestAllowedNamespaces(t *testing.T) {
	class := func(selector string) func(map[string][]kube.Observed) {
		return answered(t, askClass, `{metadata: {name: default}, spec: {allowedNamespaces: {from: Selector, selector: {`+selector+`}}}}`)
	}
	namespace := func(labels string) func(map[string][]kube.Observed) {
		return answered(t, askNamespace, `{metadata: {name: team-a, labels: {`+labels+`}}}`)
	}
	const ml, notLegacy = `matchLabels: {team: ml}`, `matchExpressions: [{key: legacy, operator: DoesNotExist}, {key: zone, operator: In, values: [a, b]}]`
	onlyClass, both := []string{"PipelineStackClass default"}, []string{"PipelineStackClass default", "Namespace team-a"}
	byUID := answered(t, askClass, `{metadata: {name: default}, spec: {identityFrom: NamespaceUID}}`)
	uid := answered(t, askNamespace, `{metadata: {name: team-a, uid: 0b7f3c9e-4a51-4d0e-9a5b-2f6c8d1e7a90}}`)
	noUID := []string{"FieldValueInvalid class/default: spec.identityFrom"}
	refused := []string{"FieldValueForbidden class/default: spec.allowedNamespaces"}
	cases := map[string]struct {
		reason string
		lookup
	}{
		"All": {
			"a class that is for all asks nothing",
			lookup{
				world:    answers(t, answered(t, askClass, `{metadata: {name: default}, spec: {allowedNamespaces: {from: All}}}`)),
				requires: onlyClass,
				class:    "default",
			},
		},
		"Asked":   {"the namespace's labels are asked for", lookup{world: answers(t, class(ml)), requires: both}},
		"Matches": {"one of them", lookup{world: answers(t, class(ml), namespace(`team: ml`)), requires: both, class: "default"}},
		"Other": {
			"none of them",
			lookup{world: answers(t, class(ml), namespace(`team: web`)), requires: both, errs: refused, says: "name another class"},
		},
		"NoLabels": {
			"without labels none is one of them",
			lookup{world: answers(t, class(ml), answered(t, askNamespace, `{metadata: {name: team-a}}`)), requires: both, errs: refused},
		},
		"Absent": {"nor is one that is gone", lookup{world: answers(t, class(ml), answered(t, askNamespace)), requires: both, errs: refused}},
		"Words": {
			"as Kubernetes' selectors are",
			lookup{world: answers(t, class(notLegacy), namespace(`zone: b`)), requires: both, class: "default"},
		},
		"NotWords": {
			"with every expression",
			lookup{world: answers(t, class(notLegacy), namespace(`zone: b, legacy: x`)), requires: both, errs: refused},
		},
		"Nonsense": {
			"a selector that is none selects nothing",
			lookup{
				world:    answers(t, class(`matchExpressions: [{key: a, operator: Like}]`), namespace(``)),
				requires: both,
				errs:     []string{"FieldValueInvalid class/default: spec.allowedNamespaces.selector"},
			},
		},
		"Unreadable": {
			"namespaces that Crossplane may not read are not asked for",
			lookup{
				world:    answers(t, class(ml), answered(t, askInstall, `{data: {reads: PipelineStackClass.pipelines.opendatahub.io}}`)),
				requires: onlyClass, errs: []string{"FieldValueForbidden input"}, says: "may not read Namespace",
			},
		},
		"HasData": {
			"a stack that has data stays",
			lookup{world: remembering(t, answers(t, class(ml)), `className: default`, ``), requires: onlyClass, class: "default"},
		},
		"HasDataElse": {
			"even where its namespace is none of them any more",
			lookup{
				world:    remembering(t, answers(t, class(ml), namespace(`team: web`)), `className: default`, ``),
				requires: onlyClass,
				class:    "default",
			},
		},
		"UIDAsked": {
			"the UID goes into names, so nothing is derived before it is known",
			lookup{world: answers(t, byUID), requires: both},
		},
		"UIDKnown": {"then the class is found", lookup{world: answers(t, byUID, uid), requires: both, class: "default"}},
		"UIDOfStack": {
			"it is asked for at every call",
			lookup{world: remembering(t, answers(t, byUID, uid), `className: default`, ``), requires: both, class: "default"},
		},
		"UIDUnknown": {
			"a stack whose namespace is not found stays as it is, and no other name is derived",
			lookup{
				world:    remembering(t, answers(t, byUID, answered(t, askNamespace)), `className: default`, ``),
				requires: both, errs: noUID, says: "nothing is made or changed",
			},
		},
		"UIDEmpty": {
			"an object without a UID is no namespace of a cluster",
			lookup{world: answers(t, byUID, namespace(``)), requires: both, errs: noUID, says: "team-a"},
		},
		"UIDUnreadable": {
			"namespaces that Crossplane may not read are not asked for",
			lookup{
				world:    answers(t, byUID, answered(t, askInstall, `{data: {reads: PipelineStackClass.pipelines.opendatahub.io}}`)),
				requires: onlyClass, errs: []string{"FieldValueForbidden input"}, says: "may not read Namespace",
			},
		},
		"UIDAndLabels": {
			"labels still count",
			lookup{
				world: answers(t, answered(t, askClass, `{metadata: {name: default}, spec: {identityFrom: NamespaceUID,
					allowedNamespaces: {from: Selector, selector: {`+ml+`}}}}`), uid),
				requires: both, errs: refused,
			},
		},
		"Local": {
			"a render is asked the same",
			lookup{world: local(t, class(ml), namespace(`team: ml`)), requires: both, class: "default"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tc.claim = claiming("")
			tc.run(t, tc.reason)
		})
	}
}
