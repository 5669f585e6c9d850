package provision_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

// quicker creates the work pool right before this run does.
type quicker struct {
	http.RoundTripper
	t    *testing.T
	kind string
}

// RoundTrip implements http.RoundTripper.
func (q quicker) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost && r.URL.Path == "/api/work_pools/" {
		client, err := prefect.NewClient(prefect.Options{URL: "http://" + r.URL.Host + "/api", Transport: q.RoundTripper})
		if err != nil {
			q.t.Fatal(err)
		}
		template, err := jobtemplate.BaseJobTemplate("azure-container-instance", prefect.Version{Major: 3, Minor: 9, Patch: 1})
		if err != nil {
			q.t.Fatal(err)
		}
		if _, err := client.CreateWorkPool(r.Context(), prefect.WorkPoolCreate{Name: "push", Type: q.kind, BaseJobTemplate: template}); err != nil {
			q.t.Error(err)
		}
	}
	return q.RoundTripper.RoundTrip(r)
}

// TestPoolCreatedMeanwhile: another run has created the pool since this one looked. It gets the template all the same, but
// not if it is of another type.
func TestPoolCreatedMeanwhile(t *testing.T) {
	h := newProvisionHarness(t)
	h.Prefect = quicker{h.Prefect, t, "azure-container-instance:push"}
	h.Must("provision", "push", "--yes")
	if pool, err := poolNamed(h, "push"); err != nil || !strings.Contains(string(pool.BaseJobTemplate), "prefect-acr-identity") {
		t.Errorf("the pool: %s, %v", pool.BaseJobTemplate, err)
	}

	h = newProvisionHarness(t)
	h.Prefect = quicker{h.Prefect, t, "process"}
	h.Run("provision", "push", "--yes", "--verify=false").Wants(t, 1, "", "somebody else has just created one of the type process")
}

// TestDestroySaysWhatStays: a second destroy finds only what stays, and does not say that nothing is left.
func TestDestroySaysWhatStays(t *testing.T) {
	h := newProvisionHarness(t)
	h.Must("provision", "push", "--yes")
	h.Must("run", "--resource-group", "prefect-aci-push-pool-rg", "--detach", "--name", "theirs", "--", "sleep", "60")
	h.Run("provision", "push", "--destroy", "--yes").Wants(t, 0, "", "something else is in it: theirs")
	h.Run("provision", "push", "--destroy", "--yes").Wants(t, 0, "", "nothing was deleted; --plan shows what stays and why")
	h.Must("kill", "theirs", "--resource-group", "prefect-aci-push-pool-rg")
	h.Run("provision", "push", "--destroy", "--yes").Wants(t, 0, "", "deleted what was provisioned")
	h.Run("provision", "push", "--destroy", "--yes").Wants(t, 0, "", "nothing is left that was provisioned")
}
