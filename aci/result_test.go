package aci_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/aci"
)

func TestResultJSON(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range []struct {
		name   string
		result aci.Result
		want   string
	}{
		{"vanished", aci.Result{Name: "hello", Outcome: aci.OutcomeVanished, Reason: "it is gone"},
			`{"name":"hello","exitCode":null,"outcome":"vanished","reason":"it is gone","reads":{"state":0,"logs":0,"writes":0},"kept":false}`},
		{"failed", aci.Result{Name: "hello", ID: "/x", Container: "main", ExitCode: new(3), Outcome: aci.OutcomeFailed, Restarts: 1, Kept: true,
			Phases:   aci.Phases{Requested: start, Placed: start.Add(2 * time.Second), Started: start.Add(2500 * time.Millisecond), Finished: start.Add(time.Minute)},
			Gaps:     []aci.Gap{{From: start, Lines: 2, Reason: "r"}},
			Reads:    aci.Reads{State: 9, Logs: 2, Writes: 2},
			Warnings: []aci.Warning{{Field: "Image", Text: "t"}}, CleanupError: errors.New("no right")},
			`{"name":"hello","id":"/x","container":"main","exitCode":3,"outcome":"failed",` +
				`"phases":{"requested":"2026-01-02T03:04:05Z","placed":"2026-01-02T03:04:07Z","started":"2026-01-02T03:04:07.5Z","finished":"2026-01-02T03:05:05Z"},` +
				`"durations":{"placeSeconds":2,"startSeconds":2.5,"runSeconds":57.5,"totalSeconds":60},"restarts":1,` +
				`"gaps":[{"from":"2026-01-02T03:04:05Z","lines":2,"reason":"r"}],"reads":{"state":9,"logs":2,"writes":2},` +
				`"warnings":[{"field":"Image","text":"t"}],"kept":true,"cleanupError":"no right"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, v := range []any{c.result, &c.result} {
				got, err := json.Marshal(v)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(c.want, string(got)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestSuccess(t *testing.T) {
	if !(&aci.Result{Outcome: aci.OutcomeSucceeded, CleanupError: errors.New("x")}).Success() {
		t.Error("a failed cleanup hides the success")
	}
	for _, outcome := range []aci.Outcome{"", aci.OutcomeFailed, aci.OutcomeVanished, aci.OutcomeTimedOut, "new"} {
		if (&aci.Result{Outcome: outcome}).Success() {
			t.Errorf("%q counts as a success", outcome)
		}
	}
	if (*aci.Result)(nil).Success() {
		t.Error("no result counts as a success")
	}
}

func TestDurations(t *testing.T) {
	at := func(second int) time.Time { return time.Unix(int64(second), 0) }
	got := aci.Phases{Requested: at(10), Placed: at(9), Pulling: at(11), Pulled: at(15), Started: at(16), FirstLine: at(17), Deleted: at(30)}.Durations()
	// Azure's clock may be behind: no negative times.
	want := aci.Durations{Place: 0, Pull: 4 * time.Second, Start: 6 * time.Second, Total: 20 * time.Second}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(aci.Durations{}, aci.Phases{}.Durations()); diff != "" {
		t.Errorf("zero (-want +got):\n%s", diff)
	}
}

func TestStates(t *testing.T) {
	for state, terminal := range map[aci.ProvisioningState]bool{
		aci.ProvisioningSucceeded: true, aci.ProvisioningFailed: true, "succeeded": true,
		aci.ProvisioningPending: false, aci.ProvisioningCreating: false, aci.ProvisioningUnhealthy: false, aci.ProvisioningRepairing: false, "": false, "Updating": false,
	} {
		if got := state.Terminal(); got != terminal {
			t.Errorf("%q: terminal %v, want %v", state, got, terminal)
		}
		if got, want := state.Failed(), strings.EqualFold(string(state), "failed"); got != want {
			t.Errorf("%q: failed %v, want %v", state, got, want)
		}
	}
	for state, ended := range map[aci.GroupState]bool{
		aci.GroupSucceeded: true, aci.GroupFailed: true, aci.GroupStopped: true, "stopped": true, aci.GroupPending: false, aci.GroupRunning: false, "": false,
	} {
		if got := state.Ended(); got != ended {
			t.Errorf("%q: ended %v, want %v", state, got, ended)
		}
	}
	for state, want := range map[aci.RunState][2]bool{
		aci.RunWaiting: {false, false}, aci.RunRunning: {true, false}, aci.RunTerminated: {false, true}, "terminated": {false, true}, "": {false, false},
	} {
		if got := [2]bool{state.Running(), state.Terminated()}; got != want {
			t.Errorf("%q: running and terminated %v, want %v", state, got, want)
		}
	}
}
