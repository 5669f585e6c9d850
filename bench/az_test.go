package bench

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// azEnv names the real az; make e2e installs one.
const azEnv = "PACIFIC_E2E_AZ"

// measureAz times az commands on the emulator against az's own start, which no server can make shorter.
func measureAz(t *testing.T, b *bench) {
	az := os.Getenv(azEnv)
	switch {
	case !b.size.full:
		t.Skip("az is measured at full size alone: make bench")
	case az == "":
		b.table.add(row{what: "az commands", got: "LEFT OUT", beside: azEnv + " names no az (make e2e installs one)"})
		fmt.Fprintf(os.Stderr, "bench: az is LEFT OUT: %s is not set\n", azEnv)
		return
	}
	e := startEmulator(t, b.pacific, "--engine", "simulate")
	run := func(args ...string) time.Duration {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), az, args...)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + e.env["AZURE_CONFIG_DIR"], "LANG=C.UTF-8"}
		for name, value := range e.env {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		began := time.Now()
		if err := cmd.Run(); err != nil {
			t.Fatalf("az %s: %v\n%s", strings.Join(args, " "), err, &stderr)
		}
		return time.Since(began)
	}
	run("version")
	run("login", "--service-principal", "-u", e.env["AZURE_CLIENT_ID"], "-p", e.env["AZURE_CLIENT_SECRET"], "--tenant", e.env["AZURE_TENANT_ID"])
	run("group", "create", "-n", resourceGroup, "-l", "westeurope")
	var start sample
	commands := []struct {
		name string
		args string
		took sample
	}{
		{name: "group show", args: "group show -n bench"},
		{name: "container create", args: "container create -g bench -n job --image alpine:3 --os-type Linux --cpu 1 --memory 1 --restart-policy Never -e SIM_RUN_FOR=1h SIM_LINES_PER_SECOND=10"},
		{name: "container show", args: "container show -g bench -n job"},
		{name: "container logs", args: "container logs -g bench -n job"},
		{name: "container list", args: "container list -g bench"},
		{name: "container delete", args: "container delete -g bench -n job --yes"},
	}
	for range b.size.azRounds {
		start.add(run("version"))
		for i := range commands {
			commands[i].took.add(run(strings.Fields(commands[i].args)...))
		}
	}
	for i := range commands {
		c := &commands[i]
		b.table.add(row{
			what: "az " + c.name, got: millis(c.took.median()), beside: "az version " + millis(start.median()), ratio: times(c.took.median(), start.median()),
		})
	}
}
