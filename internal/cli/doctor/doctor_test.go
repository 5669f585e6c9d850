package doctor_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// statuses gives how each check of `doctor --output json` ended.
func statuses(t *testing.T, r clitest.Result) map[string]string {
	t.Helper()
	var report struct {
		OK     bool
		Checks []struct {
			Name, Status, Detail string
			Fixes                []string
		}
	}
	if err := json.Unmarshal([]byte(r.Stdout), &report); err != nil {
		t.Fatalf("%v in %q; stderr %q", err, r.Stdout, r.Stderr)
	}
	got := map[string]string{}
	failed := false
	for _, c := range report.Checks {
		got[c.Name] = c.Status
		if c.Detail == "" {
			t.Errorf("%s: it says nothing", c.Name)
		}
		if c.Status == "failed" {
			failed = true
			if len(c.Fixes) == 0 {
				t.Errorf("%s: failed (%s) without a fix", c.Name, c.Detail)
			}
		}
	}
	if report.OK == failed || (r.Code == 0) == failed {
		t.Errorf("ok %v and exit code %d for %v", report.OK, r.Code, got)
	}
	return got
}

func TestDoctor(t *testing.T) {
	h := clitest.New(t, nil)
	const ok, failed, skipped, note = "ok", "failed", "skipped", "note"
	all := func(cloud, credentials, subscription, group, provider, quota string) map[string]string {
		return map[string]string{"cloud": cloud, "credentials": credentials, "subscription": subscription,
			"resource group": group, "resource provider": provider, "quota": quota, "prefect settings": note, "local engine": note}
	}
	for _, test := range []struct {
		name string
		env  map[string]string
		want map[string]string
	}{
		{"healthy", nil, all(ok, ok, ok, ok, ok, ok)},
		{"no such cloud", map[string]string{"PACIFIC_CLOUD": "mars"}, all(failed, skipped, skipped, skipped, skipped, skipped)},
		{"wrong secret", map[string]string{"AZURE_CLIENT_SECRET": "hunter2"}, all(ok, failed, skipped, skipped, skipped, skipped)},
		{"no credentials", map[string]string{"AZURE_TENANT_ID": "", "AZURE_CLIENT_ID": "", "AZURE_CLIENT_SECRET": ""}, all(ok, failed, skipped, skipped, skipped, skipped)},
		{"the only subscription", map[string]string{"AZURE_SUBSCRIPTION_ID": ""}, all(ok, ok, ok, ok, ok, ok)},
		{"unknown subscription", map[string]string{"AZURE_SUBSCRIPTION_ID": "00000000-0000-0000-0000-000000000001"}, all(ok, ok, failed, skipped, skipped, skipped)},
		{"no resource group", map[string]string{"PACIFIC_RESOURCE_GROUP": ""}, all(ok, ok, ok, failed, ok, skipped)},
		{"unknown resource group", map[string]string{"PACIFIC_RESOURCE_GROUP": "nowhere"}, all(ok, ok, ok, failed, ok, skipped)},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := h.With(test.env).Run("doctor", "--output", "json")
			if diff := cmp.Diff(test.want, statuses(t, r)); diff != "" {
				t.Errorf("-want +got:\n%s\n%s", diff, r.Stdout)
			}
		})
	}
}

func TestDoctorSaysTheFix(t *testing.T) {
	h := clitest.New(t, nil)
	r := h.With(map[string]string{"PACIFIC_RESOURCE_GROUP": "nowhere"}).Run("doctor")
	r.Wants(t, 1, "failed   resource group: there is no resource group nowhere\n         fix: pacific group create nowhere --location REGION, or correct --resource-group", "")
	r.Wants(t, 1, "ok       credentials: signed in", "")
	r.Wants(t, 1, "note     local engine: process", "")
	r = h.With(map[string]string{"AZURE_CLIENT_SECRET": "hunter2"}).Run("doctor")
	r.Wants(t, 1, "failed   credentials: ", "")
	if got := r.Stdout + r.Stderr; len(got) == 0 || strings.Contains(got, "hunter2") {
		t.Errorf("the secret is in the output: %s", got)
	}
}

// TestDoctorBeginsWithTheNearestWayToSignIn: az login where nothing is set up, else what somebody has begun.
func TestDoctorBeginsWithTheNearestWayToSignIn(t *testing.T) {
	h := clitest.New(t, nil)
	none := map[string]string{"AZURE_TENANT_ID": "", "AZURE_CLIENT_ID": "", "AZURE_CLIENT_SECRET": ""}
	h.With(none).Run("doctor").Wants(t, 1, "credentials: no way to sign in to Azure works\n         fix: az: ", "")
	h.With(map[string]string{"AZURE_CLIENT_SECRET": ""}).Run("doctor").Wants(t, 1, "credentials: no way to sign in to Azure works\n         fix: client-secret: set the client secret (AZURE_CLIENT_SECRET)\n", "")
}
