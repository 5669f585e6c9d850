package provision_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/provision"
)

// TestTwoAtOnce lets a whole second run for the same pool happen right before each request of the first one. Both end
// well, on one of each thing, with a block that signs in.
func TestTwoAtOnce(t *testing.T) {
	total := 1
	for at := 1; at <= total; at++ {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, "")
				base := baseTemplate(t)
				requests := 0
				first := s.options()
				s.wire.instead = func(r *http.Request) *http.Response {
					if requests++; requests != at {
						return nil
					}
					s.wire.instead = nil
					s.cloud = s.open(s.azure.Transport()) // it shares nothing with the first
					second := s.options()
					second.Prefect = s.openPrefect(s.api)
					if _, err := provision.New(second).Provision(context.WithoutCancel(t.Context()), "aci", base); err != nil {
						t.Errorf("the second run, before %s %s: %v", r.Method, r.URL.Path, err)
					}
					time.Sleep(time.Millisecond) // Azure's clock tells the two apart
					return nil
				}
				template, err := provision.New(first).Provision(t.Context(), "aci", base)
				if err != nil {
					t.Fatalf("the first run: %v", err)
				}
				if s.wire.instead != nil {
					s.wire.instead = nil
					total = 0 // the whole run had fewer requests
					return
				}
				total = at + 1
				s.oneWorks(template, s.wire.log[at-1])
			})
		})
	}
}

// TestTwoSecretsAtOnce: two runs have both removed the secrets of the name, and then each makes one.
func TestTwoSecretsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, "")
		s.wire.instead = func(r *http.Request) *http.Response {
			if !strings.HasSuffix(r.URL.Path, "/addPassword") {
				return nil
			}
			s.wire.instead = nil
			// The other run has saved its block when this one's secret, which removes none, is made.
			secret := s.graph("POST", "/applications/"+s.applicationID(provision.DefaultApplication)+"/addPassword",
				`{"passwordCredential":{"displayName":"`+provision.CredentialsBlockName("aci")+`"}}`)
			found, err := s.admin.Applications(t.Context(), provision.DefaultApplication)
			if err != nil || len(found) != 1 {
				t.Fatalf("the applications: %v, %v", found, err)
			}
			if _, err := s.prefect.SaveBlock(t.Context(), provision.CredentialsBlockName("aci"), &prefect.AzureContainerInstanceCredentials{
				ClientID: found[0].ClientID, TenantID: s.azure.Account().TenantID, ClientSecret: prefect.SecretStr(secret["secretText"].(string)),
			}, prefect.SaveBlockOptions{}); err != nil {
				t.Fatal(err)
			}
			return nil
		}
		template, err := provision.New(s.options()).Provision(t.Context(), "aci", baseTemplate(t))
		if err != nil {
			t.Fatal(err)
		}
		s.oneWorks(template, "two secrets")
	})
}

// oneWorks checks that there is one of each thing, that the template names the registry, and that the block signs in.
func (s *site) oneWorks(template []byte, when string) {
	s.t.Helper()
	if diff := cmp.Diff(complete, s.end()); diff != "" {
		s.t.Errorf("%s: %s", when, diff)
	}
	var block prefect.AzureContainerInstanceCredentials
	if _, err := s.prefect.LoadBlock(s.t.Context(), provision.CredentialsBlockName("aci"), &block); err != nil {
		s.t.Fatal(err)
	}
	if err := s.signIn(s.t.Context(), block.TenantID, block.ClientID, string(block.ClientSecret)); err != nil {
		s.t.Errorf("%s: the block does not sign in: %v", when, err)
	}
	all, err := s.owner.Registries(s.t.Context())
	if err != nil || len(all) != 1 {
		s.t.Fatalf("%s: the registries %v, %v", when, all, err)
	}
	if named := defaults(s.t, template)["image_registry"].(map[string]any)["registry_url"]; named != all[0].LoginServer {
		s.t.Errorf("%s: the template names the registry %v, want %s", when, named, all[0].LoginServer)
	}
}

// TestDestroyAfterStopped: what a run that was stopped left in the group goes with it: the container of a verification, and
// a second registry. A container of somebody else keeps the group.
func TestDestroyAfterStopped(t *testing.T) {
	eachWay(t, func(t *testing.T, via string) {
		s := newSiteVia(t, via, "")
		ctx := t.Context()
		o := s.options()
		template := s.provisioned(o)
		if _, err := s.owner.CreateRegistry(ctx, provision.Registry{
			Name: "prefectagain", Group: provision.DefaultResourceGroup, Location: "eastus", Tags: map[string]string{provision.TagProvisioned: "push-pool"},
		}); err != nil {
			t.Fatal(err)
		}
		s.containerGroup("theirs", "")
		if kept := s.kept(o, template); kept[provision.KindGroup] != "something else is in it: theirs" {
			t.Errorf("kept are %q", kept)
		}
		s.containerGroup("theirs", `,"tags":{"`+provision.TagProvisioned+`":"push-pool"}`)
		s.destroy(o, template)
		if diff := cmp.Diff(end{}, s.end()); diff != "" {
			t.Error(diff)
		}
	})
}

// containerGroup makes or changes a container group; more are further members of its JSON.
func (s *site) containerGroup(name, more string) {
	s.t.Helper()
	s.ask(armToken, http.MethodPut, "https://management.azure.com"+s.groupID(provision.DefaultResourceGroup)+
		"/providers/Microsoft.ContainerInstance/containerGroups/"+name+"?api-version=2023-05-01",
		`{"location":"eastus"`+more+`,"properties":{"osType":"Linux","containers":[{"name":"c","properties":{"image":"busybox",`+
			`"command":["true"],"resources":{"requests":{"cpu":1,"memoryInGB":1}}}}]}}`)
}
