package aci_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
)

// roundTrip is a transport made of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// replacing changes the bodies of all answers to reads.
func replacing(rt http.RoundTripper, old, new string) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		resp, err := rt.RoundTrip(r)
		if err != nil || r.Method != http.MethodGet || resp.StatusCode != http.StatusOK {
			return resp, err
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return nil, err
		}
		body = bytes.ReplaceAll(body, []byte(old), []byte(new))
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		resp.Header.Del("Content-Length")
		return resp, nil
	})
}

func TestEndWithoutAnExitCodeIsCleanedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorldVia(t, `{}`, container(10, 0), func(rt http.RoundTripper) http.RoundTripper {
			return replacing(rt, `"exitCode":0,`, ``)
		})
		res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}})
		if err != nil || res.Outcome != aci.OutcomeVanished || res.ExitCode != nil || res.Phases.Deleted.IsZero() {
			t.Fatalf("got %+v %v", res, err)
		}
		w.gone(res.Name)
	})
}

func TestNotFoundSoonAfterALateStart(t *testing.T) {
	starts := &atomic.Int64{}
	bubble(t, `{}`, counting(starts, seconder(60, 0)), func(t *testing.T, w *world) {
		w.fault(`[{"match":{"operation":%q},"times":1,"effect":{"status":429,"code":"TooManyRequests","retryAfter":"3m"}},
			{"match":{"operation":"ContainerGroups_Get"},"skip":1,"times":3,"effect":{"status":404,"code":"ResourceNotFound"}}]`, put)
		res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}})
		if err != nil || !res.Success() {
			t.Errorf("got %+v %v", res, err)
		}
		one(w, starts)
	})
}

func TestFalselyVanishedIsDeletedAllTheSame(t *testing.T) {
	bubble(t, `{}`, container(600, 0), func(t *testing.T, w *world) {
		time.AfterFunc(5*time.Minute, func() {
			w.fault(`[{"match":{"operation":"ContainerGroups_ListByResourceGroup"},"times":0,"effect":{"status":403,"code":"AuthorizationFailed"}},
				{"match":{"operation":"ContainerGroups_Get"},"times":0,"effect":{"status":404,"code":"ResourceNotFound"}}]`)
			time.AfterFunc(3*time.Minute, w.server.ClearFaults)
		})
		res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}})
		if err != nil || res.Outcome != aci.OutcomeVanished {
			t.Fatalf("got %+v %v", res, err)
		}
		w.gone(res.Name)
	})
}

func TestLostViewMissesNoStart(t *testing.T) {
	t.Parallel()
	for _, effect := range []string{`{"status":503}`, `{"status":429,"retryAfter":"7s"}`, `{"drop":true}`} {
		bubble(t, `{"latency":{"pull":"20s"}}`, container(2400, 0), func(t *testing.T, w *world) {
			w.fault(`{"match":{"operation":"ContainerGroups_Get"},"skip":2,"times":0,"effect":%s}`, effect)
			time.AfterFunc(35*time.Minute, w.server.ClearFaults)
			res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: &buffer{}})
			if err != nil || !res.Success() {
				t.Errorf("%s: got %+v %v", effect, res, err)
			}
		})
	}
}

func TestStartJustBeforeTheDeadlineCounts(t *testing.T) {
	bubble(t, `{"latency":{"pull":"119s"}}`, container(60, 0), func(t *testing.T, w *world) {
		res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, StartTimeout: 2 * time.Minute})
		if err != nil || !res.Success() {
			t.Errorf("got %+v %v", res, err)
		}
	})
}

// tardy answers the first request for a group with 503 and lets it through after all when delay is over.
func tardy(rt http.RoundTripper, delay time.Duration) http.RoundTripper {
	var first sync.Once
	return roundTrip(func(r *http.Request) (resp *http.Response, err error) {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "containerGroups") {
			first.Do(func() {
				body, _ := io.ReadAll(r.Body)
				sent := r.Clone(context.WithoutCancel(r.Context()))
				sent.Body = io.NopCloser(bytes.NewReader(body))
				time.AfterFunc(delay, func() {
					if late, err := rt.RoundTrip(sent); err == nil {
						_ = late.Body.Close()
					}
				})
				resp = &http.Response{
					StatusCode: http.StatusServiceUnavailable, Request: r, Header: http.Header{"Content-Type": {"application/json"}},
					Body: io.NopCloser(strings.NewReader(`{"error":{"code":"ServiceUnavailable","message":"try again"}}`)),
				}
			})
			if resp != nil {
				return resp, nil
			}
		}
		return rt.RoundTrip(r)
	})
}

func TestLateGroupIsNeverLeft(t *testing.T) {
	for _, tt := range []struct {
		delay  time.Duration
		effect string
		ok     bool
		class  azure.Class
	}{
		{2500 * time.Millisecond, "", true, ""},
		{10 * time.Second, "", true, ""},
		{4 * time.Second, `{"status":403,"code":"RequestDisallowedByPolicy"}`, false, azure.ClassPolicy},
		{4 * time.Second, `{"status":400,"code":"InvalidContainerSettings"}`, false, azure.ClassInvalid},
		{20 * time.Second, `{"status":409,"code":"ContainerGroupQuotaReached"}`, true, ""},
		{20 * time.Second, `{"status":429,"code":"TooManyRequests"}`, true, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			starts := &atomic.Int64{}
			w := newWorldVia(t, `{}`, counting(starts, seconder(30, 0)), func(rt http.RoundTripper) http.RoundTripper { return tardy(rt, tt.delay) })
			if tt.effect != "" {
				w.fault(`{"match":{"operation":%q},"times":1,"effect":%s}`, put, tt.effect)
				w.fault(`{"match":{"operation":%q},"skip":1,"times":0,"effect":%s}`, put, tt.effect)
			}
			res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}})
			time.Sleep(time.Minute)
			w.gone(res.Name)
			if tt.ok && (err != nil || !res.Success()) {
				t.Errorf("%+v: got %+v %v", tt, res, err)
			}
			if e := azure.Explain(err); !tt.ok && (e == nil || e.Class != tt.class) {
				t.Errorf("%+v: got %+v %v", tt, res, err)
			}
			// A late PUT restarts a group that the next one has made: the run before it ends within seconds.
			late := tt.delay > 5*time.Second && tt.ok
			if n := starts.Load(); n > 1 && !late || n > 2 || late && int(n)-1 != res.Restarts {
				t.Errorf("%+v: %d containers were started, and the result says %d restarts", tt, n, res.Restarts)
			}
		})
	}
}

func TestDeleteThatFindsNothingIsNotBelieved(t *testing.T) {
	for status, body := range map[int]string{
		http.StatusNoContent: "",
		http.StatusNotFound:  `{"error":{"code":"ResourceNotFound","message":"The Resource was not found."}}`,
	} {
		synctest.Test(t, func(t *testing.T) {
			var first sync.Once
			w := newWorldVia(t, `{}`, container(10, 0), func(rt http.RoundTripper) http.RoundTripper {
				return roundTrip(func(r *http.Request) (resp *http.Response, err error) {
					if r.Method == http.MethodDelete {
						first.Do(func() {
							resp = &http.Response{StatusCode: status, Request: r, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
						})
					}
					if resp != nil {
						return resp, nil
					}
					return rt.RoundTrip(r)
				})
			})
			res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}})
			if err != nil || !res.Success() || res.CleanupError != nil {
				t.Errorf("got %+v %v", res, err)
			}
			w.gone(res.Name)
		})
	}
}

func TestLogsThatComeLate(t *testing.T) {
	for _, seconds := range []int{0, 1, 5} {
		engine := printer(time.Millisecond, upTo(3, func(int) string { return "line\n" }))
		bubble(t, `{}`, engine, func(t *testing.T, w *world) {
			w.fault(`[{"match":{"operation":"Containers_ListLogs"},"times":0,"effect":{"status":404,"code":"ContainerLogNotAvailable"}},
				{"match":{"operation":"Containers_Attach"},"times":0,"effect":{"status":409,"code":"ContainerNotRunning"}}]`)
			time.AfterFunc(time.Duration(seconds)*time.Second, w.server.ClearFaults)
			out := &buffer{}
			res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: out})
			if err != nil || !res.Success() || len(res.Gaps) > 0 || out.String() != "line\nline\nline\n" {
				t.Errorf("%d s: got %+v %v, output %q", seconds, res, err, out)
			}
		})
	}
}

func TestReapFindsWhatAzureGaveUp(t *testing.T) {
	bubble(t, `{}`, container(600, 0), func(t *testing.T, w *world) {
		w.fault(`{"match":{"operation":%q},"times":1,"effect":{"code":"InaccessibleImage","provisioningState":"Failed"}}`, put)
		w.start(aci.Job{Name: "failed"})
		w.start(aci.Job{Name: "stopped", Keep: aci.KeepOnFailure})
		w.start(aci.Job{Name: "runs"})
		if err := w.client.Stop(t.Context(), "stopped"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		found, err := w.client.Reap(t.Context(), aci.ReapOptions{Ended: true})
		if err != nil || len(found) != 1 || found[0].Group.Name != "failed" || !strings.Contains(found[0].Reason, "Failed") {
			t.Errorf("got %+v %v", found, err)
		}
	})
}

func TestInterruptBeforeTheFirstReadIsGentle(t *testing.T) {
	bubble(t, `{}`, container(600, 0), func(t *testing.T, w *world) {
		ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
		defer cancel()
		out := &buffer{}
		res, err := w.client.Run(ctx, aci.Job{Command: []string{"x"}, Output: out})
		if !errors.Is(err, context.DeadlineExceeded) || res.Outcome != aci.OutcomeInterrupted || out.String() != "second 0\nstopped\n" {
			t.Errorf("got %+v %v, output %q", res, err, out)
		}
		w.gone(res.Name)
	})
}

func TestHangingLogReadHoldsUpNoLine(t *testing.T) {
	bubble(t, `{}`, container(60, 0), func(t *testing.T, w *world) {
		w.fault(`{"match":{"operation":"Containers_ListLogs"},"times":1,"effect":{"status":504,"delay":"61s"}}`)
		began, first := time.Now(), time.Duration(0)
		res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: writerFunc(func(p []byte) (int, error) {
			if first == 0 {
				first = time.Since(began)
			}
			return len(p), nil
		})})
		if err != nil || !res.Success() || first > 15*time.Second {
			t.Errorf("the first line came after %v: %+v %v", first, res, err)
		}
	})
}

func TestDeleteWhoseAnswersAreLost(t *testing.T) {
	bubble(t, `{"latency":{"delete":"20s"}}`, container(10, 0), func(t *testing.T, w *world) {
		w.fault(`{"match":{"method":"DELETE"},"times":0,"effect":{"status":504,"applyFirst":true,"delay":"61s"}}`)
		res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}})
		if err != nil || !res.Success() || res.CleanupError != nil || res.Phases.Deleted.IsZero() {
			t.Errorf("got %+v %v", res, err)
		}
	})
}

func TestLastLinesSurviveAHangingAnswer(t *testing.T) {
	bubble(t, `{}`, container(3, 0), func(t *testing.T, w *world) {
		w.fault(`[{"match":{"operation":"Containers_Attach"},"times":0,"effect":{"status":500}},
			{"match":{"operation":"Containers_ListLogs"},"times":2,"effect":{"status":504,"delay":"61s"}}]`)
		out := &buffer{}
		res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: out})
		if err != nil || len(res.Gaps) > 0 || out.String() != "second 0\nsecond 1\nsecond 2\n" {
			t.Errorf("got %+v %v, output %q", res, err, out)
		}
	})
}

// TestSecondGroupWaitsForTheFirst: a 404 while the delete still runs proves nothing.
func TestSecondGroupWaitsForTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		starts := &atomic.Int64{}
		w := newWorldVia(t, `{"latency":{"pull":"40s","delete":"90s"}}`, counting(starts, seconder(50, 0)), func(rt http.RoundTripper) http.RoundTripper {
			return &failing{RoundTripper: rt, event: "RegistryErrorResponse"}
		})
		w.fault(`{"match":{"operation":"ContainerGroups_Get"},"skip":2,"times":1,"effect":{"status":404,"code":"ResourceNotFound"}}`)
		res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}})
		if err != nil || !res.Success() || w.calls(put) != 2 || res.Reason != "" {
			t.Errorf("got %+v %v after %d PUTs, want 2", res, err, w.calls(put))
		}
		w.gone(res.Name)
		one(w, starts)
	})
}

func TestManyJobsOnOneClient(t *testing.T) {
	t.Parallel()
	const jobCount = 99 / oneOf
	settings := `{"throttle":{"enabled":true,"reads":{"bucket":20,"perSecond":15},"writes":{"bucket":10,"perSecond":5},"deletes":{"bucket":10,"perSecond":5}},
		"quota":{"containerGroups":` + fmt.Sprint(jobCount*2/3) + `,"enforced":true},"latency":{"place":"1s","pull":"3s","delete":"2s"}}`
	bubble(t, settings, container(20, 0), func(t *testing.T, w *world) {
		var jobs sync.WaitGroup
		for range jobCount {
			jobs.Go(func() {
				out := &buffer{}
				res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: out})
				if err != nil || !res.Success() || res.CleanupError != nil || strings.Count(out.String(), "\n") != 20 {
					t.Errorf("got %+v %v", res, err)
				}
				for second := range 20 {
					if line := fmt.Sprintf("second %d\n", second); strings.Count(out.String(), line) != 1 {
						t.Errorf("%q is there %d times", line, strings.Count(out.String(), line))
					}
				}
				// A log read that had to wait ten seconds for its token comes after the live lines, which wait no longer.
				for _, gap := range res.Gaps {
					if !strings.Contains(gap.Reason, "out of order") {
						t.Errorf("got gap %+v", gap)
					}
				}
			})
		}
		jobs.Wait()
		if left, err := w.client.List(t.Context(), aci.ListOptions{All: true}); err != nil || len(left) > 0 {
			t.Errorf("left: %+v %v", left, err)
		}
	})
}

// TestLastingCauseEndsACleanup: what does not pass by itself is named after some seconds, once, with the group that is left.
func TestLastingCauseEndsACleanup(t *testing.T) {
	for text, why := range map[string]error{
		"certificate": &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}},
		"proxy.test":  &tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{DNSNames: []string{"proxy.test"}}, Host: "h"}},
	} {
		t.Run(text, func(t *testing.T) {
			bubble(t, `{}`, container(10, 0), func(t *testing.T, w *world) {
				c := &cut{host: "management.azure.com"}
				client := w.through(func(rt http.RoundTripper) http.RoundTripper { c.RoundTripper = rt; return c })
				ended := time.Time{}
				res, err := client.Run(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}, Events: func(e aci.Event) {
					if e.Kind == aci.EventDeleting {
						ended = time.Now()
						c.off(why, 24*time.Hour)
					}
				}})
				if err != nil || !res.Success() || res.CleanupError == nil {
					t.Fatalf("got %+v %v", res, err)
				}
				if took := time.Since(ended); took > 45*time.Second {
					t.Errorf("the cleanup took %v: %v", took, res.CleanupError)
				}
				e := azure.Explain(res.CleanupError)
				if said := res.CleanupError.Error(); e == nil || e.Class != azure.ClassConnection || !strings.Contains(said, text) || strings.Count(said, "container group") != 1 {
					t.Errorf("got %v, want %q and the group once", res.CleanupError, text)
				}
			})
		})
	}
}

// TestCleanupThatIsNotDoneInTime: the end of the time is told in words, with Azure's last answer, and the group once.
func TestCleanupThatIsNotDoneInTime(t *testing.T) {
	bubble(t, `{}`, container(10, 0), func(t *testing.T, w *world) {
		w.fault(`{"match":{"method":"DELETE"},"times":0,"effect":{"status":503,"code":"ServiceUnavailable","message":"try again"}}`)
		res, err := w.client.Run(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}})
		if err != nil || !res.Success() || !errors.Is(res.CleanupError, context.DeadlineExceeded) {
			t.Fatalf("got %+v %v", res, err)
		}
		if said := res.CleanupError.Error(); !strings.HasPrefix(said, `deleting container group "job-1": not done within 5 minutes: unavailable: try again`) || strings.Contains(said, "deadline") || strings.Contains(said, "\n") {
			t.Errorf("got %q", said)
		}
	})
}
