package faults_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

func TestAdmit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := faults.New()
		if err := tr.Patch([]byte(`{"throttle":{"enabled":true,"reads":{"bucket":3,"perSecond":0.5}}}`)); err != nil {
			t.Fatal(err)
		}
		b := faults.Bucket{Subscription: "s", Region: "eastus", Principal: "p", Kind: faults.Reads}
		for want := range 3 {
			if got := tr.Admit(b); !got.Allowed || got.Remaining != 2-want || got.GlobalRemaining != 44-want {
				t.Fatalf("call %d: %+v", want, got)
			}
		}
		if got, want := tr.Admit(b), (faults.Admission{GlobalRemaining: 42, RetryAfter: 2 * time.Second}); got != want {
			t.Errorf("empty bucket: %+v, want %+v", got, want)
		}
		others := []faults.Bucket{b, b, b, b}
		others[0].Subscription, others[1].Region, others[2].Principal, others[3].Kind = "x", "x", "x", faults.Writes
		for _, other := range others {
			if got := tr.Admit(other); !got.Allowed {
				t.Errorf("bucket %+v shares with %+v", other, b)
			}
		}
		time.Sleep(1999 * time.Millisecond)
		if got := tr.Admit(b); got.Allowed {
			t.Errorf("a millisecond early: %+v", got)
		}
		time.Sleep(time.Millisecond)
		if got := tr.Admit(b); !got.Allowed || got.Remaining != 0 {
			t.Errorf("after the wait it named: %+v", got)
		}
		time.Sleep(time.Hour)
		if got := tr.Admit(b); got.Remaining != 2 {
			t.Errorf("a bucket holds no more than its size: %+v", got)
		}
	})
}

// All principals of a subscription together have fifteen times what one has.
func TestAdmitAcrossPrincipals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := faults.New()
		if err := tr.Patch([]byte(`{"throttle":{"enabled":true,"reads":{"bucket":2,"perSecond":1}}}`)); err != nil {
			t.Fatal(err)
		}
		call := func(principal int) faults.Admission {
			return tr.Admit(faults.Bucket{Subscription: "s", Region: "eastus", Principal: fmt.Sprint(principal), Kind: faults.Reads})
		}
		for i := range 30 {
			if got := call(i); !got.Allowed || got.Remaining != 1 || got.GlobalRemaining != 29-i {
				t.Fatalf("call %d: %+v", i, got)
			}
		}
		got := call(30)
		if got.Allowed || got.Remaining != 2 || got.RetryAfter <= 0 || got.RetryAfter > 100*time.Millisecond {
			t.Errorf("a new principal of a used up subscription: %+v", got)
		}
		time.Sleep(got.RetryAfter)
		if got := call(30); !got.Allowed {
			t.Errorf("after the wait it named: %+v", got)
		}
	})
}

// TestAdmitAlmostNever has a bucket whose next token is further away than a Duration can say.
func TestAdmitAlmostNever(t *testing.T) {
	tr := faults.New()
	if err := tr.Patch([]byte(`{"throttle":{"enabled":true,"reads":{"bucket":1,"perSecond":1e-300}}}`)); err != nil {
		t.Fatal(err)
	}
	b := faults.Bucket{Kind: faults.Reads}
	tr.Admit(b)
	if got, want := tr.Admit(b), (faults.Admission{GlobalRemaining: 14, RetryAfter: 24 * time.Hour}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestAdmitWhileOff(t *testing.T) {
	tr := faults.New()
	for _, kind := range []faults.Kind{faults.Reads, faults.Writes, faults.Deletes} {
		want := map[faults.Kind]int{faults.Reads: 249, faults.Writes: 199, faults.Deletes: 199}[kind]
		for range 500 {
			if got := tr.Admit(faults.Bucket{Kind: kind}); !got.Allowed || got.Remaining != want {
				t.Fatalf("%s: %+v, want %d left", kind, got, want)
			}
		}
	}
}

func TestKindOf(t *testing.T) {
	for method, want := range map[string]faults.Kind{
		"GET": faults.Reads, "HEAD": faults.Reads, "DELETE": faults.Deletes, "PUT": faults.Writes, "PATCH": faults.Writes, "POST": faults.Writes,
	} {
		if got := faults.KindOf(method); got != want {
			t.Errorf("%s is %s, want %s", method, got, want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	for d, want := range map[time.Duration]http.Header{
		-time.Second:             {},
		0:                        {},
		time.Microsecond:         {"Retry-After-Ms": {"1"}, "X-Ms-Retry-After-Ms": {"1"}},
		100 * time.Millisecond:   {"Retry-After-Ms": {"100"}, "X-Ms-Retry-After-Ms": {"100"}},
		999*time.Millisecond + 1: {"Retry-After-Ms": {"1000"}, "X-Ms-Retry-After-Ms": {"1000"}},
		time.Second:              {"Retry-After-Ms": {"1000"}, "X-Ms-Retry-After-Ms": {"1000"}, "Retry-After": {"1"}},
		1001 * time.Millisecond:  {"Retry-After-Ms": {"1001"}, "X-Ms-Retry-After-Ms": {"1001"}, "Retry-After": {"2"}},
		90 * time.Second:         {"Retry-After-Ms": {"90000"}, "X-Ms-Retry-After-Ms": {"90000"}, "Retry-After": {"90"}},
	} {
		got := http.Header{}
		faults.RetryAfter(got, d)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", d, diff)
		}
	}
}

func TestCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := faults.New()
		if err := tr.Patch([]byte(`{"quota":{"enforced":true,"createsPer5Minutes":2,"createsPerHour":3,"deletesPer5Minutes":1,"deletesPerHour":1}}`)); err != nil {
			t.Fatal(err)
		}
		create := func() error { return tr.Count(faults.Creates, "s", "eastus") }
		refused := func(err error, limit int, window, wait time.Duration) {
			t.Helper()
			e, ok := errors.AsType[*faults.RateError](err)
			if !ok {
				t.Fatalf("got %v, want a *RateError", err)
			}
			if e.Limit != limit || e.Window != window || e.RetryAfter != wait {
				t.Errorf("got %+v, want %d in %s, again in %s", e, limit, window, wait)
			}
		}
		if err := errors.Join(create(), create()); err != nil {
			t.Fatal(err)
		}
		refused(create(), 2, 5*time.Minute, 5*time.Minute)
		if err := errors.Join(tr.Count(faults.Creates, "s", "westus2"), tr.Count(faults.Creates, "x", "eastus"), tr.Count(faults.GroupDeletes, "s", "eastus")); err != nil {
			t.Errorf("another region, subscription or kind shares the quota: %v", err)
		}
		refused(tr.Count(faults.GroupDeletes, "s", "eastus"), 1, 5*time.Minute, 5*time.Minute)
		time.Sleep(5 * time.Minute)
		if err := create(); err != nil {
			t.Errorf("after the window: %v", err)
		}
		refused(create(), 3, time.Hour, 55*time.Minute)
		time.Sleep(55 * time.Minute)
		if err := create(); err != nil {
			t.Errorf("after the hour: %v", err)
		}
	})
}

func TestCountWhileNotEnforced(t *testing.T) {
	tr := faults.New()
	for range 1000 {
		if err := tr.Count(faults.Creates, "s", "eastus"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCountOfZeroRefusesAll(t *testing.T) {
	tr := faults.New()
	if err := tr.Patch([]byte(`{"quota":{"enforced":true,"createsPerHour":0}}`)); err != nil {
		t.Fatal(err)
	}
	e, ok := errors.AsType[*faults.RateError](tr.Count(faults.Creates, "s", "eastus"))
	if !ok || e.Limit != 0 || e.RetryAfter != time.Hour {
		t.Errorf("got %+v", e)
	}
}
