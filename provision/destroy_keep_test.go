package provision_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/provision"
)

// graph sends a body to Microsoft Graph as somebody else, and returns the answer.
func (s *site) graph(method, path, body string) map[string]any {
	s.t.Helper()
	return s.ask(graphToken, method, "https://graph.microsoft.com/v1.0"+path, body)
}

// ask sends a request to one of Azure's APIs, as the owner of the subscription.
func (s *site) ask(audience policy.TokenRequestOptions, method, url, body string) map[string]any {
	s.t.Helper()
	ctx := s.t.Context()
	credential, err := s.cloud.Credential()
	if err != nil {
		s.t.Fatal(err)
	}
	token, err := credential.GetToken(ctx, audience)
	if err != nil {
		s.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token.Token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.azure.Transport().RoundTrip(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		s.t.Fatalf("%s %s: %d %s %v", method, url, resp.StatusCode, text, err)
	}
	var answer map[string]any
	if len(text) > 0 {
		if err := json.Unmarshal(text, &answer); err != nil {
			s.t.Fatal(err)
		}
	}
	return answer
}

// provisioned provisions pool "aci" and returns its template.
func (s *site) provisioned(o provision.Options) json.RawMessage {
	s.t.Helper()
	template, err := provision.New(o).Provision(s.t.Context(), "aci", baseTemplate(s.t))
	if err != nil {
		s.t.Fatal(err)
	}
	return template
}

// kept is what a plan to destroy pool "aci" says of the kinds that it keeps.
func (s *site) kept(o provision.Options, template json.RawMessage) map[provision.Kind]string {
	s.t.Helper()
	plan, err := provision.New(o).PlanDestroy(s.t.Context(), "aci", template)
	if err != nil {
		s.t.Fatal(err)
	}
	kept := map[provision.Kind]string{}
	for _, r := range plan.Resources {
		if r.Action == provision.ActionKeep {
			kept[r.Kind] = r.Detail
		}
	}
	return kept
}

func (s *site) destroy(o provision.Options, template json.RawMessage) {
	s.t.Helper()
	if _, err := provision.New(o).Destroy(s.t.Context(), "aci", template); err != nil {
		s.t.Fatal(err)
	}
}

// TestDestroyKeepsApplication: an application stays that somebody else made or can sign in with.
func TestDestroyKeepsApplication(t *testing.T) {
	const app = provision.DefaultApplication
	for name, c := range map[string]struct {
		before, after func(s *site)
		want          string
	}{
		"somebody's": {
			before: func(s *site) { s.graph("POST", "/applications", `{"displayName":"`+app+`"}`) },
			want:   "Pacific did not make it",
		},
		"with a certificate": {
			after: func(s *site) {
				s.graph("PATCH", "/applications/"+s.applicationID(app), `{"keyCredentials":[{"displayName":"laptop","type":"AsymmetricX509Cert","usage":"Verify","key":"`+certificate(s.t)+`"}]}`)
			},
			want: `the application has a certificate, "laptop"`,
		},
		"with a federated credential": {
			after: func(s *site) {
				s.graph("POST", "/applications/"+s.applicationID(app)+"/federatedIdentityCredentials",
					`{"name":"ci","issuer":"https://token.example","subject":"repo:x","audiences":["api://AzureADTokenExchange"]}`)
			},
			want: `the application has a federated credential, "ci"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachWay(t, func(t *testing.T, via string) {
				s := newSiteVia(t, via, "")
				if c.before != nil {
					c.before(s)
				}
				o := s.options()
				template := s.provisioned(o)
				if c.after != nil {
					c.after(s)
				}
				kept := s.kept(o, template)
				for _, kind := range []provision.Kind{provision.KindApplication, provision.KindPrincipal, provision.KindRole} {
					if kept[kind] != c.want {
						t.Errorf("the %s: %q, want %q", kind, kept[kind], c.want)
					}
				}
				s.destroy(o, template)
				if got := s.end(); got.Applications != 1 || got.Principals != 1 || got.Secrets != 0 || got.Blocks != 0 || got.Groups != 0 {
					t.Errorf("got %+v, want the application without our secret, and nothing else", got)
				}
			})
		})
	}
}

// TestDestroyLooksAgain: what was made while somebody read the plan stays.
func TestDestroyLooksAgain(t *testing.T) {
	eachWay(t, func(t *testing.T, via string) {
		s := newSiteVia(t, via, "")
		o := s.options()
		template := s.provisioned(o)
		o.Confirm = func(ctx context.Context, plan provision.Plan) (provision.Request, error) {
			for _, r := range plan.Resources {
				if r.Kind == provision.KindGroup && r.Action != provision.ActionDelete {
					t.Errorf("the group is not to be deleted: %+v", r)
				}
			}
			if _, err := s.owner.CreateIdentity(ctx, provision.Identity{Name: "theirs", Group: provision.DefaultResourceGroup, Location: "westeurope"}); err != nil {
				t.Error(err)
			}
			s.graph("POST", "/applications/"+s.applicationID(provision.DefaultApplication)+"/addPassword", `{"passwordCredential":{"displayName":"theirs"}}`)
			return plan.Request, nil
		}
		s.destroy(o, template)
		if found, err := s.owner.Identity(t.Context(), provision.DefaultResourceGroup, "theirs"); err != nil || found == nil {
			t.Errorf("somebody's identity in the group: %v, %v", found, err)
		}
		if got := s.end(); got.Groups != 1 || got.Applications != 1 || got.Secrets != 1 || got.Registries != 0 || got.Identities != 0 || got.Blocks != 0 {
			t.Errorf("got %+v", got)
		}
	})
}

// TestDestroyKeepsWhatPoolsUse: another pool uses something however it names it, and one that cannot be understood may use
// all of it.
func TestDestroyKeepsWhatPoolsUse(t *testing.T) {
	type value = map[string]any
	all := []provision.Kind{provision.KindGroup, provision.KindCredentials, provision.KindSecret, provision.KindApplication, provision.KindRegistry, provision.KindIdentity}
	for name, c := range map[string]struct {
		variables, deployment func(s *site, have value) value
		want                  string
		kinds                 []provision.Kind
	}{
		"two identities in other letters": {
			variables: func(_ *site, have value) value {
				id := have["identities"].([]any)[0].(string)
				return value{"identities": []any{"/subscriptions/x/y", strings.ToUpper(id)}}
			},
			want: `work pool "other" uses it`, kinds: []provision.Kind{provision.KindIdentity, provision.KindGroup, provision.KindPull},
		},
		"a group in other letters": {
			variables: func(_ *site, have value) value {
				return value{"resource_group_name": strings.ToUpper(have["resource_group_name"].(string))}
			},
			want: `work pool "other" uses it`, kinds: []provision.Kind{provision.KindGroup},
		},
		"a registry in a block": {
			variables: func(s *site, have value) value {
				document, err := s.prefect.SaveBlock(s.t.Context(), "theirs", &prefect.DockerRegistry{
					Username: "u", Password: "p", RegistryURL: have["image_registry"].(value)["registry_url"].(string),
				}, prefect.SaveBlockOptions{})
				if err != nil {
					s.t.Fatal(err)
				}
				return value{"image_registry": prefect.BlockRef(document.ID)}
			},
			want: `work pool "other" uses it`, kinds: []provision.Kind{provision.KindRegistry},
		},
		"an image of a deployment": {
			deployment: func(_ *site, have value) value {
				return value{"image": have["image_registry"].(value)["registry_url"].(string) + "/flows:1"}
			},
			want: `work pool "other" uses it`, kinds: []provision.Kind{provision.KindRegistry},
		},
		"the same credentials block": {
			variables: func(_ *site, have value) value { return value{"aci_credentials": have["aci_credentials"]} },
			want:      `work pool "other" uses it`, kinds: []provision.Kind{provision.KindCredentials, provision.KindSecret, provision.KindApplication},
		},
		"a variable": {
			variables: func(*site, value) value {
				return value{"resource_group_name": "{{ prefect.variables.group }}"}
			},
			want: `work pool "other" may use it`, kinds: all,
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachWay(t, func(t *testing.T, via string) {
				s := newSiteVia(t, via, "")
				ctx := t.Context()
				o := s.options()
				template := s.provisioned(o)
				have := defaults(t, template)
				var base map[string]any
				if err := json.Unmarshal(baseTemplate(t), &base); err != nil {
					t.Fatal(err)
				}
				if c.variables != nil {
					properties := base["variables"].(value)["properties"].(value)
					for variable, to := range c.variables(s, have) {
						properties[variable].(value)["default"] = to
					}
				}
				raw, err := json.Marshal(base)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := s.prefect.CreateWorkPool(ctx, prefect.WorkPoolCreate{Name: "other", Type: provision.TypePush, BaseJobTemplate: raw}); err != nil {
					t.Fatal(err)
				}
				if c.deployment != nil {
					flow, err := s.prefect.CreateFlow(ctx, prefect.FlowCreate{Name: "flow"})
					if err != nil {
						t.Fatal(err)
					}
					if _, err := s.prefect.CreateDeployment(ctx, prefect.DeploymentCreate{Name: "d", FlowID: flow.ID, WorkPoolName: "other", JobVariables: c.deployment(s, have)}); err != nil {
						t.Fatal(err)
					}
				}
				kept := s.kept(o, template)
				for _, kind := range c.kinds {
					if !strings.Contains(kept[kind], c.want) {
						t.Errorf("the %s: %q, want %q; kept are %q", kind, kept[kind], c.want, kept)
					}
				}
			})
		})
	}
}

// TestDestroyKeepsBlock: a credentials block that somebody made and that was only used stays.
func TestDestroyKeepsBlock(t *testing.T) {
	eachWay(t, func(t *testing.T, via string) {
		s := newSiteVia(t, via, "")
		app := s.graph("POST", "/applications", `{"displayName":"mine"}`)
		s.graph("POST", "/servicePrincipals", `{"appId":"`+app["appId"].(string)+`"}`)
		secret := s.graph("POST", "/applications/"+app["id"].(string)+"/addPassword", `{"passwordCredential":{"displayName":"by hand"}}`)
		if _, err := s.prefect.SaveBlock(t.Context(), "mine", &prefect.AzureContainerInstanceCredentials{
			ClientID: app["appId"].(string), TenantID: s.azure.Account().TenantID, ClientSecret: prefect.SecretStr(secret["secretText"].(string)),
		}, prefect.SaveBlockOptions{}); err != nil {
			t.Fatal(err)
		}
		o := s.options()
		o.Request.Names.CredentialsBlock = "mine"
		template := s.provisioned(o)
		if kept := s.kept(o, template); kept[provision.KindCredentials] != "Pacific did not make its secret" {
			t.Errorf("kept are %q", kept)
		}
		s.destroy(o, template)
		if got := s.end(); got.Blocks != 1 || got.Groups != 0 {
			t.Errorf("got %+v, want the block and nothing else", got)
		}
		if _, err := s.admin.Application(t.Context(), app["appId"].(string)); err != nil {
			t.Error(err)
		}
	})
}

// TestDestroyKeepsNamespace: the namespace of another registry stays.
func TestDestroyKeepsNamespace(t *testing.T) {
	eachWay(t, func(t *testing.T, via string) {
		s := newSiteVia(t, via, "")
		o := s.options()
		template := s.provisioned(o)
		ours := s.namespace
		o.Confirm = func(_ context.Context, plan provision.Plan) (provision.Request, error) {
			s.namespace = "theirs.example/images" // while the plan is shown
			return plan.Request, nil
		}
		s.destroy(o, template)
		if s.namespace != "theirs.example/images" {
			t.Errorf("the namespace is %q", s.namespace)
		}
		s.namespace = ours + "/images"
		template = s.provisioned(s.options())
		s.namespace = "theirs.example/images"
		s.destroy(s.options(), template)
		if s.namespace != "theirs.example/images" {
			t.Errorf("the namespace is %q", s.namespace)
		}
	})
}
