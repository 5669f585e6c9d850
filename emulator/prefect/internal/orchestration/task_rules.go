package orchestration

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/concurrency"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// The rules of task runs. In 3.x a task run's process decides its states by itself and tells them in events (package events
// records those), so these rules are for clients that propose them, for background tasks and for the state that a subflow
// gives its parent task. Slots are those of a task's tags, not of a deployment.

// Figures of the server's.
const (
	maxCacheKey = 2000
	// tagLease is for ever: clients of before leases cannot renew one.
	tagLease = 100 * 365 * 24 * time.Hour
)

// coreTaskRules are those of a proposal without force, in the server's order.
var coreTaskRules = slices.Concat([]rule{
	{to: []db.StateType{db.Running}, ask: useCache},
	{from: terminal, ask: leaveTerminalTask},
	{to: []db.StateType{db.Running}, ask: onlyInRunningFlow},
	{to: []db.StateType{db.Running}, ask: takeTagSlots},
}, timingTaskRules, closingTaskRules)

// backgroundTaskRules are those of deferred task runs.
var backgroundTaskRules = slices.Concat([]rule{
	{from: []db.StateType{db.Pending, db.Cancelling, db.Running, db.Cancelled}, to: []db.StateType{db.Pending}, ask: submitOnce},
	{to: []db.StateType{db.Running}, ask: useCache},
	{from: terminal, ask: leaveTerminalTask},
}, timingTaskRules, []rule{
	{from: []db.StateType{db.Scheduled, db.Pending}, to: []db.StateType{db.Pending, db.Running}, ask: copyParameters},
}, closingTaskRules, []rule{
	{to: []db.StateType{db.Scheduled}, ask: deferTask},
})

var timingTaskRules = []rule{
	{from: []db.StateType{db.Scheduled}, to: []db.StateType{db.Pending}, ask: copyScheduledTime},
	{from: []db.StateType{db.Scheduled, db.Pending}, to: []db.StateType{db.Running}, ask: waitForScheduledTime},
}

var closingTaskRules = slices.Concat([]rule{
	{from: []db.StateType{db.Running}, to: []db.StateType{db.Failed}, ask: retryTask},
	{to: []db.StateType{db.Running}, ask: renameRerun},
	{to: []db.StateType{db.Running}, ask: trackFlowRun},
	{to: []db.StateType{db.Completed}, ask: fillCache},
}, minimalTaskRules)

// minimalTaskRules are asked even with force.
var minimalTaskRules = []rule{{always: true, ask: releaseTagSlots}}

// cached is a completed state that other task runs may use.
type cached struct {
	state   *db.State
	expires api.Time
}

func (c cached) good() bool { return c.expires.IsZero() || c.expires.After(time.Now()) }

// useCache spares a task the work that another run with the same key has done: it answers with the newest completed state under the same key.
func useCache(t *transition) (after, undo func()) {
	key := t.proposed.Details.CacheKey
	if key == nil || *key == "" || t.proposed.Details.RefreshCache != nil && *t.proposed.Details.RefreshCache {
		return nil, nil
	}
	for _, c := range slices.Backward(t.o.cache[*key]) {
		if c.good() {
			hit := c.state.Retimed()
			hit.Name = "Cached"
			t.reject(&hit, "Retrieved state from cache")
			break
		}
	}
	return nil, nil
}

// fillCache remembers a completed state by its key.
func fillCache(t *transition) (after, undo func()) {
	key := t.proposed.Details.CacheKey
	if key != nil && len(*key) > maxCacheKey {
		t.reject(t.proposed, "Cache key exceeded maximum allowed length of "+strconv.Itoa(maxCacheKey)+" characters.")
	}
	return func() {
		if key == nil || *key == "" {
			return
		}
		kept := slices.DeleteFunc(t.o.cache[*key], func(c cached) bool { return !c.good() })
		if t.stored.Details.CacheExpiration.IsZero() {
			kept = nil // nobody will ever look behind this one
		}
		t.o.cache[*key] = append(kept, cached{t.stored, t.stored.Details.CacheExpiration})
	}, nil
}

// leaveTerminalTask guards task runs that have ended; a new attempt counts afresh. Within a flow run that runs again it is named
// Retrying: the run count, which says so otherwise, has just become 0.
func leaveTerminalTask(t *transition) (after, undo func()) {
	count := t.run.RunCount
	undo = func() { t.run.RunCount = count }
	switch {
	case t.to == db.Cancelling || t.to == db.Paused || t.to == db.Crashed:
		t.abort("Run is already " + string(t.from) + ".")
		return nil, undo
	case t.from == db.Completed && reference(t.initial.Data):
		t.reject(nil, "This run is already completed.")
		return nil, undo
	}
	if !t.to.Terminal() {
		t.run.RunCount = 0
	}
	if flow := t.parent(); t.to == db.Running && flow != nil && t.task.FlowRunRunCount < flow.RunCount {
		t.proposed.Name = "Retrying"
	}
	return nil, undo
}

// onlyInRunningFlow lets no task run of a flow run begin that is not running itself. In a paused one it is
// PAUSED too, until the same timeout.
func onlyInRunningFlow(t *transition) (after, undo func()) {
	flow := t.parent()
	if flow == nil || typeOf(flow.State) == db.Running {
		return nil, nil
	}
	if typeOf(flow.State) != db.Paused {
		t.abort("The enclosing flow must be running to begin task execution.")
		return nil, nil
	}
	paused := NewState(db.Paused, "")
	paused.Name = "NotReady"
	paused.Details.PauseTimeout, paused.Details.PauseReschedule = flow.State.Details.PauseTimeout, flow.State.Details.PauseReschedule
	t.reject(&paused, "The flow is paused, new tasks can execute after resuming flow run: "+flow.ID.String()+".")
	return nil, nil
}

// tagLimits are the limits on the task run's tags that hold.
func (t *transition) tagLimits() []*db.ConcurrencyLimit {
	var limits []*db.ConcurrencyLimit
	for l := range t.o.db.ConcurrencyLimits.All() {
		if tag, ok := strings.CutPrefix(l.Name, concurrency.TagPrefix); ok && l.Active && slices.Contains(t.run.Tags, tag) {
			limits = append(limits, l)
		}
	}
	return limits
}

// takeTagSlots lets a task run begin when each of its tags has a slot: all of them or none, so that no two runs can hold one
// each and wait for the other's. The wait goes by the limit that is filled the most, spread so that not all come back at once.
func takeTagSlots(t *transition) (after, undo func()) {
	limits := t.tagLimits()
	if len(limits) == 0 {
		return nil, nil
	}
	var tags []string
	var ids []uuid.UUID
	fullest := limits[0]
	for _, l := range limits {
		tag := strings.TrimPrefix(l.Name, concurrency.TagPrefix)
		if l.Limit == 0 {
			t.abort(`The concurrency limit on tag "` + tag + `" is 0 and will deadlock if the task tries to run again.`)
			return nil, nil
		}
		if l.ActiveSlots*fullest.Limit > fullest.ActiveSlots*l.Limit {
			fullest = l
		}
		tags, ids = append(tags, tag), append(ids, l.ID)
	}
	if !concurrency.Take(limits, 1) {
		average := min(fullest.AvgSlotOccupancySeconds, concurrency.MaxWaitSeconds)
		t.wait(int(math.RoundToEven(concurrency.Spread(average, concurrency.WaitSpread))), "Concurrency limit reached for tags: "+strings.Join(tags, ", "))
		return nil, nil
	}
	lease := concurrency.AddLease(t.o.db, db.Lease{Limits: ids, Slots: 1, Holder: &db.LeaseHolder{Type: "task_run", ID: t.run.ID}}, tagLease)
	return nil, func() { concurrency.EndLease(t.o.db, lease.ID) }
}

// releaseTagSlots finds the slots by their leases' holder, whatever limits the tags have by now. It gives a task run's slots back when it no longer runs.
func releaseTagSlots(t *transition) (after, undo func()) {
	return func() {
		if t.proposed == nil || t.proposed.Type == db.Running || t.proposed.Type == db.Cancelling {
			return
		}
		for l := range t.o.db.Leases.All() {
			if l.Holder != nil && l.Holder.ID == t.run.ID {
				concurrency.EndLease(t.o.db, l.ID)
			}
		}
	}, nil
}

// copyParameters lets a deferred task run's parameters be found by whoever runs it: only the state names them, and workers
// propose states without.
func copyParameters(t *transition) (after, undo func()) {
	if t.proposed.Details.TaskParametersID == nil {
		t.proposed.Details.TaskParametersID = t.initial.Details.TaskParametersID
	}
	return nil, nil
}

// renameRerun names attempts after the first one.
func renameRerun(t *transition) (after, undo func()) {
	if t.initial == nil || t.run.RunCount == 0 {
		return nil, nil
	}
	t.proposed.Name = "Rerunning"
	if t.initial.Name == "AwaitingRetry" {
		t.proposed.Name = "Retrying"
	}
	return nil, nil
}

// deferTask hands a task run that is scheduled to the task workers.
func deferTask(t *transition) (after, undo func()) {
	return func() { t.o.db.Deferred(t.task) }, nil
}

// trackFlowRun notes in which attempt of its flow run a task run began; leaveTerminalTask asks for it.
func trackFlowRun(t *transition) (after, undo func()) {
	return func() {
		if flow := t.parent(); flow != nil {
			t.task.FlowRunRunCount = flow.RunCount
		}
	}, nil
}
