// Package graph runs steps that need one another, each as soon as what it needs is done, and tells
// how long each took. It knows nothing of what the steps do.
package graph

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
)

// A Step is one piece of work.
type Step struct {
	// Name is unique in its graph and is what progress shows.
	Name string
	// Needs names the steps that have to succeed first.
	Needs []string
	// Run does the work. It must return soon after its context ends.
	Run func(context.Context) error
}

// Run runs every step and returns the errors of those that failed, joined. After the first failure
// no further step starts and the context of those under way ends. Progress goes to out: one line
// per finished step, and one that names the steps under way when nothing has finished for a while.
// A step that needs an unknown step, or itself by a detour, is an error before anything runs.
func Run(ctx context.Context, out io.Writer, steps []Step) error {
	if err := check(steps); err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)

	done := make(map[string]chan struct{}, len(steps))
	for _, s := range steps {
		done[s.Name] = make(chan struct{})
	}
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		errs []error
	)
	p := newProgress(out)
	defer p.stop()
	for _, s := range steps {
		wg.Go(func() {
			for _, n := range s.Needs {
				select {
				case <-done[n]:
				case <-ctx.Done():
					return
				}
			}
			if ctx.Err() != nil {
				return
			}
			p.began(s.Name)
			err := s.Run(ctx)
			p.ended(s.Name, err)
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				if ctx.Err() == nil || !errors.Is(err, context.Canceled) {
					errs = append(errs, fmt.Errorf("%s: %w", s.Name, err))
				}
				stop(err)
				return
			}
			close(done[s.Name])
		})
	}
	wg.Wait()
	if len(errs) == 0 {
		return context.Cause(ctx)
	}
	return errors.Join(errs...)
}

// check finds unknown needs and circles by taking away, again and again, the steps that need
// nothing any more.
func check(steps []Step) error {
	left := make(map[string][]string, len(steps))
	for _, s := range steps {
		if _, dup := left[s.Name]; dup {
			return fmt.Errorf("step %q is there twice", s.Name)
		}
		left[s.Name] = s.Needs
	}
	for _, s := range steps {
		for _, n := range s.Needs {
			if _, ok := left[n]; !ok {
				return fmt.Errorf("step %q needs %q, which is not there", s.Name, n)
			}
		}
	}
	for len(left) > 0 {
		before := len(left)
		for name, needs := range left {
			if !anyIn(needs, left) {
				delete(left, name)
			}
		}
		if len(left) == before {
			return fmt.Errorf("steps need each other in a circle: %v", left)
		}
	}
	return nil
}

func anyIn(names []string, m map[string][]string) bool {
	for _, n := range names {
		if _, ok := m[n]; ok {
			return true
		}
	}
	return false
}
