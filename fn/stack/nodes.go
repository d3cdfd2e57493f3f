package stack

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// program is an image that a pod runs: the release's, unless a claim or the class names another.
type program struct {
	component Component
	other     string
}

// image as the release or the other one names it, whatever mirror it is pulled from.
func (p program) image(r *Release) string { return cmp.Or(p.other, r.Images[p.component]) }

// osLinux is what every image of a release is built for.
const osLinux = "linux"

// affinity is what a claim asks for, and nodes on which the release's own programs can run: without
// it a pod lands by chance on a node of another architecture and ends with "exec format error". The
// claim decides alone about a label that it names.
func (s *Stack) affinity(asked *corev1.Affinity, selector map[string]string, programs ...program) *corev1.Affinity {
	needs := slices.DeleteFunc(s.nodesFor(programs), func(n corev1.NodeSelectorRequirement) bool {
		_, named := selector[n.Key]
		return named || requiresKey(asked, n.Key)
	})
	if len(needs) == 0 {
		return asked
	}
	a := asked.DeepCopy()
	if a == nil {
		a = &corev1.Affinity{}
	}
	if a.NodeAffinity == nil {
		a.NodeAffinity = &corev1.NodeAffinity{}
	}
	if a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution = &corev1.NodeSelector{
			NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchExpressions: needs}},
		}
		return a
	}
	// A node has to match one term, so each gets what is needed. An empty term matches no node.
	terms := a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
	for i, t := range terms {
		if len(t.MatchExpressions)+len(t.MatchFields) > 0 {
			terms[i].MatchExpressions = slices.Concat(t.MatchExpressions, needs)
		}
	}
	return a
}

// nodesFor are the labels of nodes on which the release's own among some programs run; none if
// there is no such program.
func (s *Stack) nodesFor(programs []program) []corev1.NodeSelectorRequirement {
	var own []Component
	for _, p := range programs {
		if p.other == "" {
			own = append(own, p.component)
		}
	}
	if len(own) == 0 {
		return nil
	}
	var architectures []string
	for _, a := range s.Release.commonArchitectures(own...) {
		architectures = append(architectures, string(a))
	}
	return []corev1.NodeSelectorRequirement{
		{Key: corev1.LabelArchStable, Operator: corev1.NodeSelectorOpIn, Values: architectures},
		{Key: corev1.LabelOSStable, Operator: corev1.NodeSelectorOpIn, Values: []string{osLinux}},
	}
}

// requiresKey says whether rules of affinity require something of a node's label.
func requiresKey(a *corev1.Affinity, key string) bool {
	if a == nil || a.NodeAffinity == nil || a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return false
	}
	return slices.ContainsFunc(a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms,
		func(t corev1.NodeSelectorTerm) bool {
			return slices.ContainsFunc(t.MatchExpressions, func(e corev1.NodeSelectorRequirement) bool { return e.Key == key })
		})
}
