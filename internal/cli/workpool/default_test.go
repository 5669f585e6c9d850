package workpool_test

import (
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

func TestDefaultWorkPool(t *testing.T) {
	h := clitest.NewPrefect(t, clitest.StartPrefect(t))
	h.Run("profile", "create", "mine").Wants(t, 0, "", "")
	h.Run("work-pool", "create", "aci", "--type", "docker", "--set-as-default", "--profile", "mine", "--output", "json").
		Wants(t, 0, `"default":true`, "aci is the default pool of profile mine")
	h.Run("profile", "inspect", "mine", "--output", "json").Wants(t, 0, `DEFAULT_WORK_POOL_NAME":"aci"`, "")
	if Pool(h, "aci").Default {
		t.Error("another profile's default pool counts")
	}
	// A profile that does not exist is noticed before anything is made.
	other := h.With(map[string]string{"PREFECT_PROFILE": "nope"})
	other.Run("work-pool", "create", "never", "--type", "docker", "--set-as-default").Wants(t, 2, "", `there is no profile "nope"`)
	h.Run("work-pool", "inspect", "never").Wants(t, 1, "", "there is no work pool never")
	// The environment wins, and that is told.
	other = h.With(map[string]string{"PREFECT_DEFAULT_WORK_POOL_NAME": "theirs"})
	other.Run("work-pool", "create", "aci", "--overwrite", "--set-as-default").
		Wants(t, 0, "", "warning: PREFECT_DEFAULT_WORK_POOL_NAME is set in environment PREFECT_DEFAULT_WORK_POOL_NAME")
	h.Run("work-pool", "rm", "aci", "--yes").Wants(t, 0, "", "it is still the default pool; to change that: pacific profile unset PREFECT_DEFAULT_WORK_POOL_NAME")
}
