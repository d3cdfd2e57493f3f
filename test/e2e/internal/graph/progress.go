package graph

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// silence is how long nobody has to wait without a word.
const silence = 15 * time.Second

// progress tells which steps have ended, and which go on when that takes long.
type progress struct {
	out   io.Writer
	start time.Time
	timer *time.Timer

	mu    sync.Mutex
	under map[string]time.Time // steps under way, and since when; nil at the end
}

func newProgress(out io.Writer) *progress {
	p := &progress{out: out, start: time.Now(), under: map[string]time.Time{}}
	p.timer = time.AfterFunc(silence, p.still)
	return p
}

func (p *progress) began(step string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.under[step] = time.Now()
}

func (p *progress) ended(step string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	took := time.Since(p.under[step])
	delete(p.under, step)
	if err != nil {
		return // whoever called tells
	}
	p.timer.Reset(silence)
	p.line(fmt.Sprintf("%-28s %5.1fs", step, took.Seconds()))
}

func (p *progress) still() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.under == nil {
		return // it came just too late
	}
	p.timer.Reset(silence)
	if len(p.under) == 0 {
		return
	}
	var steps []string
	for step, since := range p.under {
		steps = append(steps, fmt.Sprintf("%s (%.0fs)", step, time.Since(since).Seconds()))
	}
	slices.Sort(steps)
	p.line("... " + strings.Join(steps, ", "))
}

func (p *progress) line(text string) {
	_, _ = fmt.Fprintf(p.out, "%6.1fs  %s\n", time.Since(p.start).Seconds(), text)
}

// stop ends it: nothing is written afterwards.
func (p *progress) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timer.Stop()
	p.under = nil
}
