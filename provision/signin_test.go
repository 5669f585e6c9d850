package provision_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/provision"
)

// block reads the pool's credentials block.
func (s *site) block() (block prefect.AzureContainerInstanceCredentials) {
	s.t.Helper()
	if _, err := s.prefect.LoadBlock(s.t.Context(), provision.CredentialsBlockName("aci"), &block); err != nil {
		s.t.Fatal(err)
	}
	return block
}

// directoryDelay makes sign-in forget what is newer than that, or know it.
func (s *site) directoryDelay(delay string) {
	s.t.Helper()
	if err := s.azure.PatchSettings([]byte(`{"propagation":{"directory":"` + delay + `"}}`)); err != nil {
		s.t.Error(err)
	}
}

// principalID is the object id of the service principal of the block's application.
func (s *site) principalID() string {
	s.t.Helper()
	found, err := s.owner.Principal(s.t.Context(), s.block().ClientID)
	if err != nil || found == nil {
		s.t.Fatalf("got service principal %v, %v", found, err)
	}
	return found.ObjectID
}

// renewSecret gives the application a new secret, in place of the one in the block, and puts it into the block.
func (s *site) renewSecret() {
	s.t.Helper()
	block := s.block()
	app, err := s.admin.Application(s.t.Context(), block.ClientID)
	if err != nil {
		s.t.Fatal(err)
	}
	made, err := s.admin.ReplaceSecret(s.t.Context(), app, provision.CredentialsBlockName("aci"), time.Hour)
	if err != nil {
		s.t.Fatal(err)
	}
	block.ClientSecret = prefect.SecretStr(made.Text)
	if _, err := s.prefect.SaveBlock(s.t.Context(), provision.CredentialsBlockName("aci"), &block, prefect.SaveBlockOptions{Overwrite: true}); err != nil {
		s.t.Fatal(err)
	}
}

// refusedSignIn wants Entra to refuse the block's secret with that code.
func (s *site) refusedSignIn(code string) {
	s.t.Helper()
	block := s.block()
	if err := s.signIn(s.t.Context(), block.TenantID, block.ClientID, string(block.ClientSecret)); err == nil || !strings.Contains(err.Error(), code) {
		s.t.Fatalf("signing in: got %v, want %s", err, code)
	}
}

// nativeWay is eachWay for a test in which hours pass, which are fake only natively.
func nativeWay(t *testing.T, test func(t *testing.T, via string)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, native) })
}

// unsettle are the ways in which Entra refuses a block whose secret is good, with the code that it then gives.
var unsettle = map[string]struct {
	code string
	do   func(*site)
	// elapses: it needs hours to pass.
	elapses bool
}{
	"new application": {code: "AADSTS700016", do: func(s *site) { s.directoryDelay("1h") }},
	"new service principal": {code: "AADSTS7000229", elapses: true, do: func(s *site) {
		s.graph("DELETE", "/servicePrincipals/"+s.principalID(), "")
		time.Sleep(2 * time.Hour)
		if _, err := provision.New(s.options()).Provision(s.t.Context(), "aci", baseTemplate(s.t)); err != nil {
			s.t.Fatal(err)
		}
		s.directoryDelay("1h")
	}},
	"new secret": {code: "AADSTS7000215", elapses: true, do: func(s *site) {
		time.Sleep(2 * time.Hour)
		s.renewSecret()
		s.directoryDelay("1h")
	}},
}

// TestVerifyWaitsForSignIn: what Entra does not know yet is waited for, and said; the secret is not blamed for it.
func TestVerifyWaitsForSignIn(t *testing.T) {
	for name, c := range unsettle {
		t.Run(name, func(t *testing.T) {
			ways := eachWay
			if c.elapses {
				ways = nativeWay
			}
			ways(t, func(t *testing.T, via string) {
				s := newSiteVia(t, via, "")
				template, err := provision.New(s.options()).Provision(t.Context(), "aci", baseTemplate(t))
				if err != nil {
					t.Fatal(err)
				}
				c.do(s)
				s.refusedSignIn(c.code)
				secret := s.block().ClientSecret
				var waits []azure.Wait
				how := s.verifying()
				how.Waiting = func(w azure.Wait) {
					waits = append(waits, w)
					s.directoryDelay("0s")
				}
				done, err := provision.New(s.options()).Verify(t.Context(), "aci", template, how)
				if err != nil {
					t.Fatal(err)
				}
				if done.ExitCode != 0 {
					t.Errorf("got %+v", done)
				}
				if len(waits) == 0 || !waits[0].Err.Has(c.code) || !strings.Contains(waits[0].For, "sign") {
					t.Errorf("was told of %+v, want a wait for the sign-in, with %s", waits, c.code)
				}
				if s.block().ClientSecret != secret {
					t.Error("the secret was replaced")
				}
			})
		})
	}
}

// TestVerifyGivesUp: what does not pass ends with ctx, and says how long it waited for what.
func TestVerifyGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, "")
		template, err := provision.New(s.options()).Provision(t.Context(), "aci", baseTemplate(t))
		if err != nil {
			t.Fatal(err)
		}
		s.directoryDelay("1h")
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
		defer cancel()
		_, err = provision.New(s.options()).Verify(ctx, "aci", template, s.verifying())
		for _, want := range []string{"nobody can sign in with credentials block aci-push-pool-credentials", "waited 15m0s", "AADSTS700016"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q in it", err, want)
			}
		}
	})
}

// TestGoodBlockStays: a block is kept if Entra refuses it for another reason than its secret.
func TestGoodBlockStays(t *testing.T) {
	cases := map[string]struct {
		code    string
		do      func(*site)
		elapses bool
	}{
		"no service principal": {code: "AADSTS7000229", do: func(s *site) { s.graph("DELETE", "/servicePrincipals/"+s.principalID(), "") }},
	}
	maps.Copy(cases, unsettle)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			ways := eachWay
			if c.elapses {
				ways = nativeWay
			}
			ways(t, func(t *testing.T, via string) {
				s := newSiteVia(t, via, "")
				template, err := provision.New(s.options()).Provision(t.Context(), "aci", baseTemplate(t))
				if err != nil {
					t.Fatal(err)
				}
				c.do(s)
				s.refusedSignIn(c.code)
				before := s.block()
				plan, err := provision.New(s.options()).Plan(t.Context(), "aci", template)
				if err != nil {
					t.Fatal(err)
				}
				for _, one := range plan.Resources {
					if slices.Contains([]provision.Kind{provision.KindApplication, provision.KindSecret, provision.KindCredentials}, one.Kind) && one.Action != provision.ActionKeep {
						t.Errorf("it would %s the %s: %s", one.Action, one.Kind, one.Detail)
					}
				}
				if _, err := provision.New(s.options()).Provision(t.Context(), "aci", template); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(before, s.block()); diff != "" {
					t.Errorf("the block was replaced: %s", diff)
				}
				if diff := cmp.Diff(complete, s.end()); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// TestVerifyDeadSecret: a secret that will never sign in again ends a verification at once, and the next run replaces it.
func TestVerifyDeadSecret(t *testing.T) {
	cases := map[string]struct {
		code string
		do   func(*site)
	}{
		"removed": {"AADSTS7000215", func(s *site) {
			app, err := s.admin.Application(s.t.Context(), s.block().ClientID)
			if err == nil {
				err = s.admin.RemoveSecret(s.t.Context(), app, app.Secrets[0].KeyID)
			}
			if err != nil {
				s.t.Fatal(err)
			}
		}},
		"expired": {"AADSTS7000222", func(s *site) {
			s.renewSecret()
			time.Sleep(2 * time.Hour)
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, "")
				template, err := provision.New(s.options()).Provision(t.Context(), "aci", baseTemplate(t))
				if err != nil {
					t.Fatal(err)
				}
				c.do(s)
				s.refusedSignIn(c.code)
				dead := s.block().ClientSecret
				for _, tried := range []bool{true, false} {
					o, how := s.options(), s.verifying()
					if !tried {
						o.SignIn = nil // nobody tries the block beforehand
					}
					how.Waiting = func(w azure.Wait) { t.Errorf("it waits for %s", w.For) }
					_, err = provision.New(o).Verify(t.Context(), "aci", template, how)
					if err == nil || !strings.Contains(err.Error(), "credentials block aci-push-pool-credentials") {
						t.Errorf("got %v, want the block to be named", err)
					}
					if tried && (err == nil || !strings.HasSuffix(err.Error(), "cannot be used: its secret is not valid any more")) {
						t.Errorf("got %v, want it to say that the secret is not valid any more", err)
					}
				}
				if _, err := provision.New(s.options()).Provision(t.Context(), "aci", template); err != nil {
					t.Fatal(err)
				}
				block := s.block()
				if block.ClientSecret == dead || s.signIn(t.Context(), block.TenantID, block.ClientID, string(block.ClientSecret)) != nil {
					t.Error("the secret was not replaced by one that signs in")
				}
			})
		})
	}
}
