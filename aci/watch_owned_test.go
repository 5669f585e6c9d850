package aci_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/aci"
)

// replace deletes the group and at once gives its name to another, as somebody else might: to a job of Pacific's, or to
// a group without its tags.
func (w *world) replace(name string, byPacific bool) {
	if err := w.through(plain).Delete(context.Background(), name); err != nil {
		w.t.Error(err)
	}
	var tags map[string]*string
	if byPacific {
		tags = map[string]*string{aci.TagManaged: new("true"), aci.TagToken: new("THEIRS")}
	}
	w.put(name, tags)
}

// stillRuns fails the test unless the other job runs.
func (w *world) stillRuns(name string) {
	w.t.Helper()
	time.Sleep(time.Minute)
	if g, err := w.client.Get(w.t.Context(), name); err != nil || g.Main().Current == nil || !g.Main().Current.State.Running() {
		w.t.Errorf("the other group was touched: %+v %v", g, err)
	}
}

func TestNameOfAnotherIsLeftAlone(t *testing.T) {
	run := func(w *world, job aci.Job) (*aci.Result, error) { return w.client.Run(w.t.Context(), job) }
	for _, tt := range []struct {
		name  string
		watch func(*world, aci.Job) (*aci.Result, error)
		job   aci.Job
		want  aci.Outcome
	}{
		{"run", run, aci.Job{}, aci.OutcomeReplaced},
		{"run with output", run, aci.Job{Output: &buffer{}}, aci.OutcomeReplaced},
		{"timeout right after it", run, aci.Job{Timeout: 42 * time.Second}, aci.OutcomeTimedOut},
		{"kept", run, aci.Job{Keep: aci.KeepAlways}, aci.OutcomeReplaced},
		{"interrupt right after it", func(w *world, job aci.Job) (*aci.Result, error) {
			ctx, cancel := context.WithTimeout(w.t.Context(), 42*time.Second)
			defer cancel()
			res, err := w.client.Run(ctx, job)
			if !errors.Is(err, context.DeadlineExceeded) {
				w.t.Errorf("got %v", err)
			}
			return res, nil
		}, aci.Job{}, aci.OutcomeInterrupted},
		{"wait", func(w *world, job aci.Job) (*aci.Result, error) {
			if _, err := w.client.Create(w.t.Context(), job); err != nil {
				return nil, err
			}
			return w.client.Wait(w.t.Context(), job.Name, aci.WaitOptions{})
		}, aci.Job{}, aci.OutcomeReplaced},
	} {
		for _, byPacific := range []bool{false, true} {
			t.Run(fmt.Sprint(tt.name, byPacific), func(t *testing.T) {
				bubble(t, `{}`, container(900, 0), func(t *testing.T, w *world) {
					time.AfterFunc(40*time.Second, func() { w.replace("job-1", byPacific) })
					tt.job.Name, tt.job.Command = "job-1", []string{"ours"}
					res, err := tt.watch(w, tt.job)
					if err != nil || res.Outcome != tt.want || res.ExitCode != nil || res.CleanupError != nil || res.Kept {
						t.Errorf("got %+v %v, want %s", res, err, tt.want)
					}
					w.stillRuns("job-1")
				})
			})
		}
	}
}

// TestResultOfAnotherIsNotReported: the other job has ended, with a code that is none of ours.
func TestResultOfAnotherIsNotReported(t *testing.T) {
	bubble(t, `{}`, container(600, 0), func(t *testing.T, w *world) {
		time.AfterFunc(40*time.Second, func() {
			w.replace("job-1", true)
			if err := w.through(plain).Stop(context.Background(), "job-1"); err != nil {
				t.Error(err)
			}
		})
		res, err := w.client.Run(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}})
		if err != nil || res.Outcome != aci.OutcomeReplaced || res.ExitCode != nil {
			t.Errorf("got %+v %v", res, err)
		}
		if _, err := w.client.Get(t.Context(), "job-1"); err != nil {
			t.Errorf("the other group is gone: %v", err)
		}
	})
}

// TestDeleteThatWaitsSparesTheNextGroup: a delete that is throttled for a minute finds the name taken.
func TestDeleteThatWaitsSparesTheNextGroup(t *testing.T) {
	for _, effect := range []string{
		`{"status":429,"code":"TooManyRequests","retryAfter":"60s"}`,
		`{"status":409,"code":"ContainerGroupTransitioning","retryAfter":"60s"}`,
		`{"status":503,"retryAfter":"60s"}`,
	} {
		t.Run(effect, func(t *testing.T) {
			bubble(t, `{}`, container(200, 0), func(t *testing.T, w *world) {
				w.fault(`{"match":{"method":"DELETE"},"times":1,"effect":%s}`, effect)
				time.AfterFunc(230*time.Second, func() { w.replace("job-1", true) })
				res, err := w.client.Run(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}})
				if err != nil || !res.Success() || res.CleanupError != nil {
					t.Errorf("got %+v %v", res, err)
				}
				w.stillRuns("job-1")
			})
		})
	}
}

// TestReplacedWhileTheLastLinesAreRead: the job has ended, its last log read is refused for minutes, and the name goes
// to another before the group is deleted.
func TestReplacedWhileTheLastLinesAreRead(t *testing.T) {
	bubble(t, `{}`, container(60, 0), func(t *testing.T, w *world) {
		for _, operation := range []string{"Containers_ListLogs", "Containers_Attach"} {
			w.fault(`{"match":{"operation":%q},"times":0,"effect":{"status":503}}`, operation)
		}
		time.AfterFunc(2*time.Minute, func() { w.replace("job-1", true) })
		res, err := w.client.Run(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}, Output: &buffer{}})
		if err != nil || !res.Success() || res.CleanupError != nil {
			t.Errorf("got %+v %v", res, err)
		}
		if _, err := w.client.Get(t.Context(), "job-1"); err != nil {
			t.Errorf("the other group was deleted: %v", err)
		}
	})
}
