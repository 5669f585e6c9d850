package graph_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/pacific-aci/pacific/emulator/azure"
)

const armScope = "https://management.azure.com/.default"

// refusedSignIn wants sign-in to fail with an AADSTS code.
func (w *world) refusedSignIn(appID, secret, code string) {
	w.Helper()
	if _, err := w.signIn(appID, secret, armScope); err == nil || !strings.HasPrefix(err.Error(), code+":") {
		w.Errorf("sign-in: %v, want %s", err, code)
	}
}

// A secret that is made here signs in until it is removed, over or its principal disabled.
func TestSecretsSignIn(t *testing.T) {
	inWorld(t, "{}", func(w *world) {
		app := w.call(201, "POST", "/applications", `{"displayName":"x"}`)
		path, appID := "/applications/"+text(app, "id"), text(app, "appId")
		secret := w.call(200, "POST", path+"/addPassword", `{"passwordCredential":{"displayName":"first"}}`)
		value, keyID := text(secret, "secretText"), text(secret, "keyId")
		if len(value) != 40 || text(secret, "hint") != value[:3] || text(secret, "displayName") != "first" || text(secret, "endDateTime")[:4] != "2002" {
			w.Errorf("secret of %d characters: hint %s, ends %s", len(value), text(secret, "hint"), text(secret, "endDateTime"))
		}
		w.refusedSignIn(appID, value, "AADSTS7000229")
		principal := w.call(201, "POST", "/servicePrincipals", `{"appId":"`+appID+`"}`)
		token, err := w.signIn(appID, value, armScope)
		if err != nil {
			w.Fatal(err)
		}
		var claims struct{ OID, AppID string }
		part, _ := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
		if err := json.Unmarshal(part, &claims); err != nil || claims.OID != text(principal, "id") || claims.AppID != appID {
			w.Errorf("claims %s: %v", part, err)
		}
		for _, again := range []string{string(w.send("GET", path, "").body), string(w.send("GET", "/applications", "").body), string(w.send("PATCH", path, `{"notes":"n"}`).body)} {
			if strings.Contains(again, value) {
				w.Error("the secret is shown again")
			}
		}
		second := text(w.call(200, "POST", "/servicePrincipals/"+text(principal, "id")+"/addPassword", ""), "secretText")
		if _, err := w.signIn(appID, second, armScope); err != nil {
			w.Errorf("with a secret of the principal: %v", err)
		}
		w.call(204, "POST", path+"/removePassword", `{"keyId":"`+strings.ToUpper(keyID)+`"}`)
		w.refusedSignIn(appID, value, "AADSTS7000215")
		w.call(204, "PATCH", "/servicePrincipals/"+text(principal, "id"), `{"accountEnabled":false}`)
		w.refusedSignIn(appID, second, "AADSTS7000112")
		w.call(204, "PATCH", "/servicePrincipals/"+text(principal, "id"), `{"accountEnabled":true}`)
		time.Sleep(3 * 366 * 24 * time.Hour)
		w.refusedSignIn(appID, second, "AADSTS7000222")
	})
}

// What is new is there for Microsoft Graph at once, and for sign-in after propagation.directory.
func TestPropagation(t *testing.T) {
	inWorld(t, `{"propagation":{"directory":"1m"}}`, func(w *world) {
		app := w.call(201, "POST", "/applications", `{"displayName":"x"}`)
		path, appID := "/applications/"+text(app, "id"), text(app, "appId")
		w.call(200, "GET", path, "")
		value := text(w.call(200, "POST", path+"/addPassword", ""), "secretText")
		if code := w.refused(400, "POST", "/servicePrincipals", `{"appId":"`+appID+`"}`); code != "NoBackingApplicationObject" {
			w.Errorf("code %s", code)
		}
		w.refusedSignIn(appID, value, "AADSTS700016")
		time.Sleep(time.Minute)
		w.call(201, "POST", "/servicePrincipals", `{"appId":"`+appID+`"}`)
		w.refusedSignIn(appID, value, "AADSTS7000229")
		time.Sleep(time.Minute)
		if _, err := w.signIn(appID, value, armScope); err != nil {
			w.Error(err)
		}
		late := text(w.call(200, "POST", path+"/addPassword", ""), "secretText")
		w.refusedSignIn(appID, late, "AADSTS7000215")
		time.Sleep(time.Minute)
		if _, err := w.signIn(appID, late, armScope); err != nil {
			w.Error(err)
		}
	})
}

func TestSecretLimit(t *testing.T) {
	inWorld(t, "{}", func(w *world) {
		for audience, most := range map[string]int{"AzureADandPersonalMicrosoftAccount": 2, "AzureADMyOrg": 1000} {
			path := "/applications/" + text(w.call(201, "POST", "/applications", `{"displayName":"x","signInAudience":"`+audience+`"}`), "id")
			for range most {
				w.call(200, "POST", path+"/addPassword", "")
			}
			if code := w.refused(400, "POST", path+"/addPassword", ""); code != "PasswordCredentialsLimitExceeded" {
				w.Errorf("%s: code %s", audience, code)
			}
		}
	})
}

// Nobody but the account may use the directory, and nobody without a token for it.
func TestWhoMayUseTheDirectory(t *testing.T) {
	inWorld(t, "{}", func(w *world) {
		app := w.call(201, "POST", "/applications", `{"displayName":"x","passwordCredentials":[{"displayName":"made with it"}]}`)
		w.call(201, "POST", "/servicePrincipals", `{"appId":"`+text(app, "appId")+`"}`)
		secret := app["passwordCredentials"].([]any)[0].(map[string]any)
		own := w.token
		var err error
		if w.token, err = w.signIn(text(app, "appId"), text(secret, "secretText"), "https://graph.microsoft.com/.default"); err != nil {
			w.Fatal(err)
		}
		for _, path := range []string{"/applications", "/servicePrincipals(appId='" + text(app, "appId") + "')"} {
			if code := w.refused(403, "GET", path, ""); code != "Authorization_RequestDenied" {
				w.Errorf("%s: code %s", path, code)
			}
		}
		a := w.server.Account()
		forARM, err := w.signIn(a.ClientID, a.ClientSecret, armScope)
		if err != nil {
			w.Fatal(err)
		}
		for _, token := range []string{"", "nonsense", own + "x", forARM} {
			w.token = token
			if code := w.refused(401, "GET", "/applications", ""); code != "InvalidAuthenticationToken" {
				w.Errorf("code %s", code)
			}
		}
	})
}

// A certificate that is given here signs in through Azure's own SDK.
func TestCertificatesSignIn(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		server, err := azureemulator.NewServer(azureemulator.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		w := &world{T: t, server: server}
		a := server.Account()
		if w.token, err = w.signIn(a.ClientID, a.ClientSecret, "https://graph.microsoft.com/.default"); err != nil {
			t.Fatal(err)
		}
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
		raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		body := `{"displayName":"x","keyCredentials":[{"type":"AsymmetricX509Cert","usage":"Verify","key":"` + base64.StdEncoding.EncodeToString(raw) + `"}]}`
		app := w.call(201, "POST", "/applications", body)
		w.call(201, "POST", "/servicePrincipals", `{"appId":"`+text(app, "appId")+`"}`)
		shown := app["keyCredentials"].([]any)[0].(map[string]any)
		if shown["key"] != nil || text(shown, "type") != "AsymmetricX509Cert" || len(text(shown, "customKeyIdentifier")) != 40 {
			t.Errorf("key: %v", shown)
		}
		certificate, err := x509.ParseCertificate(raw)
		if err != nil {
			t.Fatal(err)
		}
		get := func() error {
			credential, err := azidentity.NewClientCertificateCredential(a.TenantID, text(app, "appId"), []*x509.Certificate{certificate}, key,
				&azidentity.ClientCertificateCredentialOptions{ClientOptions: azcore.ClientOptions{
					Transport: &http.Client{Transport: server.Transport()}, Retry: policy.RetryOptions{MaxRetries: -1},
				}})
			if err != nil {
				return err
			}
			_, err = credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{armScope}})
			return err
		}
		if err := get(); err != nil {
			t.Errorf("with the certificate: %v", err)
		}
		w.call(204, "PATCH", "/applications/"+text(app, "id"), `{"keyCredentials":[]}`)
		if err := get(); err == nil || !strings.Contains(err.Error(), "AADSTS700027") {
			t.Errorf("after the certificate was taken away: %v", err)
		}
	})
}
