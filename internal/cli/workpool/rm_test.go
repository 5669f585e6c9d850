package workpool_test

import (
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
	"github.com/pacific-aci/pacific/prefect"
)

func TestWorkPoolRm(t *testing.T) {
	h := clitest.NewPrefect(t, clitest.StartPrefect(t))
	h.Run("work-pool", "create", "aci", "--type", "docker").Wants(t, 0, "", "")
	flow, err := h.Client().CreateFlow(t.Context(), prefect.FlowCreate{Name: "flow"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Client().CreateDeployment(t.Context(), prefect.DeploymentCreate{Name: "one", FlowID: flow.ID, WorkPoolName: "aci"}); err != nil {
		t.Fatal(err)
	}
	h.Run("work-pool", "rm", "aci").Wants(t, 3, "",
		"pacific: error: delete work pool aci (docker), which 1 deployment uses: cannot ask for confirmation: standard input is not a terminal\npacific: hint: pacific work-pool rm aci --yes does it\n")
	h.Terminal = true
	for _, answer := range []string{"", "\n", "n\n", "yesterday\n"} {
		h.Stdin = answer
		h.Run("work-pool", "rm", "aci").Wants(t, 3, "", "Delete work pool aci (docker), which 1 deployment uses? [y/N] ")
	}
	if Pool(h, "aci").Name != "aci" {
		t.Error("it was deleted without a yes")
	}
	h.Stdin = "Yes\n"
	h.Run("work-pool", "rm", "aci").Wants(t, 0, "", "deleted work pool aci")
	h.Run("work-pool", "inspect", "aci").Wants(t, 1, "", "there is no work pool aci")
	h.Stdin = ""
	h.Run("work-pool", "create", "aci", "--type", "docker").Wants(t, 0, "", "")
	h.Run("work-pool", "rm", "aci", "--yes", "--output", "json").Wants(t, 0, `"name":"aci"`, "deleted work pool aci")
}
