//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// azure is an emulator in a process of its own, and the environment that its file gives.
type azure struct {
	t       *testing.T
	pacific string
	env     []string // NAME=value, for the client processes
	values  map[string]string
	process *exec.Cmd
}

// startAzure starts the emulator as a user does, waits for its one line, and reads its environment file as a shell would.
func startAzure(t *testing.T, flags ...string) *azure {
	t.Helper()
	return startAzureIn(t, os.Environ(), flags...)
}

// startAzureIn starts the emulator with an environment: its containers find programs by that PATH.
func startAzureIn(t *testing.T, env []string, flags ...string) *azure {
	t.Helper()
	a := &azure{t: t, pacific: binary(t), values: map[string]string{}}
	file := filepath.Join(t.TempDir(), "azure.env")
	a.process = exec.Command(a.pacific, append([]string{"emulator", "start", "--listen", "127.0.0.1:0", "--env-file", file}, flags...)...)
	a.process.Env, a.process.Stderr = env, os.Stderr
	stdout, err := a.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := a.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.stop)
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatalf("waiting for the emulator: %v: %q", err, line)
	}
	text, err := exec.Command("env", "-i", "sh", "-c", ". "+file+"; env -0").Output()
	if err != nil {
		t.Fatalf("sourcing the environment file: %v", err)
	}
	for _, v := range strings.Split(strings.TrimRight(string(text), "\x00"), "\x00") {
		name, value, _ := strings.Cut(v, "=")
		if name != "PWD" && name != "_" && name != "SHLVL" {
			a.env, a.values[name] = append(a.env, v), value
		}
	}
	return a
}

// stop ends the emulator as a user does, and wants it to end well.
func (a *azure) stop() {
	if a.process.ProcessState != nil {
		return
	}
	a.process.Process.Signal(syscall.SIGTERM)
	if err := a.process.Wait(); err != nil {
		a.t.Errorf("the emulator ended with %v, want 0", err)
	}
}

// output is what a client process did.
type output struct {
	stdout, stderr string
	code           int
}

// run runs a client with the emulator's environment and nothing of this machine's own but PATH and HOME.
func (a *azure) run(name string, args ...string) output {
	a.t.Helper()
	return a.runIn(a.t.Context(), nil, name, args...)
}

func (a *azure) runIn(ctx context.Context, stdin io.Reader, name string, args ...string) output {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + a.values["AZURE_CONFIG_DIR"], "LANG=C.UTF-8"}, a.env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &stdout, &stderr
	err := cmd.Run()
	if ctx.Err() != nil {
		a.t.Fatalf("%s %s did not end: %s%s", filepath.Base(name), strings.Join(args, " "), &stdout, &stderr)
	}
	return output{stdout.String(), stderr.String(), exitCode(a.t, err)}
}

// az runs the real az and wants its exit code.
func (a *azure) az(code int, args ...string) output {
	a.t.Helper()
	az := os.Getenv("PACIFIC_E2E_AZ")
	if az == "" {
		a.t.Fatal("PACIFIC_E2E_AZ is not set: run e2e/run, which installs az")
	}
	out := a.run(az, args...)
	if out.code != code {
		a.t.Fatalf("az %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), out.code, code, out.stdout, out.stderr)
	}
	return out
}

// azJSON runs az and reads what it prints.
func (a *azure) azJSON(into any, args ...string) {
	a.t.Helper()
	out := a.az(0, append(args, "--output", "json")...)
	if err := json.Unmarshal([]byte(out.stdout), into); err != nil {
		a.t.Fatalf("az %s: %v: %q", strings.Join(args, " "), err, out.stdout)
	}
}

func (a *azure) login() {
	a.t.Helper()
	a.az(0, "login", "--service-principal", "-u", a.values["AZURE_CLIENT_ID"], "-p", a.values["AZURE_CLIENT_SECRET"], "--tenant", a.values["AZURE_TENANT_ID"])
}

// control calls the control API.
func (a *azure) control(method, call, body string, into any) {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), method, a.values["PACIFIC_EMULATOR_URL"]+"/_emulator/"+call, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+a.values["PACIFIC_EMULATOR_TOKEN"])
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		a.t.Fatalf("%s %s: status %d: %s %v", method, call, resp.StatusCode, text, err)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			a.t.Fatalf("%s %s: %v: %s", method, call, err, text)
		}
	}
}

// request is one line of the emulator's request log.
type request struct {
	Seq                               int64
	Method, Host, Path, Query, Client string
	Operation                         string
	Status                            int
}

// requests are those that do makes.
func (a *azure) requests(do func()) []request {
	a.t.Helper()
	var log struct{ Requests []request }
	a.control("GET", "requests", "", &log)
	var last int64
	for _, r := range log.Requests {
		last = max(last, r.Seq)
	}
	do()
	log.Requests = nil
	a.control("GET", "requests", "", &log)
	var out []request
	for _, r := range log.Requests {
		if r.Seq > last {
			out = append(out, r)
		}
	}
	return out
}
