package containers

import (
	"context"
	"net/netip"
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

// A group is one container group. It shows two states, which move by rules of their own.
//
// state is what its containers do:
//
//	launch ──▶ Pending ── the first container starts ──▶ Running ── all have ended ──▶ Succeeded if all exited
//	              ▲         │                              │                           with 0, else Failed
//	              │         └────────┬─────────────────────┘
//	              │                  ├── evicted ──▶ Failed
//	              │                  └── stop ─────▶ Stopped
//	              └── start, restart, update, or the platform moves the group
//
// provisioning is how far the last launch has come. It is settled once, and ends the long-running operation:
//
//	Pending ── placed ──▶ Creating ─┬─ every container has started ────────▶ Succeeded
//	                                └─ no image, no start, or 30 minutes ──▶ Failed; Succeeded if it starts later
//	restart:   Updating ──▶ Succeeded or Failed
//	node lost: Unhealthy ──▶ Repairing ──▶ what it was before
//
// So Succeeded says that the containers were started, and a group that is Failed here may go on trying, as Azure's do.
//
// The fields below mu are guarded by it. mu is never held while waiting for anything.
type group struct {
	svc      *Service
	id       arm.ResourceID
	location string

	mu           sync.Mutex
	spec         *groupBody // as validated, secrets included; replaced by an update, never changed
	provisioning string
	forced       string // the provisioning state that a fault wants at the end
	state        string
	events       eventList
	placed       bool // a node was found: instance views exist
	// address is the group's in its subnet; not valid without one.
	address    netip.Addr
	inits      []*container
	containers []*container
	run        *incarnation
	// ending is the stop, restart or eviction under way; nil if there is none. A later request may change what follows it.
	ending   *transition
	deleting bool

	// deleted is closed when the group is gone; vanished is closed to end its containers at once.
	deleted, vanished chan struct{}
	vanish            func() // closes vanished, once
}

// An incarnation is one run of a group: from a creation, start, restart or update until all containers have ended or
// ctx is cancelled, with a *cause.
//
//	launch ──▶ place ──▶ engine.NewGroup ──▶ init containers, one by one ──▶ containers, side by side ──▶ finish ──▶ done
//
// It is one goroutine, [group.live]; each container after the first has another. settled is closed somewhere on the way,
// at the latest in finish.
type incarnation struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	// inits and containers are those of the group at the launch; again says that they have run before.
	inits, containers []*container
	again             bool
	// done is closed when nothing of it runs any more.
	done chan struct{}
	// settled is closed when provisioning has succeeded or failed; failure is nil for success, and valid from then on.
	settled chan struct{}
	failure *arm.Error
	over    bool // settled is closed; guarded by group.mu
}

// A container is one container of a group. Its fields but body and init are guarded by
// group.mu. It shows its state in current, and in previous the one that a restart has ended:
//
//	Waiting ── start ──▶ Running ── exit ──▶ Terminated ── it runs again ──▶ Waiting
//	   └────────────────────┴── stop, eviction ──▶ Terminated without an exit code
//
// A stop changes all containers at the same moment, and previous says Running of one that ran. One that an eviction finds
// waiting for a restart shows how its last run ended. Waiting has a detail where something has failed: ImagePullBackOff, CreateContainerError, CrashLoopBackOff.
type container struct {
	body containerBody
	init bool

	restartCount int
	despite      int // restarts after a failure though the policy is Never
	current      *containerState
	previous     *containerState
	events       eventList
	log          *containerLog
	live         running
	started      bool // it has started at least once in this incarnation
	over         bool // it will not run again in this incarnation
	code         int  // of its last exit
}

// A cause ends an incarnation. Containers get SIGTERM, and SIGKILL after grace.
type cause struct {
	reason string
	grace  time.Duration
	// codeless: the containers end without an exit code, since the platform took them.
	codeless bool
	// quiet: the containers are shown as they are until all have ended, and then change together.
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

// launching is how an incarnation begins.
type launching struct {
	// again: restart counts and events go on from the incarnation before.
	again bool
	// counted: the restart counts go up and the previous states are kept, as when the platform restarts. A restart that
	// somebody asked for does neither (recorded).
	counted bool
	// after must end before this one runs; nil: none.
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
	if !begun { // the emulator is closing
		close(inc.done)
		g.settle(inc, arm.Conflict("ContainerGroupOperationCanceled", "The emulator is closing."))
	}
	return inc
}

// renew resets a container for the next incarnation.
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

// everything is all containers, the init containers first. Call it with mu held.
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
	case g.run != inc: // an update has replaced it
	case g.forced != "":
		g.provision(g.forced)
	case failure != nil:
		g.provision(provisioningFailed)
	default: // also after a failure: the group has started late
		g.provision(provisioningSucceeded)
	}
}

// provision sets the provisioning state here and in the core's store, from which generic lists are made. Call it with mu
// held.
func (g *group) provision(state string) {
	g.provisioning = state
	g.svc.core.Update(g.id, func(stored *arm.Resource) {
		if stored.Value == any(g) { // another group may have the name by now
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

// say adds an event to a container.
func (g *group) say(c *container, name, message, kind string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c.events.add(time.Now(), name, message, kind)
}

func waiting(detail string) *containerState {
	return &containerState{State: containerWaiting, DetailStatus: detail}
}
