package entra_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/golang-jwt/jwt/v5"

	"github.com/pacific-aci/pacific/emulator/azure/internal/entra"
)

const (
	outsideIssuer  = "https://token.actions.example.test"
	outsideSubject = "repo:contoso/flows:ref:refs/heads/main"
)

// assertions is a tenant whose application has a certificate and a federated
// credential, with the keys to both.
type assertions struct {
	service *entra.Service
	key     *ecdsa.PrivateKey
	cert    *x509.Certificate
	outside *ecdsa.PrivateKey
}

func newAssertions(t *testing.T) assertions {
	t.Helper()
	newKey := func() *ecdsa.PrivateKey {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	a := assertions{key: newKey(), outside: newKey()}
	a.cert = certificate(t, a.key, &a.key.PublicKey)
	a.service = service(t, func(o *entra.Options) {
		o.Applications[0].Certificates = []*x509.Certificate{a.cert}
		o.Applications[0].Federated = []entra.FederatedCredential{
			{Issuer: outsideIssuer, Subject: "another"},
			{Issuer: outsideIssuer, Subject: outsideSubject, Keys: map[string]crypto.PublicKey{"k1": &a.outside.PublicKey}},
		}
	})
	return a
}

// sign makes an assertion of the client's own; the changes are laid over a good one.
func (a assertions) sign(t *testing.T, key any, header map[string]any, change jwt.MapClaims) string {
	t.Helper()
	c := jwt.MapClaims{
		"iss": clientID, "sub": clientID, "aud": "https://" + host + tokenPath, "jti": "1",
		"nbf": time.Now().Unix(), "exp": time.Now().Add(10 * time.Minute).Unix(),
	}
	return signed(t, key, header, c, change)
}

// federate makes an assertion of the outside issuer.
func (a assertions) federate(t *testing.T, key any, header map[string]any, change jwt.MapClaims) string {
	t.Helper()
	c := jwt.MapClaims{
		"iss": outsideIssuer, "sub": outsideSubject, "aud": entra.TokenExchangeAudience,
		"exp": time.Now().Add(10 * time.Minute).Unix(),
	}
	return signed(t, key, header, c, change)
}

func signed(t *testing.T, key any, header map[string]any, c, change jwt.MapClaims) string {
	t.Helper()
	maps.Copy(c, change)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	method := jwt.SigningMethod(jwt.SigningMethodES256)
	switch key.(type) {
	case []byte:
		method = jwt.SigningMethodHS256
	case nil:
		method, key = jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType
	}
	token := jwt.NewWithClaims(method, c)
	maps.Copy(token.Header, header)
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (a assertions) thumbprint() map[string]any {
	sum := sha256.Sum256(a.cert.Raw)
	return map[string]any{"x5t#S256": base64.RawURLEncoding.EncodeToString(sum[:])}
}

func assertionForm(assertion string) url.Values {
	form := goodForm()
	form.Del("client_secret")
	form.Set("client_assertion", assertion)
	form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	return form
}

func TestAssertionsAccepted(t *testing.T) {
	a := newAssertions(t)
	one, two := sha1.Sum(a.cert.Raw), sha256.Sum256(a.cert.Raw)
	kid := map[string]any{"kid": "k1"}
	for name, assertion := range map[string]string{
		"x5t#S256 base64url": a.sign(t, a.key, a.thumbprint(), nil),
		"x5t#S256 base64":    a.sign(t, a.key, map[string]any{"x5t#S256": base64.StdEncoding.EncodeToString(two[:])}, nil),
		"x5t base64url":      a.sign(t, a.key, map[string]any{"x5t": base64.RawURLEncoding.EncodeToString(one[:])}, nil),
		"kid hexadecimal":    a.sign(t, a.key, map[string]any{"kid": strings.ToUpper(hex.EncodeToString(one[:]))}, nil),
		"audience issuer":    a.sign(t, a.key, a.thumbprint(), jwt.MapClaims{"aud": "https://login.microsoftonline.com/" + tenantID + "/v2.0"}),
		"audience alias":     a.sign(t, a.key, a.thumbprint(), jwt.MapClaims{"aud": "https://sts.windows.net/" + tenantID + "/"}),
		"audience domain":    a.sign(t, a.key, a.thumbprint(), jwt.MapClaims{"aud": "https://" + host + "/contoso.onmicrosoft.com/oauth2/token"}),
		"no nbf":             a.sign(t, a.key, a.thumbprint(), jwt.MapClaims{"nbf": nil}),
		"federated":          a.federate(t, a.outside, kid, nil),
		"several audiences":  a.federate(t, a.outside, kid, jwt.MapClaims{"aud": []string{"x", entra.TokenExchangeAudience}}),
	} {
		t.Run(name, func(t *testing.T) {
			got := post(t, a.service, tokenPath, assertionForm(assertion))
			if got.status != 200 {
				t.Fatalf("got %d %v", got.status, got.body)
			}
			wantPrincipal(t, a.service, got.text("access_token"))
			said := jwt.MapClaims{}
			if _, _, err := jwt.NewParser().ParseUnverified(got.text("access_token"), said); err != nil || said["appidacr"] != "2" {
				t.Errorf("got appidacr %v (%v), want 2", said["appidacr"], err)
			}
		})
	}
}

func TestAssertionsRefused(t *testing.T) {
	a := newAssertions(t)
	own, kid := a.thumbprint(), map[string]any{"kid": "k1"}
	past := time.Now().Add(-time.Hour).Unix()
	good := a.sign(t, a.key, own, nil)
	for name, test := range map[string]struct {
		assertion string
		code      int
	}{
		"no JWT":             {"x", 50027},
		"subject differs":    {a.sign(t, a.key, own, jwt.MapClaims{"sub": "x"}), 50048},
		"no thumbprint":      {a.sign(t, a.key, nil, nil), 700027},
		"other thumbprint":   {a.sign(t, a.key, map[string]any{"x5t": "AAAA"}, nil), 700027},
		"other key":          {a.sign(t, a.outside, own, nil), 700027},
		"alg none":           {a.sign(t, nil, own, nil), 700027},
		"alg HS256":          {a.sign(t, []byte(secret), own, nil), 700027},
		"tampered":           {good[:len(good)-8] + "AAAAAAAA", 700027},
		"expired":            {a.sign(t, a.key, own, jwt.MapClaims{"exp": past}), 700024},
		"too early":          {a.sign(t, a.key, own, jwt.MapClaims{"nbf": time.Now().Add(30 * time.Minute).Unix()}), 700024},
		"no exp":             {a.sign(t, a.key, own, jwt.MapClaims{"exp": nil}), 700024},
		"other audience":     {a.sign(t, a.key, own, jwt.MapClaims{"aud": "https://example.com" + tokenPath}), 700212},
		"other tenant":       {a.sign(t, a.key, own, jwt.MapClaims{"aud": "https://" + host + "/fabrikam.com/oauth2/token"}), 700212},
		"audience common":    {a.sign(t, a.key, own, jwt.MapClaims{"aud": "https://" + host + "/common/oauth2/v2.0/token"}), 700212},
		"no audience":        {a.sign(t, a.key, own, jwt.MapClaims{"aud": nil}), 700212},
		"unknown issuer":     {a.federate(t, a.outside, kid, jwt.MapClaims{"iss": outsideIssuer + "/"}), 700211},
		"subject's case":     {a.federate(t, a.outside, kid, jwt.MapClaims{"sub": strings.ToUpper(outsideSubject)}), 700213},
		"federated audience": {a.federate(t, a.outside, kid, jwt.MapClaims{"aud": "https://" + host + tokenPath}), 700212},
		"federated key id":   {a.federate(t, a.outside, nil, nil), 700027},
		"federated key":      {a.federate(t, a.key, kid, nil), 700027},
		"no keys known":      {a.federate(t, a.outside, kid, jwt.MapClaims{"sub": "another"}), 700027},
		"federated expired":  {a.federate(t, a.outside, kid, jwt.MapClaims{"exp": past}), 700024},
	} {
		t.Run(name, func(t *testing.T) {
			wantRefusal(t, post(t, a.service, tokenPath, assertionForm(test.assertion)), 401, test.code, "invalid_client")
		})
	}
	form := assertionForm(good)
	form.Del("client_assertion_type")
	wantRefusal(t, post(t, a.service, tokenPath, form), 400, 900144, "invalid_request")
}

// Five minutes of difference between clocks are forgiven, six are not.
func TestAssertionLeeway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAssertions(t)
		assertion := a.sign(t, a.key, a.thumbprint(), nil)
		time.Sleep(14 * time.Minute)
		if got := post(t, a.service, tokenPath, assertionForm(assertion)); got.status != 200 {
			t.Errorf("4 minutes late: got %d %v", got.status, got.body)
		}
		time.Sleep(2 * time.Minute)
		got := post(t, a.service, tokenPath, assertionForm(assertion))
		wantRefusal(t, got, 401, 700024, "invalid_client")
		if want := "expiry time of assertion 2000-01-01T00:10:00.0000000Z"; !strings.Contains(got.text("error_description"), want) {
			t.Errorf("got %q, want %q in it", got.text("error_description"), want)
		}
	})
}

func TestSDKSignsInWithAssertion(t *testing.T) {
	a := newAssertions(t)
	for name, assertion := range map[string]string{
		"own":       a.sign(t, a.key, a.thumbprint(), nil),
		"federated": a.federate(t, a.outside, map[string]any{"kid": "k1"}, nil),
	} {
		cred, err := azidentity.NewClientAssertionCredential(tenantID, clientID, func(context.Context) (string, error) { return assertion, nil },
			&azidentity.ClientAssertionCredentialOptions{ClientOptions: policy.ClientOptions{Transport: &inProcess{handler: a.service}}})
		if err != nil {
			t.Fatal(err)
		}
		token, err := tokenFor(t.Context(), cred, armScope)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		wantPrincipal(t, a.service, token.Token)
	}
}
