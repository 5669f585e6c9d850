package orchestration

import (
	"encoding/json"
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

// copyScheduledTime lets a pending run remember when it may begin.
func copyScheduledTime(t *transition) (after, undo func()) {
	if t.proposed.Details.ScheduledTime.IsZero() {
		t.proposed.Details.ScheduledTime = t.initial.Details.ScheduledTime
	}
	return nil, nil
}

// waitForScheduledTime lets no run begin early by the server's clock. It goes by the state that the run is in: SCHEDULED has
// the time itself, and PENDING has it from copyScheduledTime.
func waitForScheduledTime(t *transition) (after, undo func()) {
	at := t.initial.Details.ScheduledTime
	if at.IsZero() {
		return nil, nil
	}
	// Whole seconds, the nearest: the client sleeps, and asks again if that was a little too short.
	if seconds := int(math.RoundToEven(time.Until(at.Time).Seconds())); seconds > 0 {
		t.wait(seconds, "Scheduled time is in the future")
	}
	return nil, nil
}

// retries is how often a run may be tried again, nil for never; it knows the field's old name too.
func retries(p db.Policy) *int {
	if (p.Retries == nil || *p.Retries == 0) && p.MaxRetries != 0 {
		return new(p.MaxRetries)
	}
	return p.Retries
}

// retryDelay is how long to wait before the next attempt, in seconds; a list has one for each.
func retryDelay(p db.Policy, attempt int) float64 {
	var one float64
	var list []float64
	switch {
	case json.Unmarshal(p.RetryDelay, &one) == nil && one != 0:
		return one
	case json.Unmarshal(p.RetryDelay, &list) == nil && len(list) > 0:
		return list[max(0, min(attempt-1, len(list)-1))]
	}
	return p.RetryDelaySeconds
}

// awaitingRetry is the state between two attempts: SCHEDULED by its type, so that the engine waits for its time, and with the
// failed state's message and result, which is all that is left of that state.
func (t *transition) awaitingRetry(delay float64) *db.State {
	s := NewState(db.Scheduled, "")
	s.Name, s.Message, s.Data = "AwaitingRetry", t.proposed.Message, t.proposed.Data
	s.Details.ScheduledTime = api.At(time.Now().Add(time.Duration(delay * float64(time.Second))))
	return &s
}

// retryFlow makes a failed flow run wait for its next attempt, in the process that it is in, and keep its slot. The proposed
// FAILED is never stored: the run goes from RUNNING to AwaitingRetry.
func retryFlow(t *transition) (after, undo func()) {
	limit := retries(t.run.Policy)
	if limit == nil || t.run.RunCount > *limit {
		t.run.Policy.RetryType = nil
		return nil, nil
	}
	t.run.Policy.Resuming, t.run.Policy.PauseKeys, t.run.Policy.RetryType = new(false), nil, new("in_process")
	again := t.awaitingRetry(retryDelay(t.run.Policy, t.run.RunCount))
	leaseOf(again, t.initial.Lease())
	t.reject(again, "Retrying")
	return nil, nil
}

// retryTask is the same for a task run, whose delays may differ by attempt and be spread.
func retryTask(t *transition) (after, undo func()) {
	if r := t.proposed.Details.Retriable; r != nil && !*r {
		return nil, nil
	}
	delay := retryDelay(t.run.Policy, t.run.RunCount)
	if jitter := t.task.RetryJitterFactor; jitter != nil && *jitter > 0 && delay > 0 {
		delay = concurrency.Spread(delay, *jitter)
	}
	if limit := retries(t.run.Policy); limit != nil && t.run.RunCount <= *limit {
		t.reject(t.awaitingRetry(delay), "Retrying")
	}
	return nil, nil
}

// pauseVerb is what the proposal does to the run, in the server's words.
func (t *transition) pauseVerb() string {
	if t.proposed.Name == "Suspended" {
		return "suspend"
	}
	return "pause"
}

// pause lets a running flow run pause, once for each key. One that is to be rescheduled needs a deployment.
func pause(t *transition) (after, undo func()) {
	verb := t.pauseVerb()
	if t.initial == nil {
		t.abort("Cannot " + verb + " flows with no state.")
		return nil, nil
	}
	if t.from != db.Running {
		t.reject(nil, "Cannot "+verb+" flows that are not currently running.")
		return nil, nil
	}
	key := uuid.NewString()
	if given := t.proposed.Details.PauseKey; given != nil {
		key = *given
	}
	switch reschedule := t.proposed.Details.PauseReschedule; {
	case slices.Contains(t.run.Policy.PauseKeys, key):
		t.reject(nil, "This "+verb+" has already fired.")
	case reschedule && t.flow.ParentTaskRunID != nil:
		t.abort("Cannot " + verb + " subflows.")
	case reschedule && t.flow.DeploymentID == nil:
		t.abort("Cannot " + verb + " flows without a deployment.")
	}
	return func() {
		if !slices.Contains(t.run.Policy.PauseKeys, key) {
			t.run.Policy.PauseKeys = append(slices.Clone(t.run.Policy.PauseKeys), key)
		}
	}, nil
}

// leavePause guards the ways out of a pause. Resuming is noted on the run's policy, where bookkeep finds it: the RUNNING that
// follows is the same attempt.
func leavePause(t *transition) (after, undo func()) {
	after = func() {
		// A pause that kept its process and ends in a schedule means a new attempt from the beginning, with all its pauses
		// (3.9 and later).
		if !t.initial.Details.PauseReschedule && t.to == db.Scheduled {
			t.run.Policy.Resuming, t.run.Policy.PauseKeys, t.run.Policy.RetryType = new(false), nil, new("reschedule")
			return
		}
		t.run.Policy.Resuming = new(true)
	}
	allowed := t.to == db.Running || t.to == db.Scheduled || t.to == db.Cancelling || t.to.Terminal()
	if !allowed {
		// The server's own text has the type as Python writes an enumeration's member.
		t.reject(nil, "This run cannot transition to the StateType."+string(t.to)+" state from the StateType."+string(t.from)+" state.")
		return after, nil
	}
	verb := t.pauseVerb()
	name := strings.ToLower(t.proposed.Name)
	timeout := t.initial.Details.PauseTimeout
	switch {
	case t.initial.Details.PauseReschedule && t.flow.DeploymentID == nil:
		t.reject(nil, "Cannot reschedule a "+name+" flow run without a deployment.")
	case t.to == db.Cancelling:
	case !timeout.IsZero() && timeout.Before(time.Now()):
		failed := NewState(db.Failed, "The flow was "+name+" and never resumed.")
		t.reject(&failed, "The flow run "+verb+" has timed out and can no longer resume.")
	}
	return after, nil
}

// clientVersion reports whether Prefect's client is of this version or a later one; a pre-release is before its release.
// Another program, which has no version, is not.
func clientVersion(version string, least [3]int) bool {
	release, rest := version, ""
	if i := strings.IndexFunc(version, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }); i >= 0 {
		release, rest = strings.TrimRight(version[:i], "."), version[i:]
	}
	got := [3]int{}
	for i, part := range strings.SplitN(release, ".", 3) {
		got[i], _ = strconv.Atoi(part) // digits alone
	}
	if c := slices.Compare(got[:], least[:]); c != 0 {
		return c > 0
	}
	return rest == "" || rest[0] == '+'
}
