package cmdutil

import (
	"context"
	"fmt"
	"time"

	"github.com/pacific-aci/pacific/aci"
)

// Waits says what a command waits for, where it is not the progress of a job.
func (a *App) Waits(e aci.Event) {
	switch e.Kind {
	case aci.EventRetry:
		if e.Wait >= time.Second {
			a.Say.Status(fmt.Sprintf("trying again in %s: %v", e.Wait.Round(time.Second/10), e.Err))
		}
	case aci.EventViewLost:
		a.Say.Status(fmt.Sprintf("Azure does not answer, asking again in %s: %v", e.Wait.Round(time.Second/10), e.Err))
	case aci.EventViewBack:
		a.Say.Status("Azure answers again")
	case aci.EventStopping:
		a.Say.Status("stopping " + e.Group)
	}
}

// stillWaiting is how often a wait that shows nothing else says that it goes on.
const stillWaiting = 20 * time.Second

// WhileWaiting calls say from time to time until ctx ends. Azure says nothing for minutes while it looks for a machine, pulls
// a large image or deletes much.
func WhileWaiting(ctx context.Context, say func()) {
	tick := time.NewTicker(stillWaiting)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			say()
		}
	}
}
