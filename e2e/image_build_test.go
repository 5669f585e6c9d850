//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// maxFlowImage is what a flow in Go may weigh, in bytes to pull.
const maxFlowImage = 20e6

// TestGoFlowImage builds an image of flows in Go without Docker and pushes it to a registry. Docker pulls it with a managed
// identity, once that has AcrPull, and the flow runs to its end. So does a program below Pacific as the first process.
func TestGoFlowImage(t *testing.T) {
	seconds(t)
	a := startAzure(t, "--engine", "docker")
	newRegistry(a)
	for _, variable := range []string{"GOCACHE", "GOMODCACHE"} { // HOME is another one
		value, err := exec.Command("go", "env", variable).Output()
		if err != nil {
			t.Fatal(err)
		}
		a.env = append(a.env, variable+"="+strings.TrimSpace(string(value)))
	}
	// What is compiled here need not be compiled within the time that a client's call has.
	warm := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", filepath.Join(t.TempDir(), "goflows"), "./goflows")
	warm.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := warm.CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, text)
	}
	const image = registryHost + "/team/app:1" // of azCreate
	build := func(args ...string) (made struct {
		Digest string
		Size   int64
	}) {
		t.Helper()
		out := a.run(a.pacific, append([]string{"image", "build", "--push", image, "--output", "json"}, args...)...)
		if out.code != 0 {
			t.Fatalf("image build: exit code %d\n%s", out.code, out.stderr)
		}
		if err := json.Unmarshal([]byte(out.stdout), &made); err != nil {
			t.Fatal(err)
		}
		return made
	}
	first := build("./goflows")
	t.Logf("the image of ./goflows has %.1f MB", float64(first.Size)/1e6)
	if first.Size > maxFlowImage {
		t.Errorf("the image has %d bytes, want at most %.0f", first.Size, maxFlowImage)
	}
	if again := build("./goflows"); again != first {
		t.Errorf("built twice: %+v and %+v", first, again)
	}
	if out := a.run(a.pacific, "image", "check", image); out.code != 0 || !strings.Contains(out.stdout, "ok       init: none; a program in Go") {
		t.Errorf("image check: exit code %d\n%s%s", out.code, out.stdout, out.stderr)
	}

	var identity struct{ ID, PrincipalID string }
	a.azJSON(&identity, "identity", "create", "--name", "puller", "--resource-group", "e2e")
	as := []string{"--acr-identity", identity.ID, "--assign-identity", identity.ID, "--command-line", "goflows go-graph 'name=aci from the image'"}
	if denied := a.az(1, azCreate("early", as...)...); !strings.Contains(denied.stderr, "InaccessibleImage") {
		t.Errorf("an identity without AcrPull: %s", denied.stderr)
	}
	var registry struct{ ID string }
	a.azJSON(&registry, "acr", "show", "--name", registryName)
	a.az(0, "role", "assignment", "create", "--assignee-object-id", identity.PrincipalID, "--assignee-principal-type", "ServicePrincipal", "--scope", registry.ID, "--role", "AcrPull")
	azRuns(a, "flow", as...)
	azEnds(a, "flow")

	build("/bin/busybox", "--init")
	as[len(as)-1] = "pacific init -- busybox echo from the image"
	azRuns(a, "init", as...)
	azEnds(a, "init")
}

// azEnds waits until a container group's container has ended with 0.
func azEnds(a *azure, group string) {
	a.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		var state struct {
			State    string
			ExitCode *int
		}
		a.azJSON(&state, "container", "show", "--resource-group", "e2e", "--name", group, "--query", "containers[0].instanceView.currentState")
		if state.State == "Terminated" {
			if state.ExitCode == nil || *state.ExitCode != 0 {
				a.t.Errorf("the container of %s ended as %+v", group, state)
			}
			return
		}
		if time.Now().After(deadline) {
			a.t.Fatalf("the container of %s is %s", group, state.State)
		}
	}
}
