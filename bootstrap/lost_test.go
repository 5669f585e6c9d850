package bootstrap_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/bootstrap"
	"github.com/pacific-aci/pacific/emulator/azure"
)

// isDeployment reports whether a request sends a deployment.
func isDeployment(r *http.Request) bool {
	return r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/deployments/")
}

// versions counts the versions of a secret, with a role that the owner gets for it.
func (s *site) versions(vault, name string) (n int) {
	s.t.Helper()
	s.secret(vault, name) // gives the role
	client, err := azsecrets.NewClient("https://"+vault+".vault.azure.net", s.token(), &azsecrets.ClientOptions{ClientOptions: s.cloud.ClientOptions()})
	if err != nil {
		s.t.Fatal(err)
	}
	for pages := client.NewListSecretPropertiesVersionsPager(name, nil); pages.More(); {
		page, err := pages.NextPage(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		n += len(page.Value)
	}
	return n
}

// TestLostAnswerDeploysOnce: Azure has taken the deployment, and its answer is lost. It is not sent again, whether it still
// runs or has ended when that is seen.
func TestLostAnswerDeploysOnce(t *testing.T) {
	for name, test := range map[string]struct {
		latency string
		status  bool // a 503; else the connection breaks
	}{"503, it runs": {"10s", true}, "503, it has ended": {"0s", true}, "no answer, it runs": {"10s", false}, "no answer, it has ended": {"0s", false}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var starts atomic.Int32
				puts := 0
				s := newSite(t, func(ctx context.Context, _ azureemulator.ContainerCall) int { starts.Add(1); <-ctx.Done(); return 0 })
				s.settings(`{"latency":{"operation":"` + test.latency + `"}}`)
				if test.status {
					s.fault(`{"match":{"operation":"Deployments_CreateOrUpdate"},"times":1,"effect":{"status":503,"code":"ServiceUnavailable","message":"busy","applyFirst":true}}`)
				}
				s.watch = func(r *http.Request) error {
					if !isDeployment(r) {
						return nil
					}
					if puts++; puts > 1 || test.status {
						return nil
					}
					res, err := s.wire.RoundTrip(r.Clone(context.WithoutCancel(r.Context())))
					if err == nil {
						res.Body.Close()
						err = errors.New("the connection broke")
					}
					return err
				}
				vault := s.must().KeyVault
				if versions := s.versions(vault, "own"); puts != 1 || versions != 1 || starts.Load() != 1 {
					t.Errorf("%d deployments were sent, a secret has %d versions, and the worker was started %d times", puts, versions, starts.Load())
				}
				s.settled()
			})
		})
	}
}

// TestLostAnswerRecoversOnce: the vault is back, and the answer that says so is lost.
func TestLostAnswerRecoversOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		vault := s.must().KeyVault
		if _, err := s.bootstrapper().Destroy(t.Context(), bootstrap.DestroyOptions{}); err != nil {
			t.Fatal(err)
		}
		s.fault(`{"match":{"operation":"Vaults_CreateOrUpdate"},"times":1,"effect":{"status":503,"code":"ServiceUnavailable","message":"busy","applyFirst":true}}`)
		for i := range s.request.Secrets {
			s.request.Secrets[i].IfAbsent, s.request.Secrets[i].Value = true, "another value"
		}
		s.settled()
		if value := s.secret(vault, "own"); value != "of the user" {
			t.Errorf("the secret is %q", value)
		}
	})
}

// roleFor is a template's role for a principal, whose kind is not said, so that Azure looks it up in its directory.
func roleFor(principal string) string {
	return `{"type":"Microsoft.Resources/deployments","apiVersion":"2022-09-01","name":"rights","dependsOn":["someone"],"properties":{"mode":"Incremental",
		"expressionEvaluationOptions":{"scope":"inner"},"parameters":{"principal":{"value":"` + principal + `"}},
		"template":{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","contentVersion":"1.0.0.0",
			"parameters":{"principal":{"type":"string"}},
			"resources":[{"type":"Microsoft.Authorization/roleAssignments","apiVersion":"2022-04-01","name":"[guid(parameters('principal'))]",
				"properties":{"principalId":"[parameters('principal')]",
					"roleDefinitionId":"[subscriptionResourceId('Microsoft.Authorization/roleDefinitions','` + string(access.Reader) + `')]"}}]}}}`
}

// TestUnknownPrincipal: a new principal is waited for; one that does not exist is Azure's error in the end.
func TestUnknownPrincipal(t *testing.T) {
	const someone = `{"type":"Microsoft.ManagedIdentity/userAssignedIdentities","apiVersion":"2023-01-31","name":"someone","location":"northeurope"}`
	for name, test := range map[string]struct {
		principal   string
		least, most time.Duration
		fails       bool
	}{
		"it is new": {"[reference(resourceId('Microsoft.ManagedIdentity/userAssignedIdentities','someone'),'2023-01-31').principalId]", 5 * time.Minute, 7 * time.Minute, false},
		"it is not": {"11111111-2222-4333-8444-555555555555", 10 * time.Minute, 12 * time.Minute, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, nil)
				s.settings(`{"propagation":{"directory":"5m"}}`)
				s.useOwn(someone + "," + roleFor(test.principal))
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				began := time.Now()
				_, err := s.bootstrapper().Bootstrap(ctx)
				if e := azure.Explain(err); (err != nil) != test.fails || test.fails && (e == nil || !e.Has("PrincipalNotFound")) {
					t.Errorf("got %v", err)
				}
				if took := time.Since(began); took < test.least || took > test.most {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
}
