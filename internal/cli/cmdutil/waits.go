package cmdutil

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/prefect"
)

// Waits says what a command waits for, where it is not the progress of a job.
func (a *App) Waits(e aci.Event) {
	switch e.Kind {
	case aci.EventRetry:
		if e.Wait >= time.Second {
			a.sayAgain(e.Wait, e.Err)
		}
	case aci.EventViewLost:
		a.Say.Status(fmt.Sprintf("Azure does not answer, asking again in %s: %v", e.Wait.Round(time.Second/10), e.Err))
	case aci.EventViewBack:
		a.Say.Status("Azure answers again")
	case aci.EventStopping:
		a.Say.Status("stopping " + e.Group)
	case aci.EventStopFailed:
		a.Say.Warning(StopFailed(e))
	}
}

// sayAgain says when a request is repeated, and why. Requests that wait side by side for the same say it once.
func (a *App) sayAgain(wait time.Duration, why error) {
	reason := why.Error()
	if e := azure.Explain(why); e != nil { // its message has the request's id
		reason = string(e.Class) + " " + e.Code
	}
	if !a.again.news(reason) {
		return
	}
	a.Say.Status(fmt.Sprintf("trying again in %s: %v", wait.Round(time.Second/10), why))
}

// repeated is the reason that was said last for asking again, and when.
type repeated struct {
	mu     sync.Mutex
	reason string
	at     time.Time
}

// news reports whether to say a reason: another one than the last, or the same after a while.
func (r *repeated) news(reason string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if reason == r.reason && time.Since(r.at) < stillWaiting {
		return false
	}
	r.reason, r.at = reason, time.Now()
	return true
}

// WaitsForAzure says what a request to Azure waits for.
func (a *App) WaitsForAzure(w azure.Wait) {
	if w.For == "" {
		a.sayAgain(w.Next, w.Err)
		return
	}
	a.Say.Status(fmt.Sprintf("waiting for %s, trying again in %s: %v", w.For, w.Next.Round(time.Second/10), w.Err))
}

// waitsForPrefect says what a request to Prefect waits for.
func (a *App) waitsForPrefect(w prefect.Delay) {
	switch {
	case w.Err == nil:
		a.Say.Status(fmt.Sprintf("still waiting for Prefect's answer (%s): %s", w.Since.Round(time.Second), w.Doing))
	case w.Next >= time.Second:
		a.sayAgain(w.Next, w.Err)
	}
}

// StopFailed says that the containers of a group were not stopped.
func StopFailed(e aci.Event) string {
	return fmt.Sprintf("could not stop %s, so its containers get no time to end by themselves: %v", e.Group, e.Err)
}

// Repeat asks Azure until it gives a definite answer, and says why it asks again. What ask does must be safe to repeat.
// For a shell that completes it asks once.
func (a *App) Repeat(ctx context.Context, ask func(context.Context) error) error {
	if ctx.Value(completing{}) != nil {
		return ask(ctx)
	}
	defer a.Show(WaitFor("waiting for Azure to answer"))()
	return azure.Repeat(ctx, azure.RepeatOptions{Waiting: func(w azure.Wait) {
		a.sayAgain(w.Next, w.Err)
	}}, ask)
}

const (
	// stillWaiting is how often a wait that shows nothing else says that it goes on.
	stillWaiting = 20 * time.Second
	// liveEvery is how often the live line of a terminal is drawn again.
	liveEvery = time.Second
)

// Waiting is a wait of which something is shown as long as it lasts: on a terminal what goes on and for how long, on a
// live line; elsewhere a line from time to time. Azure says nothing for minutes while it looks for a machine, pulls a
// large image or deletes much.
type Waiting struct {
	// What says what is waited for ("" for nothing) and, where nothing is, what goes on, which only a terminal shows.
	What func() (waits, goesOn string)
	// Since is when the time that is shown began.
	Since func() time.Time
}

// WaitFor is a wait for one thing that begins now.
func WaitFor(what string) Waiting {
	begin := time.Now()
	return Waiting{What: func() (string, string) { return what, "" }, Since: func() time.Time { return begin }}
}

// Show shows a wait until stop is called. A wait inside another one is not shown: the outer one says more.
func (a *App) Show(w Waiting) (stop func()) {
	if !a.shows.CompareAndSwap(false, true) {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	live := a.Say.CanRedraw()
	every := stillWaiting
	if live {
		every = liveEvery
	}
	var shown sync.WaitGroup
	shown.Go(func() {
		for tick := time.NewTicker(every); ; {
			select {
			case <-ctx.Done():
				tick.Stop()
				return
			case <-tick.C:
				a.show(w, live)
			}
		}
	})
	return func() {
		cancel()
		shown.Wait()
		a.Stderr.Live("")
		a.shows.Store(false)
	}
}

func (a *App) show(w Waiting, live bool) {
	waits, goesOn := w.What()
	since := time.Since(w.Since()).Round(time.Second)
	switch {
	case live && waits == "" && goesOn == "":
		a.Stderr.Live("")
	case live:
		a.Stderr.Live(a.Say.LiveLine(fmt.Sprintf("%s (%s)", cmp.Or(waits, goesOn), since)))
	case waits != "":
		a.Say.Status(fmt.Sprintf("still %s (%s)", waits, since))
	}
}
