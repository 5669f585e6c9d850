package bootstrap_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/bootstrap"
)

// requests counts what is sent while f runs, by method and path.
func (s *site) requests(f func()) map[string]int {
	sent := map[string]int{}
	watch := func(r *http.Request) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		sent[r.Method+" "+r.URL.Path]++
		return nil
	}
	s.mu.Lock()
	s.watch = watch
	s.mu.Unlock()
	f()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watch = nil
	return sent
}

// TestUnchangedAsksOnce: a run that changes nothing asks for each thing once, as a plan does. The worker is asked for as a
// resource of the template too.
func TestUnchangedAsksOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.must()
		for i := range s.request.Secrets {
			s.request.Secrets[i].IfAbsent = true
		}
		for what, f := range map[string]func(){
			"plan": func() {
				if plan, err := s.bootstrapper().Plan(t.Context()); err != nil || plan.Changes() {
					t.Errorf("%q, %v", rows(plan), err)
				}
			},
			"run": func() {
				if result := s.must(); len(result.Changed) > 0 {
					t.Errorf("changed %v", result.Changed)
				}
			},
		} {
			for request, times := range s.requests(f) {
				if most := map[bool]int{true: 2, false: 1}[strings.HasSuffix(request, "/containerGroups/prefect-worker")]; times > most {
					t.Errorf("%s: %d times %s", what, times, request)
				}
			}
		}
	})
}

// TestOldPlanIsMadeAgain: what is deleted while a person thinks about the plan is made again.
func TestOldPlanIsMadeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.must()
		for i := range s.request.Secrets {
			s.request.Secrets[i].IfAbsent = true
		}
		b, err := bootstrap.New(bootstrap.Options{Cloud: s.cloud, Request: s.request, Confirm: func(_ context.Context, plan bootstrap.Plan) error {
			if plan.Changes() {
				t.Errorf("%q", rows(plan))
			}
			time.Sleep(time.Minute)
			s.remove(s.groupID()+"/providers/Microsoft.ContainerInstance/containerGroups/prefect-worker", "2023-05-01")
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		result, err := b.Bootstrap(t.Context())
		if err != nil || !slices.Contains(result.Changed, bootstrap.KindDeployment) || !slices.Contains(s.inGroup(), "containerGroups prefect-worker") {
			t.Errorf("changed %v, %v; in the group: %q", result.Changed, err, s.inGroup())
		}
	})
}
