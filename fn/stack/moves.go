package stack

import (
	"cmp"
	"slices"
	"strconv"

	"k8s.io/utils/ptr"

	"github.com/pipelinestack/function-pipelinestack/fn/kube"
	"github.com/pipelinestack/function-pipelinestack/fn/managed"
)

// A class says where databases and buckets are made. When it changes to another place, the data of
// running stacks is still in the old one: a provider would make an empty database or bucket in the
// new place, and all data would seem lost. So a stack stays in the observed place, and the
// condition of its store names both.

// remembered says where a stack's data is. It is empty until there is data: a store that was never
// made may still be made elsewhere.
type remembered struct {
	class           string
	database, store dataIdentity
	// hasDatabase and hasStore say that there is data, even if its identity is unknown.
	hasDatabase, hasStore bool
	// names in shared stores, also where there is no data yet: objects that are not found carry
	// them.
	names []string
	// ours are the identities that the composite's status says, which no tenant writes. What decides
	// where data is made comes from these alone, and from managed resources.
	ours     struct{ database, store dataIdentity }
	observed Observed
}

// remembered reads where a stack's data is from the composite's status, else from the API server's
// Deployment, so that losing one of them loses nothing. The status comes first: whoever may edit
// the namespace may edit the Deployment.
func (w World) remembered() remembered {
	deployed := w.Observed[resAPIServerDeployment].Annotation
	status := func(path ...string) string { return w.Composite.String(append([]string{"status"}, path...)...) }
	database := dataIdentity(cmp.Or(status("database", "identity"), deployed(annotationDatabase)))
	store := dataIdentity(cmp.Or(status("objectStore", "identity"), deployed(annotationObjectStore)))
	r := remembered{
		names:       []string{database.sharedName(), store.sharedName()},
		hasDatabase: w.hasData(resDatabase, ConditionDatabase),
		hasStore:    w.hasData(resBucket, ConditionObjectStore),
		observed:    w.Observed,
	}
	r.ours.database, r.ours.store = dataIdentity(status("database", "identity")), dataIdentity(status("objectStore", "identity"))
	if r.hasDatabase {
		r.database = database
	}
	if r.hasStore {
		r.store = store
	}
	if r.hasDatabase || r.hasStore {
		r.class = cmp.Or(status("className"), deployed(annotationClass))
	}
	return r
}

// hasData says whether a store of the stack has existed: its resource was made, or it was ready
// once, or the API server exists, which is made after both stores. A stack whose objects are not
// found still has its data.
func (w World) hasData(resource, condition string) bool {
	c := w.Conditions[condition]
	lost := len(w.Observed) == 0 && w.Release != ""
	return lost || w.Observed[resAPIServerDeployment].Exists() || made(w.Observed[resource]) ||
		c.Status == True || c.Reason == ReasonMoveRefused
}

// made says whether the provider has made or found what a managed resource stands for.
func made(o kube.Observed) bool {
	ready, _ := o.Condition("Ready")
	return ready.Status == string(True) || o.Annotation(managed.AnnotationCreated) != ""
}

// place is a field of a class that says where data is.
type place struct {
	path      string // below the class's spec
	condition string
	field     func(*Class) *string
	// found is where the stack's data is; empty if it has none yet. It comes from managed resources
	// wherever it decides what is made.
	found func(remembered) string
}

var (
	databasePlaces = []place{
		{
			"database.shared.providerConfig", ConditionDatabase,
			func(c *Class) *string { return &c.Database.Shared.ProviderConfig },
			func(was remembered) string {
				return was.observed[resDatabase].String("spec", "providerConfigRef", "name")
			},
		},
		{
			"database.shared.host", ConditionDatabase,
			func(c *Class) *string { return &c.Database.Shared.Host },
			func(was remembered) string { return was.database.sharedServer() },
		},
	}
	awsPlaces = []place{
		{
			"objectStore.aws.providerConfig", ConditionObjectStore,
			func(c *Class) *string { return &c.ObjectStore.AWS.ProviderConfig },
			func(was remembered) string {
				return was.observed[resBucket].String("spec", "providerConfigRef", "name")
			},
		},
		{
			"objectStore.aws.accountID", ConditionObjectStore,
			func(c *Class) *string { return &c.ObjectStore.AWS.AccountID },
			func(was remembered) string { return reportedAccount(was.observed) },
		},
		{
			"objectStore.aws.region", ConditionObjectStore,
			func(c *Class) *string { return &c.ObjectStore.AWS.Region },
			func(was remembered) string {
				return cmp.Or(was.observed[resBucket].String("spec", "forProvider", "region"), was.ours.store.awsRegion())
			},
		},
		{
			"objectStore.aws.iamPath", ConditionObjectStore,
			func(c *Class) *string { return &c.ObjectStore.AWS.IAMPath },
			func(was remembered) string { return was.observed[resBucketUser].String("spec", "forProvider", "path") },
		},
	}
)

// stay keeps a stack where its data is, unless the class's movedFrom says that the data was moved.
func (s *Stack) stay(was remembered) {
	own := *s.Class // other stacks share the class
	s.Class = &own
	if shared := own.Database.Shared; shared != nil && was.hasDatabase && !slices.Contains(own.Database.MovedFrom, string(was.database)) {
		own.Database.Shared = ptr.To(*shared)
		s.stayIn(was, databasePlaces)
	}
	if aws := own.ObjectStore.AWS; aws != nil && was.hasStore && !slices.Contains(own.ObjectStore.MovedFrom, string(was.store)) {
		own.ObjectStore.AWS = ptr.To(*aws)
		s.stayIn(was, awsPlaces)
		if own.ObjectStore.AWS.Region != aws.Region { // another region is reached by other names
			own.ObjectStore.AWS.Endpoint = s.world.Composite.String("status", "objectStore", "endpoint")
		}
	}
	s.stayNamed(was)
}

func (s *Stack) stayIn(was remembered, places []place) {
	for _, p := range places {
		from, at := p.found(was), p.field(s.Class)
		if from == "" || from == *at {
			continue
		}
		if *at != "" { // or the class leaves the field out
			s.moves = append(s.moves, move{p.path, p.condition, from, *at})
		}
		*at = from
	}
}

// stayNamed keeps the name under which a stack has data in shared stores. The managed resource has to
// carry it and the status to say it: a name that somebody else could write would open a neighbour's
// data.
func (s *Stack) stayNamed(was remembered) {
	derived := s.ID
	for _, d := range []struct {
		resource, condition string
		identity            dataIdentity
	}{
		{resBucket, ConditionObjectStore, was.ours.store}, {resDatabase, ConditionDatabase, was.ours.database},
	} {
		name := was.observed[d.resource].Annotation(managed.AnnotationExternalName)
		if name == "" || name == derived || name != d.identity.sharedName() {
			continue
		}
		s.ID = name
		s.moves = append(s.moves, move{pathOfNames, d.condition, name, derived})
	}
}

// pathOfNames are the fields of a class that derived names follow from. Their values are in no message.
const pathOfNames = "clusterID or identitySalt"

// staying makes the condition of a store False if the class would move it. Any other fault of the
// store comes first.
func (s *Stack) staying(c Condition) Condition {
	if c.Status != True {
		return c
	}
	for _, m := range s.moves {
		if m.condition != c.Type {
			continue
		}
		text := s.Class.path().String() + "." + m.path + " says " + strconv.Quote(m.to) + ", but this stack was made with " +
			strconv.Quote(m.from) + " and keeps it, since its data is there. " +
			"Set the field back, or move the data and list its old identity in movedFrom"
		if m.path == pathOfNames {
			text = s.Class.path().String() + ": clusterID or identitySalt changed and derive the name " + m.to + ", but this stack was made as " +
				m.from + " and keeps that name, since its data has it. Restore both fields"
		}
		return Condition{c.Type, False, ReasonMoveRefused, text}
	}
	return c
}
