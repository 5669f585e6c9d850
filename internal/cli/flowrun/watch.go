package flowrun

import (
	"context"
	"errors"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
)

// How often a watched run is read. Reads are the truth; an event of the run makes the next one come at once, so that a server
// that sends events is asked seldom.
const (
	firstRead   = time.Second
	longestRead = 10 * time.Second
	// longestQuiet is longestRead where events have come.
	longestQuiet = 30 * time.Second
)

// watcher follows one run to its end.
//
//	read ──ok, not ended──▶ wait (1 s, then longer; an event ends it) ──▶ read
//	 │ └──passing error──▶ wait (10 s) ──▶ read
//	 └──ended, or a final error──▶ done
type watcher struct {
	a      *cmdutil.App
	client *prefect.Client
	// state is called with the run after each read that shows another state than the one before, first of all with the first.
	// nil: nobody is told.
	state func(prefect.FlowRun)
	// held is told what the run waits for, where it is due and has not begun, whenever that changes. nil: nobody is.
	held func(prefect.FlowRun, string)
	// why was told last, at the time asked.
	why   string
	asked time.Time
	// answered: the server has answered before, so that a lost connection is a pause and not a wrong address. silent: it does
	// not answer now.
	answered, silent bool
}

// errRunGone is why a watch ended whose run was deleted.
var errRunGone = errors.New("the flow run was deleted")

// follow reads the run until it has ended, and gives it as it then is. The error is errRunGone, a final one of the client's,
// or the context's cause.
func (w *watcher) follow(ctx context.Context, id prefect.ID) (prefect.FlowRun, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	hints := w.subscribe(ctx, id)
	defer func() {
		cancel()
		<-hints.done
	}()
	var last prefect.FlowRun
	pause, longest := firstRead, longestRead
	for known := false; ; {
		run, err := w.client.FlowRun(ctx, id)
		switch {
		case ctx.Err() != nil:
			return last, context.Cause(ctx)
		case err == nil:
			w.answers()
			if state, before := stateOf(run), stateOf(last); !known || state.ID != before.ID || state.Name != before.Name {
				known, pause = true, firstRead
				if w.state != nil {
					w.state(run)
				}
			}
			w.tellWait(ctx, run)
			if last = run; stateOf(run).Type.Terminal() {
				return run, nil
			}
		case cmdutil.IsMissing(err) && known:
			return last, errRunGone
		case !w.answered || !passes(err):
			return last, err
		default:
			w.says(err)
			pause = longestRead
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-timer.C:
			pause = min(pause*2, longest)
		case <-hints.come:
			pause, longest = firstRead, longestQuiet
		}
		timer.Stop()
	}
}

// waitAsked is how often it is asked what a run waits for.
const waitAsked = 30 * time.Second

// tellWait tells what a scheduled run waits for, or one that is being cancelled. What a pending one waits for is in its state,
// which is told as it is.
func (w *watcher) tellWait(ctx context.Context, run prefect.FlowRun) {
	switch {
	case w.held == nil || time.Since(w.asked) < waitAsked:
		return
	case stateOf(run).Type == prefect.StateCancelling:
	case stateOf(run).Name == prefect.StateNameAwaitingConcurrencySlot: // the server's state has no message
	case stateOf(run).Type != prefect.StateScheduled:
		w.why = ""
		return
	case !overdue(run, time.Now()):
		return
	}
	w.asked = time.Now()
	why := newWaits(w.client).of(ctx, run)
	if why != "" && why != w.why {
		w.held(run, why)
	}
	w.why = why
}

// says tells that the server does not answer, once.
func (w *watcher) says(err error) {
	if !w.silent {
		w.a.Say.Status("Prefect does not answer, waiting for it: " + err.Error())
	}
	w.silent = true
}

func (w *watcher) answers() {
	if w.silent {
		w.a.Say.Status("Prefect answers again")
	}
	w.answered, w.silent = true, false
}

// eventHints tell that something happened to a run.
type eventHints struct {
	come chan struct{}
	// done is closed when nobody listens any more.
	done chan struct{}
}

// subscribe listens to the run's events. A server that has none, or does not let us listen, is no error: reads go on.
func (w *watcher) subscribe(ctx context.Context, id prefect.ID) eventHints {
	hints := eventHints{come: make(chan struct{}, 1), done: make(chan struct{})}
	go func() {
		defer close(hints.done)
		filter := prefect.EventFilter{
			Event:    prefect.EventNameFilter{Prefix: []string{"prefect.flow-run."}},
			Resource: prefect.EventResourceFilter{ID: []string{"prefect.flow-run." + string(id)}},
		}
		for _, err := range w.client.SubscribeEvents(ctx, filter) {
			if err != nil {
				return
			}
			select {
			case hints.come <- struct{}{}:
			default: // one is enough
			}
		}
	}()
	return hints
}
