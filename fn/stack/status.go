package stack

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
	"github.com/pipelinestack/function-pipelinestack/fn/managed"
)

// Conditions of a stack, beside Crossplane's own Ready and Synced.
const (
	// ConditionSpecValid says whether the spec and the platform's input can be acted upon. While it is False nothing that exists is changed.
	ConditionSpecValid = "SpecValid"

	ConditionDatabase           = "DatabaseReady"
	ConditionObjectStore        = "ObjectStoreReady"
	ConditionAPIServer          = "APIServerReady"
	ConditionPersistenceAgent   = "PersistenceAgentReady"
	ConditionScheduledWorkflow  = "ScheduledWorkflowReady"
	ConditionWorkflowController = "WorkflowControllerReady"
	ConditionMetadata           = "MetadataReady"
	ConditionUI                 = "UIReady"
	ConditionExposure           = "ExposureReady"
)

// Reasons that conditions have beside those of kube.Check.
const (
	// ReasonNotApplicable: the component is no part of this stack; the message says why.
	ReasonNotApplicable = "NotApplicable"
	// ReasonHibernated: the component is scaled to zero on request; set spec.hibernate to false to wake it.
	ReasonHibernated = "Hibernated"
	// ReasonOutdated: what the resource follows has been made anew, and the resource not yet; the message says what to do if that lasts.
	ReasonOutdated = "Outdated"
	// ReasonMoveRefused: the platform's input says another place than the one that holds the stack's data; the stack stays where it is, and the message names both.
	ReasonMoveRefused = "MoveRefused"
	// ReasonValid: the spec can be acted upon.
	ReasonValid = "Valid"
	// ReasonInvalid: the spec or the platform's input cannot be acted upon; the message says every reason. What exists stays as it is.
	ReasonInvalid = "Invalid"
	// ReasonNotComposed: nothing of the component is there yet, and nothing will be until the spec is valid.
	ReasonNotComposed = "NotComposed"
)

// ConditionStatus of a condition.
type ConditionStatus string

// Statuses of a condition.
const (
	True    ConditionStatus = "True"
	False   ConditionStatus = "False"
	Unknown ConditionStatus = "Unknown"
)

// Condition of a stack.
type Condition struct {
	Type    string
	Status  ConditionStatus
	Reason  string
	Message string
}

// kindFacts is what there is to know of a kind.
type kindFacts struct {
	check kube.Check
	// plural and provider of a kind that a cluster may lack.
	plural   string
	provider string
	// derivedNames says that objects of the kind carry names that nobody else has.
	derivedNames bool
}

// kinds of which something is to know. A kind that is not here is Kubernetes' own and ready as soon as it exists.
var kinds = func() map[schema.GroupKind]kindFacts {
	const monitoring, operator = "monitoring.coreos.com", "the Prometheus operator"
	table := map[schema.GroupKind]kindFacts{
		{Group: "apps", Kind: "Deployment"}:         {check: kube.DeploymentAvailable},
		{Group: monitoring, Kind: "PodMonitor"}:     {kube.Exists, "podmonitors", operator, false},
		{Group: monitoring, Kind: "PrometheusRule"}: {kube.Exists, "prometheusrules", operator, false},
	}
	for _, k := range []struct {
		kind  managed.Kind
		check kube.Check
	}{
		{managed.KindDatabase, kube.ManagedReady},
		{managed.KindSQLUser, kube.WithDetails(kube.ManagedReady, keyUsername, keyPassword, keyEndpoint, keyPort)},
		{managed.KindGrant, kube.ManagedReady},
		{managed.KindBucket, kube.ManagedReady},
		{managed.KindBucketPublicAccessBlock, kube.ManagedReady},
		{managed.KindBucketEncryption, kube.ManagedReady},
		{managed.KindBucketVersioning, kube.ManagedReady},
		{managed.KindBucketLifecycle, kube.ManagedReady},
		{managed.KindIAMUser, kube.ManagedReady},
		{managed.KindPolicy, kube.ManagedReady},
		{managed.KindUserPolicyAttachment, kube.ManagedReady},
		{managed.KindAccessKey, kube.WithDetails(kube.ManagedReady, keyUsername, keyPassword)},
		{managed.KindObject, kube.ManagedReady},
	} {
		for _, gv := range []schema.GroupVersion{k.kind.Cluster, k.kind.Namespaced} {
			table[schema.GroupKind{Group: gv.Group, Kind: k.kind.Name}] = kindFacts{k.check, k.kind.Plural, k.kind.Provider, true}
		}
	}
	return table
}()

// verdict on one of the stack's own objects: its kind's, and that of what it follows.
func (o Observed) verdict(name string, gk schema.GroupKind) kube.Verdict {
	check := kinds[gk].check
	if check == nil {
		check = kube.Exists
	}
	v := check(o[name])
	if leader, ok := follows[name]; ok && v.Ready {
		return following(o[name], o[leader], leader)
	}
	return v
}

// awake says of what is scaled to zero, which by itself is in order, that it is not while the stack does not sleep.
func (s *Stack) awake(v kube.Verdict) kube.Verdict {
	if v.Reason == kube.ReasonScaledToZero && !*s.Spec.Hibernate {
		return kube.Verdict{Reason: kube.ReasonProgressing, Message: "it is scaled to zero, and is being woken"}
	}
	return v
}

// condition of a component: what its first resource that is not ready says. The second result is whether all are.
func (s *Stack) condition(typ string, rs []Planned) (Condition, bool) {
	found := make([]finding, len(rs))
	asleep := false
	for i, r := range rs {
		found[i] = finding{r.Name, r.Verdict}
		asleep = asleep || r.Verdict.Reason == kube.ReasonScaledToZero
	}
	c := summary(typ, found)
	if ready := c.Status == True; !ready || !asleep || !*s.Spec.Hibernate {
		return c, ready
	}
	return Condition{typ, False, ReasonHibernated, "scaled to zero by spec.hibernate"}, true
}

type finding struct {
	name    string
	verdict kube.Verdict
}

func summary(typ string, found []finding) Condition {
	var bad []finding
	for _, f := range found {
		if !f.verdict.Ready {
			bad = append(bad, f)
		}
	}
	switch len(bad) {
	case 0:
		return Condition{Type: typ, Status: True, Reason: kube.ReasonAvailable}
	case 1:
		return Condition{typ, False, bad[0].verdict.Reason, bad[0].name + ": " + bad[0].verdict.Message}
	default:
		return Condition{typ, False, bad[0].verdict.Reason, fmt.Sprintf("%s: %s (and %d more)", bad[0].name, bad[0].verdict.Message, len(bad)-1)}
	}
}

// InvalidConditions are those of a stack that cannot be planned: what is wrong, and how the objects fare that exist in spite of it.
func InvalidConditions(message string, w World) []Condition {
	byCondition := map[string][]finding{}
	for name, obs := range w.Observed {
		c := obs.Label(LabelCondition)
		gv, err := schema.ParseGroupVersion(obs.String("apiVersion"))
		if err != nil {
			continue // an object without a version is none of ours
		}
		byCondition[c] = append(byCondition[c], finding{name, w.Observed.verdict(name, schema.GroupKind{Group: gv.Group, Kind: obs.String("kind")})})
	}
	conditions := []Condition{{ConditionSpecValid, False, ReasonInvalid, message}}
	for _, c := range components {
		found := byCondition[c.condition]
		if before, ok := w.Conditions[c.condition]; ok && len(found) == 0 {
			conditions = append(conditions, before) // a part without objects, such as one that is not wanted
			continue
		}
		if len(found) == 0 {
			conditions = append(conditions, Condition{c.condition, Unknown, ReasonNotComposed, "nothing is composed while the spec is invalid"})
			continue
		}
		slices.SortFunc(found, func(a, b finding) int { return strings.Compare(a.name, b.name) })
		conditions = append(conditions, w.noBetter(summary(c.condition, found)))
	}
	return conditions
}

// noBetter keeps a condition as it was rather than let a refusal make it True: objects that exist do not show that others are held back,
// nor that their component sleeps.
func (w World) noBetter(c Condition) Condition {
	before, ok := w.Conditions[c.Type]
	if ok && c.Status == True && before.Status != True && (w.Held || before.Reason == ReasonHibernated) {
		return before
	}
	return c
}

// status of a stack, known before anything is observed.
func (s *Stack) status() v1alpha1.PipelineStackStatus {
	db, st := s.database(), s.store()
	status := v1alpha1.PipelineStackStatus{
		Release:     s.Release.Name,
		Endpoints:   &v1alpha1.EndpointsStatus{API: s.apiEndpoint()},
		Database:    &v1alpha1.DatabaseStatus{Name: db.name, Host: db.host, Port: db.port, SecretName: db.secret},
		ObjectStore: &v1alpha1.ObjectStoreStatus{Bucket: st.bucket, Endpoint: st.endpoint(), Region: st.region, SecretName: st.secret},
	}
	if *s.Spec.UI.Enabled {
		status.Endpoints.UI = "http://" + s.host(nameUI)
	}
	return status
}

// deletionPolicy of what a managed resource stands for, were the resource deleted now: by the policies that it has in the cluster, as
// crossplane-runtime v2 reads them. Empty if the resource is not there, or has none.
func deletionPolicy(o kube.Observed) v1alpha1.DeletionPolicy {
	policy, actions := o.String("spec", "deletionPolicy"), o.Strings("spec", "managementPolicies")
	listed := len(actions) > 0 && !slices.Contains(actions, "*") // then they count alone
	switch {
	case policy == "" && len(actions) == 0:
		return ""
	case listed && !slices.Contains(actions, "Delete"), !listed && policy == managed.DeletionOrphan:
		return v1alpha1.DeletionRetain
	default:
		return v1alpha1.DeletionDelete
	}
}

// apiEndpoint is the guarded address, or the open one if nothing guards it.
func (s *Stack) apiEndpoint() string {
	if s.guarded() {
		return "https://" + s.host(s.serviceName()) + ":" + strconv.Itoa(portProxy)
	}
	return "http://" + s.host(nameAPIServer) + ":" + strconv.Itoa(portHTTP)
}
