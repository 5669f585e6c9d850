package keyvaultdemo_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/keyvault/armkeyvault"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/examples/key_vault_demo"
	"github.com/pacific-aci/pacific/flow"
	"github.com/pacific-aci/pacific/flow/flowtest"
	"github.com/pacific-aci/pacific/prefect"
)

// child makes the test's own binary the flow's program.
const child = "KEY_VAULT_DEMO_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(child) != "" {
		flow.Main(keyvaultdemo.Flow)
	}
	os.Exit(m.Run())
}

const (
	vaultURL = "https://kv-demo.vault.azure.net"
	secret   = "hunter2"
)

// TestReads runs the program as one does by hand: signed in as a service principal that may read the secret, or may not.
func TestReads(t *testing.T) {
	local, err := azureemulator.Start(t.Context(), azureemulator.StartOptions{
		Options: azureemulator.Options{ResourceGroup: azureemulator.DefaultResourceGroup},
		Listen:  "127.0.0.1:0", LookupEnv: func(string) (string, bool) { return "", false },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = local.Close() })
	owner := signIn(t, local)
	owner.makeVault(t, true)
	owner.makeSecret(t)

	stdout, stderr, err := run(t, local, "vault="+vaultURL)
	var result keyvaultdemo.Result
	if err != nil || json.Unmarshal([]byte(stdout), &result) != nil || result.Secret != "testsecret" || result.Vault != vaultURL || result.Version == "" {
		t.Errorf("allowed: %v\n%s%s", err, stdout, stderr)
	}
	if strings.Contains(stdout+stderr, secret) {
		t.Errorf("the secret is shown:\n%s%s", stdout, stderr)
	}
	if _, stderr, err := run(t, local, "vault="+vaultURL, "secret=other"); err == nil || !strings.Contains(stderr, "SecretNotFound") {
		t.Errorf("no such secret: %v\n%s", err, stderr)
	}
	owner.makeVault(t, false)
	if _, stderr, err := run(t, local, "vault="+vaultURL); err == nil || !strings.Contains(stderr, "reading the secret testsecret of "+vaultURL+": ") || !strings.Contains(stderr, "AccessDenied") ||
		!strings.Contains(stderr, "HTTP 403") {
		t.Errorf("refused: %v\n%s", err, stderr)
	}
	if _, stderr, err := run(t, local); err == nil || !strings.Contains(stderr, "give vault=URL") {
		t.Errorf("neither vault nor server: %v\n%s", err, stderr)
	}
}

// TestFindsVault asks the server for the vault, and says what it lacks.
func TestFindsVault(t *testing.T) {
	flowtest.Run(t, func(t *testing.T, s *flowtest.Server) {
		run := func() string {
			t.Helper()
			time.Sleep(time.Second) // so that one run is the last
			_, err := keyvaultdemo.Flow.Run(s.Context(), keyvaultdemo.Flow.Defaults())
			if err == nil {
				t.Fatal("the run did not fail")
			}
			return err.Error()
		}
		if got := run(); !strings.Contains(got, "kv-url") {
			t.Errorf("no block: %s", got)
		}
		save := func(text string) {
			t.Helper()
			block := &prefect.PlainBlock{Slug: "string", Data: map[string]any{"value": text}}
			if _, err := s.Client.SaveBlock(t.Context(), "kv-url", block, prefect.SaveBlockOptions{Overwrite: true}); err != nil {
				t.Fatal(err)
			}
		}
		save("")
		if got := run(); got != "the block string/kv-url has no text" {
			t.Errorf("empty block: %s", got)
		}
		save("ftp://nowhere")
		if got := run(); !strings.Contains(got, "reading the secret testsecret of ftp://nowhere") {
			t.Errorf("no vault's address: %s", got)
		}
		if last := s.LastRun("Key Vault Demo"); last.Task("find key vault-0").StateType != prefect.StateCompleted || last.Task("read secret-0").StateType != prefect.StateFailed {
			t.Errorf("the last run: %v", last)
		}
	})
}

// run runs the program with what a shell has from the emulator's environment file.
func run(t *testing.T, local *azureemulator.Local, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = []string{child + "=1", "HOME=" + t.TempDir(), "GORACE=" + os.Getenv("GORACE")}
	for _, v := range local.Environment() {
		cmd.Env = append(cmd.Env, v.Name+"="+v.Value)
	}
	var out, say bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &say
	err = cmd.Run()
	return out.String(), say.String(), err
}

// person is somebody who is signed in to the emulator.
type person struct {
	credential azcore.TokenCredential
	options    azcore.ClientOptions
	account    azureemulator.Account
	objectID   string
}

func signIn(t *testing.T, local *azureemulator.Local) *person {
	t.Helper()
	p := &person{account: local.Server.Account()}
	p.options.Transport = &http.Client{Transport: local.Server.Transport()}
	var err error
	p.credential, err = azidentity.NewClientSecretCredential(p.account.TenantID, p.account.ClientID, p.account.ClientSecret,
		&azidentity.ClientSecretCredentialOptions{ClientOptions: p.options})
	if err != nil {
		t.Fatal(err)
	}
	token, err := p.credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://management.azure.com/.default"}})
	if err != nil {
		t.Fatal(err)
	}
	var claims struct{ Oid string }
	body, err := base64.RawURLEncoding.DecodeString(strings.Split(token.Token, ".")[1])
	if err != nil || json.Unmarshal(body, &claims) != nil {
		t.Fatal(err)
	}
	p.objectID = claims.Oid
	return p
}

// makeVault makes the vault, or changes who may use it.
func (p *person) makeVault(t *testing.T, allow bool) {
	t.Helper()
	vaults, err := armkeyvault.NewVaultsClient(p.account.SubscriptionID, p.credential, &arm.ClientOptions{ClientOptions: p.options})
	if err != nil {
		t.Fatal(err)
	}
	policies := []*armkeyvault.AccessPolicyEntry{}
	if allow {
		policies = append(policies, &armkeyvault.AccessPolicyEntry{TenantID: &p.account.TenantID, ObjectID: &p.objectID, Permissions: &armkeyvault.Permissions{
			Secrets: []*armkeyvault.SecretPermissions{new(armkeyvault.SecretPermissionsGet), new(armkeyvault.SecretPermissionsSet)},
		}})
	}
	poller, err := vaults.BeginCreateOrUpdate(t.Context(), azureemulator.DefaultResourceGroup, "kv-demo", armkeyvault.VaultCreateOrUpdateParameters{
		Location: new("westeurope"),
		Properties: &armkeyvault.VaultProperties{
			TenantID: &p.account.TenantID, SKU: &armkeyvault.SKU{Family: new(armkeyvault.SKUFamilyA), Name: new(armkeyvault.SKUNameStandard)},
			EnableRbacAuthorization: new(false), AccessPolicies: policies,
		},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := poller.PollUntilDone(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
}

func (p *person) makeSecret(t *testing.T) {
	t.Helper()
	secrets, err := azsecrets.NewClient(vaultURL, p.credential, &azsecrets.ClientOptions{ClientOptions: p.options})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := secrets.SetSecret(context.WithoutCancel(t.Context()), "testsecret", azsecrets.SetSecretParameters{Value: new(secret)}, nil); err != nil {
		t.Fatal(err)
	}
}
