package cmdutil

import (
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
