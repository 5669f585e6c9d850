package provision_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/provision"
)

// TestPlanIsHandedOn: what the plan found is not asked for again, unless a person took their time over it.
func TestPlanIsHandedOn(t *testing.T) {
	for name, took := range map[string]time.Duration{"at once": 0, "after a minute": time.Minute} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, "")
				template, err := provision.New(s.options()).Provision(t.Context(), "aci", baseTemplate(t))
				if err != nil {
					t.Fatal(err)
				}
				o := s.options()
				asked := 0
				o.Confirm = func(_ context.Context, plan provision.Plan) (provision.Request, error) {
					time.Sleep(took)
					asked = len(s.wire.log)
					return plan.Request, nil
				}
				if _, err := provision.New(o).Provision(t.Context(), "aci", template); err != nil {
					t.Fatal(err)
				}
				if after := s.wire.log[asked:]; (len(after) > 0) != (took > 0) {
					t.Errorf("after the confirmation it asked %v", after)
				}
			})
		})
	}
}

// TestChangedWhileConfirmed: what another makes between the plan and the run is found, and what another deletes while a
// person thinks is made again.
func TestChangedWhileConfirmed(t *testing.T) {
	changes := map[string]func(*testing.T, *site){
		"another run": func(t *testing.T, s *site) {
			if _, err := provision.New(s.options()).Provision(t.Context(), "aci", baseTemplate(t)); err != nil {
				t.Error(err)
			}
		},
		"another run that was stopped": func(t *testing.T, s *site) {
			if _, err := s.way(nil).CreateApplication(t.Context(), provision.DefaultApplication); err != nil {
				t.Error(err)
			}
		},
		"a deletion": func(t *testing.T, s *site) {
			time.Sleep(time.Minute)
			if err := s.owner.DeleteGroup(t.Context(), provision.DefaultResourceGroup); err != nil {
				t.Error(err)
			}
		},
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, "")
				base := baseTemplate(t)
				if name == "a deletion" {
					var err error
					if base, err = provision.New(s.options()).Provision(t.Context(), "aci", base); err != nil {
						t.Fatal(err)
					}
				}
				o := s.options()
				o.Confirm = func(_ context.Context, plan provision.Plan) (provision.Request, error) {
					change(t, s)
					return plan.Request, nil
				}
				if _, err := provision.New(o).Provision(t.Context(), "aci", base); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(complete, s.end()); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// TestBlockThatAppears: an application was there, and another run saves its credentials block after the plan. The block is
// read and kept.
func TestBlockThatAppears(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, "")
		if _, err := s.way(nil).CreateApplication(t.Context(), provision.DefaultApplication); err != nil {
			t.Fatal(err)
		}
		var saved prefect.AzureContainerInstanceCredentials
		load := func() (block prefect.AzureContainerInstanceCredentials) {
			if _, err := s.prefect.LoadBlock(t.Context(), provision.CredentialsBlockName("aci"), &block); err != nil {
				t.Fatal(err)
			}
			return block
		}
		o := s.options()
		o.Confirm = func(_ context.Context, plan provision.Plan) (provision.Request, error) {
			if i := slices.IndexFunc(plan.Resources, func(r provision.Resource) bool { return r.Kind == provision.KindApplication }); plan.Resources[i].Action != provision.ActionKeep {
				t.Errorf("the plan is %+v", plan.Resources)
			}
			_, err := provision.New(s.options()).Provision(t.Context(), "aci", baseTemplate(t))
			saved = load()
			return plan.Request, err
		}
		if _, err := provision.New(o).Provision(t.Context(), "aci", baseTemplate(t)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(saved, load()); diff != "" {
			t.Errorf("the block of the other run was replaced: %s", diff)
		}
	})
}
