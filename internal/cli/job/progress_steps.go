package job

import (
	"errors"
	"fmt"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
)

// step is how far the lines about a job have come. A line about a step that is not ahead comes too late and is left out:
//
//	none ──▶ requested ──▶ placed ──▶ pulling ──▶ pulled ──▶ started ──▶ stopping
//	             ▲                                              ▲
//	             └── another try of the start                   └── the first output proves it
type step int

const (
	stepRequested step = iota + 1
	stepPlaced
	stepPulling
	stepPulled
	stepStarted
	stepStopping
)

var steps = map[aci.Phase]step{
	aci.PhaseRequested: stepRequested, aci.PhasePlaced: stepPlaced, aci.PhasePulling: stepPulling,
	aci.PhasePulled: stepPulled, aci.PhaseStarted: stepStarted,
}

// phase says what is new about the start of a job.
func (p *progress) phase(e aci.Event) {
	p.order.Lock()
	defer p.order.Unlock()
	reached := steps[e.Phase]
	if reached <= p.reached && e.Phase != aci.PhaseRequested {
		return
	}
	p.reached = reached
	switch e.Phase {
	case aci.PhaseRequested:
		p.exists(e.Group)
		p.waitFor("waiting for Azure to find a machine for " + e.Group)
		p.say("requested container group %s", e.Group)
	case aci.PhasePlaced:
		p.waitFor("waiting for the container to start")
	case aci.PhasePulling:
		if p.noImage {
			return
		}
		p.waitFor("pulling the image")
		p.say("pulling the image (%s)", p.when(e, "%s so far"))
	case aci.PhasePulled:
		p.waitFor("waiting for the container to start")
		if !p.noImage {
			p.say("image pulled (%s)", p.when(e, "%s ago"))
		}
	case aci.PhaseStarted:
		p.goOn("running")
		p.say("container started (%s)", p.when(e, "%s ago"))
	}
}

// when is how long after the command's beginning a phase was reached or, where that was before it, how long ago.
func (p *progress) when(e aci.Event, before string) string {
	if e.Since.IsZero() {
		return max(0, e.Time.Sub(p.begin)).Round(100 * time.Millisecond).String()
	}
	return fmt.Sprintf(before, max(0, e.Time.Sub(e.Since)).Round(time.Second))
}

// outputBegins is called before the first output is written: it proves that the container has started, if nothing else
// has told of it yet. Where no step was told at all, the output is that of a job that began before the command.
func (p *progress) outputBegins() {
	p.order.Lock()
	before := p.reached == 0
	if before {
		p.reached = stepStarted
		p.goOn("running")
	}
	p.order.Unlock()
	if before {
		return
	}
	p.phase(aci.Event{Kind: aci.EventPhase, Phase: aci.PhaseStarted, Time: time.Now()})
}

// stopping says that the container is being stopped, unless whoever asked for it was told so already.
func (p *progress) stopping(e aci.Event) {
	p.order.Lock()
	defer p.order.Unlock()
	p.reached = stepStopping
	p.waitFor("waiting for the container to stop")
	_, signalled := errors.AsType[*cmdutil.SignalError](e.Err)
	switch {
	case signalled: // has been said when it came
	case e.Err != nil:
		p.say("stopping %s: %v", e.Group, e.Err)
	default:
		p.say("stopping %s", e.Group)
	}
}
