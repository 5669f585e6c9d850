package bootstrap_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/bootstrap"
	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// runs is a container that goes on until it is stopped.
func runs(ctx context.Context, _ azureemulator.ContainerCall) int {
	<-ctx.Done()
	return 0
}

func newHarness(t *testing.T) *clitest.Harness {
	t.Helper()
	h := clitest.New(t, runs)
	h.Vars["PREFECT_API_URL"], h.Vars["PREFECT_API_KEY"] = "https://prefect.example/api", "pnu_0123456789"
	return h
}

// worker are the flags of a worker.
var worker = []string{"bootstrap", "--work-pool", "pool", "--image", "stand-in:1"}

func with(words []string, more ...string) []string {
	return append(append([]string{}, words...), more...)
}

type answer struct {
	Plan struct {
		KeyVault  string
		Changes   bool
		Resources []bootstrap.Resource
	}
	Result *struct {
		Outcome, KeyVault, KeyVaultURI, Worker string
		Changed                                []string
	}
}

func TestBootstrap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		r := h.RunLong(with(worker)...)
		r.Wants(t, 3, "", "cannot ask for confirmation")
		r.Wants(t, 3, "", "pacific bootstrap --image=stand-in:1 --work-pool=pool --yes does it")
		plan := h.RunLong(with(worker, "--plan")...)
		plan.Wants(t, 0, "create  container group: prefect-worker", "")
		h.Write("db.txt", "of the user")
		made := h.RunLong(with(worker, "--yes", "--secret", "db=@db.txt")...)
		made.Wants(t, 0, "export KV_NAME=prefect-", "worker prefect-worker runs")
		made.Wants(t, 0, "", "the worker polls work pool pool")
		made.Wants(t, 0, "", "identity that reads its secrets: prefect-identity\nsubnet for jobs: prefect-network/containers\n")
		if strings.Contains(made.Stdout+made.Stderr, "pnu_") || strings.Contains(made.Stdout+made.Stderr, "of the user") {
			t.Errorf("a secret is shown:\n%s%s", made.Stdout, made.Stderr)
		}
		if lines := strings.Split(strings.TrimSpace(made.Stdout), "\n"); len(lines) != 1 {
			t.Errorf("standard output is not for eval: %q", made.Stdout)
		}
		var got answer
		again := h.RunLong(with(worker, "--output", "json")...)
		again.Wants(t, 0, "", "everything in the template is there")
		h.JSON(again, &got)
		if got.Plan.Changes || got.Result == nil || got.Result.Outcome != "unchanged" || len(got.Result.Changed) != 0 || got.Result.Worker != "prefect-worker" {
			t.Errorf("a second run: %s", again.Stdout)
		}
		gone := h.RunLong("bootstrap", "--destroy", "--purge", "--yes")
		gone.Wants(t, 0, "", "the environment is deleted")
		if left := h.RunLong("group", "ls"); strings.Contains(left.Stdout, "aci-rg") {
			t.Errorf("the group is left:\n%s\n%s", left.Stdout, gone.Stderr)
		}
	})
}

func TestBootstrapIsRefused(t *testing.T) {
	h := newHarness(t)
	h.Write("key.txt", "key")
	refused := func(problem, hint string, words ...string) {
		t.Helper()
		r := h.Run(append([]string{"bootstrap"}, words...)...)
		r.Wants(t, 2, "", problem)
		r.Wants(t, 2, "", hint)
	}
	refused("the worker needs an --image: there is no published image yet", "--no-worker")
	refused("needs a --work-pool or a --queue", "pacific work-pool ls", "--image", "i")
	refused("cannot be used together", "a queue", "--image", "i", "--work-pool", "p", "--queue", "q")
	refused("--no-worker cannot be used with", "leave --no-worker out", "--no-worker", "--queue", "q")
	refused("standard input can be read once, and --prefect-api-key-stdin and --secret a=- both read it", "give a file for all but one", "--no-worker", "--prefect-api-key-stdin", "--secret", "a=-")
	refused("--secret a: the value would be on the command line", "--secret a=@FILE", "--no-worker", "--secret", "a=hunter2")
	refused(`--secret "a" is not NAME=@FILE`, "", "--no-worker", "--secret", "a")
	refused("--secret a and --secret A both give the secret a", "give one of them", "--no-worker", "--secret", "a=@key.txt", "--secret", "A=@key.txt")
	refused("--secret a is given twice", "", "--no-worker", "--secret", "a=@key.txt", "--secret", "a=@key.txt")
	refused("--prefect-api-key-file and --secret prefect-api-key both give the secret prefect-api-key", "give one of them", "--no-worker", "--prefect-api-key-file", "key.txt", "--secret", "prefect-api-key=@key.txt")
	refused("--secret a=@: the name of the file is empty", "--secret a=@FILE", "--no-worker", "--secret", "a=@")
	refused("--secret =@key.txt has no name", "--secret NAME=@FILE", "--no-worker", "--secret", "=@key.txt")
	refused("is a directory", "give a file that holds the secret", "--no-worker", "--secret", "a=@.")
	refused("is a directory", "give a file", "--template", ".")
	h.Write("two.txt", "one\ntwo\n")
	refused("--prefect-api-key-file: the key of the Prefect API has more than one line", "on one line", "--no-worker", "--prefect-api-key-file", "two.txt")
	refused(`--image "BAD IMAGE": must be an image reference`, "--image: give a reference such as", "--work-pool", "p", "--image", "BAD IMAGE")
	refused(`pacific bootstrap takes no arguments, got "extra"`, "pacific bootstrap --help", "extra")
	refused(`no key vault can be made in location "mars"`, "give one of these with --location: ", "--no-worker", "--location", "mars", "--yes")
	refused(`in location "northeuropa"`, "did you mean northeurope?", "--no-worker", "--location", "northeuropa", "--plan")
	refused("is not a valid secret name", "", "--no-worker", "--secret", "a_b=@key.txt")
	refused("is not a valid key vault name", "", "--no-worker", "--keyvault-name", "a--b")
	refused("is not a valid name prefix", "", "--no-worker", "--name-prefix", "1")
	refused("is not a valid resource group name", "", "--no-worker", "--resource-group", "a.")
	refused("--template and --image cannot be used together", "--parameters", "--template", "t.json", "--image", "i")
	refused("--parameters needs --template", "", "--no-worker", "--parameters", "p.json")
	refused("--purge needs --destroy", "", "--no-worker", "--purge")
	refused("--destroy and --image cannot be used together", "", "--destroy", "--image", "i")
	refused("--plan and --yes cannot be used together", "", "--no-worker", "--plan", "--yes")
	refused("the address has a password", "--secret prefect-api-url=@FILE", "--no-worker", "--prefect-api-url", "https://me:hunter2@prefect.example/api")
	refused("main.bicep is Bicep", "bicep build", "--template", "main.bicep")
	delete(h.Vars, "PREFECT_API_URL")
	refused("the worker needs the address of a Prefect API", "pacific profile set PREFECT_API_URL=", "--image", "i", "--work-pool", "p")
}

func TestPrintTemplate(t *testing.T) {
	h := clitest.NewBare(t)
	if got := h.Must("bootstrap", "--print-template").Stdout; got != string(bootstrap.Template()) {
		t.Errorf("it is not the template that is shipped: %s", got)
	}
	h.Run("bootstrap", "--print-template", "--yes").Wants(t, 2, "", "cannot be used together")
}

// readSecret is a secret as the vault has it, read by the owner with a role for that.
func readSecret(t *testing.T, h *clitest.Harness, vault, name string) string {
	t.Helper()
	subscription, credential, options := h.SDK()
	cloud, err := azure.NewCloud(t.Context(), azure.Options{Transport: h.Server.Transport(), LookupEnv: func(name string) (string, bool) {
		value, ok := h.Vars[name]
		return value, ok
	}})
	if err != nil {
		t.Fatal(err)
	}
	rights, err := access.NewClient(cloud, access.Options{})
	if err != nil {
		t.Fatal(err)
	}
	token, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{cloud.Endpoints().Audience + "/.default"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = rights.Assign(t.Context(), access.Assignment{
		Scope: "/subscriptions/" + subscription, Role: string(access.KeyVaultSecretsUser), Principal: azure.ReadClaims(token.Token).ObjectID,
	})
	if err != nil {
		t.Fatal(err)
	}
	client, err := azsecrets.NewClient("https://"+vault+".vault.azure.net", credential, &azsecrets.ClientOptions{ClientOptions: options.ClientOptions})
	if err != nil {
		t.Fatal(err)
	}
	secret, err := client.GetSecret(t.Context(), name, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	return *secret.Value
}

// TestSecretsArrive: each way to give a secret leads into the vault, and the flags win over the profile.
func TestSecretsArrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.Stdin = "from stdin\n"
		h.Write("db.txt", "from a file\n")
		bootstrap := []string{"bootstrap", "--no-worker", "--yes", "--prefect-api-key-stdin", "--secret", "db=@db.txt", "--output", "json"}
		var got answer
		h.JSON(h.RunLong(bootstrap...), &got)
		for name, want := range map[string]string{"prefect-api-key": "from stdin", "prefect-api-url": "https://prefect.example/api", "db": "from a file"} {
			if value := readSecret(t, h, got.Result.KeyVault, name); value != want {
				t.Errorf("secret %s is %q, want %q", name, value, want)
			}
		}
		test := readSecret(t, h, got.Result.KeyVault, "testsecret")
		h.JSON(h.RunLong(bootstrap...), &got)
		if got.Result.Outcome != "unchanged" {
			t.Errorf("the owner may read the secrets now, and they are the same: %+v", got)
		}
		h.Stdin = "another key"
		h.JSON(h.RunLong(bootstrap...), &got)
		if value := readSecret(t, h, got.Result.KeyVault, "prefect-api-key"); value != "another key" || got.Result.Outcome != "made" {
			t.Errorf("the key is %q after %+v", value, got)
		}
		if now := readSecret(t, h, got.Result.KeyVault, "testsecret"); now != test || len(now) < 20 {
			t.Errorf("testsecret was %q and is %q", test, now)
		}
	})
}

// TestSameCallChangesNothing: the address on the command line is no secret, so that the second call sees that it is the same.
func TestSameCallChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		for _, test := range []struct{ address, want string }{
			{"https://one.example/api", "made"}, {"https://one.example/api", "unchanged"}, {"https://two.example/api", "made"}, {"https://two.example/api", "unchanged"},
		} {
			var got answer
			h.JSON(h.RunLong("bootstrap", "--no-worker", "--yes", "--output", "json", "--prefect-api-url", test.address), &got)
			if got.Result == nil || got.Result.Outcome != test.want {
				t.Errorf("%s: %+v, want %s", test.address, got.Result, test.want)
			}
		}
	})
}

// TestAddressOnThisMachine: containers in Azure cannot reach it, which is said before anything is made.
func TestAddressOnThisMachine(t *testing.T) {
	h := newHarness(t)
	for address, warns := range map[string]bool{"http://127.0.0.1:4200/api": true, "http://localhost:4200/api": true, "http://[::1]:4200/api": true, "https://prefect.example/api": false} {
		r := h.Run("bootstrap", "--no-worker", "--plan", "--prefect-api-url", address)
		if got := strings.Contains(r.Stderr, "containers in Azure cannot reach it"); r.Code != 0 || got != warns {
			t.Errorf("%s: %d %s", address, r.Code, r.Stderr)
		}
	}
}
