package provision_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/provision"
)

// TestDisabled: a disabled application is said to be so, before anything is made, and is not enabled. It can be taken back.
func TestDisabled(t *testing.T) {
	eachWay(t, func(t *testing.T, via string) {
		s := newSiteVia(t, via, "")
		template, err := provision.New(s.options()).Provision(t.Context(), "aci", baseTemplate(t))
		if err != nil {
			t.Fatal(err)
		}
		before, block := s.end(), s.block()
		s.graph("PATCH", "/servicePrincipals/"+s.principalID(), `{"accountEnabled":false}`)
		s.refusedSignIn("AADSTS7000112")

		wantDisabled := func(err error) {
			t.Helper()
			e, ok := errors.AsType[*provision.DisabledError](err)
			if !ok || !strings.Contains(e.Error(), provision.DefaultApplication) || !strings.Contains(e.Hint(), "az ad sp update --id "+s.block().ClientID) {
				t.Errorf("got %v, want that it is disabled", err)
			}
		}
		p := provision.New(s.options())
		plan, err := p.Plan(t.Context(), "aci", template)
		i := slices.IndexFunc(plan.Resources, func(r provision.Resource) bool { return r.Kind == provision.KindPrincipal })
		if err != nil || i < 0 || plan.Resources[i].Action == provision.ActionKeep || plan.Resources[i].Detail != "it is disabled" || plan.Resources[i].Hint == "" {
			t.Errorf("the plan: %+v, %v", plan.Resources, err)
		}
		asking := s.options()
		asking.Confirm = func(_ context.Context, plan provision.Plan) (provision.Request, error) {
			t.Error("somebody was asked")
			return plan.Request, nil
		}
		_, err = provision.New(asking).Provision(t.Context(), "aci", template)
		wantDisabled(err)
		_, err = p.Provision(t.Context(), "aci", template)
		wantDisabled(err)
		_, err = p.Verify(t.Context(), "aci", template, s.verifying())
		wantDisabled(err)
		if diff := cmp.Diff(before, s.end()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(block, s.block()); diff != "" {
			t.Errorf("the block was replaced: %s", diff)
		}
		if _, err := p.Destroy(t.Context(), "aci", template); err != nil {
			t.Error(err)
		}
		if left := s.end(); left.Applications != 0 || left.Groups != 0 {
			t.Errorf("left behind: %+v", left)
		}
	})
}
