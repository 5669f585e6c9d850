package entra_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/pacific-aci/pacific/emulator/azure/internal/entra"
)

func tokenFor(ctx context.Context, c azcore.TokenCredential, scope string) (azcore.AccessToken, error) {
	return c.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{scope}})
}

func TestSDKSignsInWithSecret(t *testing.T) {
	s := service(t, nil)
	for _, tenant := range []string{tenantID, "contoso.onmicrosoft.com"} {
		wire := &inProcess{handler: s}
		cred, err := azidentity.NewClientSecretCredential(tenant, clientID, secret, &azidentity.ClientSecretCredentialOptions{
			ClientOptions: policy.ClientOptions{Transport: wire},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, scope := range []string{armScope, "https://management.azure.com/.default"} {
			token, err := tokenFor(t.Context(), cred, scope)
			if err != nil {
				t.Fatalf("tenant %s, scope %s: %v", tenant, scope, err)
			}
			wantPrincipal(t, s, token.Token)
			if left := time.Until(token.ExpiresOn); left < 55*time.Minute || left > time.Hour {
				t.Errorf("got a token for %s, want one for an hour", left)
			}
		}
		for _, scope := range []string{entra.AudienceGraph, entra.AudienceVault, entra.AudienceRegistry, entra.AudienceStorage} {
			token, err := tokenFor(t.Context(), cred, scope+"/.default")
			if err != nil {
				t.Fatalf("scope %s: %v", scope, err)
			}
			if _, err := s.Verify(t.Context(), token.Token, scope); err != nil {
				t.Errorf("verifying for %s: %v", scope, err)
			}
			if _, err := s.Verify(t.Context(), token.Token, entra.AudienceManagement); err == nil {
				t.Errorf("a token for %s was good for ARM", scope)
			}
		}
		if !slices.Contains(wire.seen, "GET "+host+"/"+tenant+"/v2.0/.well-known/openid-configuration") {
			t.Errorf("the SDK did not ask for the OpenID configuration: %v", wire.seen)
		}
	}
}

// An authority that the SDK does not know makes it ask for the instances first.
func TestSDKAsksForInstances(t *testing.T) {
	s := service(t, nil)
	wire := &inProcess{handler: s}
	cred, err := azidentity.NewClientSecretCredential(tenantID, clientID, secret, &azidentity.ClientSecretCredentialOptions{
		ClientOptions: policy.ClientOptions{Transport: wire, Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: "https://login.example.test/"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = tokenFor(t.Context(), cred, armScope)
	if err == nil || !strings.Contains(err.Error(), "invalid_instance") {
		t.Errorf("got %v, want invalid_instance", err)
	}
	if want := "GET " + host + "/common/discovery/instance"; !slices.Contains(wire.seen, want) {
		t.Errorf("the SDK sent %v, want %s among them", wire.seen, want)
	}
}

func TestSDKRefused(t *testing.T) {
	for name, test := range map[string]struct {
		tenant, client, secret, scope, want string
	}{
		"secret":   {tenantID, clientID, "wrong", armScope, "AADSTS7000215"},
		"client":   {tenantID, "cccccccc-bbbb-4ccc-8ddd-eeeeeeeeeeee", secret, armScope, "AADSTS700016"},
		"tenant":   {"22222222-2222-4333-8444-555555555555", clientID, secret, armScope, "AADSTS90002"},
		"domain":   {"fabrikam.com", clientID, secret, armScope, "AADSTS90002"},
		"audience": {tenantID, clientID, secret, "https://example.com/.default", "AADSTS500011"},
	} {
		t.Run(name, func(t *testing.T) {
			cred, err := azidentity.NewClientSecretCredential(test.tenant, test.client, test.secret, &azidentity.ClientSecretCredentialOptions{
				ClientOptions: policy.ClientOptions{Transport: &inProcess{handler: service(t, nil)}},
			})
			if err != nil {
				t.Fatal(err)
			}
			_, err = tokenFor(t.Context(), cred, test.scope)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want an error with %s", err, test.want)
			}
			if strings.Contains(err.Error(), secret) {
				t.Error("the error shows the secret")
			}
		})
	}
}

func TestSDKSignsInWithCertificate(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	cert := certificate(t, key, &key.PublicKey)
	s := service(t, func(o *entra.Options) { o.Applications[0].Certificates = []*x509.Certificate{cert} })
	cred, err := azidentity.NewClientCertificateCredential(tenantID, clientID, []*x509.Certificate{cert}, key, &azidentity.ClientCertificateCredentialOptions{
		ClientOptions:        policy.ClientOptions{Transport: &inProcess{handler: s}},
		SendCertificateChain: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	token, err := tokenFor(t.Context(), cred, armScope)
	if err != nil {
		t.Fatal(err)
	}
	wantPrincipal(t, s, token.Token)

	stranger := service(t, nil)
	cred, err = azidentity.NewClientCertificateCredential(tenantID, clientID, []*x509.Certificate{cert}, key, &azidentity.ClientCertificateCredentialOptions{
		ClientOptions: policy.ClientOptions{Transport: &inProcess{handler: stranger}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tokenFor(t.Context(), cred, armScope); err == nil || !strings.Contains(err.Error(), "AADSTS700027") {
		t.Errorf("with a certificate that is not registered: got %v, want AADSTS700027", err)
	}
}

// certificate is self-signed; its dates are far apart so that it holds in fake time too.
func certificate(t testing.TB, key any, public any) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "app"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// The SDK asks for a new token before the old one ends, and ARM takes each for its
// hour and not longer.
func TestTokensExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(t, nil)
		cred, err := azidentity.NewClientSecretCredential(tenantID, clientID, secret, &azidentity.ClientSecretCredentialOptions{
			ClientOptions: policy.ClientOptions{Transport: &inProcess{handler: s}},
		})
		if err != nil {
			t.Fatal(err)
		}
		first, err := tokenFor(t.Context(), cred, armScope)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour - time.Second)
		wantPrincipal(t, s, first.Token)
		time.Sleep(time.Second)
		_, err = s.AuthenticateARM(t.Context(), first.Token)
		const want = "ExpiredAuthenticationToken: The access token expiry UTC time '1/1/2000 1:00:00 AM' is earlier than current UTC time '1/1/2000 1:00:00 AM'."
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		second, err := tokenFor(t.Context(), cred, armScope)
		if err != nil {
			t.Fatal(err)
		}
		wantPrincipal(t, s, second.Token)
	})
}
