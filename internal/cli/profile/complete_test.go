package profile_test

import (
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

func TestCompleteSettings(t *testing.T) {
	h := clitest.NewPrefect(t, nil)
	h.WantsCompletion(clitest.NoFilesNorSpace, "PREFECT_API_KEY", "profile", "set", "PREFECT_API_K") // a secret's value is no argument
	h.WantsCompletion(clitest.NoFilesNorSpace, "PREFECT_API_URL=", "profile", "set", "PREFECT_API_U")
	h.WantsCompletion(clitest.NoFilesNorSpace, "", "profile", "set", "PREFECT_API_URL=x", "PREFECT_API_U")
	h.WantsCompletion(clitest.NoFilesNorSpace, "", "profile", "set", "PREFECT_API_URL=")
	h.WantsCompletion(clitest.NoFilesNorSpace, "PREFECT_DEFAULT_WORK_POOL_NAME=", "profile", "set", "PREFECT_DEFAULT_W")
	h.WantsCompletion(clitest.NoFilesNorSpace, "", "profile", "set", "PREFECT_HOM")
	h.WantsCompletion(clitest.NoFilesNorSpace, "", "profile", "set", "PREFECT_PROFILES_P")
	h.WantsCompletion(clitest.NoFiles, "PREFECT_API_URL", "profile", "set", "--stdin", "PREFECT_API_U")
	h.WantsCompletion(clitest.NoFiles, "", "profile", "set", "--stdin", "PREFECT_API_URL", "PREFECT_")
}
