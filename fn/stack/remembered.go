package stack

import (
	"cmp"
	"strings"

	"github.com/pipelinestack/function-pipelinestack/fn/kube"
	"github.com/pipelinestack/function-pipelinestack/fn/managed"
)

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
	// pipelineRoot is where runs write their artifacts; it holds the prefix.
	pipelineRoot string
	// port of the database server, as the status says it; 0 if it does not.
	port int64
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
	r.pipelineRoot = cmp.Or(status("objectStore", "pipelineRoot"), deployed(annotationPipelineRoot))
	r.port, _ = w.Composite.Int("status", "database", "port")
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

// prefix of the data in the bucket; false if nobody remembers it.
func (r remembered) prefix() (string, bool) {
	root, isRoot := strings.CutPrefix(r.pipelineRoot, "s3://")
	_, below, inBucket := strings.Cut(root, "/")
	prefix, ok := strings.CutSuffix(below, artifactsFolder)
	return strings.TrimSuffix(prefix, "/"), r.store != "" && isRoot && inBucket && ok
}

// providerConfig of the first of these resources that is observed: if one of them is gone, the others
// still say where it was.
func (r remembered) providerConfig(resources ...string) string {
	for _, name := range resources {
		if config := r.observed[name].String("spec", "providerConfigRef", "name"); config != "" {
			return config
		}
	}
	return ""
}
