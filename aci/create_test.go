package aci_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
)

// put is the faults' name for the request that makes a group.
const put = "ContainerGroups_CreateOrUpdate"

// one fails the test unless exactly one container was started for one group.
func one(w *world, starts *atomic.Int64) {
	w.t.Helper()
	synctest.Wait() // a group is created before its container starts
	if n := starts.Load(); n != 1 {
		w.t.Errorf("%d containers were started, want one", n)
	}
}

func TestUnclearAnswers(t *testing.T) {
	for _, tt := range []struct{ name, effect string }{
		{"503, applied", `{"status":503,"code":"ServiceUnavailable","applyFirst":true}`},
		{"503, not applied", `{"status":503,"code":"ServiceUnavailable"}`},
		{"500, applied", `{"status":500,"applyFirst":true}`},
		{"408, applied", `{"status":408,"applyFirst":true}`},
		{"dropped, applied", `{"drop":true,"applyFirst":true}`},
		{"dropped, not applied", `{"drop":true}`},
	} {
		for _, times := range []string{"1", "3"} {
			t.Run(tt.name+" "+times, func(t *testing.T) {
				starts := &atomic.Int64{}
				bubble(t, `{}`, counting(starts, seconder(20, 0)), func(t *testing.T, w *world) {
					w.fault(`{"match":{"operation":%q},"times":%s,"effect":%s}`, put, times, tt.effect)
					// The view is lost just then, too.
					w.fault(`{"match":{"operation":"ContainerGroups_Get"},"skip":1,"times":2,"effect":{"status":503}}`)
					res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: &buffer{}})
					if err != nil || !res.Success() {
						t.Fatalf("got %+v %v", res, err)
					}
					one(w, starts)
					w.gone(res.Name)
				})
			})
		}
	}
}

func TestFalseNotFoundAfterAnUnclearAnswer(t *testing.T) {
	starts := &atomic.Int64{}
	bubble(t, `{}`, counting(starts, seconder(60, 0)), func(t *testing.T, w *world) {
		w.fault(`[{"match":{"operation":%q},"times":1,"effect":{"status":503,"applyFirst":true}},
			{"match":{"operation":"ContainerGroups_Get"},"skip":1,"times":1,"effect":{"status":404,"code":"ResourceNotFound"}}]`, put)
		res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}})
		if err != nil || !res.Success() || w.calls(put) != 1 {
			t.Fatalf("got %+v %v after %d PUTs, want one", res, err, w.calls(put))
		}
		one(w, starts)
	})
}

func TestStartRules(t *testing.T) {
	for _, tt := range []struct {
		name, effect string
		times, puts  int // puts: how many are sent in all
		ok           bool
		class        azure.Class
	}{
		{"throttled", `{"status":429,"code":"TooManyRequests","retryAfter":"30s"}`, 3, 4, true, ""},
		{"no capacity, then some", `{"status":409,"code":"ServiceUnavailable","message":"The requested resource is not available in the location 'westeurope' at this moment."}`, 3, 4, true, ""},
		{"quota, then free", `{"status":409,"code":"ContainerGroupQuotaReached"}`, 3, 4, true, ""},
		{"registry, for ever", `{"status":409,"code":"RegistryErrorResponse"}`, 0, 4, false, azure.ClassRegistry},
		{"registry, once", `{"status":409,"code":"RegistryErrorResponse"}`, 1, 2, true, ""},
		{"image, for ever", `{"status":400,"code":"InaccessibleImage"}`, 0, 3, false, azure.ClassImage},
		{"subnet, for ever", `{"status":400,"code":"ErrorJoinVirtualNetwork"}`, 0, 3, false, azure.ClassNetworkJoin},
		{"subnet without delegation", `{"status":400,"code":"SubnetMissingRequiredDelegation"}`, 0, 1, false, azure.ClassNetworkJoin},
		{"no right", `{"status":403,"code":"AuthorizationFailed"}`, 0, 1, false, azure.ClassAuthorisation},
		{"policy", `{"status":403,"code":"RequestDisallowedByPolicy"}`, 0, 1, false, azure.ClassPolicy},
		{"invalid", `{"status":400,"code":"InvalidContainerSettings"}`, 0, 1, false, azure.ClassInvalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, `{}`, container(5, 0), func(t *testing.T, w *world) {
				w.fault(`{"match":{"operation":%q},"times":%d,"effect":%s}`, put, tt.times, tt.effect)
				res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}})
				if got := w.calls(put); got != tt.puts {
					t.Errorf("%d PUTs, want %d", got, tt.puts)
				}
				if tt.ok {
					if err != nil || !res.Success() {
						t.Fatalf("got %+v %v", res, err)
					}
					return
				}
				failure, ok := errors.AsType[*aci.StartError](err)
				if !ok || res.Outcome != aci.OutcomeStartFailed || res.Reason == "" {
					t.Fatalf("got %+v %v", res, err)
				}
				if e := azure.Explain(err); e == nil || e.Class != tt.class {
					t.Errorf("got class of %v, want %s", e, tt.class)
				}
				if failure.Tries != tt.puts {
					t.Errorf("told of %d tries, want %d", failure.Tries, tt.puts)
				}
				w.gone(res.Name)
			})
		})
	}
}

func TestCapacityGivesUpAtTheStartDeadline(t *testing.T) {
	bubble(t, `{}`, container(5, 0), func(t *testing.T, w *world) {
		w.fault(`{"match":{"operation":%q},"times":0,"effect":{"status":409,"code":"ServiceUnavailable","message":"The requested resource is not available in the location 'westeurope' at this moment."}}`, put)
		began := time.Now()
		res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, StartTimeout: 10 * time.Minute})
		if e := azure.Explain(err); e == nil || e.Class != azure.ClassCapacity || res.Outcome != aci.OutcomeStartFailed {
			t.Fatalf("got %+v %v", res, err)
		}
		if took := time.Since(began); took < 7*time.Minute || took > 11*time.Minute {
			t.Errorf("gave up after %v", took)
		}
		if n := len(w.events.of(aci.EventRetry)); n < 4 {
			t.Errorf("said %d times that it waits", n)
		}
	})
}

func TestFailedProvisioningOfWhatRuns(t *testing.T) {
	starts := &atomic.Int64{}
	bubble(t, `{}`, counting(starts, seconder(50, 0)), func(t *testing.T, w *world) {
		w.fault(`{"match":{"operation":%q},"times":1,"effect":{"code":"RegistryErrorResponse","message":"docker.io said no","provisioningState":"Failed"}}`, put)
		res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: &buffer{}})
		failure, ok := errors.AsType[*aci.StartError](err)
		if !ok || res.Outcome != aci.OutcomeStartFailed || len(failure.Events) == 0 || !strings.Contains(err.Error(), "docker.io said no") {
			t.Errorf("got %+v %v", res, err)
		}
		w.gone(res.Name)
		one(w, starts) // what has run is never run again
	})
}

// failing shows the first group as one that Azure cannot bring up, until it is deleted.
type failing struct {
	http.RoundTripper
	event   string
	deleted atomic.Bool
}

func (f *failing) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := f.RoundTripper.RoundTrip(r)
	if r.Method == http.MethodDelete {
		f.deleted.Store(true)
	}
	if err != nil || r.Method != http.MethodGet || f.deleted.Load() || resp.StatusCode != http.StatusOK {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	body = bytes.ReplaceAll(body, []byte(`"provisioningState":"Creating"`), []byte(`"provisioningState":"Failed"`))
	body = bytes.ReplaceAll(body, []byte(`"name":"Pulling"`), []byte(`"name":"`+f.event+`"`))
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp.Header.Del("Content-Length")
	return resp, nil
}

func TestFailedProvisioning(t *testing.T) {
	for _, tt := range []struct {
		event string
		puts  int
	}{{"RegistryErrorResponse", 2}, {"InaccessibleImage", 2}, {"InvalidImage", 1}, {"Nonsense", 1}} {
		t.Run(tt.event, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				starts := &atomic.Int64{}
				w := newWorldVia(t, `{"latency":{"pull":"40s","delete":"30s"}}`, counting(starts, seconder(50, 0)), func(rt http.RoundTripper) http.RoundTripper {
					return &failing{RoundTripper: rt, event: tt.event}
				})
				res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: &buffer{}})
				if w.calls(put) != tt.puts || w.calls("ContainerGroups_Delete") != tt.puts {
					t.Errorf("%d PUTs, %d DELETEs, want %d each", w.calls(put), w.calls("ContainerGroups_Delete"), tt.puts)
				}
				w.gone(res.Name)
				if tt.puts > 1 {
					if err != nil || !res.Success() {
						t.Errorf("got %+v %v", res, err)
					}
					one(w, starts)
					return
				}
				failure, ok := errors.AsType[*aci.StartError](err)
				if !ok || res.Outcome != aci.OutcomeStartFailed || len(failure.Events) == 0 || !strings.Contains(err.Error(), tt.event) {
					t.Errorf("got %+v %v", res, err)
				}
			})
		})
	}
}

func TestExisting(t *testing.T) {
	starts := &atomic.Int64{}
	bubble(t, `{}`, counting(starts, seconder(500, 0)), func(t *testing.T, w *world) {
		ctx := t.Context()
		attempt := aci.Job{Name: "run-1", Command: []string{"x"}, Tags: map[string]string{"run": "1", aci.TagAttempt: "1", aci.TagOwner: "a"}}
		first, err := w.client.Create(ctx, attempt)
		if err != nil || first.Name != "run-1" || !first.Managed {
			t.Fatalf("got %+v %v", first, err)
		}
		// Another worker takes the same attempt over.
		attempt.Tags = map[string]string{"run": "1", aci.TagAttempt: "1", aci.TagOwner: "b"}
		if again, err := w.newClient().Create(ctx, attempt); err != nil || again.Name != "run-1" {
			t.Fatalf("the same attempt: got %+v %v", again, err)
		}
		for _, tags := range []map[string]string{{"run": "1", aci.TagAttempt: "2"}, {"run": "1"}, nil} {
			_, err = w.client.Create(ctx, aci.Job{Name: "run-1", Command: []string{"x"}, Tags: tags})
			if exists, ok := errors.AsType[*aci.ExistsError](err); !ok || exists.Group.Name != "run-1" || !strings.Contains(err.Error(), "run-1") {
				t.Errorf("tags %v: got %v", tags, err)
			}
		}
		res, err := w.client.Run(ctx, aci.Job{Name: "run-1", Command: []string{"x"}})
		if _, ok := errors.AsType[*aci.ExistsError](err); !ok || res != nil {
			t.Errorf("got %+v %v", res, err)
		}
		if _, err := w.client.Get(ctx, "run-1"); err != nil {
			t.Errorf("somebody else's group was deleted: %v", err)
		}
		one(w, starts)
	})
}

func TestInvalidJobSendsNothing(t *testing.T) {
	bubble(t, `{}`, container(1, 0), func(t *testing.T, w *world) {
		before := len(w.server.Requests(0))
		res, err := w.client.Run(t.Context(), aci.Job{Name: "No Good", CPU: 99})
		if _, ok := errors.AsType[*aci.InvalidError](err); !ok || res != nil {
			t.Errorf("got %+v %v", res, err)
		}
		if got := len(w.server.Requests(0)); got != before {
			t.Errorf("%d requests were sent", got-before)
		}
	})
}

// late lets a request through some time after its sender has gone, as a network does that is slow one way.
type late struct {
	http.RoundTripper
	delay time.Duration
}

func (l *late) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPut || !strings.Contains(r.URL.Path, "containerGroups") {
		return l.RoundTripper.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	sent := r.Clone(context.WithoutCancel(r.Context()))
	sent.Body = io.NopCloser(bytes.NewReader(body))
	go func() {
		time.Sleep(l.delay)
		if resp, err := l.RoundTripper.RoundTrip(sent); err == nil {
			_ = resp.Body.Close()
		}
	}()
	<-r.Context().Done()
	return nil, context.Cause(r.Context())
}

func TestInterruptedRequestLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorldVia(t, `{}`, container(1000, 0), func(rt http.RoundTripper) http.RoundTripper {
			return &late{RoundTripper: rt, delay: 2 * time.Second}
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := w.client.Create(ctx, aci.Job{Name: "job-1", Command: []string{"x"}}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		w.gone("job-1")
	})
}
