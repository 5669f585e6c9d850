package provision_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/azcli"
	"github.com/pacific-aci/pacific/internal/fakeaz"
	"github.com/pacific-aci/pacific/provision"
)

// TestAzSubscriptions: the default one is marked, and who is not signed in, or has no az, is told so.
func TestAzSubscriptions(t *testing.T) {
	t.Parallel()
	s := newSiteVia(t, az, "")
	runner := fakeaz.Runner(t, s.runAz)
	found, err := provision.AzSubscriptions(t.Context(), runner)
	if err != nil || len(found) != 1 || !found[0].Default || found[0].ID != s.azure.Account().SubscriptionID || !found[0].Usable() {
		t.Errorf("got %+v, %v", found, err)
	}
	s.changeAz(func() { s.az.SignedOut = true })
	_, err = provision.AzSubscriptions(t.Context(), runner)
	if _, ok := errors.AsType[*azcli.NotSignedInError](err); !ok {
		t.Errorf("signed out: got %v", err)
	}
	_, err = provision.New(s.options()).Provision(t.Context(), "aci", baseTemplate(t))
	if _, ok := errors.AsType[*azcli.NotSignedInError](err); !ok {
		t.Errorf("signed out, provisioning: got %v", err)
	}
	_, err = provision.AzSubscriptions(t.Context(), &azcli.Runner{Path: t.TempDir() + "/az"})
	if _, ok := errors.AsType[*azcli.NotInstalledError](err); !ok {
		t.Errorf("without az: got %v", err)
	}
}

func TestAzRegions(t *testing.T) {
	t.Parallel()
	s := newSiteVia(t, az, "")
	found, err := s.way(nil).(*provision.Az).Regions(t.Context())
	if err != nil || !slices.Contains(found, "West Europe") {
		t.Errorf("got %v, %v", found, err)
	}
}

// TestAzLogin: where there is no docker, az gives a token, which is stored and which the registry takes.
func TestAzLogin(t *testing.T) {
	t.Parallel()
	s := newSiteVia(t, az, "")
	s.local()
	registry, err := s.way(nil).CreateRegistry(t.Context(), provision.Registry{Name: "login1", Group: "local", Location: "westeurope"})
	if err != nil {
		t.Fatal(err)
	}
	for docker, want := range map[bool][]string{true: nil, false: {"login1.azurecr.io"}} {
		s.logins = nil
		s.changeAz(func() { s.az.Docker = docker })
		if err := s.way(nil).Login(t.Context(), *registry); err != nil || !slices.Equal(s.logins, want) {
			t.Errorf("with docker %t: stored tokens for %v, %v, want %v", docker, s.logins, err, want)
		}
	}
	if err := s.way(nil).Login(t.Context(), provision.Registry{Name: "nobody1", LoginServer: "nobody1.azurecr.io"}); err == nil {
		t.Error("a sign-in to a registry that is not there succeeded")
	}
}

// TestVerifyThroughAz proves that what az makes is enough, with the least role too.
func TestVerifyThroughAz(t *testing.T) {
	for _, role := range provision.Roles() {
		t.Run(string(role), func(t *testing.T) {
			t.Parallel()
			s := newSiteVia(t, az, "")
			o := s.options()
			o.Request.Role = role
			p := provision.New(o)
			template, err := p.Provision(t.Context(), "aci", baseTemplate(t))
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			if done, err := p.Verify(ctx, "aci", template, s.verifying()); err != nil || done.ExitCode != 0 {
				t.Fatalf("got %+v, %v", done, err)
			}
			if role != provision.RoleLeast {
				return
			}
			if err := s.useAll(ctx, template); err != nil {
				t.Error(err)
			}
			plan, err := provision.New(o).Plan(t.Context(), "aci", template)
			if err != nil || plan.Changes() {
				t.Errorf("a second run would change something: %+v, %v", plan, err)
			}
		})
	}
}
