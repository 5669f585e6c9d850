package bootstrap_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// TestPrefectAPIIsChecked: an address or a key that no worker can use is refused before anything is sent, from wherever it
// comes, and no error repeats it.
func TestPrefectAPIIsChecked(t *testing.T) {
	h := newHarness(t)
	h.Write("url", "notaurl")
	h.Write("key", "pnu_one\npnu_two\n")
	for _, test := range []struct {
		args []string
		vars map[string]string
		says string
	}{
		{[]string{"--prefect-api-url", "notaurl"}, nil, "--prefect-api-url is not an http or https address"},
		{[]string{"--prefect-api-url", "ftp://x/api"}, nil, "--prefect-api-url is not an http or https address"},
		{[]string{"--prefect-api-url", "https://app.prefect.cloud/account/1/workspace/2"}, nil, "names the web pages of Prefect Cloud: use api.prefect.cloud"},
		{[]string{"--prefect-api-url", "https://api.prefect.cloud/api"}, nil, "names Prefect Cloud but no workspace"},
		{[]string{"--prefect-api-url", "http://host/api?x=1"}, nil, "has a query or a fragment"},
		{[]string{"--prefect-api-url", ""}, nil, "--prefect-api-url is empty"},
		{[]string{"--prefect-api-key-file", ""}, nil, "--prefect-api-key-file is empty"},
		{[]string{"--secret", "prefect-api-url=@url"}, nil, "--secret prefect-api-url is not an http or https address"},
		{nil, map[string]string{"PREFECT_API_URL": "notaurl"}, "PREFECT_API_URL (the environment) is not an http or https address"},
		{[]string{"--prefect-api-key-file", "key"}, nil, "--prefect-api-key-file: the key of the Prefect API has more than one line"},
		{[]string{"--secret", "Prefect-Api-Key=@key"}, nil, "--secret Prefect-Api-Key: the key of the Prefect API has more than one line"},
	} {
		r := h.With(test.vars).Run(append([]string{"bootstrap", "--no-worker", "--plan"}, test.args...)...)
		r.Wants(t, 2, "", test.says)
		if strings.Contains(r.Stderr, "pnu_") || strings.Contains(r.Stderr, "notaurl") {
			t.Errorf("it repeats the value: %s", r.Stderr)
		}
	}
	h.Run("bootstrap", "--no-worker", "--plan", "--prefect-api-url", "http://prefect.example").Wants(t, 0, "create", "warning: --prefect-api-url does not end in /api")
}

// TestSameEmptyFlagIsNamed: of two empty flags, each run names the same.
func TestSameEmptyFlagIsNamed(t *testing.T) {
	h := newHarness(t)
	for range 20 {
		h.Run("bootstrap", "--parameters", "", "--template", "", "--image", "").Wants(t, 2, "", "--image is empty")
	}
}

// TestWorkPoolIsChecked: a worker whose pool is not there is refused before anything is made, with the command that creates
// the pool.
func TestWorkPoolIsChecked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.Prefect, h.Vars["PREFECT_API_URL"] = clitest.StartPrefect(t), clitest.PrefectURL
		delete(h.Vars, "PREFECT_API_KEY")
		for _, how := range []string{"--yes", "--plan"} {
			r := h.RunLong(with(worker, how)...)
			r.Wants(t, 2, "", `error: --work-pool: there is no work pool "pool" on the Prefect API`)
			r.Wants(t, 2, "", "hint: pacific work-pool create pool --type azure-container-instance creates it")
		}
		if strings.Contains(h.Must("group", "ls").Stdout, "aci-rg") {
			t.Error("the resource group was made all the same")
		}
		h.Must("work-pool", "create", "pool", "--type", "azure-container-instance")
		r := h.RunLong(with(worker, "--yes")...)
		r.Wants(t, 0, "", "the worker polls work pool pool")
		r.Wants(t, 0, "", "pacific work-pool inspect pool shows the pool")
		r = h.RunLong(with(worker, "--plan", "--prefect-api-url", "http://only.in.azure/api")...)
		r.Wants(t, 0, "", `cannot check that there is a work pool "pool"`)
	})
}

// TestWorkerWithoutRights: that the worker's identity cannot start jobs is said, with commands that mend it as printed, until
// its pool has credentials.
func TestWorkerWithoutRights(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.Prefect, h.Vars["PREFECT_API_URL"] = clitest.StartPrefect(t), clitest.PrefectURL
		delete(h.Vars, "PREFECT_API_KEY")
		h.Must("work-pool", "create", "pool", "--type", "azure-container-instance")
		const warning = "warning: the worker cannot start jobs yet"
		for _, hint := range []string{
			"pacific service-principal create prefect-aci --resource-group aci-rg --role aci-job-creator --block prefect-aci",
			"pacific work-pool update pool --credentials prefect-aci",
		} {
			r := h.RunLong(with(worker, "--yes")...)
			r.Wants(t, 0, "", warning)
			r.Wants(t, 0, "", "hint: "+hint+" ")
			h.Must(strings.Fields(hint)[1:]...)
		}
		if r := h.RunLong(with(worker, "--yes")...); r.Code != 0 || strings.Contains(r.Stderr, warning) {
			t.Errorf("got %d: %s", r.Code, r.Stderr)
		}
	})
}
