package prefect_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/prefect"
)

// The contract: what every Prefect API that we speak to must do with what the client sends. One table, three targets:
// the API in memory, always; real servers of 3.x and 2.20, when these name their addresses, which is what make e2e does.
const (
	env3 = "PACIFIC_E2E_PREFECT3_API_URL"
	env2 = "PACIFIC_E2E_PREFECT2_API_URL"
)

// target is one API under contract.
type target struct {
	*prefect.Client
	// v3: a server of 3.x. Where the two differ by nature, the cases ask this.
	v3 bool
	// name is a prefix for what a case creates: servers are shared, and keep everything.
	name string
}

// contract is the table. A case gets a target of its own with a fresh name.
var contract = map[string]func(t *testing.T, s target){
	"health":                         healthContract,
	"flows":                          flowsContract,
	"work pools":                     workPoolsContract,
	"work pool templates":            workPoolTemplatesContract,
	"work queues":                    workQueuesContract,
	"workers":                        workersContract,
	"scheduled runs":                 scheduledRunsContract,
	"paused pools":                   pausedPoolContract,
	"schedules":                      schedulesContract,
	"agent queues":                   agentQueuesContract,
	"deployments":                    deploymentsContract,
	"deployment updates":             deploymentUpdatesContract,
	"deployment errors":              deploymentErrorsContract,
	"deployment concurrency":         concurrencyContract,
	"flow runs":                      flowRunsContract,
	"flow run lists":                 flowRunListsContract,
	"flow run labels":                labelsContract,
	"states":                         statesContract,
	"state transitions":              transitionsContract,
	"double submission":              doubleSubmissionContract,
	"waiting":                        waitingContract,
	"retries":                        retriesContract,
	"cancelling":                     cancellingContract,
	"task runs by REST":              taskRunsContract,
	"task runs by events":            taskRunEventsContract,
	"logs":                           logsContract,
	"log sender":                     logSenderContract,
	"events":                         eventsContract,
	"event websockets":               eventSocketsContract,
	"block types and schemas":        blockTypesContract,
	"block documents":                blockDocumentsContract,
	"block references":               blockReferencesContract,
	"typed blocks":                   typedBlocksContract,
	"typed job blocks":               typedJobContract,
	"variables":                      variablesContract,
	"artifacts":                      artifactsContract,
	"what does not exist":            missingContract,
	"validation":                     validationContract,
	"requests hold no unknown field": fullRequestsContract,
}

func TestContract(t *testing.T) {
	t.Run("in memory", func(t *testing.T) {
		// With a real server at hand, its own document judges what the API in memory answers.
		var judge *openAPI
		if address := os.Getenv(env3); address != "" {
			judge = readOpenAPI(t, address, true)
		}
		for name, check := range contract {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { check(t, inMemory(t, judge)) })
			})
		}
		if judge != nil && judge.replied == 0 {
			t.Error("no reply of the API in memory was judged")
		}
	})
	for _, env := range []string{env3, env2} {
		if address := os.Getenv(env); address != "" {
			realContract(t, address, env == env3)
		}
	}
}

// realContract runs the table on a real server, whose own document judges what the client sends.
func realContract(t *testing.T, address string, v3 bool) {
	judge := readOpenAPI(t, address, v3)
	target := func(t *testing.T) target {
		client, err := prefect.NewClient(prefect.Options{URL: address, Transport: judged{t, http.DefaultTransport, judge, v3 /* 2.20's document knows no null in a reply */}})
		if err != nil {
			t.Fatal(err)
		}
		return target{Client: client, v3: v3, name: "pacific-" + uuid.NewString()[:8]}
	}
	version := must(target(t).ServerVersion(t.Context()))(t)
	t.Run(version.String(), func(t *testing.T) {
		if version.TaskRunsByEvents() != v3 {
			t.Fatalf("%s names a server %s", address, version)
		}
		for name, check := range contract {
			t.Run(name, func(t *testing.T) { check(t, target(t)) })
		}
	})
}

// inMemory is an API of the case's own, in fake time.
func inMemory(t *testing.T, judge *openAPI) target {
	t.Helper()
	api, err := prefectemulator.NewServer(prefectemulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = api.Close() })
	transport := api.Transport()
	if judge != nil {
		transport = judged{t, transport, judge, true}
	}
	client, err := prefect.NewClient(prefect.Options{URL: prefectemulator.URL, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return target{Client: client, v3: true, name: "pacific-contract"}
}

// TestContractNamesEveryMethod fails when a method of the client is in no case of the table.
func TestContractNamesEveryMethod(t *testing.T) {
	var text strings.Builder
	for _, file := range []string{"contract_runs_test.go", "contract_work_test.go", "contract_logs_test.go", "contract_blocks_test.go", "contract_typed_test.go", "contract_schedules_test.go", "contract_variables_test.go", "contract_artifacts_test.go"} {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(body)
	}
	// These say what was set and send nothing; only Prefect Cloud answers the last one.
	elsewhere := []string{"URL", "HandedOn", "Cloud", "Workspace", "CloudPoolTemplate"}
	for method := range reflect.TypeFor[*prefect.Client]().Methods() {
		if slices.Contains(elsewhere, method.Name) {
			continue
		}
		if !strings.Contains(text.String(), "s."+method.Name+"(") {
			t.Errorf("no contract case calls %s", method.Name)
		}
	}
}

// must fails the test at once: what follows needs the value.
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// check is for calls that give nothing but an error.
func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantKind checks an error's kind.
func wantKind(t *testing.T, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("got error %v, want one that is %q", err, kind)
	}
}

func want[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// same compares by content.
func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// eventually asks until the answer is yes: some of a server's tables are filled by its own background services.
func eventually(t *testing.T, what string, ask func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for !ask() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not within two minutes", what)
		case <-time.After(200 * time.Millisecond):
		}
	}
}
