package stack

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// scaled reports a Deployment as not ready that has fewer replicas than it is about to have: none
// while the stack is not hibernated, or one that has just made its tables.
func (s *Stack) scaled(v kube.Verdict, r Resource, o kube.Observed) kube.Verdict {
	if v.Reason == kube.ReasonScaledToZero && !*s.Spec.Hibernate {
		return kube.Verdict{Reason: kube.ReasonProgressing, Message: "it is scaled to zero, and is being woken"}
	}
	d, ok := r.Object.(*appsv1.Deployment)
	if !ok || !v.Ready {
		return v
	}
	switch is, _ := o.Int("spec", "replicas"); {
	case is > 0 && int64(*d.Spec.Replicas) > is:
		message := fmt.Sprintf("it is being scaled from %d to %d replicas", is, *d.Spec.Replicas)
		return kube.Verdict{Reason: kube.ReasonProgressing, Message: message}
	default:
		return v
	}
}

// condition of a component: the first thing found wrong, or what its first resource that is not
// ready says. The second result is whether all is in order. What is being made now, and works as
// soon as it is there, has nothing to say. Each
// change of a condition is a write of the composite, and one more call.
func (s *Stack) condition(typ string, found []finding, rs []Planned) (Condition, bool) {
	var made []finding
	asleep := false
	for _, r := range rs {
		if f := (finding{r.Name, r.Verdict}); f.verdict == kube.Exists(kube.Observed{}) && r.plain() {
			made = append(made, f)
		} else {
			found = append(found, f)
		}
		asleep = asleep || r.Verdict.Reason == kube.ReasonScaledToZero
	}
	found = append(found, made...)
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
	for _, f := range found {
		if !f.verdict.Ready { // how many others there are would change again and again
			return Condition{typ, False, f.verdict.Reason, f.name + ": " + f.verdict.Message}
		}
	}
	return Condition{Type: typ, Status: True, Reason: kube.ReasonAvailable}
}

// InvalidConditions are those of a stack that cannot be planned: what is wrong, and the state of
// the objects that exist.
func InvalidConditions(message string, w World) []Condition {
	byCondition := map[string][]finding{}
	for name, obs := range w.Observed {
		c := obs.Label(LabelCondition)
		gv, err := schema.ParseGroupVersion(obs.String("apiVersion"))
		if err != nil {
			continue // an object without a version is none of ours
		}
		verdict := w.Observed.verdict(name, schema.GroupKind{Group: gv.Group, Kind: obs.String("kind")})
		if !verdict.Ready && makesPods(obs) {
			port, _ := w.Composite.Int("status", "database", "port")
			verdict = explained(obs, verdict, nil, w.Composite.String("status", "database", "host"), port)
		}
		byCondition[c] = append(byCondition[c], finding{name, verdict})
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
		conditions = append(conditions, w.mergeCondition(summary(c.condition, found)))
	}
	return append(conditions, whole(conditions), w.stillFenced())
}

// stillFenced is what was known of the fence: the spec that cannot be read may open it.
func (w World) stillFenced() Condition {
	if before, ok := w.Conditions[ConditionPipelinesFenced]; ok {
		return before
	}
	return Condition{ConditionPipelinesFenced, Unknown, ReasonNotComposed, "nothing is composed while the spec is invalid"}
}

// keptWhileInvalid are reasons that objects alone do not show.
var keptWhileInvalid = map[string]bool{ReasonHibernated: true, ReasonMoveRefused: true, ReasonAddressMismatch: true}

// mergeCondition keeps a condition from becoming True while the spec is invalid: the objects that
// exist cannot show that others are held back, nor that their component is hibernated.
func (w World) mergeCondition(c Condition) Condition {
	before, ok := w.Conditions[c.Type]
	if ok && c.Status == True && before.Status != True && (w.Held || keptWhileInvalid[before.Reason]) {
		return before
	}
	return c
}

// status of a stack. Only the fate of its data, and what a provider reports, need anything
// observed.
func (s *Stack) status() v1alpha1.PipelineStackStatus {
	db, st := s.database, s.store
	status := v1alpha1.PipelineStackStatus{
		ClassName:  s.Class.Name,
		Release:    s.Release.Name,
		KFPVersion: s.Release.KFPVersion,
		Components: &v1alpha1.ComponentsStatus{APIServer: &v1alpha1.ComponentStatus{URL: s.apiEndpoint(), CABundle: s.authority()}},
		Database: &v1alpha1.DatabaseStatus{
			Type: s.Spec.Database.Type, Identity: string(db.identity), Name: db.name, Host: db.host, Port: db.port,
			SecretName: db.login.secret, DeletionPolicy: db.fate,
		},
		ObjectStore: &v1alpha1.ObjectStoreStatus{
			Type: s.Spec.ObjectStore.Type, Identity: string(st.identity), Bucket: st.bucket, Endpoint: st.endpoint(), Region: st.region,
			PipelineRoot: st.pipelineRoot(), EncryptionKeys: st.encryptionKeys, SecretName: st.keySecret(), DeletionPolicy: st.fate,
		},
		WorkflowPods: s.workflowPods(),
	}
	if s.hasUI() {
		status.Components.UI = &v1alpha1.ComponentStatus{URL: "http://" + s.host(nameUI)}
	}
	return status
}

// whole is the condition of the whole stack, from those of its parts. A spec that is refused leaves
// the parts as they are, so it is only told of.
func whole(conditions []Condition) Condition {
	c := Condition{ConditionStack, True, kube.ReasonAvailable, "Ready"}
	for _, part := range conditions {
		if part.Status == True {
			continue
		}
		if c.Message == "Ready" {
			c.Message = part.Type + "/" + part.Reason
		}
		if part.Type != ConditionSpecValid {
			c.Status, c.Reason = False, part.Reason
			break
		}
	}
	return c
}

// apiEndpoint is the guarded address, or the open one if nothing guards it.
func (s *Stack) apiEndpoint() string {
	if s.authProxyEnabled() {
		return "https://" + s.host(s.serviceName()) + ":" + strconv.Itoa(portProxy)
	}
	return "http://" + s.host(nameAPIServer) + ":" + strconv.Itoa(portHTTP)
}
