package stack

import (
	"strconv"

	"k8s.io/utils/ptr"

	"github.com/pipelinestack/function-pipelinestack/apis/platform/v1beta1"
)

// The platform says once for every stack where databases and buckets are made. Where it says another place while stacks run, their data is
// still in the old one: a provider would make an empty database or bucket in the new place, and everything would seem gone. So a stack stays
// with what is observed, and the condition of its store says both places.

// place is a field of the platform that says where data is.
type place struct {
	path      string // below input
	condition string
	field     func(*v1beta1.Platform) *string
	// found is where the stack's data is; empty if it has none yet.
	found func(World) string
}

var places = []place{
	{
		"database.shared.providerConfig", ConditionDatabase,
		func(p *v1beta1.Platform) *string { return &p.Database.Shared.ProviderConfig },
		func(w World) string { return w.Observed[resDatabase].String("spec", "providerConfigRef", "name") },
	},
	{
		"database.shared.host", ConditionDatabase,
		func(p *v1beta1.Platform) *string { return &p.Database.Shared.Host },
		func(w World) string {
			return w.whileObserved(resDatabase, w.Composite.String("status", "database", "host"))
		},
	},
	{
		"objectStore.aws.providerConfig", ConditionObjectStore,
		func(p *v1beta1.Platform) *string { return &p.ObjectStore.AWS.ProviderConfig },
		func(w World) string { return w.Observed[resBucket].String("spec", "providerConfigRef", "name") },
	},
	{
		"objectStore.aws.region", ConditionObjectStore,
		func(p *v1beta1.Platform) *string { return &p.ObjectStore.AWS.Region },
		func(w World) string { return w.Observed[resBucket].String("spec", "forProvider", "region") },
	},
	{
		"objectStore.aws.iamPath", ConditionObjectStore,
		func(p *v1beta1.Platform) *string { return &p.ObjectStore.AWS.IAMPath },
		func(w World) string { return w.Observed[resBucketUser].String("spec", "forProvider", "path") },
	},
}

// stay keeps a stack where its data is.
func (s *Stack) stay(w World) {
	if s.Platform.Database.Shared == nil || s.Platform.ObjectStore.AWS == nil {
		return // the platform is refused
	}
	for _, p := range places {
		from, to := p.found(w), *p.field(&s.Platform.Platform)
		if from == "" || from == to {
			continue
		}
		if len(s.moves) == 0 { // the platform is everybody's
			own := *s.Platform
			own.Database.Shared, own.ObjectStore.AWS = ptr.To(*own.Database.Shared), ptr.To(*own.ObjectStore.AWS)
			s.Platform = &own
		}
		*p.field(&s.Platform.Platform) = from
		s.moves = append(s.moves, move{p.path, p.condition, from, to})
	}
}

// staying has the condition of a store say that the platform would move it. What else is wrong with the store comes first.
func (s *Stack) staying(c Condition) Condition {
	if c.Status != True {
		return c
	}
	for _, m := range s.moves {
		if m.condition == c.Type {
			return Condition{c.Type, False, ReasonMoveRefused, "input." + m.path + " says " + strconv.Quote(m.to) + ", and the data of this stack is where it said " +
				strconv.Quote(m.from) + ": the stack stays there. Set the field back, or move the data and make the stack anew"}
		}
	}
	return c
}
