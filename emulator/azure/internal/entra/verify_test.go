package entra_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/entra"
)

func issue(t testing.TB, s *entra.Service, audience string) string {
	t.Helper()
	token, err := s.Issue(entra.Grant{ClientID: clientID, ObjectID: objectID, Audience: audience})
	if err != nil {
		t.Fatal(err)
	}
	return token.AccessToken
}

// forge signs claims with a key of its own.
func forge(t testing.TB, method jwt.SigningMethod, key any, header map[string]any, change jwt.MapClaims) string {
	t.Helper()
	c := jwt.MapClaims{
		"aud": "https://management.azure.com", "iss": "https://sts.windows.net/" + tenantID + "/", "tid": tenantID,
		"oid": objectID, "appid": clientID, "exp": time.Now().Add(time.Hour).Unix(),
	}
	maps.Copy(c, change)
	token := jwt.NewWithClaims(method, c)
	maps.Copy(token.Header, header)
	signed, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestVerifyRefuses(t *testing.T) {
	s := service(t, nil)
	good := issue(t, s, entra.AudienceManagement)
	wantPrincipal(t, s, good)
	parts := strings.Split(good, ".")
	header, _, err := jwt.NewParser().ParseUnverified(good, jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	kid := map[string]any{"kid": header.Header["kid"]}
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	real := jwt.MapClaims{"iss": "https://sts.windows.net/72f988bf-86f1-41af-91ab-2d7cd011db47/"}
	admin := base64.RawURLEncoding.EncodeToString([]byte(`{"appid":"admin"}`))

	for name, test := range map[string]struct {
		token  string
		reason entra.Reason
		code   string
	}{
		"none":             {"", entra.Missing, "AuthenticationFailed"},
		"words":            {"not a token", entra.Malformed, "InvalidAuthenticationToken"},
		"two parts":        {parts[0] + "." + parts[1], entra.Malformed, "InvalidAuthenticationToken"},
		"huge":             {strings.Repeat("a", 1<<20), entra.Malformed, "InvalidAuthenticationToken"},
		"claims no JSON":   {parts[0] + ".e30x." + parts[2], entra.Malformed, "InvalidAuthenticationToken"},
		"no signature":     {parts[0] + "." + parts[1] + ".", entra.Forged, "InvalidAuthenticationToken"},
		"other claims":     {parts[0] + "." + admin + "." + parts[2], entra.Forged, "InvalidAuthenticationToken"},
		"alg none":         {forge(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, kid, nil), entra.Forged, "InvalidAuthenticationToken"},
		"alg HS256":        {forge(t, jwt.SigningMethodHS256, []byte(kid["kid"].(string)), kid, nil), entra.Forged, "InvalidAuthenticationToken"},
		"other key":        {forge(t, jwt.SigningMethodES256, stranger, kid, nil), entra.Forged, "InvalidAuthenticationToken"},
		"other start":      {issue(t, service(t, nil), entra.AudienceManagement), entra.Forged, "InvalidAuthenticationToken"},
		"issuer of no one": {forge(t, jwt.SigningMethodES256, stranger, kid, jwt.MapClaims{"iss": "https://sts.windows.net/<b>/"}), entra.Forged, "InvalidAuthenticationToken"},
		"real Azure":       {forge(t, jwt.SigningMethodES256, stranger, nil, real), entra.WrongTenant, "InvalidAuthenticationTokenTenant"},
		"Graph":            {issue(t, s, entra.AudienceGraph), entra.WrongAudience, "InvalidAuthenticationTokenAudience"},
		"no audience":      {issue(t, s, ""), entra.WrongAudience, "InvalidAuthenticationTokenAudience"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := s.Verify(t.Context(), test.token, entra.AudienceManagement)
			refused, ok := errors.AsType[*entra.TokenError](err)
			if p != nil || !ok || refused.Reason != test.reason {
				t.Fatalf("got %v, %v, want a refusal as %s", p, err, test.reason)
			}
			if strings.Contains(err.Error(), "\n") || len(test.token) > 20 && strings.Contains(err.Error(), test.token) {
				t.Errorf("the error is long or shows the token: %.100q", err)
			}
			_, err = s.AuthenticateARM(t.Context(), test.token)
			answer, ok := errors.AsType[*arm.Error](err)
			if !ok || answer.Status != 401 || answer.Code != test.code || answer.Message == "" {
				t.Fatalf("got %v, want a 401 %s of ARM", err, test.code)
			}
		})
	}
}

func TestVerifyWithoutAudiencesRefuses(t *testing.T) {
	s := service(t, nil)
	if _, err := s.Verify(t.Context(), issue(t, s, entra.AudienceManagement)); err == nil {
		t.Error("a token was good for no service")
	}
	for _, service := range []string{"", "/"} {
		if _, err := s.Verify(t.Context(), issue(t, s, ""), service); err == nil {
			t.Errorf("a token without audience was good for %q", service)
		}
	}
}

// ARM's wording, as clients print it.
func TestMessagesOfARM(t *testing.T) {
	s := service(t, nil)
	_, err := s.AuthenticateARM(t.Context(), issue(t, s, "https://vault.azure.net"))
	const want = "InvalidAuthenticationTokenAudience: The access token has been obtained for wrong audience or resource 'https://vault.azure.net'. It should exactly match with one of the allowed audiences 'https://management.core.windows.net/','https://management.core.windows.net','https://management.azure.com/','https://management.azure.com'."
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	const other = "72f988bf-86f1-41af-91ab-2d7cd011db47"
	_, err = s.AuthenticateARM(t.Context(), forge(t, jwt.SigningMethodES256, stranger, nil, jwt.MapClaims{"iss": "https://login.microsoftonline.com/" + other + "/v2.0"}))
	const wantTenant = "InvalidAuthenticationTokenTenant: The access token is from the wrong issuer 'https://sts.windows.net/" + other + "/'. It must match the tenant 'https://sts.windows.net/" + tenantID + "/' associated with this subscription."
	if err == nil || !strings.HasPrefix(err.Error(), wantTenant) {
		t.Errorf("got  %v\nwant %s", err, wantTenant)
	}
}

func TestTokenBeforeItsTime(t *testing.T) {
	// Outside the bubble it is a quarter of a century later.
	s := service(t, nil)
	later := issue(t, s, entra.AudienceManagement)
	synctest.Test(t, func(t *testing.T) {
		_, err := s.AuthenticateARM(t.Context(), later)
		if err == nil || !strings.Contains(err.Error(), "InvalidAuthenticationToken: The access token is invalid. It is not valid yet") {
			t.Errorf("got %v, want a refusal as not yet valid", err)
		}
	})
}

// TestTokenAfterItsTime: a token that was good is refused once it has expired, though its signature was checked before.
func TestTokenAfterItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(t, nil)
		token := issue(t, s, entra.AudienceManagement)
		for range 2 {
			if _, err := s.Verify(t.Context(), token, entra.AudienceManagement); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(24 * time.Hour)
		_, err := s.Verify(t.Context(), token, entra.AudienceManagement)
		if refused, ok := errors.AsType[*entra.TokenError](err); !ok || refused.Reason != entra.Expired || refused.Expires.IsZero() {
			t.Errorf("got %v, want a refusal as expired, with the time", err)
		}
	})
}

func TestTokensDiffer(t *testing.T) {
	s := service(t, nil)
	seen := map[string]bool{}
	for range 10 {
		seen[issue(t, s, entra.AudienceManagement)] = true
	}
	if len(seen) != 10 {
		t.Errorf("got %d different tokens of 10", len(seen))
	}
}

func FuzzVerify(f *testing.F) {
	s := service(f, nil)
	good := issue(f, s, entra.AudienceManagement)
	f.Add(good)
	f.Add(good[:len(good)-2])
	f.Add("a.b.c")
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add(`eyJhbGciOiJFUzI1NiIsImtpZCI6bnVsbH0.eyJhdWQiOlsxXSwiZXhwIjoxZTk5OX0.AA`)
	parts := strings.Split(good, ".")
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, token string) {
		p, err := s.Verify(t.Context(), token, entra.AudienceManagement)
		if _, ok := errors.AsType[*entra.TokenError](err); err != nil && !ok {
			t.Fatalf("got %T, want a *TokenError", err)
		}
		if err != nil {
			return
		}
		// Only the token that was signed passes; its signature may be spelled with other
		// unused bits at the end.
		got := strings.Split(token, ".")
		sig, _ := base64.RawURLEncoding.DecodeString(got[2])
		if got[0] != parts[0] || got[1] != parts[1] || string(sig) != string(signature) {
			t.Errorf("%q was taken for %v", token, p)
		}
	})
}
