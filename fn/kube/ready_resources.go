package kube

import (
	"regexp"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/structpb"
)

// ManagedReady is the check of Crossplane's managed resources: Synced and Ready
// are both true, and nothing failed in the background. Otherwise reason and
// message are the provider's.
func ManagedReady(o Observed) Verdict {
	if v, done := missing(o); done {
		return v
	}
	synced, isSynced := o.Condition("Synced")
	ready, isReady := o.Condition("Ready")
	if synced.Status == "False" {
		return notReady(synced.reasonOr(ReasonNotSynced), synced.words())
	}
	if !isSynced && !isReady {
		return notReady(ReasonCreating, "its provider has not reported on it yet")
	}
	// Providers made with upjet create and update in the background and report here. Some go on
	// saying Synced and Ready when an update has failed. The condition is cleared as soon as the
	// resource is found to be as it should be.
	if c, _ := o.Condition("LastAsyncOperation"); c.Status == "False" {
		return notReady(c.reasonOr(ReasonNotSynced), c.words())
	}
	if ready.Status != "True" {
		return notReady(ready.reasonOr(ReasonNotReady), ready.words())
	}
	if synced.Status != "True" {
		return notReady(synced.reasonOr(ReasonNotSynced), synced.words())
	}
	return available()
}

// CertificateReady is the check of cert-manager.io Certificates.
func CertificateReady(o Observed) Verdict {
	if v, done := missing(o); done {
		return v
	}
	ready, ok := o.Condition("Ready")
	switch {
	case !ok:
		return notReady(ReasonPending, "cert-manager has not reported on it yet")
	case ready.outdated(o):
		return notReady(ReasonPending, "cert-manager has not acted on the last change yet")
	case ready.Status == "True":
		return available()
	}
	// Between two attempts Issuing tells why the last one failed.
	if c, _ := o.Condition("Issuing"); c.Status == "False" {
		return notReady(ReasonFailed, c.words())
	}
	return notReady(ReasonPending, ready.words())
}

// RouteAdmitted is the check of OpenShift's route.openshift.io Routes: every
// router that answered has admitted it, and one did.
func RouteAdmitted(o Observed) Verdict {
	return admitted(o, o.list("status", "ingress"), "Admitted")
}

// HTTPRouteAccepted is the check of gateway.networking.k8s.io HTTPRoutes: every
// parent that answered has accepted it, and one did.
func HTTPRouteAccepted(o Observed) Verdict {
	return admitted(o, o.list("status", "parents"), "Accepted")
}

// admitted demands the condition of each of answers, which routers or gateways
// gave in any order.
func admitted(o Observed, answers []*structpb.Value, condition string) Verdict {
	if v, done := missing(o); done {
		return v
	}
	var refusals []string
	pending := len(answers) == 0
	for _, answer := range answers {
		conditions := answer.GetStructValue().GetFields()["conditions"].GetListValue().GetValues()
		switch c, _ := findCondition(conditions, condition); {
		case c.outdated(o):
			pending = true
		case c.Status == "False":
			refusals = append(refusals, c.words())
		case c.Status != "True":
			pending = true
		}
	}
	if refusals != nil {
		slices.Sort(refusals)
		return notReady(ReasonRejected, strings.Join(slices.Compact(refusals), "; "))
	}
	if pending {
		return notReady(ReasonPending, "no answer yet on whether it is "+strings.ToLower(condition))
	}
	return available()
}

var camelCase = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`)

// reasonOr returns the reason of the condition if it is fit to be a Verdict's.
func (c Condition) reasonOr(fallback string) string {
	if camelCase.MatchString(c.Reason) {
		return c.Reason
	}
	return fallback
}
