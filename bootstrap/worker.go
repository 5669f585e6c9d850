package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/internal/steps"
)

const (
	// startLimit is how long a worker may take until it stays up. A new role counts after five to ten minutes
	// (learn.microsoft.com/azure/role-based-access-control/troubleshooting), and a worker that cannot read its secrets ends.
	startLimit = 15 * time.Minute
	// stays is how long a container has to run to count as one that stays up: a program that cannot start ends sooner.
	stays = 10 * time.Second
)

// workerStep waits until the worker runs. Azure starts one that ended again, so that is not a failure yet.
func (b *Bootstrapper) workerStep(s *state) steps.Step {
	return steps.Step{
		Name: string(KindRunning),
		Line: func() string { return s.worker() },
		Check: func(ctx context.Context) (steps.State, error) {
			w, err := b.lookAtWorker(ctx, s)
			if err != nil || w == nil || !w.stays(time.Now()) {
				return steps.Absent, err
			}
			return steps.Present, nil
		},
		Do: func(ctx context.Context, note func(string)) error {
			ctx, cancel := context.WithTimeout(ctx, startLimit)
			defer cancel()
			said, last := "", "Azure has not started it"
			for pause := firstPause; ; pause = next(pause) {
				w, err := b.lookAtWorker(ctx, s)
				switch {
				case err != nil && ctx.Err() == nil:
					return err
				case err == nil && w == nil:
					return &WorkerError{Name: s.worker(), Problem: "it is gone"}
				case err == nil && w.group.Provisioning.Failed():
					return &WorkerError{Name: s.worker(), Problem: "Azure could not make it: " + w.words()}
				case err == nil && w.cannotStart():
					return &WorkerError{Name: s.worker(), Problem: w.words() + ": the image has no such program, or it cannot be run"}
				case err == nil && w.stays(time.Now()):
					return nil
				case err == nil:
					last = w.words()
				}
				if last != said {
					note("waiting for the worker: " + last)
					said = last
				}
				if err := azure.Sleep(ctx, pause); errors.Is(err, context.DeadlineExceeded) {
					return &WorkerError{Name: s.worker(), Problem: fmt.Sprintf("%s, after %s", last, startLimit)}
				} else if err != nil {
					return fmt.Errorf("waiting for worker %s: %w", s.worker(), err)
				}
			}
		},
	}
}

// worker is the container group's name; empty if the template makes none.
func (s *state) worker() string {
	for _, r := range s.of(KindWorker) {
		return r.name
	}
	return ""
}

// worker is a worker as Azure describes it.
type worker struct{ group *aci.Group }

// lookAtWorker reads the worker; nil if it is not there.
func (b *Bootstrapper) lookAtWorker(ctx context.Context, s *state) (*worker, error) {
	if s.group == nil || s.worker() == "" {
		return nil, nil
	}
	var g *aci.Group
	err := b.client.repeat(ctx, "worker "+s.worker(), func(ctx context.Context) (err error) {
		g, err = b.jobs.Get(ctx, s.worker())
		return err
	})
	if errors.Is(err, aci.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &worker{g}, nil
}

func (w *worker) container() *aci.Container {
	if len(w.group.Containers) == 0 {
		return nil
	}
	return &w.group.Containers[0]
}

// stays reports whether the container runs, and has for a while.
func (w *worker) stays(now time.Time) bool {
	c := w.container()
	return c != nil && c.Current != nil && c.Current.State.Running() && now.Sub(c.Current.Started) >= stays
}

// cannotStart reports whether the program has ended with a shell's code for one that is not there or cannot be run. That no
// new right mends.
func (w *worker) cannotStart() bool {
	c := w.container()
	if c == nil {
		return false
	}
	for _, state := range []*aci.ContainerState{c.Current, c.Previous} {
		if state != nil && state.ExitCode != nil && (*state.ExitCode == 126 || *state.ExitCode == 127) {
			return true
		}
	}
	return false
}

// words say what the container does.
func (w *worker) words() string {
	c := w.container()
	switch {
	case c == nil || c.Current == nil:
		if n := len(w.group.Events); n > 0 {
			return w.group.Events[n-1].Message
		}
		return "Azure has not started it"
	case c.Restarts > 0:
		text := fmt.Sprintf("it ended and was started again %s", times(c.Restarts))
		if c.Previous != nil && c.Previous.ExitCode != nil {
			text += fmt.Sprintf(" (exit code %d)", *c.Previous.ExitCode)
		}
		return text
	case c.Current.State.Running():
		return "it has just started"
	case c.Current.ExitCode != nil:
		return fmt.Sprintf("it ended with exit code %d", *c.Current.ExitCode)
	case c.Current.Detail != "":
		return c.Current.Detail
	}
	return string(c.Current.State)
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
