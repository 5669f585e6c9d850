package azureemulator_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	aci "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/keyvault/armkeyvault"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// vaultWorld is an emulator with the official clients for vaults, as its account.
type vaultWorld struct {
	*azureWorld
	vaults  *armkeyvault.VaultsClient
	secrets *armkeyvault.SecretsClient
	account azcore.TokenCredential
}

func withVaults(t *testing.T, o azureemulator.Options) *vaultWorld {
	t.Helper()
	w := &vaultWorld{azureWorld: inAzure(t, o)}
	w.account, _ = sdk(t, w.server)
	sub := w.server.Account().SubscriptionID
	w.vaults = must(armkeyvault.NewVaultsClient(sub, w.account, w.options))(t)
	w.secrets = must(armkeyvault.NewSecretsClient(sub, w.account, w.options))(t)
	return w
}

// roles are the properties of a vault that goes by roles.
func (w *vaultWorld) roles() *armkeyvault.VaultProperties {
	return &armkeyvault.VaultProperties{
		TenantID: new(w.server.Account().TenantID), SKU: &armkeyvault.SKU{Family: new(armkeyvault.SKUFamilyA), Name: new(armkeyvault.SKUNameStandard)},
		EnableRbacAuthorization: new(true), SoftDeleteRetentionInDays: new(int32(7)),
	}
}

func (w *vaultWorld) try(name string, p *armkeyvault.VaultProperties) (armkeyvault.Vault, error) {
	poller, err := w.vaults.BeginCreateOrUpdate(w.Context(), "g", name, armkeyvault.VaultCreateOrUpdateParameters{Location: new("westeurope"), Properties: p}, nil)
	if err != nil {
		return armkeyvault.Vault{}, err
	}
	done, err := poller.PollUntilDone(w.Context(), soon)
	return done.Vault, err
}

func (w *vaultWorld) make(name string, p *armkeyvault.VaultProperties) armkeyvault.Vault {
	w.Helper()
	return must(w.try(name, p))(w.T)
}

// client is the SDK's for the secrets of a vault.
func (w *vaultWorld) client(vault string, as azcore.TokenCredential) *azsecrets.Client {
	w.Helper()
	return must(azsecrets.NewClient("https://"+vault+".vault.azure.net", as, &azsecrets.ClientOptions{ClientOptions: w.options.ClientOptions}))(w.T)
}

// refused is the status, the code and the inner code of Key Vault's error.
func refused(t *testing.T, err error) (status int, codes string) {
	t.Helper()
	response, ok := errors.AsType[*azcore.ResponseError](err)
	if !ok {
		t.Fatalf("no answer's error: %v", err)
	}
	text, err := io.ReadAll(response.RawResponse.Body)
	if err != nil {
		t.Fatal(err)
	}
	var body struct {
		Error struct {
			Code       string
			InnerError struct{ Code string }
		}
	}
	if err := json.Unmarshal(text, &body); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return response.StatusCode, strings.Trim(body.Error.Code+" "+body.Error.InnerError.Code, " ")
}

func wantRefusal(t *testing.T, what string, err error, status int, codes string) {
	t.Helper()
	if got, gotCodes := refused(t, err); got != status || gotCodes != codes {
		t.Errorf("%s: %d %q, want %d %q", what, got, gotCodes, status, codes)
	}
}

// The life of a vault with the official SDK.
func TestVaultWithSDK(t *testing.T) {
	w := withVaults(t, azureemulator.Options{})
	ctx := t.Context()
	if free := must(w.vaults.CheckNameAvailability(ctx, checked("Kv-one"), nil))(t); !*free.NameAvailable {
		t.Errorf("before: %+v", free)
	}
	made := w.make("Kv-one", w.roles())
	p := made.Properties
	if *made.Name != "Kv-one" || *p.VaultURI != "https://kv-one.vault.azure.net/" || *p.ProvisioningState != armkeyvault.VaultProvisioningStateSucceeded ||
		!*p.EnableRbacAuthorization || !*p.EnableSoftDelete || *p.SoftDeleteRetentionInDays != 7 || len(p.AccessPolicies) != 0 || *p.PublicNetworkAccess != "Enabled" {
		t.Errorf("made %+v", p)
	}
	if taken := must(w.vaults.CheckNameAvailability(ctx, checked("kv-ONE"), nil))(t); *taken.NameAvailable || *taken.Reason != armkeyvault.ReasonAlreadyExists {
		t.Errorf("after: %+v", taken)
	}
	changed := must(w.vaults.Update(ctx, "g", "kv-one", armkeyvault.VaultPatchParameters{
		Tags: map[string]*string{"a": new("b")}, Properties: &armkeyvault.VaultPatchProperties{
			EnabledForTemplateDeployment: new(true), NetworkACLs: &armkeyvault.NetworkRuleSet{DefaultAction: new(armkeyvault.NetworkRuleActionDeny),
				IPRules: []*armkeyvault.IPRule{{Value: new("10.0.0.0/24")}}}},
	}, nil))(t)
	if acl := changed.Properties.NetworkACLs; *changed.Tags["a"] != "b" || *acl.Bypass != armkeyvault.NetworkRuleBypassOptionsAzureServices || *acl.IPRules[0].Value != "10.0.0.0/24" ||
		!*changed.Properties.EnabledForTemplateDeployment || !*changed.Properties.EnableRbacAuthorization {
		t.Errorf("changed: %+v", changed.Properties)
	}
	w.make("kv-two", w.roles())
	var names []string
	for pager := w.vaults.NewListBySubscriptionPager(&armkeyvault.VaultsClientListBySubscriptionOptions{Top: new(int32(1))}); pager.More(); {
		for _, v := range must(pager.NextPage(ctx))(t).Value {
			names = append(names, *v.Name)
		}
	}
	for pager := w.vaults.NewListByResourceGroupPager("g", nil); pager.More(); {
		for _, v := range must(pager.NextPage(ctx))(t).Value {
			names = append(names, *v.Name)
		}
	}
	for pager := w.vaults.NewListPager(nil); pager.More(); {
		for _, v := range must(pager.NextPage(ctx))(t).Value {
			names = append(names, *v.Name)
		}
	}
	if got := strings.Join(names, " "); got != "Kv-one kv-two Kv-one kv-two Kv-one kv-two" {
		t.Errorf("lists: %s", got)
	}
	// What a template may have besides is kept, and az's list of managed HSMs is one of those.
	wire := onWire(t, w.server)
	for _, step := range [][3]string{
		{"PUT", *made.ID + "/keys/k", `{"properties":{"kty":"RSA"}}`}, {"GET", *made.ID + "/keys/k", ""},
		{"GET", "/subscriptions/" + w.server.Account().SubscriptionID + "/providers/Microsoft.KeyVault/managedHSMs", ""},
		{"GET", "/subscriptions/" + w.server.Account().SubscriptionID + "/providers/Microsoft.KeyVault/deletedManagedHSMs", ""},
	} {
		if got := wire.arm(step[0], step[1]+"?api-version=2023-07-01", step[2]); got.StatusCode/100 != 2 {
			t.Errorf("%s: %d %s", step, got.StatusCode, got.text)
		}
	}
	for name, want := range map[string]string{
		"ab": "VaultNameNotValid", "1abc": "VaultNameNotValid", "a--b": "VaultNameNotValid", "abc-": "VaultNameNotValid", "a_bc": "VaultNameNotValid",
		strings.Repeat("a", 25): "VaultNameNotValid",
	} {
		if _, err := w.try(name, w.roles()); refusal(err) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	for what, wrong := range map[string]func(p *armkeyvault.VaultProperties){
		"tenant of nobody":           func(p *armkeyvault.VaultProperties) { p.TenantID = new("11111111-2222-4333-8444-555555555555") },
		"no tenant":                  func(p *armkeyvault.VaultProperties) { p.TenantID = nil },
		"no SKU":                     func(p *armkeyvault.VaultProperties) { p.SKU = nil },
		"neither roles nor policies": func(p *armkeyvault.VaultProperties) { p.EnableRbacAuthorization = nil },
		"purge protection off":       func(p *armkeyvault.VaultProperties) { p.EnablePurgeProtection = new(false) },
		"six days":                   func(p *armkeyvault.VaultProperties) { p.SoftDeleteRetentionInDays = new(int32(6)) },
	} {
		p := w.roles()
		wrong(p)
		if _, err := w.try("kv-three", p); refusal(err) != "BadRequest" {
			t.Errorf("%s: %v", what, err)
		}
	}
	p2 := w.roles()
	p2.SoftDeleteRetentionInDays = new(int32(8))
	if _, err := w.try("kv-two", p2); refusal(err) != "BadRequest" || !strings.Contains(err.Error(), "can't be modified") {
		t.Errorf("another retention: %v", err)
	}
}

func checked(name string) armkeyvault.VaultCheckNameAvailabilityParameters {
	return armkeyvault.VaultCheckNameAvailabilityParameters{Name: &name, Type: new("Microsoft.KeyVault/vaults")}
}

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

// ownObjectID is the object id of the account's principal, as its tokens say.
func (w *vaultWorld) ownObjectID() string {
	w.Helper()
	token := rawToken(w.T, w.server.Account(), &http.Client{Transport: w.server.Transport()}, "https://vault.azure.net/.default")
	text := must(base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1]))(w.T)
	var claims struct{ OID string }
	if err := json.Unmarshal(text, &claims); err != nil || claims.OID == "" {
		w.Fatalf("%v: %s", err, text)
	}
	return claims.OID
}

// A vault that goes by roles asks them for every call: the owner of the subscription is nobody in it, and a role may be for
// one secret.
func TestVaultRoles(t *testing.T) {
	w := withVaults(t, azureemulator.Options{})
	ctx := t.Context()
	vault := w.make("kv-one", w.roles())
	reader, officer, single := register(t, w.server, "reader"), register(t, w.server, "officer"), register(t, w.server, "single")
	as := func(app application) *azsecrets.Client {
		return w.client("kv-one", app.credential(t, w.server, w.options))
	}
	owner := w.client("kv-one", w.account)
	_, err := owner.GetSecret(ctx, "pass", "", nil)
	wantRefusal(t, "the owner", err, 403, "Forbidden ForbiddenByRbac")
	for _, part := range []string{"Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'", "oid=" + w.ownObjectID(),
		"/resourcegroups/g/providers/microsoft.keyvault/vaults/kv-one/secrets/pass'", "Vault: kv-one;location=westeurope"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("without %s: %v", part, err)
		}
	}
	w.assign("Key Vault Secrets User", reader.objectID, *vault.ID)
	w.assign("Key Vault Secrets Officer", officer.objectID, w.scope)
	o := as(officer)
	for _, name := range []string{"pass", "other"} {
		must(o.SetSecret(ctx, name, azsecrets.SetSecretParameters{Value: new("x")}, nil))(t)
	}
	w.assign("Key Vault Secrets User", single.objectID, *vault.ID+"/secrets/pass")
	if got := must(as(reader).GetSecret(ctx, "pass", "", nil))(t); *got.Value != "x" {
		t.Errorf("the reader: %+v", got)
	}
	must(as(reader).NewListSecretPropertiesPager(nil).NextPage(ctx))(t)
	_, err = as(reader).SetSecret(ctx, "pass", azsecrets.SetSecretParameters{Value: new("y")}, nil)
	wantRefusal(t, "the reader sets", err, 403, "Forbidden ForbiddenByRbac")
	_, err = as(reader).DeleteSecret(ctx, "pass", nil)
	wantRefusal(t, "the reader deletes", err, 403, "Forbidden ForbiddenByRbac")
	must(as(single).GetSecret(ctx, "pass", "", nil))(t)
	_, err = as(single).GetSecret(ctx, "other", "", nil)
	wantRefusal(t, "who may read another secret", err, 403, "Forbidden ForbiddenByRbac")
	_, err = as(single).NewListSecretPropertiesPager(nil).NextPage(ctx)
	wantRefusal(t, "who may read one secret lists", err, 403, "Forbidden ForbiddenByRbac")
	_, err = o.GetSecret(ctx, "none", "", nil)
	wantRefusal(t, "the officer", err, 404, "SecretNotFound")
}

// A vault without roles goes by its access policies, each principal by its own.
func TestVaultAccessPolicies(t *testing.T) {
	w := withVaults(t, azureemulator.Options{})
	ctx := t.Context()
	reader, all := register(t, w.server, "reader"), register(t, w.server, "all")
	policy := func(app application, words ...armkeyvault.SecretPermissions) *armkeyvault.AccessPolicyEntry {
		return &armkeyvault.AccessPolicyEntry{TenantID: new(w.server.Account().TenantID), ObjectID: new(app.objectID), Permissions: &armkeyvault.Permissions{Secrets: to.SliceOfPtrs(words...)}}
	}
	p := w.roles()
	p.EnableRbacAuthorization = new(false)
	p.AccessPolicies = []*armkeyvault.AccessPolicyEntry{policy(all, armkeyvault.SecretPermissionsAll)}
	vault := w.make("kv-one", p)
	// Roles count for nothing here.
	w.assign("Key Vault Administrator", reader.objectID, *vault.ID)
	r, a := w.client("kv-one", reader.credential(t, w.server, w.options)), w.client("kv-one", all.credential(t, w.server, w.options))
	must(a.SetSecret(ctx, "pass", azsecrets.SetSecretParameters{Value: new("x")}, nil))(t)
	_, err := r.GetSecret(ctx, "pass", "", nil)
	wantRefusal(t, "before", err, 403, "Forbidden AccessDenied")
	if !strings.Contains(err.Error(), "does not have secrets get permission on key vault 'kv-one;location=westeurope'") || !strings.Contains(err.Error(), reader.objectID) {
		t.Error(err)
	}
	change := func(kind armkeyvault.AccessPolicyUpdateKind, entries ...*armkeyvault.AccessPolicyEntry) []*armkeyvault.AccessPolicyEntry {
		t.Helper()
		done := must(w.vaults.UpdateAccessPolicy(ctx, "g", "kv-one", kind, armkeyvault.VaultAccessPolicyParameters{
			Properties: &armkeyvault.VaultAccessPolicyProperties{AccessPolicies: entries}}, nil))(t)
		return done.Properties.AccessPolicies
	}
	if got := change(armkeyvault.AccessPolicyUpdateKindAdd, policy(reader, armkeyvault.SecretPermissionsGet)); len(got) != 2 {
		t.Errorf("added: %v", got)
	}
	change(armkeyvault.AccessPolicyUpdateKindAdd, policy(reader, "List"))
	must(r.GetSecret(ctx, "pass", "", nil))(t)
	must(r.NewListSecretPropertiesPager(nil).NextPage(ctx))(t)
	_, err = r.SetSecret(ctx, "pass", azsecrets.SetSecretParameters{Value: new("y")}, nil)
	wantRefusal(t, "setting", err, 403, "Forbidden AccessDenied")
	change(armkeyvault.AccessPolicyUpdateKindRemove, policy(reader, armkeyvault.SecretPermissionsGet))
	_, err = r.GetSecret(ctx, "pass", "", nil)
	wantRefusal(t, "after it was removed", err, 403, "Forbidden AccessDenied")
	must(r.NewListSecretPropertiesPager(nil).NextPage(ctx))(t)
	must(a.DeleteSecret(ctx, "pass", nil))(t)
	_, err = a.PurgeDeletedSecret(ctx, "pass", nil)
	wantRefusal(t, "all does not mean purge", err, 403, "Forbidden AccessDenied")
	if got := change(armkeyvault.AccessPolicyUpdateKindReplace, policy(all, armkeyvault.SecretPermissionsAll, armkeyvault.SecretPermissionsPurge)); len(got) != 1 {
		t.Errorf("replaced: %v", got)
	}
	must(a.PurgeDeletedSecret(ctx, "pass", nil))(t)
	_, err = w.vaults.UpdateAccessPolicy(ctx, "g", "kv-one", armkeyvault.AccessPolicyUpdateKindAdd, armkeyvault.VaultAccessPolicyParameters{
		Properties: &armkeyvault.VaultAccessPolicyProperties{AccessPolicies: []*armkeyvault.AccessPolicyEntry{policy(application{objectID: "me"}, "get")}}}, nil)
	if refusal(err) != "BadRequest" {
		t.Errorf("a policy for nobody: %v", err)
	}
}

// A deleted vault keeps its name and its secrets until it is recovered or purged, or its time is over.
func TestDeletedVaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := withVaults(t, azureemulator.Options{})
		ctx := t.Context()
		vault := w.make("kv-one", w.roles())
		w.assign("Key Vault Secrets Officer", w.ownObjectID(), w.scope)
		must(w.client("kv-one", w.account).SetSecret(ctx, "pass", azsecrets.SetSecretParameters{Value: new("x")}, nil))(t)
		w.assign("Key Vault Secrets User", w.ownObjectID(), *vault.ID)
		must(w.vaults.Delete(ctx, "g", "kv-one", nil))(t)
		must(w.vaults.Delete(ctx, "g", "kv-one", nil))(t) // 204
		if _, err := w.vaults.Get(ctx, "g", "kv-one", nil); refusal(err) != "ResourceNotFound" {
			t.Errorf("a deleted vault: %v", err)
		}
		if w.server.IsAzure("kv-one.vault.azure.net") {
			t.Error("the host of a deleted vault is there")
		}
		deleted := must(w.vaults.GetDeleted(ctx, "kv-one", "westeurope", nil))(t)
		if *deleted.Properties.VaultID != *vault.ID || deleted.Properties.ScheduledPurgeDate.Sub(*deleted.Properties.DeletionDate) != 7*24*time.Hour {
			t.Errorf("deleted: %+v", deleted.Properties)
		}
		if got := onWire(t, w.server).arm("GET", "providers/Microsoft.KeyVault/locations/West%20Europe/deletedVaults/KV-one?api-version=2023-07-01", ""); got.StatusCode != 200 {
			t.Errorf("spelt in another way: %d %s", got.StatusCode, got.text)
		}
		if page := must(w.vaults.NewListDeletedPager(nil).NextPage(ctx))(t); len(page.Value) != 1 || *page.Value[0].Name != "kv-one" {
			t.Errorf("deleted vaults: %+v", page.Value)
		}
		if _, err := w.try("kv-one", w.roles()); refusal(err) != "ConflictError" {
			t.Errorf("its name: %v", err)
		}
		if taken := must(w.vaults.CheckNameAvailability(ctx, checked("kv-one"), nil))(t); *taken.NameAvailable {
			t.Error("its name is free")
		}
		recover := w.roles()
		recover.CreateMode = new(armkeyvault.CreateModeRecover)
		w.make("kv-one", recover)
		if got := must(w.client("kv-one", w.account).GetSecret(ctx, "pass", "", nil))(t); *got.Value != "x" {
			t.Errorf("recovered: %+v", got)
		}
		pages := w.assignments.NewListForScopePager(*vault.ID, nil)
		for _, given := range must(pages.NextPage(ctx))(t).Value {
			if strings.EqualFold(*given.Properties.Scope, *vault.ID) {
				t.Errorf("a role came back with the vault: %+v", given.Properties)
			}
		}
		must(w.vaults.Delete(ctx, "g", "kv-one", nil))(t)
		purge := func(name string) error {
			poller, err := w.vaults.BeginPurgeDeleted(ctx, name, "westeurope", nil)
			if err == nil {
				_, err = poller.PollUntilDone(ctx, soon)
			}
			return err
		}
		if err := purge("kv-one"); err != nil {
			t.Error(err)
		}
		if err := purge("kv-one"); refusal(err) != "DeletedVaultNotFound" {
			t.Errorf("purging again: %v", err)
		}
		if _, err := w.try("kv-one", recover); refusal(err) != "VaultNotFound" {
			t.Errorf("recovering what was purged: %v", err)
		}
		p := w.roles()
		p.EnablePurgeProtection = new(true)
		w.make("kv-one", p)
		must(w.vaults.Delete(ctx, "g", "kv-one", nil))(t)
		if err := purge("kv-one"); refusal(err) != "MethodNotAllowed" {
			t.Errorf("purging what is protected: %v", err)
		}
		time.Sleep(7*24*time.Hour - time.Minute)
		if _, err := w.try("kv-one", w.roles()); refusal(err) != "ConflictError" {
			t.Errorf("just before its time: %v", err)
		}
		time.Sleep(2 * time.Minute)
		w.make("kv-one", w.roles())
		if page := must(w.client("kv-one", w.account).NewListSecretPropertiesPager(nil).NextPage(ctx))(t); len(page.Value) != 0 {
			t.Errorf("a new vault has secrets: %+v", page.Value)
		}
	})
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
