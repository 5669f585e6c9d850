package provision_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/provision"
)

// TestDestroy provisions two pools and destroys them: the first leaves what the second uses, the second leaves nothing.
func TestDestroy(t *testing.T) {
	eachWay(t, func(t *testing.T, via string) {
		s := newSiteVia(t, via, "")
		ctx := t.Context()
		for _, pool := range []string{"aci", "other"} {
			template, err := provision.New(s.options()).Provision(ctx, pool, baseTemplate(t))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.prefect.CreateWorkPool(ctx, prefect.WorkPoolCreate{Name: pool, Type: provision.TypePush, BaseJobTemplate: template}); err != nil {
				t.Fatal(err)
			}
		}
		destroy := func(name string) {
			t.Helper()
			pool, err := s.prefect.WorkPool(ctx, name)
			if err != nil {
				t.Fatal(err)
			}
			template, err := provision.New(s.options()).Destroy(ctx, name, pool.BaseJobTemplate)
			if err != nil {
				t.Fatal(err)
			}
			for variable, value := range defaults(t, template) {
				if value != nil {
					t.Errorf("the template of %s still has a default for %s", name, variable)
				}
			}
			if err := s.prefect.DeleteWorkPool(ctx, name); err != nil {
				t.Fatal(err)
			}
		}
		destroy("aci")
		if diff := cmp.Diff(complete, s.end()); diff != "" {
			t.Errorf("after the first: %s", diff)
		}
		destroy("other")
		if diff := cmp.Diff(end{}, s.end()); diff != "" {
			t.Errorf("after the second: %s", diff)
		}
		if s.namespace != "" {
			t.Errorf("the namespace is still %q", s.namespace)
		}
		plan, err := provision.New(s.options()).PlanDestroy(ctx, "other", baseTemplate(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range plan.Resources {
			if r.Action == provision.ActionDelete && r.Kind != provision.KindTemplate {
				t.Errorf("a third destroy would delete the %s %s", r.Kind, r.Name)
			}
		}
	})
}

// TestDestroyLeavesWhatIsNotOurs: a group that was there before stays, with what is in it.
func TestDestroyLeavesWhatIsNotOurs(t *testing.T) {
	eachWay(t, func(t *testing.T, via string) {
		s := newSiteVia(t, via, "")
		ctx := t.Context()
		if _, err := s.owner.CreateGroup(ctx, provision.Group{Name: provision.DefaultResourceGroup, Location: "westeurope"}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.owner.CreateRegistry(ctx, provision.Registry{Name: "theirs", Group: provision.DefaultResourceGroup, Location: "westeurope"}); err != nil {
			t.Fatal(err)
		}
		o := s.options()
		o.Request.Names.Registry = "theirs"
		template, err := provision.New(o).Provision(ctx, "aci", baseTemplate(t))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := provision.New(o).Destroy(ctx, "aci", template); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(end{Groups: 1, Registries: 1}, s.end()); diff != "" {
			t.Error(diff)
		}
	})
}
