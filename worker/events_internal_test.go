package worker

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/prefect"
)

// names are the events' names without the common prefix.
func names(events []prefect.Event, prefix string) []string {
	var all []string
	for _, e := range events {
		all = append(all, strings.TrimPrefix(e.Event, prefix))
	}
	return all
}

const groupEvents = "prefect.azure.container-group."

func want[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: (-want +got)\n%s", what, diff)
	}
}

// TestEventsOnce has two workers report one attempt, the second after the first was killed: the server has each event once.
func TestEventsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSide(t)
		run := s.newRun("brave-otter")
		began := time.Now()
		subject := eventSubject{run: run.ID, name: run.Name, number: 1, group: "g-1", relations: relationsOf(run, &s.flow, nil)}
		first := s.config()
		feed := newFeed(t.Context(), first)
		feed.started()
		events := feed.run(subject)
		events.submit()
		events.created(began)
		time.Sleep(30 * time.Second)
		for _, phase := range []aci.Phase{aci.PhasePlaced, aci.PhasePulling, aci.PhaseStarted, aci.PhaseFirstLine} {
			events.observe(aci.Event{Kind: aci.EventPhase, Phase: phase, Time: time.Now()})
		}
		time.Sleep(time.Minute)
		feed.close(t.Context())

		feed = newFeed(t.Context(), first)
		events = feed.run(subject)
		events.created(began)
		events.observe(aci.Event{Kind: aci.EventPhase, Phase: aci.PhaseStarted, Time: time.Now(), Since: began.Add(30 * time.Second)})
		time.Sleep(time.Minute)
		result := &aci.Result{Outcome: aci.OutcomeSucceeded, ExitCode: new(0), Phases: aci.Phases{Started: began.Add(30 * time.Second), Finished: time.Now()}}
		events.ended(result)
		events.ended(result)
		feed.stopped()
		feed.close(t.Context())

		got := s.events(groupEvents)
		want(t, "the group's events", names(got, groupEvents), []string{"pending", "running", "succeeded"})
		want(t, "the one before", got[2].Follows, got[1].ID)
		var roles []string
		for _, r := range got[1].Related {
			roles = append(roles, r[prefect.ResourceRoleLabel]+" "+r.ID())
		}
		want(t, "related", roles, []string{"flow-run prefect.flow-run." + string(run.ID), "flow prefect.flow." + string(s.flow.ID), "tag prefect.tag.a", "tag prefect.tag.b",
			"work-pool prefect.work-pool." + string(s.pool.ID), "worker prefect.worker.azure-container-instance.my-worker-1"})
		workers := s.events("prefect.worker.")
		want(t, "the worker's events", names(workers, "prefect.worker."), []string{"started", "submitted-flow-run", "executed-flow-run", "stopped"})
		executed := workers[slices.IndexFunc(workers, func(e prefect.Event) bool { return strings.HasSuffix(e.Event, "executed-flow-run") })]
		want(t, "status code", executed.Related[0]["prefect.infrastructure.status-code"], "0")
		want(t, "identifier", executed.Related[0]["prefect.infrastructure.identifier"], Identifier(run.ID, "g-1"))
	})
}

// TestEventsOfEnds shows what each way to end a container group becomes, also where its beginning was not seen.
func TestEventsOfEnds(t *testing.T) {
	for outcome, wanted := range map[aci.Outcome][]string{
		aci.OutcomeSucceeded:    {"pending", "running", "succeeded"},
		aci.OutcomeFailed:       {"pending", "running", "failed"},
		aci.OutcomeEvicted:      {"pending", "running", "evicted"},
		aci.OutcomeVanished:     {"pending", "running", "failed"},
		aci.OutcomeStartFailed:  {"pending", "failed"},
		aci.OutcomeInterrupted:  nil,
		aci.OutcomeUnknown:      nil,
		aci.OutcomeStartTimeout: {"pending", "failed"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newSide(t)
			feed := newFeed(t.Context(), s.config())
			result := &aci.Result{Outcome: outcome, Reason: "why", Phases: aci.Phases{Finished: time.Now()}}
			if len(wanted) == 3 {
				result.Phases.Started = time.Now().Add(-time.Second)
			}
			feed.run(eventSubject{run: s.newRun("r").ID, name: "r", number: 2, group: "g-2"}).ended(result)
			feed.close(t.Context())
			want(t, string(outcome), names(s.events(groupEvents), groupEvents), wanted)
		})
	}
}

// TestEventsInOrder: the feed is in the order of its times, so a start that Azure gives in whole seconds comes after the request, also
// as the next worker tells it.
func TestEventsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSide(t)
		subject := eventSubject{run: s.newRun("r").ID, name: "r", number: 1, group: "g-1"}
		began := time.Now()
		time.Sleep(700 * time.Millisecond)
		requested := time.Now()
		time.Sleep(time.Minute)
		feed := newFeed(t.Context(), s.config())
		feed.run(subject).created(requested)
		feed.close(t.Context())
		feed = newFeed(t.Context(), s.config())
		events := feed.run(subject)
		events.created(requested)
		events.ended(&aci.Result{Outcome: aci.OutcomeFailed, Phases: aci.Phases{Started: began, Finished: began}})
		feed.close(t.Context())
		got := s.events(groupEvents)
		want(t, "the group's events", names(got, groupEvents), []string{"pending", "running", "failed"})
		for i := range got[1:] {
			if !got[i+1].Occurred.After(got[i].Occurred.Time) {
				t.Errorf("%s is not after %s: %v, %v", got[i+1].Event, got[i].Event, got[i+1].Occurred, got[i].Occurred)
			}
		}
	})
}

// TestFeedWaitsForTheServer has the server away for an hour: nobody waits for it, and all events arrive afterwards.
func TestFeedWaitsForTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSide(t)
		feed := newFeed(t.Context(), s.config())
		s.away.Store(true)
		before := time.Now()
		for range 130 {
			feed.publish(feed.workerEvent("started", nil))
		}
		want(t, "time to report", time.Since(before), 0)
		time.Sleep(time.Hour)
		want(t, "events", len(s.events("prefect.worker.")), 0)
		s.away.Store(false)
		time.Sleep(5 * time.Minute)
		feed.mu.Lock()
		want(t, "events that wait", len(feed.queue), 0)
		feed.mu.Unlock()
		feed.close(t.Context())
		if got := len(s.events("prefect.worker.")); got != 50 { // a page
			t.Errorf("got %d events, want a page of 50", got)
		}
	})
}

// TestFeedOff: a server of 2.20 has no event feed, and a worker without events has none either.
func TestFeedOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSide(t)
		sent := 0
		inner := s.server.Transport()
		c := s.config()
		c.client = s.connect(func(r *http.Request) (*http.Response, error) {
			switch {
			case strings.HasSuffix(r.URL.Path, "/admin/version"):
				return answer(r, `"2.20.27"`), nil
			case strings.Contains(r.URL.Path, "/events"):
				sent++
			}
			return inner.RoundTrip(r)
		})
		feed := newFeed(t.Context(), c)
		feed.started()
		time.Sleep(time.Minute)
		feed.stopped()
		feed.close(t.Context())
		want(t, "requests", sent, 0)
		want(t, "events that wait", len(feed.queue), 0)
	})
	var none *feed
	none.started()
	events := none.run(eventSubject{})
	events.submit()
	events.created(time.Time{})
	events.observe(aci.Event{Kind: aci.EventPhase, Phase: aci.PhaseStarted})
	events.ended(&aci.Result{})
	none.stopped()
	none.close(t.Context())
}
