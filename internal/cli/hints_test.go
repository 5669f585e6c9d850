package cli_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
	"github.com/pacific-aci/pacific/prefect"
)

// hintCase is a call that fails, or has more to say, and the command that its hint names.
type hintCase struct {
	// hint is the function of cmdutil/hints.go.
	hint string
	// given prepares what the call finds; nil: nothing.
	given func(h *clitest.Harness)
	call  string
	// command is what must be printed, and is then run as it is printed.
	command string
	// before changes what the command finds, after the call; nil: nothing.
	before func(h *clitest.Harness)
	stdin  string
	// only parses it with --help, because it goes on for ever or needs a fixed port.
	only bool
	// code, stdout and stderr are what it must do, and check what must be true afterwards.
	code           int
	stdout, stderr string
	check          func(t *testing.T, h *clitest.Harness)
}

func gone(name string, others ...string) func(*testing.T, *clitest.Harness) {
	return func(t *testing.T, h *clitest.Harness) {
		if h.Exists(name) {
			t.Errorf("%s is still there", name)
		}
		for _, other := range others {
			if !h.Exists(other) {
				t.Errorf("%s is gone too", other)
			}
		}
	}
}

// azureHints are hints of commands that speak to Azure. The environment names no resource group, so that a command which
// drops the flag of the call finds none.
var azureHints = []hintCase{
	{hint: "Help", call: "logs", command: "pacific logs --help", stdout: "Usage:"},
	{hint: "ListJobs", call: "kill --resource-group jobs", command: "pacific ps --resource-group jobs", stdout: "NAME"},
	{hint: "ListAllJobs", call: "logs --resource-group jobs ghost", command: "pacific ps --resource-group jobs --all", stdout: "NAME"},
	{hint: "DeleteLeftovers", given: func(h *clitest.Harness) {
		h.Must("run", "--resource-group", "jobs", "--detach", "--name", "old", "--image", "alpine:3", "--", "wait")
		time.Sleep(time.Hour)
		h.Must("run", "--resource-group", "jobs", "--detach", "--name", "young", "--image", "alpine:3", "--", "wait")
	}, call: "gc --resource-group jobs --older-than 30m", command: "pacific gc --resource-group jobs --older-than 30m0s --yes", stdout: "old", check: gone("old", "young")},
	{hint: "KillJob", call: "run --resource-group jobs --keep always --name job --image alpine:3 -- echo", command: "pacific kill --resource-group jobs job",
		stderr: "deleted its container group", check: gone("job")},
	{hint: "FollowJob", call: "run --resource-group jobs --detach --name job --image alpine:3 -- echo hello", command: "pacific logs -f --resource-group jobs job", stdout: "hello\n"},
	{hint: "ReadJob", call: "run --resource-group jobs --keep always --name job --image alpine:3 -- echo hello", command: "pacific logs --resource-group jobs job", stdout: "hello\n"},
	{hint: "FollowToExitCode", given: func(h *clitest.Harness) {
		h.Must("run", "--resource-group", "jobs", "--detach", "--name", "job", "--image", "alpine:3", "--", "echo", "hello")
	}, call: "logs --resource-group jobs --exit-code job", command: "pacific logs --resource-group jobs -f --exit-code job", stdout: "hello\n"},
	{hint: "OpenShell", given: func(h *clitest.Harness) {
		h.Must("run", "--resource-group", "jobs", "--detach", "--name", "job", "--image", "alpine:3", "--", "wait")
		time.Sleep(time.Minute)
	}, call: "exec --resource-group jobs job -- echo ''", command: "pacific exec --resource-group jobs job -- /bin/sh"},
	{hint: "WaitForJob", given: func(h *clitest.Harness) {
		h.Fault(`{"match":{"operation":"ContainerGroups_Get"},"skip":3,"times":0,"effect":{"status":403,"code":"AuthorizationFailed","message":"no right"}}`)
	}, call: "run --resource-group jobs --name job --image alpine:3 -- sleep 10h", before: func(h *clitest.Harness) { h.Server.ClearFaults() },
		command: "pacific wait --subscription SUBSCRIPTION --resource-group jobs job", stderr: "deleted job", check: gone("job")},
	{hint: "WaitAgain", given: func(h *clitest.Harness) {
		h.Must("run", "--resource-group", "jobs", "--detach", "--name", "job", "--image", "alpine:3", "--", "sleep", "1m")
	}, call: "wait --resource-group jobs --timeout 50s job", command: "pacific wait --resource-group=jobs --timeout=50s job", stderr: "deleted job", check: gone("job")},
	{hint: "CreateServicePrincipal", call: "bootstrap --resource-group jobs --no-worker --yes", command: "pacific service-principal create prefect-aci --resource-group jobs", stdout: "appId"},
	{hint: "DeleteGroup", given: func(h *clitest.Harness) { h.Must("group", "create", "demo", "--location", "westeurope") },
		call: "bootstrap --resource-group demo --destroy --yes", command: "pacific group rm demo", code: 3, stderr: "delete resource group demo in westeurope"},
	{hint: "PurgeEnvironment", given: func(h *clitest.Harness) {
		h.Must("bootstrap", "--resource-group", "other", "--no-worker", "--keyvault-name", "kv-held", "--yes")
		h.Must("bootstrap", "--resource-group", "other", "--destroy", "--yes")
	}, call: "bootstrap --resource-group jobs --no-worker --keyvault-name kv-held --yes",
		command: "pacific bootstrap --resource-group other --name-prefix prefect --destroy --purge", code: 3, stderr: "purge  key vault: kv-held, with its secrets"},
	{hint: "ListGroups", call: "group rm nope --yes", command: "pacific group ls", stdout: "jobs  "},
	{hint: "ShowRole", call: "service-principal create app --resource-group jobs", command: "pacific role show --resource-group jobs aci-job-creator", stdout: "containerGroups/write"},
	{hint: "ListRoles", given: func(h *clitest.Harness) { h.Must("role", "create", "worker", "--resource-group", "jobs") },
		call: "role rm aci-job-creator --resource-group jobs", command: "pacific role ls", stdout: "Pacific job runner (jobs, "},
	{hint: "ListServicePrincipals", given: func(h *clitest.Harness) { h.Must("service-principal", "create", "app", "--resource-group", "jobs") },
		call: "service-principal rm other", command: "pacific service-principal ls", stdout: "Contributor in jobs"},
	{hint: "CreateGroup", call: "service-principal create app --resource-group none", command: "pacific group create none --location westeurope",
		stderr: "resource group none in westeurope: created"},
	{hint: "Again", given: func(h *clitest.Harness) { h.Must("service-principal", "create", "app", "--resource-group", "jobs") },
		call: "service-principal create app --resource-group jobs", command: "pacific service-principal create --resource-group=jobs app --yes", stdout: "appId"},
	{hint: "CreateGroup", given: func(h *clitest.Harness) {
		h.Must("group", "rm", "jobs", "--yes")
		h.Terminal = true
	}, call: "group ls", command: "pacific group create jobs --location westeurope", stderr: "resource group jobs in westeurope: created"},
	{hint: "ShowConfig", call: "ps --resource-group jobs --cloud nowhere", command: "pacific config --cloud nowhere --resource-group jobs", stdout: "nowhere"},
}

// prefectHints are hints of commands on Prefect's side. The profile "mine" has the server's address, and the environment
// has none, so that a command which drops --profile finds no server.
var prefectHints = []hintCase{
	{hint: "Instead", call: "profile lss", command: "pacific profile ls", stdout: "PROFILE"},
	{hint: "ListBlocks", call: "block inspect --profile mine string/none", command: "pacific block ls --profile mine", stdout: "TYPE"},
	{hint: "ListBlocksOf", given: jobBlockOfMine, call: "run --profile mine --block string/x",
		command: "pacific block ls --profile mine --type azure-container-instance-job", stdout: "azure-container-instance-job"},
	{hint: "ListBlockTypes", call: "block ls --profile mine --type nope", command: "pacific block types --profile mine", stdout: "SLUG"},
	{hint: "CreateBlockHelp", call: "block create azure-container-instance-job j --profile mine --subscription s --resource-group g --credentials none",
		command: "pacific block create azure-container-instance-credentials --help", stdout: "Usage:"},
	{hint: "ListPools", call: "work-pool inspect --profile mine none", command: "pacific work-pool ls --profile mine", stdout: "NAME"},
	{hint: "Again", given: func(h *clitest.Harness) {
		h.Must("work-pool", "create", "--profile", "mine", "aci", "--type", "docker")
	},
		call: "work-pool rm --profile mine aci", command: "pacific work-pool rm --profile=mine aci --yes", stderr: "deleted work pool aci"},
	{hint: "DeletePool", given: func(h *clitest.Harness) {
		h.Must("work-pool", "create", "--profile", "mine", "aci", "--type", "docker")
	},
		call: "work-pool create --profile mine aci --type process --overwrite", command: "pacific work-pool rm --profile mine aci", code: 3, stderr: "delete work pool aci (docker)"},
	{hint: "CreatePool", given: func(h *clitest.Harness) { h.UseAzure() },
		call:    "bootstrap --profile mine --work-pool none --image i --keyvault-name kv-hint --plan",
		command: "pacific work-pool create --profile mine none --type azure-container-instance", stderr: "created work pool none"},
	{hint: "CreatePoolHelp", given: func(h *clitest.Harness) { h.Terminal = true }, call: "work-pool ls --profile mine", command: "pacific work-pool create --help", stdout: "--type"},
	{hint: "CreateAnyBlockHelp", given: func(h *clitest.Harness) { h.Terminal = true }, call: "block ls --profile mine", command: "pacific block create --help", stdout: "--data"},
	{hint: "InspectPool", call: "work-pool create --profile mine aci --type docker", command: "pacific work-pool inspect --profile mine aci", stdout: "QUEUE"},
	{hint: "UpdatePoolHelp", call: "worker start --profile mine --pool aci --base-job-template none", command: "pacific work-pool update --help", stdout: "--resource-group"},
	{hint: "ProvisionPool", call: "work-pool create --profile mine aci --type azure-container-instance", command: "pacific provision --profile mine aci",
		code: 1, stderr: "no way to sign in to Azure works"},
	{hint: "SaveVaultAddress", given: func(h *clitest.Harness) { h.UseAzure() }, call: "bootstrap --profile mine --no-worker --keyvault-name kv-hint --yes",
		command: "pacific block create string --profile mine kv-url --value https://kv-hint.vault.azure.net", stderr: "kv-url"},
	{hint: "ShowPoolTemplate", given: func(h *clitest.Harness) {
		h.Write("own.json", `{"job_configuration": {"image": "{{ image }}"}, "variables": {"type": "object", "properties": {"image": {"type": "string"}}}}`)
		h.Must("work-pool", "create", "--profile", "mine", "own", "--type", "azure-container-instance", "--base-job-template", "own.json")
		h.UseAzure()
	}, call: "provision --profile mine own", command: "pacific work-pool template --profile mine --type azure-container-instance", stdout: "aci_credentials"},
	{hint: "CreatePoolWith", given: func(h *clitest.Harness) {
		h.Write("sp.json", `{"client_id": "c", "tenant_id": "t", "client_secret": "s"}`)
	},
		call:    "block create azure-container-instance-credentials sp --profile mine --data sp.json",
		command: "pacific work-pool create --profile mine aci --type azure-container-instance --credentials sp", stderr: "created work pool aci"},
	{hint: "ShowBlockJob", call: "block create azure-container-instance-job job --profile mine --subscription s --resource-group g",
		command: "pacific run --profile mine --block azure-container-instance-job/job --dry-run", stdout: "image"},
	{hint: "ListFlowRuns", call: "flow-run wait --profile mine none", command: "pacific flow-run ls --profile mine", stdout: "NAME"},
	{hint: "ListFlowRunsNamed", given: func(h *clitest.Harness) {
		flowRun(h, "twin", prefect.StateScheduled)
		flowRun(h, "twin", prefect.StateScheduled)
	}, call: "flow-run cancel --profile mine twin", command: "pacific flow-run ls --profile mine --name twin --output wide", stdout: "twin"},
	{hint: "CreateFlowRun", given: func(h *clitest.Harness) {
		h.Must("work-pool", "create", "aci", "--profile", "mine", "--type", "azure-container-instance")
		h.Write("flow.py", "from prefect import flow\n\n@flow\ndef f():\n    pass\n")
	},
		call: "deploy flow.py:f --profile mine --pool aci --image i", command: "pacific flow-run create --profile mine f/default",
		stderr: "created flow run"},
	{hint: "WaitForFlowRun", given: func(h *clitest.Harness) { flowRun(h, "fox", prefect.StateRunning) }, call: "flow-run cancel --profile mine fox",
		before:  func(h *clitest.Harness) { setFlowRun(h, "fox", prefect.StateCancelled) },
		command: "pacific flow-run wait --profile mine fox", code: 1, stderr: "fox: Cancelled"},
	{hint: "CancelFlowRun", given: func(h *clitest.Harness) { flowRun(h, "fox", prefect.StateScheduled) }, call: "flow-run retry --profile mine fox",
		command: "pacific flow-run cancel --profile mine fox", stderr: "cancelled fox"},
	{hint: "StartWorker", call: "work-pool create --profile mine aci --type azure-container-instance", command: "pacific worker start --profile mine --pool aci", only: true},
	{hint: "StartAgent", given: deploymentForAgent, call: "flow-run create --profile mine etl/by-agent", command: "pacific agent start --profile mine --queue armaci", only: true},
	{hint: "StartAgentOfPool", given: func(h *clitest.Harness) {
		h.Must("work-pool", "create", "agents", "--profile", "mine", "--type", "prefect-agent")
	}, call: "worker start --profile mine --pool agents --resource-group jobs --subscription 7ac1f1c0-5b3d-4e62-8f2a-1c4d7e9b0a02",
		command: "pacific agent start --profile mine --resource-group jobs --subscription 7ac1f1c0-5b3d-4e62-8f2a-1c4d7e9b0a02 --pool agents", only: true},
	{hint: "WithPool", call: "worker start --profile mine --pool aci --limit 3 --resource-group jobs --subscription 7ac1f1c0-5b3d-4e62-8f2a-1c4d7e9b0a02",
		command: "pacific worker start --limit=3 --pool=aci --profile=mine --resource-group=jobs --subscription=7ac1f1c0-5b3d-4e62-8f2a-1c4d7e9b0a02 --create-pool-if-not-found", only: true},
	{hint: "RetryFlowRun", given: func(h *clitest.Harness) { flowRun(h, "fox", prefect.StateCrashed) }, call: "flow-run run --profile mine fox",
		command: "pacific flow-run retry --profile mine fox", code: 1, stderr: "fox has no deployment"},
	{hint: "ReadFlowRun", given: func(h *clitest.Harness) { flowRun(h, "fox", prefect.StateCrashed) }, call: "flow-run retry --profile mine fox",
		command: "pacific flow-run logs --profile mine fox"},
	{hint: "SetAPI", call: "profile create lokal", command: "pacific profile set --profile lokal PREFECT_API_URL=http://127.0.0.1:4200/api", stderr: "set PREFECT_API_URL in profile lokal"},
	{hint: "UseProfile", call: "profile create lokal", command: "pacific profile use lokal", stderr: "profile lokal is active"},
	{hint: "ListProfiles", call: "profile use", command: "pacific profile ls", stdout: "PROFILE"},
	{hint: "InspectProfile", call: "profile unset --profile mine", command: "pacific profile inspect mine", stdout: "PREFECT_API_URL"},
	{hint: "CreateProfile", call: "profile use lokal", command: "pacific profile create lokal", check: func(t *testing.T, h *clitest.Harness) { h.Must("profile", "use", "lokal") }},
	{hint: "SetLocalAPI", call: "work-pool ls", command: "pacific profile set PREFECT_API_URL=http://127.0.0.1:4200/api", stderr: "set PREFECT_API_URL in profile"},
	{hint: "StartPrefect", call: "work-pool ls", command: "pacific emulator start --with-prefect", only: true},
	{hint: "SetSecret", call: "profile set --profile mine PREFECT_API_KEY", command: "pacific profile set --profile mine PREFECT_API_KEY --stdin", stdin: "hunter2",
		stderr: "set PREFECT_API_KEY in profile mine"},
	{hint: "SetSecretFromFile", given: func(h *clitest.Harness) { h.Write("secret.txt", "hunter2") }, call: "profile set --profile mine PREFECT_API_KEY",
		command: "pacific profile set --profile mine PREFECT_API_KEY --file secret.txt", stderr: "set PREFECT_API_KEY in profile mine"},
	{hint: "UnsetSetting", given: func(h *clitest.Harness) {
		h.Must("work-pool", "create", "--profile", "mine", "aci", "--type", "docker", "--set-as-default")
	}, call: "work-pool rm --profile mine --yes aci", command: "pacific profile unset --profile mine PREFECT_DEFAULT_WORK_POOL_NAME", stderr: "from profile mine"},
	{hint: "InspectBlock", given: func(h *clitest.Harness) {
		jobBlockOfMine(h)
		if err := h.Client().UpdateBlock(h.T.Context(), "azure-container-instance-job", "job", map[string]any{"gpu_count": 1}); err != nil {
			h.T.Fatal(err)
		}
	}, call: "run --profile mine --block job", command: "pacific block inspect --profile mine azure-container-instance-job/job", stdout: "gpu_count"},
	{hint: "RunEmulated", call: "emulator run", command: "pacific emulator run -- env", stdout: ""},
	{hint: "StartEmulator", call: "ps --resource-group jobs --subscription s --cloud http://127.0.0.1:1", command: "pacific emulator start", only: true},
	{hint: "RunDoctor", given: func(h *clitest.Harness) { h.Prefect = clitest.Says(404, "application/json", `{"detail": "Not Found"}`) },
		call: "work-pool ls --profile mine", command: "pacific doctor --profile mine", code: 1, stdout: "prefect server: checking"},
}

// jobBlockOfMine makes a job block on the server of the profile mine.
func jobBlockOfMine(h *clitest.Harness) {
	h.Must("block", "create", "azure-container-instance-job", "job", "--profile", "mine", "--subscription", "s", "--resource-group", "g")
}

// deploymentForAgent makes a deployment whose runs an agent starts.
func deploymentForAgent(h *clitest.Harness) {
	jobBlockOfMine(h)
	client := h.Client()
	block, err := client.BlockDocumentByName(h.T.Context(), "azure-container-instance-job", "job", prefect.MaskSecrets)
	if err != nil {
		h.T.Fatal(err)
	}
	flow, err := client.CreateFlow(h.T.Context(), prefect.FlowCreate{Name: "etl"})
	if err != nil {
		h.T.Fatal(err)
	}
	if _, err := client.CreateDeployment(h.T.Context(), prefect.DeploymentCreate{Name: "by-agent", FlowID: flow.ID, WorkQueueName: "armaci", InfrastructureDocumentID: block.ID}); err != nil {
		h.T.Fatal(err)
	}
}

func TestHints(t *testing.T) {
	for _, test := range azureHints {
		t.Run(test.hint, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := clitest.New(t, clitest.Job)
				runHint(t, h.With(map[string]string{"PACIFIC_RESOURCE_GROUP": ""}), test)
			})
		})
	}
	for _, test := range prefectHints {
		t.Run(test.hint, func(t *testing.T) {
			h := clitest.NewPrefect(t, clitest.StartPrefect(t))
			h.Must("profile", "create", "mine")
			h.Must("profile", "set", "--profile", "mine", "PREFECT_API_URL="+clitest.PrefectURL)
			delete(h.Vars, "PREFECT_API_URL")
			runHint(t, h, test)
		})
	}
}

// runHint makes the call, and runs the command that its hint names as it is printed.
func runHint(t *testing.T, h *clitest.Harness, test hintCase) {
	t.Helper()
	if test.given != nil {
		test.given(h)
	}
	said := h.RunLong(shellWords(test.call)...)
	test.command = strings.ReplaceAll(test.command, "SUBSCRIPTION", h.Vars["AZURE_SUBSCRIPTION_ID"])
	if !regexp.MustCompile(regexp.QuoteMeta(test.command) + `($|[\n;,?]| [a-z(])`).MatchString(said.Stderr) {
		t.Fatalf("pacific %s does not name %q:\n%s", test.call, test.command, said.Stderr)
	}
	args := shellWords(test.command)[1:]
	if test.only {
		args = append(args, "--help")
	}
	if test.before != nil {
		test.before(h)
	}
	h.Stdin = test.stdin
	r := h.RunLong(args...)
	r.Wants(t, test.code, test.stdout, test.stderr)
	if strings.Contains(r.Stderr, "see pacific") || strings.Contains(r.Stderr, "unknown") {
		t.Errorf("%s is no right command line:\n%s", test.command, r.Stderr)
	}
	if test.check != nil {
		test.check(t, h)
	}
}

// flowRun makes a flow run without a deployment, in a state.
func flowRun(h *clitest.Harness, name string, state prefect.StateType) {
	h.T.Helper()
	flow, err := h.Client().CreateFlow(h.T.Context(), prefect.FlowCreate{Name: "etl"})
	if err != nil {
		h.T.Fatal(err)
	}
	if _, err := h.Client().CreateFlowRun(h.T.Context(), prefect.FlowRunCreate{FlowID: flow.ID, Name: name, State: &prefect.State{Type: state}}); err != nil {
		h.T.Fatal(err)
	}
}

// setFlowRun puts a flow run in a state.
func setFlowRun(h *clitest.Harness, name string, state prefect.StateType) {
	h.T.Helper()
	query := prefect.Query{}
	query.FlowRuns.Name.Any = []string{name}
	runs, err := prefect.Collect(h.Client().FlowRuns(h.T.Context(), query))
	if err != nil || len(runs) != 1 {
		h.T.Fatalf("%d runs are called %s: %v", len(runs), name, err)
	}
	if _, err := h.Client().ForceFlowRunState(h.T.Context(), runs[0].ID, prefect.State{Type: state}); err != nil {
		h.T.Fatal(err)
	}
}

// shellWords splits a line as a shell does that knows single quotes alone.
func shellWords(line string) []string {
	var words []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}

// elsewhere are hints whose command other tests run.
var elsewhere = map[string]string{"ListLeftovers": "TestGC runs it; only an Azure without quota names it",
	"LoginDocker":       "TestProvisionLocalAzure runs it",
	"CreateCredentials": "TestWorkerWithoutRights of package bootstrap runs it: only a worker that runs needs it", "GiveCredentials": "as CreateCredentials",
	"DeleteRole": "TestRmOfOthers of package role runs it: the role's name is made from the subscription"}

// TestEveryHintIsRun fails when a command of hints.go is in no case.
func TestEveryHintIsRun(t *testing.T) {
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("cmdutil", "hints.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]bool{}
	for _, test := range append(azureHints, prefectHints...) {
		cases[test.hint] = true
	}
	found := 0
	for _, decl := range parsed.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || !f.Name.IsExported() {
			continue
		}
		found++
		if !cases[f.Name.Name] && elsewhere[f.Name.Name] == "" {
			t.Errorf("no case runs the command of cmdutil.%s", f.Name.Name)
		}
	}
	if found < 20 {
		t.Errorf("only %d commands found", found)
	}
}

// hinters are the functions whose texts are hints, with the number of arguments before the hint.
var hinters = map[string]int{"Usage": 1, "WithHint": 1, "Advice": 0, "Hint": 0, "Error": 1, "SetLeftover": 0, "SecretFromStdin": 1, "refuse": 1, "wrong": 1}

// TestHintsNameCommandsByFunction fails when a hint has a command of Pacific's in its own text, where no test runs it.
func TestHintsNameCommandsByFunction(t *testing.T) {
	command := regexp.MustCompile(`\bpacific (run|wait|ps|logs|exec|kill|gc|block|work-pool|flow-run|profile|provision|bootstrap|emulator|group|role|service-principal|template|image|doctor|config|completion|version|man)\b`)
	seen := 0
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		files := token.NewFileSet()
		parsed, err := parser.ParseFile(files, file, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			name := ""
			switch f := call.Fun.(type) {
			case *ast.Ident:
				name = f.Name
			case *ast.SelectorExpr:
				name = f.Sel.Name
			}
			before, ok := hinters[name]
			if !ok || len(call.Args) <= before {
				return true
			}
			seen++
			for _, arg := range call.Args[before:] {
				ast.Inspect(arg, func(n ast.Node) bool {
					if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING && command.MatchString(text.Value) {
						t.Errorf("%s: the hint names a command in its text: %s", files.Position(text.Pos()), text.Value)
					}
					return true
				})
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 100 {
		t.Errorf("only %d hints found", seen)
	}
}
