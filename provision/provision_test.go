package provision_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/provision"
)

func TestFromNothing(t *testing.T) {
	eachWay(t, func(t *testing.T, via string) {
		s := newSiteVia(t, via, "")
		base := baseTemplate(t)
		before := slices.Clone(base)
		got, err := provision.New(s.options()).Provision(t.Context(), "aci", base)
		if err != nil {
			t.Fatal(err)
		}
		if string(base) != string(before) {
			t.Error("the template that was given has changed")
		}
		if diff := cmp.Diff(complete, s.end()); diff != "" {
			t.Error(diff)
		}
		registries, err := s.owner.Registries(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		identity, err := s.owner.Identity(t.Context(), provision.DefaultResourceGroup, provision.DefaultIdentity)
		if err != nil || identity == nil {
			t.Fatalf("got %v, %v", identity, err)
		}
		var block prefect.AzureContainerInstanceCredentials
		document, err := s.prefect.LoadBlock(t.Context(), "aci-push-pool-credentials", &block)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]any{
			"aci_credentials":     map[string]any{"$ref": map[string]any{"block_document_id": string(document.ID)}},
			"resource_group_name": provision.DefaultResourceGroup,
			"subscription_id":     s.azure.Account().SubscriptionID,
			"image_registry":      map[string]any{"registry_url": registries[0].LoginServer, "identity": identity.ID},
			"identities":          []any{identity.ID},
		}
		if diff := cmp.Diff(want, defaults(t, got)); diff != "" {
			t.Error(diff)
		}
		if err := s.signIn(t.Context(), block.TenantID, block.ClientID, string(block.ClientSecret)); err != nil {
			t.Errorf("the secret in the block does not sign in: %v", err)
		}
		if via == native && !slices.Equal(s.logins, []string{registries[0].LoginServer}) || s.namespace != registries[0].LoginServer {
			t.Errorf("signed in to %v with namespace %q, want the new registry", s.logins, s.namespace)
		}

		// The second run finds all of it.
		s.wire.log = nil
		plan, err := provision.New(s.options()).Plan(t.Context(), "aci", got)
		if err != nil || plan.Changes() {
			t.Errorf("got %+v, %v, want a plan without changes", plan, err)
		}
		again, err := provision.New(s.options()).Provision(t.Context(), "aci", got)
		if err != nil || string(again) != string(got) {
			t.Errorf("the second run gave %v and another template:\n%s", err, cmp.Diff(string(got), string(again)))
		}
		if writes := s.wire.writes(); len(writes) > 0 {
			t.Errorf("the second run wrote: %v", writes)
		}
	})
}

// TestKilledAnywhere ends a run at each of its requests, before and after that took effect, and runs it again.
func TestKilledAnywhere(t *testing.T) {
	for _, applied := range []bool{false, true} {
		total := 1
		for at := 1; at <= total; at++ {
			t.Run(fmt.Sprintf("applied=%t/%d", applied, at), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newSite(t, "")
					ctx, cancel := context.WithCancel(t.Context())
					s.wire.breakAt, s.wire.applied, s.wire.broken = at, applied, cancel
					base := baseTemplate(t)
					_, err := provision.New(s.options()).Provision(ctx, "aci", base)
					if s.wire.count < at {
						total = 0 // the whole run had fewer requests
						return
					}
					if err == nil {
						t.Fatal("a run whose request was lost succeeded")
					}
					total = at + 1
					s.wire.breakAt = 0
					s.cloud = s.open(s.wire.over(s.azure.Transport()))
					if _, err := provision.New(s.options()).Provision(t.Context(), "aci", base); err != nil {
						t.Fatalf("the second run: %v", err)
					}
					if diff := cmp.Diff(complete, s.end()); diff != "" {
						t.Errorf("after %s: %s", s.wire.log[at-1], diff)
					}
				})
			})
		}
	}
}

// TestWaits has a directory and roles that need a while to be known everywhere.
func TestWaits(t *testing.T) {
	eachWay(t, func(t *testing.T, via string) {
		settings := `{"propagation":{"directory":"40s","roleAssignment":"2m","managedIdentity":"1m"}}`
		if via == az {
			settings = `{"propagation":{"directory":"2s","roleAssignment":"2s","managedIdentity":"2s"}}` // in real time
		}
		s := newSiteVia(t, via, settings)
		var waits []string
		o := s.options()
		o.Cloud = s.way(func(w azure.Wait) { waits = append(waits, w.For) })
		if _, err := provision.New(o).Provision(t.Context(), "aci", baseTemplate(t)); err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(waits, func(what string) bool { return strings.HasPrefix(what, "the directory to ") }) {
			t.Errorf("nobody was told of a wait for the directory: %q", waits)
		}
		s.settled()
		if diff := cmp.Diff(complete, s.end()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestDeclined(t *testing.T) {
	eachWay(t, func(t *testing.T, via string) {
		s := newSiteVia(t, via, "")
		o := s.options()
		var shown provision.Plan
		o.Confirm = func(_ context.Context, plan provision.Plan) (provision.Request, error) {
			shown = plan
			return plan.Request, provision.ErrDeclined
		}
		base := baseTemplate(t)
		got, err := provision.New(o).Provision(t.Context(), "aci", base)
		if !errors.Is(err, provision.ErrDeclined) || string(got) != string(base) {
			t.Errorf("got %v, want the template as it was given", err)
		}
		if !shown.Changes() || len(shown.Resources) != 12 {
			t.Errorf("the plan is %+v", shown)
		}
		if writes := s.wire.writes(); len(writes) > 0 {
			t.Errorf("a declined run wrote: %v", writes)
		}
	})
}

// TestCustomised changes the names in the confirmation; the plan is shown again.
func TestCustomised(t *testing.T) {
	eachWay(t, func(t *testing.T, via string) {
		s := newSiteVia(t, via, "")
		o := s.options()
		asked := 0
		o.Confirm = func(_ context.Context, plan provision.Plan) (provision.Request, error) {
			asked++
			r := plan.Request
			r.Names.ResourceGroup, r.Names.Application, r.Names.RegistryPrefix = "custom-rg-name", "custom app's name", "customregistryname"
			r.Names.Identity, r.Names.CredentialsBlock = "custom-identity-name", "custom-credentials-name"
			return r, nil
		}
		got, err := provision.New(o).Provision(t.Context(), "aci", baseTemplate(t))
		if err != nil || asked != 2 {
			t.Fatalf("got %v after %d questions", err, asked)
		}
		if name := defaults(t, got)["resource_group_name"]; name != "custom-rg-name" {
			t.Errorf("got resource group %v", name)
		}
		if apps, err := s.admin.Applications(t.Context(), "custom app's name"); err != nil || len(apps) != 1 {
			t.Errorf("got %v, %v, want one application of that name", apps, err)
		}
		registries, err := s.owner.Registries(t.Context())
		if err != nil || len(registries) != 1 || !strings.HasPrefix(registries[0].Name, "customregistryname") {
			t.Errorf("got %v, %v", registries, err)
		}
		if _, err := s.prefect.BlockDocumentByName(t.Context(), "azure-container-instance-credentials", "custom-credentials-name", prefect.MaskSecrets); err != nil {
			t.Error(err)
		}
	})
}

func TestRefusedBeforehand(t *testing.T) {
	cases := map[string]struct {
		pool   string
		base   string
		change func(*provision.Names)
		want   string
	}{
		"pool":         {pool: "p/q", want: `"p/q" is not a valid work pool name`},
		"no object":    {base: `[]`, want: "reading the base job template"},
		"no variables": {base: `{}`, want: "reading the base job template"},
		"one missing": {
			base: `{"variables":{"properties":{"aci_credentials":{},"resource_group_name":{},"subscription_id":{},"image_registry":{}}}}`,
			want: "has no variable identities",
		},
		"group":  {change: func(n *provision.Names) { n.ResourceGroup = "ends." }, want: `"ends." is not a valid resource group name`},
		"prefix": {change: func(n *provision.Names) { n.RegistryPrefix = strings.Repeat("a", 37) }, want: "is not a valid registry prefix"},
		"block":  {change: func(n *provision.Names) { n.CredentialsBlock = "Upper" }, want: "is not a valid credentials block name"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, "")
			o := s.options()
			base := json.RawMessage(c.base)
			if c.base == "" {
				base = baseTemplate(t)
			}
			if c.change != nil {
				c.change(&o.Request.Names)
			}
			pool := "aci"
			if c.pool != "" {
				pool = c.pool
			}
			_, err := provision.New(o).Provision(t.Context(), pool, base)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if s.wire.count > 0 {
				t.Errorf("it sent %v", s.wire.log)
			}
		})
	}
}

// TestDeadBlock: a block whose application is gone, or whose secret is, is given a new one; Prefect's provisioner keeps it.
func TestDeadBlock(t *testing.T) {
	spoil := map[string]func(*testing.T, *site, prefect.AzureContainerInstanceCredentials){
		"application": func(t *testing.T, s *site, block prefect.AzureContainerInstanceCredentials) {
			app, err := s.admin.Application(t.Context(), block.ClientID)
			if err == nil {
				err = s.admin.DeleteApplication(t.Context(), app.ObjectID)
			}
			if err != nil {
				t.Fatal(err)
			}
		},
		"secret": func(t *testing.T, s *site, block prefect.AzureContainerInstanceCredentials) {
			app, err := s.admin.Application(t.Context(), block.ClientID)
			if err == nil {
				err = s.admin.RemoveSecret(t.Context(), app, app.Secrets[0].KeyID)
			}
			if err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, spoil := range spoil {
		t.Run(name, func(t *testing.T) {
			eachWay(t, func(t *testing.T, via string) {
				s := newSiteVia(t, via, "")
				first, err := provision.New(s.options()).Provision(t.Context(), "aci", baseTemplate(t))
				if err != nil {
					t.Fatal(err)
				}
				var block prefect.AzureContainerInstanceCredentials
				if _, err := s.prefect.LoadBlock(t.Context(), "aci-push-pool-credentials", &block); err != nil {
					t.Fatal(err)
				}
				spoil(t, s, block)
				if _, err := provision.New(s.options()).Provision(t.Context(), "aci", first); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(complete, s.end()); diff != "" {
					t.Error(diff)
				}
				if _, err := s.prefect.LoadBlock(t.Context(), "aci-push-pool-credentials", &block); err != nil {
					t.Fatal(err)
				}
				if err := s.signIn(t.Context(), block.TenantID, block.ClientID, string(block.ClientSecret)); err != nil {
					t.Errorf("the secret in the block does not sign in: %v", err)
				}
			})
		})
	}
}

// TestStrangersRegistry: one that only begins with the prefix is left alone; one that is named is used.
func TestStrangersRegistry(t *testing.T) {
	eachWay(t, func(t *testing.T, via string) {
		s := newSiteVia(t, via, "")
		ctx := t.Context()
		if _, err := s.owner.CreateGroup(ctx, provision.Group{Name: "theirs", Location: "westeurope"}); err != nil {
			t.Fatal(err)
		}
		theirs, err := s.owner.CreateRegistry(ctx, provision.Registry{Name: "prefecttheirs", Group: "theirs", Location: "westeurope"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := provision.New(s.options()).Provision(ctx, "aci", baseTemplate(t))
		if err != nil {
			t.Fatal(err)
		}
		if url := defaults(t, got)["image_registry"].(map[string]any)["registry_url"]; url == theirs.LoginServer {
			t.Error("it took a stranger's registry")
		}
		o := s.options()
		o.Request.Names.Registry = "prefecttheirs"
		got, err = provision.New(o).Provision(ctx, "aci", got)
		if err != nil {
			t.Fatal(err)
		}
		if url := defaults(t, got)["image_registry"].(map[string]any)["registry_url"]; url != theirs.LoginServer {
			t.Errorf("got %v, want the registry that was named", url)
		}
	})
}
