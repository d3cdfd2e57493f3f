package kube

import (
	"fmt"
	"slices"
	"strings"
)

// A PodFault is why a pod does not work.
type PodFault struct {
	Pod       string
	Container string // empty if it is the pod's own
	// Words go after the pod's or the container's name, as in "is in CrashLoopBackOff, last exit 1".
	Words string
	// Ran says that the container has run, so that its logs say more; Before that those of the run
	// before do.
	Ran, Before bool
}

// String is a clause of a sentence.
func (f PodFault) String() string {
	if f.Container == "" {
		return "pod " + f.Pod + " " + f.Words
	}
	return "container " + f.Container + " of pod " + f.Pod + " " + f.Words
}

// FindPodFault returns the fault of the newest pod that has one. Pods that have ended, or are being
// deleted, have been replaced.
func FindPodFault(pods []Observed) (PodFault, bool) {
	newest := slices.SortedFunc(slices.Values(pods), func(a, b Observed) int {
		if later := strings.Compare(b.String("metadata", "creationTimestamp"), a.String("metadata", "creationTimestamp")); later != 0 {
			return later
		}
		return strings.Compare(a.Name(), b.Name())
	})
	for _, o := range newest {
		phase := o.String("status", "phase")
		if o.String("metadata", "deletionTimestamp") != "" || phase == "Succeeded" || phase == "Failed" {
			continue
		}
		if f := podFault(o); f.Words != "" {
			f.Pod = o.Name()
			return f, true
		}
	}
	return PodFault{}, false
}

// podFault of a pod that has to run; without words if it works or is still being started.
func podFault(o Observed) PodFault {
	if c, _ := o.Condition("PodScheduled"); c.Status == "False" {
		return PodFault{Words: "finds no node: " + c.words()}
	}
	for _, list := range []string{"initContainerStatuses", "containerStatuses"} {
		for _, c := range o.Items("status", list) {
			if ready, _ := c.Bool("ready"); ready {
				continue
			}
			if words := containerFault(c); words != "" {
				ended := c.value([]string{"state", "terminated"}) != nil
				runs, before := c.value([]string{"state", "running"}) != nil, !ended && lastExit(c) != ""
				return PodFault{Container: c.String("name"), Words: words, Ran: ended || runs || before, Before: before}
			}
		}
	}
	return PodFault{}
}

// starting are the reasons of containers that wait for nothing but their turn.
var starting = []string{"", "ContainerCreating", "PodInitializing"}

// containerFault says why a container is not ready. How long it has waited, and how often it was
// tried, are left out: they would change the words all the time.
func containerFault(c Observed) string {
	const state = "state"
	switch reason := c.String(state, "waiting", "reason"); {
	case reason == "CrashLoopBackOff":
		return "is in CrashLoopBackOff" + lastExit(c)
	case !slices.Contains(starting, reason):
		words := "is in " + reason
		if message := c.String(state, "waiting", "message"); message != "" {
			words += ": " + message
		}
		return words
	case c.value([]string{state, "terminated"}) != nil:
		return "has ended" + exit(c, state)
	}
	if last := lastExit(c); last != "" {
		return "was restarted and is not ready" + last
	}
	if started, _ := c.Bool("started"); started {
		return "runs, and its readiness probe fails"
	}
	return ""
}

func lastExit(c Observed) string {
	if end := exit(c, "lastState"); end != "" {
		return ", last" + end[1:]
	}
	return ""
}

// exit is how a container ended, after a comma.
func exit(c Observed, state string) string {
	code, ok := c.Int(state, "terminated", "exitCode")
	if !ok {
		return ""
	}
	if reason := c.String(state, "terminated", "reason"); reason != "" {
		return fmt.Sprintf(", exit %d (%s)", code, reason)
	}
	return fmt.Sprintf(", exit %d", code)
}
