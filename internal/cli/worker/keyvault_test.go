package worker_test

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/cli"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// bootstrapped is an Azure whose containers can run pacific itself, with the environment that Azure gives them.
func bootstrapped(t *testing.T) (h *clitest.Harness, logs *clitest.Stream) {
	logs = clitest.NewStream()
	h = clitest.New(t, func(ctx context.Context, c azureemulator.ContainerCall) int {
		if c.Spec.Command[0] != "pacific" {
			return clitest.Job(ctx, c)
		}
		vars := map[string]string{}
		for _, variable := range c.Spec.Env {
			name, value, _ := strings.Cut(variable, "=")
			vars[name] = value
			if strings.HasPrefix(name, "IDENTITY_") {
				os.Setenv(name, value) // Azure's SDK itself reads them
			}
		}
		inside := *h
		inside.Vars, inside.Dir = vars, "/nowhere"
		return cli.Main(ctx, inside.Env(io.Discard, logs, c.Spec.Command[1:]))
	})
	h.Prefect = clitest.StartPrefect(t)
	h.Vars["PREFECT_API_URL"], h.Vars["PREFECT_API_KEY"] = clitest.PrefectURL, "pnu_0123456789"
	return h, logs
}

// TestBootstrappedWorker runs the command of bootstrap's template as that runs it: in a container with an identity, whose right
// to read the vault comes late.
func TestBootstrappedWorker(t *testing.T) {
	for _, name := range []string{"IDENTITY_ENDPOINT", "IDENTITY_HEADER"} {
		t.Setenv(name, "") // so that they are as before at the end
	}
	synctest.Test(t, func(t *testing.T) {
		h, logs := bootstrapped(t)
		h.Must("work-pool", "create", "aci", "--type", "azure-container-instance")
		h.Settings(`{"propagation":{"roleAssignment":"5m"}}`)
		go h.RunLong("bootstrap", "--work-pool", "aci", "--image", "pacific:1", "--yes")
		time.Sleep(30 * time.Minute)
		said := logs.String()
		for _, want := range []string{`msg="waiting for the right to read the key vault's secrets"`, `msg="worker started"`, "pool=aci"} {
			if !strings.Contains(said, want) {
				t.Errorf("%q is missing in\n%s", want, said)
			}
		}
		if n := strings.Count(said, "waiting for the right"); n != 1 {
			t.Errorf("it says %d times that it waits", n)
		}
		if strings.Contains(said, "pnu_") {
			t.Errorf("the key is shown:\n%s", said)
		}
	})
}
