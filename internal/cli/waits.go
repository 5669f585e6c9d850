package cli

import (
	"fmt"
	"time"

	"github.com/pacific-aci/pacific/aci"
)

// waits says what a command waits for, where it is not the progress of a job.
func (a *app) waits(e aci.Event) {
	switch e.Kind {
	case aci.EventRetry:
		if e.Wait >= time.Second {
			a.say.Status(fmt.Sprintf("trying again in %s: %v", e.Wait.Round(time.Second/10), e.Err))
		}
	case aci.EventViewLost:
		a.say.Status(fmt.Sprintf("Azure does not answer, asking again in %s: %v", e.Wait.Round(time.Second/10), e.Err))
	case aci.EventViewBack:
		a.say.Status("Azure answers again")
	case aci.EventStopping:
		a.say.Status("stopping " + e.Group)
	}
}
