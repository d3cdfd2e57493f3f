package main

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Results of a call, as a label.
const (
	resultComposed = "composed"
	resultAsked    = "asked"  // Crossplane was asked for something first, and calls again at once
	resultSpec     = "spec"   // refused for the claim
	resultInput    = "input"  // refused for the class or the Composition's input
	resultFailed   = "failed" // could not be encoded
)

// metrics of the function, beside those of its gRPC server (calls and their latency), on the same
// address.
type metrics struct {
	results *prometheus.CounterVec
	stacks  *stackGauge
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		results: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pipelinestack_results_total",
			Help: "Calls by what became of them: composed, asked, or refused for the spec or for the class and the input.",
		}, []string{"result"}),
		stacks: &stackGauge{
			seen: map[string]sighting{},
			now:  time.Now,
			desc: prometheus.NewDesc(
				"pipelinestack_stacks",
				"Stacks that this process composed in the last 30 minutes, by release and by whether they are ready.",
				[]string{"release", "ready"},
				nil,
			),
		},
	}
	r.MustRegister(m.results, m.stacks)
	return m
}

// stackGauge counts the stacks that were seen lately. Crossplane does not say when a stack is
// deleted, but it calls for each that exists at least every ten minutes, unless the class's ttl
// says otherwise.
type stackGauge struct {
	mu   sync.Mutex
	seen map[string]sighting // by UID of the composite
	now  func() time.Time
	desc *prometheus.Desc
}

type sighting struct {
	release string
	ready   string
	at      time.Time
}

// forgetAfter is three times the longest time between two calls for a stack by default.
const forgetAfter = 30 * time.Minute

func (g *stackGauge) saw(uid, release string, ready bool) {
	s := sighting{release, "false", g.now()}
	if ready {
		s.ready = "true"
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seen[uid] = s
}

// Describe implements prometheus.Collector.
func (g *stackGauge) Describe(ch chan<- *prometheus.Desc) { ch <- g.desc }

// Collect implements prometheus.Collector.
func (g *stackGauge) Collect(ch chan<- prometheus.Metric) {
	g.mu.Lock()
	defer g.mu.Unlock()
	count := map[[2]string]float64{}
	for uid, s := range g.seen {
		if g.now().Sub(s.at) > forgetAfter {
			delete(g.seen, uid)
			continue
		}
		count[[2]string{s.release, s.ready}]++
	}
	for labels, n := range count {
		ch <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, n, labels[:]...)
	}
}
