package entra_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/pacific-aci/pacific/emulator/azure/internal/entra"
)

func TestOpenIDConfiguration(t *testing.T) {
	const v2 = "https://login.microsoftonline.com/" + tenantID + "/v2.0"
	for path, test := range map[string]struct{ issuer, token, keys string }{
		"/" + tenantID + "/v2.0/.well-known/openid-configuration":                    {v2, "/" + tenantID + "/oauth2/v2.0/token", "/" + tenantID + "/discovery/v2.0/keys"},
		"//" + strings.ToUpper(tenantID) + "//v2.0/.well-known/OpenID-Configuration": {v2, "/" + tenantID + "/oauth2/v2.0/token", "/" + tenantID + "/discovery/v2.0/keys"},
		"/contoso.onmicrosoft.com/v2.0/.well-known/openid-configuration":             {v2, "/" + tenantID + "/oauth2/v2.0/token", "/" + tenantID + "/discovery/v2.0/keys"},
		"/" + tenantID + "/.well-known/openid-configuration":                         {"https://sts.windows.net/" + tenantID + "/", "/" + tenantID + "/oauth2/token", "/" + tenantID + "/discovery/keys"},
		"/common/v2.0/.well-known/openid-configuration":                              {"https://login.microsoftonline.com/{tenantid}/v2.0", "/common/oauth2/v2.0/token", "/common/discovery/v2.0/keys"},
		"/organizations/.well-known/openid-configuration":                            {"https://sts.windows.net/{tenantid}/", "/organizations/oauth2/token", "/organizations/discovery/keys"},
	} {
		for _, host := range entra.Hosts() {
			a := get(t, service(t, nil), "https://"+host+path)
			if a.status != 200 {
				t.Errorf("%s%s: got %d %v", host, path, a.status, a.body)
				continue
			}
			base := "https://" + host + strings.TrimSuffix(strings.TrimSuffix(test.token, "token"), "v2.0/")
			for field, want := range map[string]string{
				"userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo", "rbac_url": "https://pas.windows.net",
				"end_session_endpoint": "https://" + host + strings.TrimSuffix(test.token, "token") + "logout",
				"kerberos_endpoint":    strings.TrimSuffix(base, "oauth2/") + "kerberos",
				"issuer":               test.issuer, "token_endpoint": "https://" + host + test.token, "jwks_uri": "https://" + host + test.keys,
				"authorization_endpoint":        "https://" + host + strings.TrimSuffix(test.token, "token") + "authorize",
				"device_authorization_endpoint": "https://" + host + strings.TrimSuffix(test.token, "token") + "devicecode",
			} {
				if got := a.text(field); got != want {
					t.Errorf("%s%s: got %s %q, want %q", host, path, field, got, want)
				}
			}
			var scope any = "WW"
			if strings.HasPrefix(path, "/common") || strings.HasPrefix(path, "/organizations") {
				scope = nil
			}
			claims, _ := a.body["claims_supported"].([]any)
			if a.body["tenant_region_scope"] != scope || len(claims) == 0 || a.body["http_logout_supported"] != true || a.body["frontchannel_logout_supported"] != true {
				t.Errorf("%s%s: %v", host, path, a.body)
			}
		}
	}
}

func TestDiscoveryOfUnknownTenant(t *testing.T) {
	for _, path := range []string{"/fabrikam.com/v2.0/.well-known/openid-configuration", "/fabrikam.com/.well-known/openid-configuration", "/fabrikam.com/discovery/v2.0/keys"} {
		wantRefusal(t, get(t, service(t, nil), "https://"+host+path), 400, 90002, "invalid_tenant")
	}
	wantRefusal(t, get(t, service(t, nil), "https://"+host+"/x/v2.0/.well-known/openid-configuration"), 400, 900023, "invalid_request")
}

// Anyone can check our tokens with the published key.
func TestPublishedKeyVerifiesTokens(t *testing.T) {
	s := service(t, nil)
	token := issue(t, s, entra.AudienceManagement)
	for _, path := range []string{"/" + tenantID + "/discovery/v2.0/keys", "/common/discovery/keys", "/contoso.onmicrosoft.com/discovery/keys", "/discovery/keys", "/discovery/v2.0/keys"} {
		a := get(t, s, "https://"+host+path)
		keys, _ := a.body["keys"].([]any)
		if a.status != 200 || len(keys) != 1 {
			t.Fatalf("%s: got %d %v, want one key", path, a.status, a.body)
		}
		key, _ := keys[0].(map[string]any)
		coordinate := func(name string) []byte {
			text, _ := key[name].(string)
			raw, err := base64.RawURLEncoding.DecodeString(text)
			if err != nil || len(raw) != 32 {
				t.Fatalf("%s: %s is %q: %d bytes, %v", path, name, text, len(raw), err)
			}
			return raw
		}
		public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, coordinate("x")...), coordinate("y")...))
		if err != nil {
			t.Fatal(err)
		}
		_, err = jwt.Parse(token, func(t *jwt.Token) (any, error) {
			if t.Header["kid"] != key["kid"] {
				return nil, jwt.ErrTokenUnverifiable
			}
			return public, nil
		})
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestInstanceDiscovery(t *testing.T) {
	ask := func(authorize string) answer {
		return get(t, service(t, nil), "https://"+host+"/common/discovery/instance?api-version=1.1&authorization_endpoint="+url.QueryEscape(authorize))
	}
	for authorize, want := range map[string]string{
		"https://login.microsoftonline.com/" + tenantID + "/oauth2/v2.0/authorize": "https://" + host + "/" + tenantID + "/v2.0/.well-known/openid-configuration",
		"https://LOGIN.windows.net/common/oauth2/authorize":                        "https://" + host + "/common/.well-known/openid-configuration",
		"https://login.microsoftonline.us":                                         "https://" + host + "/common/.well-known/openid-configuration",
	} {
		a := ask(authorize)
		if got := a.text("tenant_discovery_endpoint"); a.status != 200 || got != want {
			t.Errorf("%s: got %d %q, want %q", authorize, a.status, got, want)
		}
		if clouds, _ := a.body["metadata"].([]any); len(clouds) == 0 {
			t.Errorf("%s: no metadata in %v", authorize, a.body)
		}
	}
	for _, authorize := range []string{"", "https://login.example.test/common", "http://login.microsoftonline.com/common", "https://%zz"} {
		wantRefusal(t, ask(authorize), 400, 50049, "invalid_instance")
	}
}

func TestUserRealm(t *testing.T) {
	s := service(t, nil)
	for user, want := range map[string]string{"me@contoso.onmicrosoft.com": "Managed", "me@example.com": "Unknown", "me": "Unknown"} {
		a := get(t, s, "https://"+host+"/common/UserRealm/"+url.PathEscape(user)+"?api-version=1.0")
		if got := a.text("account_type"); a.status != 200 || got != want {
			t.Errorf("%s: got %d %q, want %q", user, a.status, got, want)
		}
	}
}

// What needs a person is refused in words that say what to do instead.
func TestInteractiveFlowsAreRefused(t *testing.T) {
	for _, path := range []string{"/common/oauth2/v2.0/authorize", "/" + tenantID + "/oauth2/authorize", "/organizations/oauth2/v2.0/devicecode"} {
		a := get(t, service(t, nil), "https://"+host+path)
		if a.status != http.StatusNotImplemented || !strings.Contains(a.text("error_description"), "az login --service-principal") {
			t.Errorf("%s: got %d %v", path, a.status, a.body)
		}
	}
}

func TestUnknownPaths(t *testing.T) {
	for _, path := range []string{"/", "/" + tenantID, "/../../etc/passwd", "/a/b/c/d/e", "/" + tenantID + "/oauth2/v3.0/token"} {
		r := httptest.NewRequest(http.MethodGet, "https://"+host+"/", nil)
		r.URL.Path = path
		if a := send(t, service(t, nil), r); a.status != 404 {
			t.Errorf("%s: got %d, want 404", path, a.status)
		}
	}
}

func TestOperation(t *testing.T) {
	for path, want := range map[string]string{
		tokenPath: entra.OperationToken,
		"/" + tenantID + "/v2.0/.well-known/openid-configuration": entra.OperationDiscover,
		"/common/discovery/instance":                              entra.OperationDiscover,
		"/common/discovery/keys":                                  entra.OperationKeys,
		"/common/userrealm/a@b.c":                                 entra.OperationUserRealm,
		"/common/oauth2/v2.0/authorize":                           entra.OperationSignIn,
		"/common/oauth2/v2.0/devicecode":                          entra.OperationSignIn,
		"/msi/token":                                              entra.OperationIdentity,
		"/msi/x/metadata/identity/oauth2/token/":                  entra.OperationIdentity,
		"/msi/x":                                                  "",
		"/":                                                       "",
	} {
		if got := entra.Operation(httptest.NewRequest(http.MethodGet, "https://"+host+path, nil)); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}
