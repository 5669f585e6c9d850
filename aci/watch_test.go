package aci_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/emulator/azure"
)

// bubble runs f in fake time, in a world of its own.
func bubble(t *testing.T, settings string, engine azureemulator.Engine, f func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, newWorld(t, settings, engine)) })
}

func TestEndIsNoticed(t *testing.T) {
	for _, tt := range []struct {
		name    string
		seconds int
		output  bool
		fault   string
		within  time.Duration
	}{
		{"at once, live", 0, true, "", 2 * time.Second},
		{"after a while, live", 423, true, "", 2 * time.Second},
		{"after an hour, live", 3700, true, "", 2 * time.Second},
		{"without output", 425, false, "", 30 * time.Second},
		{"without a live stream", 431, true, `{"match":{"operation":"Containers_Attach"},"times":0,"effect":{"status":500}}`, 30 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, `{}`, container(tt.seconds, 3), func(t *testing.T, w *world) {
				if tt.fault != "" {
					w.fault("%s", tt.fault)
				}
				job := aci.Job{Command: []string{"x"}}
				if tt.output {
					job.Output = &buffer{}
				}
				began := time.Now()
				res, err := w.client.Run(t.Context(), job)
				if err != nil || res.Outcome != aci.OutcomeFailed || res.ExitCode == nil || *res.ExitCode != 3 {
					t.Fatalf("got %+v %v", res, err)
				}
				if late := time.Since(began) - time.Duration(tt.seconds)*time.Second; late > tt.within {
					t.Errorf("noticed %v after the end, want within %v", late, tt.within)
				}
				if !tt.output && res.Reads.Logs+w.calls("Containers_Attach") > 0 {
					t.Error("output was read though nobody wants it")
				}
				w.gone(res.Name)
			})
		})
	}
}

func TestLinesComeInTime(t *testing.T) {
	for _, tt := range []struct {
		name, fault string
		within      time.Duration
	}{
		{"live", "", time.Second},
		{"by log reads", `{"match":{"operation":"Containers_Attach"},"times":0,"effect":{"status":500}}`, 5 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, `{}`, container(120, 0), func(t *testing.T, w *world) {
				if tt.fault != "" {
					w.fault("%s", tt.fault)
				}
				began, next := time.Now(), 0
				var worst time.Duration
				out := writerFunc(func(p []byte) (int, error) {
					for range strings.Count(string(p), "\n") {
						worst = max(worst, time.Since(began)-time.Duration(next)*time.Second)
						next++
					}
					return len(p), nil
				})
				if res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: out}); err != nil || !res.Success() {
					t.Fatalf("got %+v %v", res, err)
				}
				if next != 120 || worst > tt.within {
					t.Errorf("%d lines, the slowest took %v; want 120 within %v", next, worst, tt.within)
				}
			})
		})
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestLostViewEndsNothing(t *testing.T) {
	for _, effect := range []string{
		`{"status":503,"code":"ServiceUnavailable"}`, `{"status":500}`, `{"status":408}`, `{"drop":true}`,
		`{"status":429,"code":"TooManyRequests","retryAfter":"7s"}`,
	} {
		t.Run(effect, func(t *testing.T) {
			bubble(t, `{}`, container(1800, 0), func(t *testing.T, w *world) {
				time.AfterFunc(5*time.Minute, func() {
					for _, operation := range []string{"ContainerGroups_Get", "Containers_ListLogs", "Containers_Attach"} {
						w.fault(`{"match":{"operation":%q},"times":0,"effect":%s}`, operation, effect)
					}
				})
				time.AfterFunc(20*time.Minute, w.server.ClearFaults)
				res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, PollInterval: 10 * time.Second})
				if err != nil || !res.Success() {
					t.Fatalf("got %+v %v", res, err)
				}
				if len(w.events.of(aci.EventViewLost)) != 1 || len(w.events.of(aci.EventViewBack)) != 1 {
					t.Errorf("said %d times that the view is lost, %d times that it is back; want once each",
						len(w.events.of(aci.EventViewLost)), len(w.events.of(aci.EventViewBack)))
				}
			})
		})
	}
}

func TestNotFoundOnceIsNoEnd(t *testing.T) {
	bubble(t, `{}`, container(100, 0), func(t *testing.T, w *world) {
		time.AfterFunc(50*time.Second, func() {
			w.fault(`{"match":{"operation":"ContainerGroups_Get"},"times":1,"effect":{"status":404,"code":"ResourceNotFound"}}`)
		})
		if res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}}); err != nil || !res.Success() {
			t.Fatalf("got %+v %v", res, err)
		}
	})
}

func TestEarlyNotFoundMeansNotYet(t *testing.T) {
	bubble(t, `{}`, container(100, 0), func(t *testing.T, w *world) {
		w.fault(`[{"match":{"operation":"ContainerGroups_Get"},"skip":1,"times":3,"effect":{"status":404,"code":"ResourceNotFound"}},
			{"match":{"operation":"Containers_ListLogs"},"times":3,"effect":{"status":404,"code":"ContainerLogNotAvailable"}}]`)
		out := &buffer{}
		if res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: out}); err != nil || !res.Success() {
			t.Fatalf("got %+v %v", res, err)
		}
		if got := strings.Count(out.String(), "\n"); got != 100 {
			t.Errorf("got %d lines, want 100", got)
		}
	})
}

func TestPlatformEvents(t *testing.T) {
	for _, tt := range []struct {
		kind string
		want aci.Outcome
	}{
		{azureemulator.EventVanish, aci.OutcomeVanished},
		{azureemulator.EventEvict, aci.OutcomeEvicted},
		{azureemulator.EventUnhealthy, aci.OutcomeSucceeded},
		{azureemulator.EventRestart, aci.OutcomeRestarted},
	} {
		t.Run(tt.kind, func(t *testing.T) {
			bubble(t, `{}`, container(100, 0), func(t *testing.T, w *world) {
				time.AfterFunc(30*time.Second, func() {
					if err := w.server.Event(context.Background(), tt.kind, groupPath+"job-1"); err != nil {
						t.Error(err)
					}
				})
				res, err := w.client.Run(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}, Output: &buffer{}})
				if err != nil || res.Outcome != tt.want {
					t.Fatalf("got %+v %v, want %s", res, err, tt.want)
				}
				if res.Reason == "" && tt.want != aci.OutcomeSucceeded {
					t.Error("no reason is given")
				}
				w.gone("job-1")
			})
		})
	}
}

func TestRestartDespiteNever(t *testing.T) {
	bubble(t, `{"restartsOnFailureDespiteNever":5}`, container(40, 9), func(t *testing.T, w *world) {
		began := time.Now()
		res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: &buffer{}})
		if err != nil || res.ExitCode == nil || *res.ExitCode != 9 {
			t.Fatalf("got %+v %v, want the first exit code, 9", res, err)
		}
		if res.Outcome != aci.OutcomeRestarted && res.Outcome != aci.OutcomeFailed {
			t.Errorf("got outcome %s", res.Outcome)
		}
		if took := time.Since(began); took > 40*time.Second+time.Minute {
			t.Errorf("ended after %v", took)
		}
		w.gone(res.Name)
	})
}

func TestTimeout(t *testing.T) {
	bubble(t, `{}`, container(1000, 0), func(t *testing.T, w *world) {
		began, out := time.Now(), &buffer{}
		res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: out, Timeout: time.Minute})
		if err != nil || res.Outcome != aci.OutcomeTimedOut {
			t.Fatalf("got %+v %v", res, err)
		}
		if took := time.Since(began); took < time.Minute || took > 2*time.Minute {
			t.Errorf("took %v", took)
		}
		if !strings.HasSuffix(out.String(), "second 59\nstopped\n") && !strings.HasSuffix(out.String(), "second 60\nstopped\n") {
			t.Errorf("the output ends %q, want what the container said when it was stopped", out.String()[max(0, len(out.String())-40):])
		}
		w.gone(res.Name)
	})
}

func TestInterrupt(t *testing.T) {
	errCtrlC := errors.New("ctrl-c")
	for _, tt := range []struct {
		name, settings string
		after          time.Duration
	}{
		{"while it runs", `{}`, 30 * time.Second},
		{"while the image is pulled", `{"latency":{"pull":"2m"}}`, 30 * time.Second},
		{"while the request is under way", `{"latency":{"read":"5s","operation":"5s"}}`, 7 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, tt.settings, container(1000, 0), func(t *testing.T, w *world) {
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(tt.after, func() { cancel(errCtrlC) })
				began := time.Now()
				res, err := w.client.Run(ctx, aci.Job{Name: "job-1", Command: []string{"x"}, Output: &buffer{}})
				if !errors.Is(err, errCtrlC) || res == nil || res.Outcome != aci.OutcomeInterrupted || res.CleanupError != nil {
					t.Fatalf("got %+v %v", res, err)
				}
				if took := time.Since(began); took > tt.after+2*time.Minute {
					t.Errorf("took %v", took)
				}
				w.gone("job-1")
			})
		})
	}
}

func TestStartDeadlines(t *testing.T) {
	for _, tt := range []struct {
		name, settings string
		timeout        time.Duration
		phase          aci.Phase
		within         time.Duration
	}{
		{"never placed", `{"latency":{"place":"2h"}}`, 0, aci.PhaseRequested, 11 * time.Minute},
		{"pulls for ever", `{"latency":{"pull":"2h"}}`, 0, aci.PhasePulling, 31 * time.Minute},
		{"its own deadline", `{"latency":{"pull":"2h"}}`, 2 * time.Minute, aci.PhasePulling, 3 * time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, tt.settings, container(1, 0), func(t *testing.T, w *world) {
				began := time.Now()
				res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: &buffer{}, StartTimeout: tt.timeout})
				failure, ok := errors.AsType[*aci.StartError](err)
				if !ok || failure.Phase != tt.phase || failure.Timeout == 0 || res.Outcome != aci.OutcomeStartTimeout {
					t.Fatalf("got %+v %v, want phase %s", res, err, tt.phase)
				}
				if took := time.Since(began); took > tt.within {
					t.Errorf("took %v", took)
				}
				if !strings.Contains(err.Error(), string(tt.phase)) {
					t.Errorf("%q does not name the phase", err)
				}
				w.gone(res.Name)
			})
		})
	}
}

func TestPhases(t *testing.T) {
	bubble(t, `{"latency":{"place":"10s","pull":"20s","start":"5s"}}`, container(30, 0), func(t *testing.T, w *world) {
		res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: &buffer{}})
		if err != nil {
			t.Fatal(err)
		}
		d := res.Phases.Durations()
		if d.Place != 10*time.Second || d.Pull != 20*time.Second || d.Start < 34*time.Second || d.Start > 36*time.Second || d.Run != 30*time.Second {
			t.Errorf("got %+v", d)
		}
		if res.Phases.FirstLine.IsZero() || res.Phases.Deleted.IsZero() {
			t.Errorf("first line or delete missing in %+v", res.Phases)
		}
	})
}

func TestBadOutputStopsNothing(t *testing.T) {
	broken := errors.New("disk full")
	for _, tt := range []struct {
		name   string
		writer func(release chan struct{}) writerFunc
		want   string
	}{
		{"fails", func(chan struct{}) writerFunc { return func([]byte) (int, error) { return 0, broken } }, "disk full"},
		{"blocks", func(release chan struct{}) writerFunc {
			return func(p []byte) (int, error) { <-release; return len(p), nil }
		}, "takes nothing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, `{}`, container(100, 5), func(t *testing.T, w *world) {
				release := make(chan struct{})
				defer close(release)
				began := time.Now()
				// A writer that blocks is waited for, as a pager is, until the caller goes.
				ctx, cancel := context.WithTimeout(t.Context(), 110*time.Second)
				defer cancel()
				res, err := w.client.Run(ctx, aci.Job{Command: []string{"x"}, Output: tt.writer(release)})
				if err != nil || res.Outcome != aci.OutcomeFailed || res.OutputError == nil || !strings.Contains(res.OutputError.Error(), tt.want) {
					t.Fatalf("got %+v %v", res, err)
				}
				if took := time.Since(began); took > 130*time.Second {
					t.Errorf("took %v", took)
				}
				w.gone(res.Name)
			})
		})
	}
}

func TestSlowWriterGetsAll(t *testing.T) {
	bubble(t, `{}`, printer(100*time.Millisecond, upTo(600, func(i int) string { return strings.Repeat(fmt.Sprintf("line %d\n", i), 100) })), func(t *testing.T, w *world) {
		out, stuck := &buffer{}, false
		slow := writerFunc(func(p []byte) (int, error) {
			if !stuck {
				stuck = true
				time.Sleep(20 * time.Second)
			}
			return out.Write(p)
		})
		res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: slow})
		if err != nil || !res.Success() || res.OutputError != nil || len(res.Gaps) > 0 {
			t.Fatalf("got %+v %v", res, err)
		}
		if got := strings.Count(out.String(), "\n"); got != 60000 {
			t.Errorf("got %d lines, want 60000", got)
		}
	})
}

func TestCleanupErrorHidesNothing(t *testing.T) {
	bubble(t, `{}`, container(10, 4), func(t *testing.T, w *world) {
		w.fault(`{"match":{"method":"DELETE"},"times":0,"effect":{"status":403,"code":"AuthorizationFailed","message":"no right to delete"}}`)
		res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}})
		if err != nil || res.Outcome != aci.OutcomeFailed || *res.ExitCode != 4 || res.CleanupError == nil || !strings.Contains(res.CleanupError.Error(), "no right to delete") {
			t.Fatalf("got %+v %v", res, err)
		}
		if len(w.events.of(aci.EventCleanupFailed)) != 1 {
			t.Error("no event tells that the cleanup failed")
		}
	})
}

func TestDeleteIsTriedAgain(t *testing.T) {
	bubble(t, `{}`, container(10, 0), func(t *testing.T, w *world) {
		w.fault(`[{"match":{"method":"DELETE"},"times":2,"effect":{"status":409,"code":"ContainerGroupTransitioning"}},
			{"match":{"method":"DELETE"},"times":2,"effect":{"status":503}},
			{"match":{"method":"DELETE"},"times":1,"effect":{"status":429,"retryAfter":"9s"}}]`)
		res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}})
		if err != nil || !res.Success() || res.CleanupError != nil {
			t.Fatalf("got %+v %v", res, err)
		}
		w.gone(res.Name)
	})
}

func TestKeptGroups(t *testing.T) {
	for _, tt := range []struct {
		keep aci.Keep
		code int
		kept bool
	}{{aci.KeepNever, 1, false}, {aci.KeepOnFailure, 1, true}, {aci.KeepOnFailure, 0, false}, {aci.KeepAlways, 0, true}} {
		bubble(t, `{}`, container(3, tt.code), func(t *testing.T, w *world) {
			res, err := w.client.Run(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}, Keep: tt.keep})
			if err != nil || res.Kept != tt.kept {
				t.Fatalf("%s, code %d: got %+v %v", tt.keep, tt.code, res, err)
			}
			if _, err := w.client.Get(t.Context(), "job-1"); (err == nil) != tt.kept {
				t.Errorf("%s, code %d: reading it afterwards: %v", tt.keep, tt.code, err)
			}
		})
	}
}
