//go:build e2e

package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// onAzure is the command of make e2e-azure with the local Azure in the place of a real account. It is told of that by what
// every client is told, a proxy and an authority: Pacific itself takes it for the public cloud.
func onAzure(t *testing.T, a *azure) *exec.Cmd {
	t.Helper()
	command := filepath.Join(t.TempDir(), "e2e-azure")
	if text, err := exec.Command("go", "build", "-o", command, "./onazure").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, text)
	}
	cmd := exec.CommandContext(t.Context(), command)
	cmd.Dir = ".." // as make does
	home := t.TempDir()
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "LANG=C.UTF-8", "PACIFIC_E2E_AZURE=1", "PACIFIC_E2E_BINARY=" + a.pacific,
		"PACIFIC_E2E_IMAGE=" + busybox(t), "PREFECT_HOME=" + home, "PREFECT_WORKER_QUERY_SECONDS=1"}
	for _, variable := range []string{"GOCACHE", "GOMODCACHE", "GOFLAGS", "GOTOOLCHAIN"} {
		value, err := exec.Command("go", "env", variable).Output()
		if err != nil {
			t.Fatal(err)
		}
		cmd.Env = append(cmd.Env, variable+"="+strings.TrimSpace(string(value)))
	}
	for _, v := range a.env {
		if !strings.HasPrefix(v, "PACIFIC_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	return cmd
}

// groups are the resource groups of the local Azure that were made for the command.
func (a *azure) groups() []string {
	a.t.Helper()
	a.login()
	var groups []struct{ Name string }
	a.azJSON(&groups, "group", "list")
	var made []string
	for _, g := range groups {
		if strings.HasPrefix(g.Name, "pacific-e2e") {
			made = append(made, g.Name)
		}
	}
	return made
}

// TestOnAzure runs the whole story of make e2e-azure, with a real Prefect server and real containers. What the local Azure
// assumes is what it does, so that no check of the list may refute it: one that did would look at something else.
func TestOnAzure(t *testing.T) {
	t.Parallel()
	seconds(t)
	a := startAzure(t, "--engine", "docker")
	cmd := onAzure(t, a)
	cmd.Env = append(cmd.Env, "PREFECT_API_URL="+os.Getenv("PACIFIC_E2E_PREFECT3_API_URL"))
	text, err := cmd.CombinedOutput()
	out := string(text)
	t.Log(out)
	if err != nil || !strings.Contains(out, "e2e-azure: ok, nothing is left behind") {
		t.Errorf("e2e-azure: %v", err)
	}
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "refuted ") {
			t.Errorf("the local Azure is not as its own table has it: %s", line)
		}
	}
	if n := strings.Count(out, "\nconfirmed "); n < 15 {
		t.Errorf("only %d rows were confirmed", n)
	}
	if made := a.groups(); len(made) > 0 {
		t.Errorf("left behind: %v", made)
	}
	var apps, vaults, roles []struct{ DisplayName, Name string }
	a.azJSON(&apps, "ad", "app", "list", "--all")
	a.azJSON(&vaults, "keyvault", "list-deleted")
	a.azJSON(&roles, "role", "definition", "list", "--custom-role-only", "true")
	for _, left := range slices.Concat(apps, vaults, roles) {
		if left.DisplayName == "emulator-owner" {
			continue // the account itself
		}
		t.Errorf("left behind: %+v", left)
	}
}

// TestOnAzureInterrupted interrupts the command as Ctrl-C does, in the middle of its first job: it deletes what it has made.
func TestOnAzureInterrupted(t *testing.T) {
	seconds(t)
	a := startAzure(t, "--engine", "simulate")
	cmd := onAzure(t, a)
	// A job that is under way when the signal comes.
	a.control("PATCH", "settings", `{"latency":{"pull":"1h"}}`, nil)
	var out outputText
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for pulling := false; !pulling; {
		var log struct{ Requests []request }
		a.control("GET", "requests", "", &log)
		for _, r := range log.Requests {
			pulling = pulling || r.Method == "PUT" && strings.Contains(r.Path, "/containerGroups/")
		}
		select {
		case err := <-ended:
			t.Fatalf("the command ended before its first job: %v\n%s", err, out.String())
		case <-ctx.Done():
			t.Fatalf("no job was begun\n%s", out.String())
		case <-time.After(50 * time.Millisecond):
		}
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-ctx.Done():
		t.Fatalf("the command does not end\n%s", out.String())
	}
	if code := cmd.ProcessState.ExitCode(); code != 130 || !strings.Contains(out.String(), "nothing is left behind") {
		t.Errorf("exit code %d\n%s", code, out.String())
	}
	if made := a.groups(); len(made) > 0 {
		t.Errorf("left behind: %v\n%s", made, out.String())
	}
}

// TestOnAzureRefuses wants an explicit word before anything is sent.
func TestOnAzureRefuses(t *testing.T) {
	a := startAzure(t, "--engine", "simulate")
	for _, missing := range []string{"AZURE_SUBSCRIPTION_ID", "PACIFIC_E2E_AZURE"} {
		cmd := onAzure(t, a)
		cmd.Env = append(cmd.Env, missing+"=")
		text, err := cmd.CombinedOutput()
		if code := exitCode(t, err); code != 2 || !strings.Contains(string(text), missing) || !strings.Contains(string(text), "costs less than") {
			t.Errorf("without %s: exit code %d\n%s", missing, code, text)
		}
	}
	var log struct{ Requests []request }
	if a.control("GET", "requests", "", &log); len(log.Requests) > 0 {
		t.Errorf("sent: %+v", log.Requests)
	}
}
