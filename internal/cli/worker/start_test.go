package worker_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// silent is a Prefect and an Azure that fail the test when they are asked.
func silent(t *testing.T) *clitest.Harness {
	h := clitest.NewPrefect(t, clitest.Answers(func(http.ResponseWriter, *http.Request) { t.Error("something was sent") }))
	h.Vars["PACIFIC_RESOURCE_GROUP"], h.Vars["AZURE_SUBSCRIPTION_ID"] = "jobs", "7ac1f1c0-5b3d-4e62-8f2a-1c4d7e9b0a02"
	return h
}

// TestWrongFlags: what cannot be meant is refused before anything is sent.
func TestWrongFlags(t *testing.T) {
	h := silent(t)
	h.Write("list.json", "[]")
	for line, says := range map[string]string{
		"":                                    "needs --pool",
		"--pool=":                             "needs --pool",
		"--pool a --pool b":                   "serves one pool, got --pool a and --pool b",
		"--pool a --queue=":                   "--queue is empty",
		"--pool a --name=":                    "--name is empty",
		"--pool a --name x/y":                 "/ and % are not allowed",
		"--pool a --type aci":                 `unknown --type "aci"; use azure-container-instance`,
		"--pool a --limit 0":                  "--limit is 0",
		"--pool a --prefetch=-1s":             "--prefetch is -1s",
		"--pool a --poll 0s":                  "--poll is 0s",
		"--pool a --base-job-template t.json": "it needs --create-pool-if-not-found",
		"--pool a --create-pool-if-not-found --base-job-template none.json": "none.json",
		"--pool a --create-pool-if-not-found --base-job-template list.json": "list.json is not a JSON object",
		"--pool a --keyvault=":                "--keyvault is empty",
		"--pool a --keyvault kv_one":          "--keyvault: the key vault",
		"--pool a --keyvault k --profile p":   "--keyvault and --profile",
		"--pool a --metrics 9090":             "HOST:PORT",
		"--pool a --engine docker":            "--engine is for --local",
		"--pool a --mount .":                  "--mount is for --local",
		"--pool a --local --mount none":       "--mount none",
		"--pool a --local --keyvault k":       "--local and --keyvault",
		"--pool a --local --subscription s":   "--local and --subscription",
		"--pool a --local --engine-network x": "--engine-network is for --engine docker",
		"--pool a extra":                      "extra",
	} {
		t.Run(line, func(t *testing.T) {
			h.T = t
			r := h.Run(append([]string{"worker", "start"}, strings.Fields(line)...)...)
			r.Wants(t, 2, "", says)
		})
	}
}

// TestNoPool: a pool that is not there ends the worker at once, with what creates it.
func TestNoPool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := clitest.New(t, clitest.Job)
		h.Prefect, h.Vars["PREFECT_API_URL"] = clitest.StartPrefect(t), clitest.PrefectURL
		r := h.Run("worker", "start", "--pool", "aci")
		r.Wants(t, 1, "", "there is no work pool aci")
		r.Wants(t, 1, "", "hint: pacific worker start --pool=aci --create-pool-if-not-found creates it; pacific work-pool ls lists them")
	})
}

// TestNoQueue: a queue that the pool has not ends the worker at once, with what lists the queues.
func TestNoQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := clitest.New(t, clitest.Job)
		h.Prefect, h.Vars["PREFECT_API_URL"] = clitest.StartPrefect(t), clitest.PrefectURL
		h.Run("work-pool", "create", "aci", "--type", "azure-container-instance")
		r := h.Run("worker", "start", "--pool", "aci", "--queue", "default", "--queue", "typo")
		r.Wants(t, 1, "", `work pool "aci" has no queue "typo"`)
		r.Wants(t, 1, "", "hint: pacific work-pool inspect aci lists its queues; leave --queue out to serve them all")
	})
}

// TestUnreachableAPI: a worker waits for an API that does not answer, says so once, and ends with 0 at a signal.
func TestUnreachableAPI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := clitest.New(t, clitest.Job)
		h.Prefect, h.Vars["PREFECT_API_URL"] = clitest.Says(http.StatusServiceUnavailable, "text/plain", "away"), clitest.PrefectURL
		w := h.Start("worker", "start", "--pool", "aci")
		w.Err.WaitFor(t, "the Prefect API does not answer")
		time.Sleep(time.Hour)
		w.Signals <- terminate
		w.Ends(t, 0)
		if n := strings.Count(w.Err.String(), "does not answer"); n != 1 {
			t.Errorf("said %d times:\n%s", n, w.Err)
		}
	})
}

// TestWrongKey: a key that the API refuses ends the worker at once.
func TestWrongKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := clitest.New(t, clitest.Job)
		h.Prefect, h.Vars["PREFECT_API_URL"] = clitest.Says(http.StatusUnauthorized, "application/json", `{"detail":"no"}`), clitest.PrefectURL
		h.Vars["PREFECT_API_KEY"] = "pnu_wrong"
		began := time.Now()
		r := h.Run("worker", "start", "--pool", "aci")
		r.Wants(t, 1, "", "PREFECT_API_KEY")
		if strings.Contains(r.Stderr, "pnu_") || time.Since(began) > time.Minute {
			t.Errorf("after %s: %s", time.Since(began), r.Stderr)
		}
	})
}
