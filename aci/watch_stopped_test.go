package aci_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/aci"
)

// plain sends requests as they are.
func plain(rt http.RoundTripper) http.RoundTripper { return rt }

// TestStoppedGroupAsRecorded shows the two forms of a stopped group that Azure was recorded to give.
func TestStoppedGroupAsRecorded(t *testing.T) {
	forms := map[string]func(view map[string]any){
		"no exit code": func(view map[string]any) {
			view["currentState"] = map[string]any{
				"state": "Terminated", "finishTime": "2000-01-01T00:01:00Z", "detailStatus": "Container stopped per client request",
			}
			view["previousState"] = map[string]any{"state": "Running", "startTime": "2000-01-01T00:00:01Z"}
		},
		"no instance view": func(view map[string]any) { clear(view) },
	}
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			bubble(t, `{}`, container(600, 0), func(t *testing.T, w *world) {
				began := time.Now()
				client := w.through(func(rt http.RoundTripper) http.RoundTripper {
					return rewritingGroup(rt, func(properties map[string]any) {
						if time.Since(began) > time.Minute {
							properties["instanceView"].(map[string]any)["state"] = "Stopped"
							form(mainView(properties))
						}
					})
				})
				res, err := client.Run(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}})
				if err != nil || res.Outcome != aci.OutcomeStopped || res.ExitCode != nil || res.Restarts > 0 {
					t.Errorf("got %+v %v, want %s", res, err, aci.OutcomeStopped)
				}
				w.gone("job-1")
			})
		})
	}
}

// TestRestartWithoutARestartCount shows what a restart of a group leaves in Azure: restartCount 0, no previous state.
func TestRestartWithoutARestartCount(t *testing.T) {
	startTime := func(view map[string]any) {
		view["currentState"] = map[string]any{"state": "Running", "startTime": "2000-01-01T00:01:07Z"}
	}
	startedTwice := func(view map[string]any) {
		for _, e := range view["events"].([]any) {
			if e := e.(map[string]any); e["name"] == "Started" {
				e["count"] = 2
			}
		}
	}
	for name, form := range map[string]func(view map[string]any){
		"another start time":        startTime,
		"the Started event's count": startedTwice,
		"both":                      func(view map[string]any) { startTime(view); startedTwice(view) },
	} {
		for _, output := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				bubble(t, `{}`, container(600, 0), func(t *testing.T, w *world) {
					began := time.Now()
					client := w.through(func(rt http.RoundTripper) http.RoundTripper {
						return rewritingGroup(rt, func(properties map[string]any) {
							if view := mainView(properties); time.Since(began) > time.Minute && view["currentState"].(map[string]any)["state"] == "Running" {
								form(view)
							}
						})
					})
					job := aci.Job{Name: "job-1", Command: []string{"x"}, Events: w.events.add}
					if output {
						job.Output = &buffer{}
					}
					res, err := client.Run(t.Context(), job)
					if err != nil || res.Outcome != aci.OutcomeRestarted || res.Restarts != 1 || res.Reason == "" {
						t.Errorf("got %+v %v, want %s", res, err, aci.OutcomeRestarted)
					}
					if len(w.events.of(aci.EventRestarted)) != 1 || w.calls("ContainerGroups_Stop") != 1 {
						t.Errorf("told %d times, stopped %d times; want once each", len(w.events.of(aci.EventRestarted)), w.calls("ContainerGroups_Stop"))
					}
					w.gone("job-1")
				})
			})
		}
	}
}

// TestRestartOfBeforeIsNone: who begins to watch a group takes it as it is.
func TestRestartOfBeforeIsNone(t *testing.T) {
	bubble(t, `{}`, container(600, 0), func(t *testing.T, w *world) {
		client := w.through(func(rt http.RoundTripper) http.RoundTripper {
			return rewritingGroup(rt, func(properties map[string]any) {
				if events, ok := mainView(properties)["events"].([]any); ok {
					for _, e := range events {
						e.(map[string]any)["count"] = 2
					}
				}
			})
		})
		w.start(aci.Job{Name: "job-1"})
		res, err := client.Wait(t.Context(), "job-1", aci.WaitOptions{})
		if err != nil || !res.Success() {
			t.Errorf("got %+v %v", res, err)
		}
	})
}
