package cli_test

import (
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// TestDidYouMean misspells a value of every closed set that a command takes.
func TestDidYouMean(t *testing.T) {
	azure, prefect := clitest.New(t, clitest.Job), clitest.NewPrefect(t, clitest.StartPrefect(t))
	for _, test := range []struct {
		h    *clitest.Harness
		args []string
		code int
		want string
	}{
		{azure, []string{"run", "--location", "westerope", "--image", "alpine:3", "--", "exit", "0"}, 125, "did you mean westeurope?"},
		{azure, []string{"group", "create", "other", "--location", "westerope"}, 1, "did you mean westeurope?"},
		{azure, []string{"rn"}, 2, "did you mean pacific run?"}, // rm is another name of kill
		{azure, []string{"delet"}, 2, "did you mean pacific delete?"},
		{azure, []string{"run", "--output", "jsn", "--", "exit", "0"}, 125, "did you mean json?"},
		{azure, []string{"run", "--local", "--engine", "doker", "--", "true"}, 125, "did you mean docker?"},
		{azure, []string{"run", "--keep", "on-failur", "--", "true"}, 125, "did you mean on-failure?"},
		{azure, []string{"ps", "--credential", "client-secre"}, 2, "did you mean client-secret?"},
		{azure, []string{"ps", "--cloud", "goverment"}, 2, "did you mean government?"},
		{azure, []string{"emulator", "start", "--engine", "proces"}, 2, "did you mean process?"},
		{azure, []string{"emulator", "start", "--engine", "docker", "--engine-network", "brige"}, 2, "did you mean bridge?"},
		{azure, []string{"emulator", "env", "--format", "powershel"}, 2, "did you mean powershell?"},
		{azure, []string{"completion", "bsh"}, 2, "did you mean bash?"},
		{prefect, []string{"work-pool", "create", "aci", "--type", "azure-container-instanc"}, 2, "did you mean azure-container-instance?"},
		{prefect, []string{"work-pool", "template", "--type", "azure-container-instanc"}, 2, "did you mean azure-container-instance?"},
		{prefect, []string{"block", "create", "docker-registr", "images"}, 2, "did you mean docker-registry?"},
		{prefect, []string{"profile", "set", "PREFECT_API_ULR=http://127.0.0.1:4200/api"}, 2, "did you mean PREFECT_API_URL?"},
		{prefect, []string{"profile", "use", "ephemerl"}, 2, "did you mean ephemeral?"},
	} {
		test.h.Run(test.args...).Wants(t, test.code, "", "pacific: hint: "+test.want)
	}
}
