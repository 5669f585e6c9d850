package provision_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/image"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/provision"
)

// verifying is what a verification needs, all of it through s's emulated Azure.
func (s *site) verifying() provision.VerifyOptions {
	pusher := image.NewClient(image.Options{Cloud: s.cloud})
	return provision.VerifyOptions{
		Push: func(ctx context.Context, reference string, content v1.Image) error {
			_, err := pusher.Push(ctx, reference, content)
			return err
		},
		Open: func(ctx context.Context, tenant, client, secret string) (*azure.Cloud, error) {
			return azure.NewCloud(ctx, azure.Options{Transport: s.azure.Transport(), Credential: azure.CredentialOptions{
				Method: azure.MethodClientSecret, TenantID: tenant, ClientID: client, ClientSecret: secret,
			}})
		},
		FirstPoll: 100 * time.Millisecond,
	}
}

// TestVerify provisions with each role and proves that a container starts, though the new application and its rights take minutes to count.
func TestVerify(t *testing.T) {
	for _, role := range provision.Roles() {
		t.Run(string(role), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, `{"propagation":{"directory":"60s","roleAssignment":"90s"}}`)
				o := s.options()
				o.Request.Role = role
				p := provision.New(o)
				template, err := p.Provision(t.Context(), "aci", baseTemplate(t))
				if err != nil {
					t.Fatal(err)
				}
				var waits []azure.Wait
				how := s.verifying()
				how.Waiting = func(w azure.Wait) { waits = append(waits, w) }
				ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
				defer cancel()
				done, err := p.Verify(ctx, "aci", template, how)
				if err != nil {
					t.Fatal(err)
				}
				if done.ExitCode != 0 || done.Group == "" || !strings.Contains(done.Image, ".azurecr.io/") {
					t.Errorf("got %+v", done)
				}
				for _, what := range []string{"sign the new application in", "the new rights"} {
					if !slices.ContainsFunc(waits, func(w azure.Wait) bool { return strings.Contains(w.For, what) }) {
						t.Errorf("nobody was told of the wait for %s: %+v", what, waits)
					}
				}
				if left, err := s.owner.GroupResources(t.Context(), provision.DefaultResourceGroup); err != nil || len(left) != 2 {
					t.Errorf("the group has %v, %v, want the registry and the identity alone", left, err)
				}
			})
		})
	}
}

// TestVerifyEndsWhatLasts: an image that no right makes pullable is said at once; one that may be refused for want of a right
// is tried again.
func TestVerifyEndsWhatLasts(t *testing.T) {
	const notAccessible = "The image 'x' in container group 'y' is not accessible. Please check the image and registry credential."
	for name, c := range map[string]struct {
		code, message string
		passes        bool
	}{
		"refused":        {"InaccessibleImage", notAccessible, true},
		"registry fails": {"RegistryErrorResponse", "An error response is received from the docker registry 'x'. Please retry later.", true},
		"in words":       {"Failed", "Failed to pull image \"x\": unexpected status: 401 Unauthorized", true},
		"platform":       {"OsVersionNotSupported", "The OS version of image 'x' is not supported.", false},
		"manifest":       {"InaccessibleImage", "Failed to pull image \"x\": no matching manifest for linux/amd64", false},
		"network rules":  {"RegistryErrorResponse", "denied: client with IP '10.0.0.1' is not allowed access. Refer https://aka.ms/acr/firewall", false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, "")
				template, err := provision.New(s.options()).Provision(t.Context(), "aci", baseTemplate(t))
				if err != nil {
					t.Fatal(err)
				}
				fault, err := json.Marshal(map[string]any{
					"match":  map[string]any{"operation": "ContainerGroups_CreateOrUpdate"},
					"effect": map[string]any{"status": 400, "code": c.code, "message": c.message},
				})
				if err != nil {
					t.Fatal(err)
				}
				if err := s.azure.AddFaults(fault); err != nil {
					t.Fatal(err)
				}
				waits := 0
				how := s.verifying()
				how.Waiting = func(azure.Wait) { // the right counts now
					waits++
					s.azure.ClearFaults()
				}
				_, err = provision.New(s.options()).Verify(t.Context(), "aci", template, how)
				if (err == nil) != c.passes || (waits > 0) != c.passes {
					t.Errorf("after %d waits: %v", waits, err)
				}
			})
		})
	}
}

// TestLeastRoleIsLeast takes each action of the least role away in turn: without it, something that a job needs fails.
func TestLeastRoleIsLeast(t *testing.T) {
	for i, action := range leastAt("").Actions {
		t.Run(action.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, "")
				o := s.options()
				o.Request.Role = provision.RoleLeast
				template, err := provision.New(o).Provision(t.Context(), "aci", baseTemplate(t))
				if err != nil {
					t.Fatal(err)
				}
				role := leastAt(s.groupID(provision.DefaultResourceGroup))
				lesser := role
				lesser.Actions = slices.Delete(slices.Clone(role.Actions), i, i+1)
				s.replaceRole(lesser)
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
				defer cancel()
				if err := s.useAll(ctx, template); err == nil {
					t.Errorf("all works without %s", action.Name)
				}
			})
		})
	}
}

// replaceRole gives the custom role of that name other actions, as an administrator does.
func (s *site) replaceRole(role access.Role) {
	s.t.Helper()
	scope := s.groupID(provision.DefaultResourceGroup)
	id, _, err := s.admin.FindRole(s.t.Context(), scope, role)
	if err != nil || id == "" {
		s.t.Fatalf("got role %q, %v", id, err)
	}
	var actions []*string
	for _, name := range role.Names() {
		actions = append(actions, new(name))
	}
	_, err = s.definitions().CreateOrUpdate(s.t.Context(), scope, id[strings.LastIndexByte(id, '/')+1:], armauthorization.RoleDefinition{
		Properties: &armauthorization.RoleDefinitionProperties{
			RoleName: new(role.Name), RoleType: new("CustomRole"), AssignableScopes: []*string{new(scope)},
			Permissions: []*armauthorization.Permission{{Actions: actions}},
		},
	}, nil)
	if err != nil {
		s.t.Fatal(err)
	}
}

// definitions is an administrator's client for role definitions.
func (s *site) definitions() *armauthorization.RoleDefinitionsClient {
	s.t.Helper()
	direct := s.open(s.azure.Transport())
	credential, err := direct.Credential()
	if err != nil {
		s.t.Fatal(err)
	}
	definitions, err := armauthorization.NewRoleDefinitionsClient(credential, direct.ARMOptions())
	if err != nil {
		s.t.Fatal(err)
	}
	return definitions
}

// useAll does with a job what Pacific's commands do, as the pool's application, and reports the first thing that is
// refused for want of a right. What fails for another reason is another test's.
func (s *site) useAll(ctx context.Context, template json.RawMessage) error {
	s.t.Helper()
	var block prefect.AzureContainerInstanceCredentials
	if _, err := s.prefect.LoadBlock(ctx, provision.CredentialsBlockName("aci"), &block); err != nil {
		s.t.Fatal(err)
	}
	cloud, err := s.verifying().Open(ctx, block.TenantID, block.ClientID, string(block.ClientSecret))
	if err != nil {
		s.t.Fatal(err)
	}
	defer cloud.CloseIdleConnections()
	client, err := aci.NewClient(aci.Config{
		Cloud: cloud, Subscription: s.azure.Account().SubscriptionID, ResourceGroup: provision.DefaultResourceGroup, FirstPoll: 100 * time.Millisecond,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	identity := defaults(s.t, template)["identities"].([]any)[0].(string)
	job := aci.Job{Name: "job", Image: "example/image", Command: []string{"work"}, Identities: []string{identity}, Keep: aci.KeepAlways}
	var refusals []error
	note := func(what string, err error) {
		if e := azure.Explain(err); e != nil && e.Class == azure.ClassAuthorisation {
			refusals = append(refusals, fmt.Errorf("%s: %w", what, err))
		}
	}
	job.Output = io.Discard
	job.Events = func(e aci.Event) {
		if e.Kind == aci.EventAttachBlocked || e.Kind == aci.EventDetached {
			note("attach", e.Err)
		}
		if e.Kind == aci.EventViewRefused {
			note("read", e.Err)
		}
	}
	_, err = client.Run(ctx, job)
	note("run", err)
	_, err = client.List(ctx, aci.ListOptions{})
	note("list", err)
	note("logs", client.Logs(ctx, "job", aci.LogOptions{Output: io.Discard}))
	note("exec", client.Exec(ctx, "job", aci.ExecOptions{Command: "true"}))
	note("stop", client.Stop(ctx, "job"))
	note("delete", client.Delete(ctx, "job"))
	return errors.Join(refusals...)
}

// TestLeastRoleIsEnough: with all of its actions nothing is refused.
func TestLeastRoleIsEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, "")
		o := s.options()
		o.Request.Role = provision.RoleLeast
		template, err := provision.New(o).Provision(t.Context(), "aci", baseTemplate(t))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.useAll(t.Context(), template); err != nil {
			t.Error(err)
		}
	})
}
