package worker

import (
	"crypto/sha1"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/prefect"
)

// What a container group does, as infrastructure events name it. An attempt is pending first, may run, and ends in one of
// the last three.
//
//	pending ──► running ──► succeeded
//	   │           ├──────► failed
//	   └───────────┴──────► evicted
const (
	groupPending   = "pending"
	groupRunning   = "running"
	groupSucceeded = "succeeded"
	groupFailed    = "failed"
	groupEvicted   = "evicted"
)

// eventSubject is one attempt at a flow run, for the events about it. It is kept as long as the run lasts, so it has no more of the
// run than they tell.
type eventSubject struct {
	run  prefect.ID
	name string // of the run
	// number counts from 1.
	number int
	// group is the container group's name.
	group string
	relations
}

// relations are what a run belongs to. Runs that were polled together share the texts.
type relations struct {
	flow, deployment         prefect.ID // empty: not known, or none
	flowName, deploymentName string
	tags                     []string // sorted, each once
}

// runEvents reports one attempt. Its events have ids that follow from the run, the attempt and what happened, so that
// the server, which keeps the first of two events with one id, has each of them once, however many workers report it. It
// is safe for use by many goroutines, and nil reports nothing.
type runEvents struct {
	feed *feed
	eventSubject

	mu        sync.Mutex
	submitted earlier
	last      earlier // the last of the container group's
	told      []string
}

// run begins the events of an attempt.
func (f *feed) run(a eventSubject) *runEvents {
	if f == nil {
		return nil
	}
	return &runEvents{feed: f, eventSubject: a}
}

// submit reports that the worker has decided to start the run.
func (a *runEvents) submit() {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	e := a.feed.workerEvent("submitted-flow-run", a.resources(false))
	e.ID = a.id("submitted")
	a.submitted = earlierOf(e)
	a.feed.publish(e)
}

// created reports that Azure has the container group. at is when it was requested; zero: now.
func (a *runEvents) created(at time.Time) { a.tell(groupPending, at, nil) }

// observe takes the progress of the job as [aci.Client.Wait] tells it.
func (a *runEvents) observe(e aci.Event) {
	if a == nil || e.Kind != aci.EventPhase {
		return
	}
	at := e.Since
	if at.IsZero() {
		at = e.Time
	}
	switch e.Phase {
	case aci.PhaseStarted, aci.PhaseFirstLine:
		a.tell(groupRunning, at, nil)
	case aci.PhasePlaced, aci.PhasePulling, aci.PhasePulled:
		a.tell(groupPending, at, nil)
	}
}

// ended reports how the container group ended. A watch that ended without an end of the job reports nothing.
func (a *runEvents) ended(r *aci.Result) {
	if a == nil || r == nil {
		return
	}
	name := groupFailed
	switch r.Outcome {
	case aci.OutcomeInterrupted, aci.OutcomeUnknown:
		return
	case aci.OutcomeSucceeded:
		name = groupSucceeded
	case aci.OutcomeEvicted:
		name = groupEvicted
	}
	if started := r.Phases.Started; !started.IsZero() {
		a.tell(groupRunning, started, nil)
	}
	payload := map[string]any{"outcome": string(r.Outcome)}
	if r.ExitCode != nil {
		payload["exit_code"] = *r.ExitCode
	}
	if r.Reason != "" {
		payload["reason"] = r.Reason
	}
	a.tell(name, r.Phases.Finished, payload)
	a.executed(r.ExitCode)
}

// executed is the worker's own word that the run's container has ended.
func (a *runEvents) executed(exitCode *int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	related := a.resources(false)
	related[0]["prefect.infrastructure.identifier"] = Identifier(a.run, a.group)
	if exitCode != nil {
		related[0]["prefect.infrastructure.status-code"] = strconv.Itoa(*exitCode)
	}
	e := a.feed.workerEvent("executed-flow-run", related)
	e.ID = a.id("executed")
	a.feed.publish(follow(e, a.submitted))
}

// tell reports one step of the container group, and those that must have been before it; each once.
func (a *runEvents) tell(name string, at time.Time, payload map[string]any) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if slices.Contains(a.told, name) || slices.ContainsFunc(a.told, endsGroup) {
		return
	}
	if at.IsZero() {
		at = time.Now()
	}
	if name != groupPending && len(a.told) == 0 {
		a.step(groupPending, at.Add(-time.Microsecond), nil)
	}
	a.step(name, at, payload)
}

func endsGroup(name string) bool { return name != groupPending && name != groupRunning }

func (a *runEvents) step(name string, at time.Time, payload map[string]any) {
	if before := a.last.at; !before.IsZero() && !at.After(before) {
		at = before.Add(time.Microsecond) // Azure's times have whole seconds, and the feed is in the order of times
	}
	e := follow(prefect.Event{
		ID: a.id(name), Occurred: prefect.At(at), Event: "prefect.azure.container-group." + name,
		Resource: prefect.NewResource("prefect.azure.container-group."+a.group, a.group),
		Related:  a.resources(true), Payload: payload,
	}, a.last)
	a.told, a.last = append(a.told, name), earlierOf(e)
	a.feed.publish(e)
}

// resources are those that an event of the run is related to, the run first. An event of the worker's own is not related
// to the worker.
func (a *runEvents) resources(worker bool) []prefect.Resource {
	related := []prefect.Resource{prefect.FlowRunResource(a.run, a.name)}
	related = append(related, a.related()...)
	related = append(related, a.feed.pools()...)
	if worker {
		related = append(related, a.feed.resource().As("worker"))
	}
	return related
}

// id is the id of an event of this attempt: always the same for the same step.
func (a *runEvents) id(step string) prefect.ID {
	name := fmt.Sprintf("pacific/%s/%d/%s", a.run, a.number, step)
	return prefect.ID(uuid.NewHash(sha1.New(), uuid.NameSpaceURL, []byte(name), 5).String())
}

func newEventID() prefect.ID { return prefect.ID(uuid.NewString()) }

// relationsOf are those of a run. Flow and deployment may be nil.
func relationsOf(run prefect.FlowRun, flow *prefect.Flow, deployment *prefect.Deployment) (r relations) {
	tags := slices.Clone(run.Tags)
	if deployment != nil {
		r.deployment, r.deploymentName = deployment.ID, deployment.Name
		tags = append(tags, deployment.Tags...)
	}
	if flow != nil {
		r.flow, r.flowName = flow.ID, flow.Name
		tags = append(tags, flow.Tags...)
	}
	slices.Sort(tags)
	r.tags = slices.Clip(slices.Compact(tags))
	return r
}

// related are the flow, the deployment and the tags, as Prefect's workers name them.
func (r relations) related() []prefect.Resource {
	var related []prefect.Resource
	if r.deployment != "" {
		related = append(related, prefect.NewResource("prefect.deployment."+string(r.deployment), r.deploymentName).As("deployment"))
	}
	if r.flow != "" {
		related = append(related, prefect.NewResource("prefect.flow."+string(r.flow), r.flowName).As("flow"))
	}
	for _, tag := range r.tags {
		related = append(related, prefect.NewResource("prefect.tag."+tag, "").As("tag"))
	}
	return related[:min(len(related), maxRelated)]
}

// maxRelated leaves room for the run, the pool and the worker: the server takes 100.
const maxRelated = 96
