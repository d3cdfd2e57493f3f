package stack

import (
	"strconv"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// A Deployment says how many of its pods work, and never why the others do not; a StatefulSet
// likewise. Pods say it, but Crossplane reads one pod only by watching every pod of the cluster. So
// pods are asked for only where the platform team has let Crossplane read them, and only while what
// makes them is not ready. Elsewhere the message says where to look.

// askPods asks for the pods of the stack.
const askPods = "pods"

var podKind = schema.GroupKind{Kind: "Pod"}

// makesPods says whether an object is one whose pods the stack runs in.
func makesPods(o kube.Observed) bool {
	kind := o.String("kind")
	return kind == typeDeployment.Kind || kind == typeStatefulSet.Kind
}

// explained adds to the verdict on a Deployment or StatefulSet why its pods do not work, or else
// where to look.
func (g *gatekeeper) explained(r Resource, v kube.Verdict) kube.Verdict {
	o := g.world.Observed[r.Name]
	if v.Ready || !makesPods(o) {
		return v
	}
	return explained(o, v, g.pods(o.Name()), g.stack.database.host, int64(g.stack.database.port))
}

func explained(o kube.Observed, v kube.Verdict, pods []kube.Observed, host string, port int64) kube.Verdict {
	fault, found := kube.FindPodFault(pods)
	if found {
		v = v.With(fault.String())
	}
	if v.Reason != kube.ReasonUnavailable && v.Reason != kube.ReasonProgressDeadlineExceeded {
		return v // under way, or it says itself what is wrong
	}
	if needsDatabase(o.Name()) && (!found || fault.Ran) {
		v = v.With("it works only while its database answers, " + host + ":" + strconv.FormatInt(port, 10))
	}
	kubectl, selected := "kubectl -n "+o.String("metadata", "namespace")+" ", " -l "+labelApp+"="+o.Name()
	switch {
	case !found:
		v = v.With("see " + kubectl + "describe pods" + selected + ", and " + kubectl + "logs" + selected + " --all-containers")
	case fault.Before:
		v = v.With("see " + kubectl + "logs --previous " + fault.Pod + " -c " + fault.Container)
	case fault.Ran:
		v = v.With("see " + kubectl + "logs " + fault.Pod + " -c " + fault.Container)
	}
	return v
}

// pods of a Deployment or StatefulSet of the stack; none where Crossplane may not read them.
func (g *gatekeeper) pods(app string) []kube.Observed {
	install, _ := g.world.answer(askInstall)
	if !mayRead(install, podKind) {
		return nil
	}
	g.ask(Requirement{
		Key: askPods, APIVersion: "v1", Kind: podKind.Kind, Namespace: g.stack.Namespace,
		Labels: map[string]string{LabelStack: g.stack.Name},
	})
	var pods []kube.Observed
	for _, o := range g.world.Required[askPods] {
		if o.Label(labelApp) == app {
			pods = append(pods, o)
		}
	}
	return pods
}

// needsDatabase says whether the pods of a Deployment work only with the database.
func needsDatabase(deployment string) bool {
	for _, c := range containers {
		if c.deployment == deployment && c.database {
			return true
		}
	}
	return false
}
