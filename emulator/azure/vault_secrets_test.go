package azureemulator_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	aci "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/keyvault/armkeyvault"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// The life of secrets with the official SDK, which needs the challenge for its first request.
func TestSecretsWithSDK(t *testing.T) {
	w := withVaults(t, azureemulator.Options{})
	ctx := t.Context()
	vault := w.make("kv-one", w.roles())
	w.assign("Key Vault Secrets Officer", w.ownObjectID(), *vault.ID)
	c := w.client("kv-one", w.account)
	first := must(c.SetSecret(ctx, "Pass", azsecrets.SetSecretParameters{Value: new("one"), ContentType: new("text"), Tags: map[string]*string{"a": new("b")}}, nil))(t)
	second := must(c.SetSecret(ctx, "pass", azsecrets.SetSecretParameters{Value: new("two <&>")}, nil))(t)
	if first.ID.Name() != "Pass" || second.ID.Name() != "Pass" || first.ID.Version() == second.ID.Version() || *first.Value != "one" ||
		*first.Attributes.RecoveryLevel != "CustomizedRecoverable+Purgeable" || *first.Attributes.RecoverableDays != 7 || !*first.Attributes.Enabled {
		t.Errorf("set: %+v, %+v", first, second)
	}
	if got := must(c.GetSecret(ctx, "PASS", "", nil))(t); *got.Value != "two <&>" || got.ID.Version() != second.ID.Version() || got.ContentType != nil {
		t.Errorf("the newest: %+v", got)
	}
	if got := must(c.GetSecret(ctx, "pass", first.ID.Version(), nil))(t); *got.Value != "one" || *got.ContentType != "text" || *got.Tags["a"] != "b" {
		t.Errorf("the first: %+v", got)
	}
	for _, name := range []string{"other", "missing/0123456789abcdef0123456789abcdef"} {
		name, version, _ := strings.Cut(name, "/")
		_, err := c.GetSecret(ctx, name, version, nil)
		wantRefusal(t, name, err, 404, "SecretNotFound")
	}
	_, err := c.SetSecret(ctx, "under_score", azsecrets.SetSecretParameters{Value: new("x")}, nil)
	wantRefusal(t, "a bad name", err, 400, "BadParameter")
	_, err = c.SetSecret(ctx, "big", azsecrets.SetSecretParameters{Value: new(strings.Repeat("x", 25601))}, nil)
	wantRefusal(t, "a big value", err, 400, "BadParameter")

	past := time.Now().Add(-time.Hour)
	updated := must(c.UpdateSecretProperties(ctx, "pass", second.ID.Version(), azsecrets.UpdateSecretPropertiesParameters{
		ContentType: new("new"), SecretAttributes: &azsecrets.SecretAttributes{Enabled: new(false), Expires: &past}}, nil))(t)
	if updated.Value != nil || *updated.ContentType != "new" || *updated.Attributes.Enabled || updated.Attributes.Expires.Unix() != past.Unix() {
		t.Errorf("updated: %+v", updated)
	}
	_, err = c.GetSecret(ctx, "pass", "", nil)
	wantRefusal(t, "a disabled one", err, 403, "Forbidden SecretDisabled")
	must(c.UpdateSecretProperties(ctx, "pass", "", azsecrets.UpdateSecretPropertiesParameters{SecretAttributes: &azsecrets.SecretAttributes{Enabled: new(true)}}, nil))(t)
	if got := must(c.GetSecret(ctx, "pass", "", nil))(t); *got.Value != "two <&>" || got.Attributes.Expires.Unix() != past.Unix() {
		t.Errorf("an expired one: %+v", got)
	}
	var versions []string
	for pager := c.NewListSecretPropertiesVersionsPager("pass", nil); pager.More(); {
		for _, v := range must(pager.NextPage(ctx))(t).Value {
			versions = append(versions, v.ID.Version())
		}
	}
	if want := []string{first.ID.Version(), second.ID.Version()}; len(versions) != 2 || !slices.Contains(versions, want[0]) || !slices.Contains(versions, want[1]) {
		t.Errorf("versions %v, want %v", versions, want)
	}
	for i := range 27 {
		must(c.SetSecret(ctx, fmt.Sprintf("n-%02d", i), azsecrets.SetSecretParameters{Value: new("x")}, nil))(t)
	}
	names, pages := []string{}, 0
	for pager := c.NewListSecretPropertiesPager(nil); pager.More(); pages++ {
		for _, item := range must(pager.NextPage(ctx))(t).Value {
			names = append(names, item.ID.Name())
			if item.ID.Version() != "" {
				t.Errorf("a list names the version %s", *item.ID)
			}
		}
	}
	if len(names) != 28 || pages != 2 || names[0] != "n-00" || names[27] != "Pass" {
		t.Errorf("%d pages: %v", pages, names)
	}
}

// What is deleted of a vault's secrets can be looked at, recovered, and purged.
func TestDeletedSecrets(t *testing.T) {
	w := withVaults(t, azureemulator.Options{})
	ctx := t.Context()
	vault := w.make("kv-one", w.roles())
	w.assign("Key Vault Secrets Officer", w.ownObjectID(), *vault.ID)
	c := w.client("kv-one", w.account)
	set := func(value string) (azsecrets.SetSecretResponse, error) {
		return c.SetSecret(ctx, "pass", azsecrets.SetSecretParameters{Value: &value}, nil)
	}
	must(set("one"))(t)
	must(set("two"))(t)
	must(c.SetSecret(ctx, "stays", azsecrets.SetSecretParameters{Value: new("x")}, nil))(t)
	deleted := must(c.DeleteSecret(ctx, "pass", nil))(t)
	if *deleted.RecoveryID != "https://kv-one.vault.azure.net/deletedsecrets/pass" || deleted.Value != nil ||
		deleted.ScheduledPurgeDate.Sub(*deleted.DeletedDate) != 7*24*time.Hour {
		t.Errorf("deleted: %+v", deleted)
	}
	_, err := c.GetSecret(ctx, "pass", "", nil)
	wantRefusal(t, "a deleted one", err, 404, "SecretNotFound")
	_, err = set("three")
	wantRefusal(t, "its name", err, 409, "Conflict ObjectIsDeletedButRecoverable")
	_, err = c.GetDeletedSecret(ctx, "stays", nil)
	wantRefusal(t, "one that is not deleted", err, 404, "SecretNotFound")
	page := must(c.NewListDeletedSecretPropertiesPager(nil).NextPage(ctx))(t)
	if len(page.Value) != 1 || page.Value[0].ID.Name() != "pass" || page.Value[0].ID.Version() != "" || page.Value[0].DeletedDate == nil {
		t.Errorf("deleted ones: %+v", page.Value)
	}
	recovered := must(c.RecoverDeletedSecret(ctx, "pass", nil))(t)
	if got := must(c.GetSecret(ctx, "pass", "", nil))(t); *got.Value != "two" || got.ID.Version() != recovered.ID.Version() {
		t.Errorf("recovered: %+v", got)
	}
	if n := len(must(c.NewListSecretPropertiesVersionsPager("pass", nil).NextPage(ctx))(t).Value); n != 2 {
		t.Errorf("%d versions were recovered", n)
	}
	kept := must(c.BackupSecret(ctx, "pass", nil))(t)
	_, err = c.RestoreSecret(ctx, azsecrets.RestoreSecretParameters{SecretBackup: kept.Value}, nil)
	wantRefusal(t, "restoring what is there", err, 409, "Conflict")
	must(c.DeleteSecret(ctx, "pass", nil))(t)
	_, err = c.RestoreSecret(ctx, azsecrets.RestoreSecretParameters{SecretBackup: kept.Value}, nil)
	wantRefusal(t, "restoring what is deleted", err, 409, "Conflict ObjectIsDeletedButRecoverable")
	must(c.PurgeDeletedSecret(ctx, "pass", nil))(t)
	_, err = c.PurgeDeletedSecret(ctx, "pass", nil)
	wantRefusal(t, "purging again", err, 404, "SecretNotFound")
	must(c.RestoreSecret(ctx, azsecrets.RestoreSecretParameters{SecretBackup: kept.Value}, nil))(t)
	if got := must(c.GetSecret(ctx, "pass", "", nil))(t); *got.Value != "two" {
		t.Errorf("restored: %+v", got)
	}
	kept.Value[len(kept.Value)/2] ^= 1
	_, err = c.RestoreSecret(ctx, azsecrets.RestoreSecretParameters{SecretBackup: kept.Value}, nil)
	wantRefusal(t, "a broken backup", err, 400, "BadParameter")

	protected := w.roles()
	protected.EnablePurgeProtection = new(true)
	w.make("kv-two", protected)
	w.assign("Key Vault Secrets Officer", w.ownObjectID(), w.scope)
	two := w.client("kv-two", w.account)
	if got := must(two.SetSecret(ctx, "a", azsecrets.SetSecretParameters{Value: new("x")}, nil))(t); *got.Attributes.RecoveryLevel != "CustomizedRecoverable" {
		t.Errorf("protected: %+v", got.Attributes)
	}
	must(two.DeleteSecret(ctx, "a", nil))(t)
	_, err = two.PurgeDeletedSecret(ctx, "a", nil)
	wantRefusal(t, "purging what is protected", err, 403, "Forbidden")
}

// Secrets are resources too: Azure Resource Manager sets them and never shows a value.
func TestSecretResources(t *testing.T) {
	w := withVaults(t, azureemulator.Options{})
	ctx := t.Context()
	vault := w.make("kv-one", w.roles())
	put := func(value string) armkeyvault.Secret {
		return must(w.secrets.CreateOrUpdate(ctx, "g", "kv-one", "pass", armkeyvault.SecretCreateOrUpdateParameters{
			Tags: map[string]*string{"a": new("b")}, Properties: &armkeyvault.SecretProperties{Value: new(value), ContentType: new("text")}}, nil))(t).Secret
	}
	first, second := put("one of secret"), put("two of secret")
	if *first.ID != *vault.ID+"/secrets/pass" || *first.Properties.SecretURI != "https://kv-one.vault.azure.net/secrets/pass" || first.Properties.Value != nil ||
		*first.Properties.SecretURIWithVersion == *second.Properties.SecretURIWithVersion || *second.Tags["a"] != "b" || *second.Location != "westeurope" {
		t.Errorf("%+v", second)
	}
	wire := onWire(t, w.server)
	for _, path := range []string{*vault.ID + "/secrets", *vault.ID + "/secrets/pass", *vault.ID, w.scope + "/resources"} {
		if got := wire.arm("GET", path+"?api-version=2023-07-01", ""); got.StatusCode != 200 || strings.Contains(got.text, "of secret") {
			t.Errorf("%s: %d %s", path, got.StatusCode, got.text)
		}
	}
	if page := must(w.secrets.NewListPager("g", "kv-one", nil).NextPage(ctx))(t); len(page.Value) != 1 || *page.Value[0].Name != "pass" {
		t.Errorf("%+v", page.Value)
	}
	changed := must(w.secrets.Update(ctx, "g", "kv-one", "pass", armkeyvault.SecretPatchParameters{Properties: &armkeyvault.SecretPatchProperties{
		Attributes: &armkeyvault.SecretAttributes{Enabled: new(false)}}}, nil))(t)
	if *changed.Properties.Attributes.Enabled || *changed.Properties.SecretURIWithVersion != *second.Properties.SecretURIWithVersion {
		t.Errorf("%+v", changed.Properties)
	}
	w.assign("Key Vault Secrets Officer", w.ownObjectID(), *vault.ID)
	c := w.client("kv-one", w.account)
	version := path.Base(*first.Properties.SecretURIWithVersion)
	if got := must(c.GetSecret(ctx, "pass", version, nil))(t); *got.Value != "one of secret" {
		t.Errorf("%+v", got)
	}
	must(c.DeleteSecret(ctx, "pass", nil))(t)
	if _, err := w.secrets.Get(ctx, "g", "kv-one", "pass", nil); refusal(err) != "ResourceNotFound" {
		t.Errorf("a deleted one: %v", err)
	}
	_, err := w.secrets.CreateOrUpdate(ctx, "g", "kv-one", "pass", armkeyvault.SecretCreateOrUpdateParameters{Properties: &armkeyvault.SecretProperties{Value: new("x")}}, nil)
	if refusal(err) != "Conflict" {
		t.Errorf("its name: %v", err)
	}
	if _, err := w.secrets.Get(ctx, "g", "kv-none", "pass", nil); refusal(err) != "ParentResourceNotFound" {
		t.Errorf("of no vault: %v", err)
	}
}

// The wire of a vault's host: the challenge, and errors in Key Vault's own shape.
func TestVaultWire(t *testing.T) {
	w := withVaults(t, azureemulator.Options{})
	w.make("kv-one", w.roles())
	w.assign("Key Vault Secrets Officer", w.ownObjectID(), w.scope)
	wire := onWire(t, w.server)
	management := wire.token
	good := rawToken(t, w.server.Account(), &http.Client{Transport: w.server.Transport()}, "https://vault.azure.net/.default")
	const at = "https://kv-one.vault.azure.net/"
	for _, row := range []struct {
		token, method, path, body string
		status                    int
		code                      string
	}{
		{"", "PUT", "secrets/a?api-version=7.4", "", 401, "Unauthorized"},
		{"x.y.z", "GET", "secrets/a?api-version=7.4", "", 401, "Unauthorized"},
		{management, "GET", "secrets/a?api-version=7.4", "", 401, "Unauthorized"},
		{good, "GET", "secrets/a", "", 400, "BadParameter"},
		{good, "GET", "secrets/a?api-version=newest", "", 400, "BadParameter"},
		{good, "GET", "secrets/a?api-version=7.4-preview.1", "", 404, "SecretNotFound"},
		{good, "PUT", "secrets/a?api-version=7.4", "{", 400, "BadParameter"},
		{good, "PUT", "secrets/a?api-version=7.4", "{}", 400, "BadParameter"},
		{good, "PUT", "secrets/a?api-version=7.4", `{"value":"v"}`, 200, ""},
		{good, "GET", "secrets/a/?api-version=7.5", "", 200, ""},
		{good, "GET", "secrets/a?api-version=7.6", "", 200, ""},
		{good, "GET", "secrets?api-version=2025-07-01&maxresults=1", "", 200, ""},
		{good, "GET", "secrets?api-version=7.4&maxresults=26", "", 400, "BadParameter"},
		{good, "GET", "secrets?api-version=7.4&$skiptoken=!", "", 400, "BadParameter"},
		{good, "GET", "keys?api-version=7.4", "", 501, "NotImplemented"},
		{good, "POST", "certificates/a/create?api-version=7.4", "{}", 501, "NotImplemented"},
		{good, "POST", "secrets/a?api-version=7.4", "{}", 405, "MethodNotAllowed"},
		{good, "GET", "nothing?api-version=7.4", "", 404, "NotFound"},
		{good, "DELETE", "secrets/a?api-version=7.4", "", 200, ""},
		{good, "DELETE", "deletedsecrets/a?api-version=7.4", "", 204, ""},
	} {
		wire.token = row.token
		got := wire.send(row.method, at+row.path, row.body)
		if got.StatusCode != row.status || got.code() != row.code {
			t.Errorf("%s %s: %d %s, want %d %s", row.method, row.path, got.StatusCode, got.text, row.status, row.code)
		}
		challenge := `Bearer authorization="https://login.microsoftonline.com/` + w.server.Account().TenantID + `", resource="https://vault.azure.net"`
		if shown := got.Header.Get("WWW-Authenticate"); (row.status == 401) != (shown == challenge) {
			t.Errorf("%s %s: WWW-Authenticate: %s", row.method, row.path, shown)
		}
		if row.token != "" && strings.Contains(got.text, row.token) {
			t.Errorf("%s %s: the answer holds the token", row.method, row.path)
		}
	}
	if _, err := wire.try("GET", "https://kv-none.vault.azure.net/secrets?api-version=7.4", ""); err == nil {
		if got := wire.send("GET", "https://kv-none.vault.azure.net/secrets?api-version=7.4", ""); got.StatusCode != 421 {
			t.Errorf("a vault that is not there: %d %s", got.StatusCode, got.text)
		}
	}
	log := wire.control("GET", "requests?after=0", "")
	for _, want := range []string{`"operation":"SetSecret"`, `"operation":"PurgeDeletedSecret"`} {
		if !strings.Contains(log.text, want) {
			t.Errorf("the request log lacks %s", want)
		}
	}
}

// identityCredential gets tokens as a container does, from the endpoint that its environment names.
type identityCredential struct {
	call   azureemulator.ContainerCall
	client *http.Client
}

func (i identityCredential) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	r, err := http.NewRequestWithContext(ctx, "GET", i.call.Getenv("IDENTITY_ENDPOINT")+"?api-version=2019-08-01&resource="+url.QueryEscape(o.Scopes[0]), nil)
	if err != nil {
		return azcore.AccessToken{}, err
	}
	r.Header.Set("X-Identity-Header", i.call.Getenv("IDENTITY_HEADER"))
	res, err := i.client.Do(r)
	if err != nil {
		return azcore.AccessToken{}, err
	}
	defer res.Body.Close()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	err = json.NewDecoder(res.Body).Decode(&token)
	return azcore.AccessToken{Token: token.AccessToken, ExpiresOn: time.Now().Add(time.Hour)}, err
}

// A container reads a secret by its identity once its role is known, and another identity's container never.
func TestContainerReadsSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w *vaultWorld
		answers := make(chan string, 1)
		began := time.Now()
		w = withVaults(t, azureemulator.Options{
			Settings: []byte(`{"propagation":{"roleAssignment":"5m"}}`),
			Engine: azureemulator.Func(func(ctx context.Context, call azureemulator.ContainerCall) int {
				c, err := azsecrets.NewClient("https://kv-one.vault.azure.net", identityCredential{call, &http.Client{Transport: w.server.Transport()}},
					&azsecrets.ClientOptions{ClientOptions: w.options.ClientOptions})
				for range 10 {
					var got azsecrets.GetSecretResponse
					if got, err = c.GetSecret(ctx, "pass", "", nil); err == nil {
						answers <- fmt.Sprintf("%s after %s", *got.Value, time.Since(began).Truncate(time.Minute))
						return 0
					}
					time.Sleep(time.Minute)
				}
				answers <- err.Error()
				return 1
			}),
		})
		ctx := t.Context()
		vault := w.make("kv-one", w.roles())
		must(w.secrets.CreateOrUpdate(ctx, "g", "kv-one", "pass", armkeyvault.SecretCreateOrUpdateParameters{Properties: &armkeyvault.SecretProperties{Value: new("hello")}}, nil))(t)
		account := application{clientID: w.server.Account().ClientID, secret: w.server.Account().ClientSecret}
		run := func(name string) string {
			identity := must(w.identities.CreateOrUpdate(ctx, "g", name, armmsi.Identity{Location: new("westeurope")}, nil))(t)
			if name == "reader" {
				w.assign("Key Vault Secrets User", *identity.Properties.PrincipalID, *vault.ID)
			}
			must(w.create(account, "job-"+name, &aci.ContainerGroupIdentity{
				Type: new(aci.ResourceIdentityTypeUserAssigned), UserAssignedIdentities: map[string]*aci.UserAssignedIdentities{*identity.ID: {}},
			}))(t)
			return <-answers
		}
		if got := run("reader"); got != "hello after 5m0s" {
			t.Errorf("the reader: %s", got)
		}
		if got := run("stranger"); !strings.Contains(got, "Caller is not authorized") {
			t.Errorf("the stranger: %s", got)
		}
	})
}
