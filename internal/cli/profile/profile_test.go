package profile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// TestProfileOfAFreshMachine writes where there is no file yet. Prefect 2.20's command line refuses one with the setting that
// Prefect 3's own profile has, and Prefect 3 reads that profile only where the file names it as the active one.
func TestProfileOfAFreshMachine(t *testing.T) {
	const head, own = "active = \"ephemeral\"\n\n[profiles.ephemeral]\n", "PREFECT_SERVER_EPHEMERAL_ENABLED = \"true\"\n"
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"PREFECT_API_URL=http://a/api"}, head + "PREFECT_API_URL = \"http://a/api\"\n"},
		{[]string{"PREFECT_LOGGING_LEVEL=DEBUG", "PREFECT_API_URL=http://a/api"}, head + "PREFECT_LOGGING_LEVEL = \"DEBUG\"\nPREFECT_API_URL = \"http://a/api\"\n"},
		{[]string{"PREFECT_LOGGING_LEVEL=DEBUG"}, head + own + "PREFECT_LOGGING_LEVEL = \"DEBUG\"\n"},
		{[]string{"PREFECT_DEFAULT_WORK_POOL_NAME=p"}, head + "PREFECT_DEFAULT_WORK_POOL_NAME = \"p\"\n"},
		{[]string{"PREFECT_DEPLOYMENTS_DEFAULT_WORK_POOL_NAME=p"}, head + own + "PREFECT_DEPLOYMENTS_DEFAULT_WORK_POOL_NAME = \"p\"\n"},
	} {
		h := clitest.NewPrefect(t, nil)
		h.Must(append([]string{"profile", "set"}, test.args...)...)
		got, err := os.ReadFile(filepath.Join(h.Vars["HOME"], ".prefect", "profiles.toml"))
		if err != nil || string(got) != test.want {
			t.Errorf("%v: %v\n%s\nwant\n%s", test.args, err, got, test.want)
		}
	}
}
