package azureemulator_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/keyvault/armkeyvault"
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
