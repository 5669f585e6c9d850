package bench

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// provisionTimes is how many times quicker than Prefect's own a cold provisioning is to be.
const provisionTimes = 20

// measureProvision provisions a push pool from nothing, natively and with Prefect's own provisioner, which runs az: each on
// an emulator of its own that has just started, both with the same pool and without a container to prove it.
func measureProvision(t *testing.T, b *bench) {
	az, python := os.Getenv(azEnv), os.Getenv(pythonEnv)
	switch {
	case !b.size.full:
		t.Skip("provisioning is measured at full size alone: make bench")
	case az == "" || python == "":
		b.table.add(row{what: "provisioning a push pool", got: "LEFT OUT", beside: azEnv + " and " + pythonEnv + " do not name az and Prefect (make e2e installs them)"})
		fmt.Fprintf(os.Stderr, "bench: provisioning is LEFT OUT: %s or %s is not set\n", azEnv, pythonEnv)
		return
	}
	var ours, theirs, oursCPU, theirsCPU sample
	for range b.size.azRounds {
		site := newProvisionSite(t, b, az, python)
		site.run("", b.pacific, "work-pool", "create", "cold", "--type", "azure-container-instance:push")
		wall, cpu := site.run("nothing was changed", b.pacific, "provision", "cold", "--yes", "--verify=false", "--location", "eastus")
		ours.add(wall)
		oursCPU.add(cpu)

		site = newProvisionSite(t, b, az, python)
		site.run("", b.pacific, "work-pool", "create", "cold", "--type", "azure-container-instance:push")
		site.run("", az, "login", "--service-principal", "-u", site.env["AZURE_CLIENT_ID"], "-p", site.env["AZURE_CLIENT_SECRET"], "--tenant", site.env["AZURE_TENANT_ID"])
		wall, cpu = site.run("Failed", filepath.Join(filepath.Dir(python), "prefect"), "work-pool", "provision-infrastructure", "cold")
		theirs.add(wall)
		theirsCPU.add(cpu)
	}
	for _, figure := range []struct {
		what      string
		got, with *sample
	}{{"time", &ours, &theirs}, {"processor time", &oursCPU, &theirsCPU}} {
		got, with := figure.got.median(), figure.with.median()
		b.table.add(row{
			what: "provisioning a push pool from nothing: " + figure.what, got: millis(got), beside: "Prefect's own, with az " + millis(with),
			ratio: times(got, with), expected: fmt.Sprintf("a %dth or less", provisionTimes), missed: got*provisionTimes > with,
		})
	}
}

// provisionSite is an emulator with a Prefect API and an environment of its own.
type provisionSite struct {
	*local
	variables []string
}

func newProvisionSite(t *testing.T, b *bench, az, python string) *provisionSite {
	t.Helper()
	s := &provisionSite{local: startEmulator(t, b.pacific, "--with-prefect", "--prefect-listen", "127.0.0.1:0")}
	home := t.TempDir()
	profiles := filepath.Join(home, ".prefect")
	// az signs docker in through this: no daemon is a part of what is measured.
	docker := filepath.Join(home, "docker.sh")
	err := os.MkdirAll(profiles, 0o700)
	if err == nil {
		err = os.WriteFile(filepath.Join(profiles, "profiles.toml"), []byte("active = \"bench\"\n\n[profiles.bench]\n"), 0o600)
	}
	if err == nil {
		err = os.WriteFile(docker, []byte("#!/bin/sh\nexit 0\n"), 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.variables = []string{
		"PATH=" + filepath.Dir(az) + ":" + filepath.Dir(python) + ":" + os.Getenv("PATH"), "HOME=" + home, "PREFECT_HOME=" + profiles,
		"DOCKER_CONFIG=" + filepath.Join(home, "docker"), "DOCKER_COMMAND=" + docker, "LANG=C.UTF-8",
	}
	for name, value := range s.env {
		s.variables = append(s.variables, name+"="+value)
	}
	return s
}

// run runs a program to its end, with all that it starts, and gives its time and its processor time. Neither a failure nor
// an output with the word wrong may pass: Prefect's provisioner goes on after one.
func (s *provisionSite) run(wrong, name string, args ...string) (wall, cpu time.Duration) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), name, args...)
	cmd.Env = s.variables
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	began := time.Now()
	err := cmd.Run()
	wall = time.Since(began)
	if err != nil || wrong != "" && strings.Contains(output.String(), wrong) {
		s.t.Fatalf("%s %s: %v\n%s", filepath.Base(name), strings.Join(args, " "), err, &output)
	}
	return wall, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}
