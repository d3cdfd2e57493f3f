package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pipelinestack/function-pipelinestack/fn/stack"
)

// Whoever knows clusterID and salt can compute the name of a bucket that another tenant is about to
// have, and take it first. Neither is anywhere that a tenant, or whoever watches the function, reads.
func TestClusterIDAndSaltStayInTheClass(t *testing.T) {
	const cluster, salt = "needle-of-cluster", "needle0of0salt0needle"
	changes := map[string]func(*scenario){
		"Valid":          func(*scenario) {},
		"OtherCluster":   func(s *scenario) { put(s.classSpec(), "clusterID", cluster+"-b") },
		"OtherSalt":      func(s *scenario) { put(s.classSpec(), "identitySalt", salt+"b") },
		"ByUID":          func(s *scenario) { put(s.classSpec(), "identityFrom", "NamespaceUID") },
		"InvalidCluster": func(s *scenario) { put(s.classSpec(), "clusterID", cluster+" B") },
		"LongCluster":    func(s *scenario) { put(s.classSpec(), "clusterID", cluster+strings.Repeat("x", 63)) },
		"InvalidSalt":    func(s *scenario) { put(s.classSpec(), "identitySalt", salt+"-") },
		"LongSalt":       func(s *scenario) { put(s.classSpec(), "identitySalt", salt+strings.Repeat("x", 128)) },
		"TypeOfSalt":     func(s *scenario) { put(s.classSpec(), "identitySalt", []any{salt}) },
		"UnknownField":   func(s *scenario) { put(s.classSpec(), "identity", obj{"salt": salt, "cluster": cluster}) },
		"InvalidSpec":    func(s *scenario) { put(s.spec(), "release", "0.0.1") },
		"InvalidClass":   func(s *scenario) { put(s.classSpec(), "constraints", obj{"sizes": []any{"None"}}) },
	}
	for _, ready := range []bool{false, true} {
		for name, change := range changes {
			t.Run(fmt.Sprintf("%s/ready=%t", name, ready), func(t *testing.T) {
				log, registry := &recorder{}, prometheus.NewRegistry()
				s := scenarioOf(t, "quickstart")
				put(s.classSpec(), "clusterID", cluster)
				put(s.classSpec(), "identitySalt", salt)
				if ready {
					s.getReady(t, quiet())
				}
				change(s)
				c := s.cluster(NewFunction(log, stack.Releases(), registry))
				rsp := c.ask(t, c.request(nil))
				metrics, err := registry.Gather()
				if err != nil {
					t.Fatal(err)
				}
				for where, text := range map[string]string{
					"conditions, events and questions": fmt.Sprint(summary(rsp), rsp.GetConditions(), rsp.GetResults(), rsp.GetRequirements()),
					"composite":                        fmt.Sprint(rsp.GetDesired().GetComposite()),
					"log":                              log.text.String(),
					"metrics":                          fmt.Sprint(metrics),
				} {
					if strings.Contains(text, cluster) || strings.Contains(text, salt) {
						t.Errorf("%s: clusterID or salt: %s", where, text)
					}
				}
				if log.text.Len() == 0 || len(metrics) == 0 {
					t.Error("nothing was logged or counted, so nothing was searched")
				}
			})
		}
	}
}
