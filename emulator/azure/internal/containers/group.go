package containers

import (
	"context"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// The states of instanceView.state and of provisioningState
// (learn.microsoft.com/azure/container-instances/container-state).
const (
	statePending   = "Pending"
	stateRunning   = "Running"
	stateSucceeded = "Succeeded"
	stateFailed    = "Failed"
	stateStopped   = "Stopped"

	provisioningPending   = "Pending"
	provisioningCreating  = "Creating"
	provisioningSucceeded = "Succeeded"
	provisioningFailed    = "Failed"
	provisioningUnhealthy = "Unhealthy"
	provisioningRepairing = "Repairing"
	provisioningUpdating  = "Updating"

	containerWaiting    = "Waiting"
	containerRunning    = "Running"
	containerTerminated = "Terminated"
)

// A group is one container group. The fields below mu are guarded by it; mu is never
// held while waiting for anything.
type group struct {
	svc      *Service
	id       arm.ResourceID
	location string

	mu           sync.Mutex
	spec         *groupBody // as validated, secrets included; replaced by an update, never changed
	provisioning string
	forced       string // the provisioning state that a fault demands
	state        string
	events       eventList
	placed       bool // instance views exist
	inits        []*container
	containers   []*container
	run          *incarnation
	// ending is the stop, restart or eviction under way, if there is one. Whoever comes later may change what follows.
	ending   *transition
	deleting bool

	// deleted is closed when the group is gone; vanished is closed to end its containers at once.
	deleted, vanished chan struct{}
	vanish            func() // closes vanished, once
}

// An incarnation is one life of a group: from a creation, start or restart to the end
// of all containers or to the cancellation of ctx.
type incarnation struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	// inits and containers are the group's at the incarnation's begin; again says that
	// they have lived before.
	inits, containers []*container
	again             bool
	// done is closed when nothing of it runs any more.
	done chan struct{}
	// settled is closed when provisioning has succeeded or failed; failure is valid then.
	settled chan struct{}
	failure *arm.Error
	over    bool // settled is closed; guarded by group.mu
}

// A container is one container of a group. Its fields but body and init are guarded by
// group.mu.
type container struct {
	body containerBody
	init bool

	restartCount int
	despite      int // restarts after a failure that the policy Never forbids
	current      *containerState
	previous     *containerState
	events       eventList
	log          *containerLog
	live         running
	started      bool // at least once in this incarnation
	over         bool // for good in this incarnation
	code         int  // of the last exit
}

// A cause ends an incarnation. Containers get SIGTERM, and SIGKILL after grace.
type cause struct {
	reason string
	grace  time.Duration
	// codeless ends containers without an exit code: the platform took them.
	codeless bool
	// quiet leaves the containers shown as they are: the change that ends them shows them all at once.
	quiet bool
}

func (c *cause) Error() string { return c.reason }

func newGroup(svc *Service, id arm.ResourceID, location string) *group {
	g := &group{svc: svc, id: id, location: location, deleted: make(chan struct{}), vanished: make(chan struct{})}
	g.vanish = sync.OnceFunc(func() { close(g.vanished) })
	return g
}

// define gives the group a definition and fresh containers; the next launch runs them.
func (g *group) define(spec *groupBody) {
	g.spec = spec
	g.inits, g.containers = nil, nil
	for _, b := range spec.Properties.InitContainers {
		g.inits = append(g.inits, &container{body: b, init: true})
	}
	for _, b := range spec.Properties.Containers {
		g.containers = append(g.containers, &container{body: b})
	}
}

// launching says how an incarnation begins.
type launching struct {
	// again continues the incarnation before: counts and events stay.
	again bool
	// counted adds to the restart counts and keeps the states before, as a restart by the platform does. A restart that
	// somebody asked for does neither.
	counted bool
	// after is waited for, if it is there.
	after *incarnation
}

// launch starts an incarnation. Call it with mu held.
func (g *group) launch(how launching) *incarnation {
	inc := &incarnation{
		inits: g.inits, containers: g.containers, again: how.again,
		done: make(chan struct{}), settled: make(chan struct{}),
	}
	inc.ctx, inc.cancel = context.WithCancelCause(g.svc.ctx)
	g.run, g.state, g.placed = inc, statePending, how.again
	if !how.again {
		g.events = nil
		g.provision(provisioningPending)
	}
	for _, c := range g.everything() {
		c.renew(how)
	}
	begun := g.svc.run(func() {
		if how.after != nil {
			<-how.after.done
		}
		g.live(inc)
	})
	if !begun { // the emulator is closing: nothing lives any more
		close(inc.done)
		g.settle(inc, arm.Conflict("ContainerGroupOperationCanceled", "The emulator is closing."))
	}
	return inc
}

// renew readies a container for an incarnation.
func (c *container) renew(how launching) {
	if !how.again {
		*c = container{body: c.body, init: c.init, current: waiting("")}
		return
	}
	if how.counted && c.started {
		c.restartCount++
	}
	if how.counted && c.current != nil && c.current.State == containerTerminated {
		c.previous = c.current
	}
	c.current, c.started, c.over, c.despite, c.code = waiting(""), false, false, 0, 0
}

func (g *group) everything() []*container {
	return append(append(make([]*container, 0, len(g.inits)+len(g.containers)), g.inits...), g.containers...)
}

// find returns a container by name. Call it with mu held.
func (g *group) find(name string) *container {
	for _, c := range g.everything() {
		if c.body.Name == name {
			return c
		}
	}
	return nil
}

// settle ends the provisioning of an incarnation, once: with success, or with an error.
// The operation that began it ends with it. Call it with mu held.
func (g *group) settle(inc *incarnation, failure *arm.Error) {
	if !inc.over {
		inc.over, inc.failure = true, failure
		close(inc.settled)
	}
	switch {
	case g.run != inc: // an update has put another in its place
	case g.forced != "":
		g.provision(g.forced)
	case failure != nil:
		g.provision(provisioningFailed)
	default: // also after a failure: a group that came up late has come up
		g.provision(provisioningSucceeded)
	}
}

// provision sets the provisioning state, and in the core's store too, where generic lists find it. Call it with mu held.
func (g *group) provision(state string) {
	g.provisioning = state
	g.svc.core.Update(g.id, func(stored *arm.Resource) {
		if stored.Value == any(g) { // a group that has gone may have a successor of its name
			stored.ProvisioningState = state
		}
	})
}

// settleIfStarted ends the provisioning with success when every container has been
// started at least once.
func (g *group) settleIfStarted(inc *incarnation) {
	for _, c := range g.containers {
		if !c.started {
			return
		}
	}
	g.settle(inc, nil)
}

// say enters a container's event.
func (g *group) say(c *container, name, message, kind string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c.events.add(time.Now(), name, message, kind)
}

func waiting(detail string) *containerState {
	return &containerState{State: containerWaiting, DetailStatus: detail}
}
