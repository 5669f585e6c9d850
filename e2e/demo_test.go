//go:build e2e

package e2e

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// demoAnswer is what these tests read of the demo's JSON.
type demoAnswer struct {
	Outcome string
	Steps   []struct{ Commands []string }
	FlowRun struct {
		ID         prefect.ID
		Deployment string
		State      string
		States     []struct{ Name string }
		Logs       []struct{ Message string }
	}
	ContainerGroup struct {
		Containers []struct {
			Events []struct{ Name, Message string }
		}
	}
	Refusal struct{ Error string }
}

// runDemo runs the demo on a machine with nothing on it: no PATH, an empty HOME, no settings but those given.
func runDemo(t *testing.T, args []string, env ...string) demoAnswer {
	t.Helper()
	home, tmp := t.TempDir(), t.TempDir()
	cmd := exec.Command(binary(t), append([]string{"demo", "--output", "json"}, args...)...)
	cmd.Dir, cmd.Env = home, append([]string{"HOME=" + home, "TMPDIR=" + tmp}, env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	text, err := cmd.Output()
	answer := readDemo(t, text, err, &stderr)
	for _, folder := range []string{home, tmp} {
		if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	}
	return answer
}

// readDemo checks what a demo prints as JSON.
func readDemo(t *testing.T, text []byte, err error, stderr fmt.Stringer) demoAnswer {
	t.Helper()
	var answer demoAnswer
	if err != nil || json.Unmarshal(text, &answer) != nil || answer.Outcome != "completed" || answer.FlowRun.State != "Completed" {
		t.Fatalf("%v\n%s%s", err, text, stderr)
	}
	if !strings.Contains(answer.Refusal.Error, "ForbiddenByRbac") {
		t.Errorf("the wrong identity: %+v", answer.Refusal)
	}
	var said strings.Builder
	for _, line := range answer.FlowRun.Logs {
		said.WriteString(line.Message + "\n")
	}
	if !strings.Contains(said.String(), "read the secret") {
		t.Errorf("the run's logs lack the secret's name:\n%s", &said)
	}
	return answer
}

// TestDemoOnBareMachine runs pacific demo where there is nothing but the program.
func TestDemoOnBareMachine(t *testing.T) {
	seconds(t)
	runDemo(t, nil)
}

// TestDemoInEmptyContainer runs it in a container of an image that has the program and nothing else, no /tmp, no certificates,
// no users and no shell, without a network: as root, and as somebody who may write nowhere on the disk.
func TestDemoInEmptyContainer(t *testing.T) {
	program, err := os.ReadFile(binary(t))
	if err != nil {
		t.Fatal(err)
	}
	var image bytes.Buffer
	w := tar.NewWriter(&image)
	if err = w.WriteHeader(&tar.Header{Name: "pacific", Mode: 0o755, Size: int64(len(program))}); err == nil {
		_, err = w.Write(program)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	docker := func(stdin io.Reader, args ...string) ([]byte, *strings.Builder, error) {
		cmd := exec.CommandContext(t.Context(), "docker", args...)
		var stderr strings.Builder
		cmd.Stdin, cmd.Stderr = stdin, &stderr
		text, err := cmd.Output()
		return text, &stderr, err
	}
	name := "localhost/pacific-e2e-empty:" + strconv.FormatInt(time.Now().UnixNano(), 36)
	if text, stderr, err := docker(&image, "import", "-", name); err != nil {
		t.Fatalf("docker import: %v\n%s%s", err, text, stderr)
	}
	t.Cleanup(func() { _ = exec.Command("docker", "rmi", "--force", name).Run() })
	for who, flags := range map[string][]string{"root": nil, "nobody": {"--user", "65534:65534", "--read-only", "--cap-drop", "ALL"}} {
		t.Run(who, func(t *testing.T) {
			seconds(t)
			args := append([]string{"run", "--rm", "--network", "none"}, flags...)
			text, stderr, err := docker(nil, append(args, name, "/pacific", "demo", "--output", "json")...)
			readDemo(t, text, err, stderr)
		})
	}
}

// TestDemoOnDocker runs it with real containers, whose image the demo builds and pushes to the local Azure's registry, from where
// an identity pulls it. Once the API is a real server, and Prefect's own client tells how the run went.
func TestDemoOnDocker(t *testing.T) {
	docker := "DOCKER_HOST=" + os.Getenv("DOCKER_HOST")
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		seconds(t)
		runDemo(t, []string{"--engine", "docker"}, docker)
	})
	t.Run("server", func(t *testing.T) {
		t.Parallel()
		seconds(t)
		_, address := serverClient(t, prefect3.api)
		demo := runDemo(t, []string{"--engine", "docker"}, docker, "PREFECT_API_URL="+address)
		cmd := exec.CommandContext(t.Context(), os.Getenv(prefect3.python), "-W", "ignore", "testdata/story/judge.py", string(demo.FlowRun.ID))
		cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + t.TempDir(), "PREFECT_API_URL=" + address, "PYTHONDONTWRITEBYTECODE=1"}
		var stderr strings.Builder
		cmd.Stderr = &stderr
		text, err := cmd.Output()
		var ran ranStory
		if err != nil || json.Unmarshal(text, &ran) != nil {
			t.Fatalf("%v\n%s%s", err, text, &stderr)
		}
		ran.judge(t, ranStory{}, "read the secret name=testsecret version=")
		pulled := ""
		for _, container := range demo.ContainerGroup.Containers {
			for _, event := range container.Events {
				if event.Name == "Pulled" {
					pulled = event.Message
				}
			}
		}
		if !strings.Contains(pulled, ".azurecr.io/pacific-demo:1@sha256:") {
			t.Errorf("the image was not pulled from the registry: %q", pulled)
		}
	})
}

// TestDemoInPython runs the flow in Python: a real Prefect, which loads its code from the local Azure's storage account, on the
// Prefect API inside the demo and on a real server.
func TestDemoInPython(t *testing.T) {
	python := os.Getenv(prefect3.python)
	if python == "" {
		t.Fatalf("%s is not set: run e2e/run", prefect3.python)
	}
	programs := "PATH=" + filepath.Dir(python) + ":/usr/bin:/bin"
	t.Run("embedded", func(t *testing.T) {
		seconds(t)
		runDemo(t, []string{"--python"}, programs)
	})
	t.Run("server", func(t *testing.T) {
		seconds(t)
		_, address := serverClient(t, prefect3.api)
		runDemo(t, []string{"--python"}, programs, "PREFECT_API_URL="+address)
	})
}

// TestDemoOnServer runs pacific demo on real servers, two at once on each, and looks for what they leave there.
func TestDemoOnServer(t *testing.T) {
	for _, variable := range []string{"PACIFIC_E2E_PREFECT3_API_URL", "PACIFIC_E2E_PREFECT2_API_URL"} {
		for _, demo := range []string{"one", "another"} {
			t.Run(variable+"/"+demo, func(t *testing.T) {
				t.Parallel()
				seconds(t)
				demoOnServer(t, variable)
			})
		}
	}
}

func demoOnServer(t *testing.T, variable string) {
	client, address := serverClient(t, variable)
	demo := runDemo(t, nil, "PREFECT_API_URL="+address)
	run, err := client.FlowRun(t.Context(), demo.FlowRun.ID)
	if err != nil || run.StateType != prefect.StateCompleted {
		t.Errorf("the flow run: %s, %v", run.StateType, err)
	}
	flow, pool, _ := strings.Cut(demo.FlowRun.Deployment, "/")
	if !strings.HasPrefix(pool, "pacific-demo-") {
		t.Fatalf("the deployment is %q", demo.FlowRun.Deployment)
	}
	if _, err := client.WorkPool(t.Context(), pool); !errors.Is(err, prefect.ErrNotFound) {
		t.Errorf("the work pool is left: %v", err)
	}
	if _, err := client.DeploymentByName(t.Context(), flow, pool); !errors.Is(err, prefect.ErrNotFound) {
		t.Errorf("the deployment is left: %v", err)
	}
	for block := range client.BlockDocuments(t.Context(), prefect.BlockDocumentFilter{}, prefect.MaskSecrets) {
		if strings.HasPrefix(block.Name, pool) {
			t.Errorf("the block %s is left", block.Name)
		}
	}
}

// TestDemoByHand does each step of the demo as it says, word for word, in a shell that knows nothing: with a real Prefect, with
// real containers, and on real servers.
func TestDemoByHand(t *testing.T) {
	python := os.Getenv(prefect3.python)
	if python == "" {
		t.Fatalf("%s is not set: run e2e/run", prefect3.python)
	}
	prefectFirst := "PATH=" + filepath.Dir(python) + ":/usr/bin:/bin"
	const system = "PATH=/usr/bin:/bin"
	t.Run("docker", func(t *testing.T) {
		seconds(t)
		demoByHand(t, []string{"--engine", "docker"}, system, "DOCKER_HOST="+os.Getenv("DOCKER_HOST"))
	})
	t.Run("Python", func(t *testing.T) {
		seconds(t)
		demoByHand(t, []string{"--python"}, prefectFirst)
	})
	for _, variable := range []string{prefect3.api, "PACIFIC_E2E_PREFECT2_API_URL"} {
		t.Run(variable, func(t *testing.T) {
			seconds(t)
			_, address := serverClient(t, variable)
			demoByHand(t, nil, system, "PREFECT_API_URL="+address)
		})
	}
	t.Run("Python on a server", func(t *testing.T) {
		seconds(t)
		_, address := serverClient(t, prefect3.api)
		demoByHand(t, []string{"--python"}, prefectFirst, "PREFECT_API_URL="+address)
	})
}

func demoByHand(t *testing.T, args []string, env ...string) {
	var all []string
	for _, step := range runDemo(t, args, env...).Steps {
		all = append(all, step.Commands...)
	}
	if len(all) < 12 || !strings.HasSuffix(all[0], " -- sh") || all[len(all)-1] != "exit" {
		t.Fatalf("the commands: %q", all)
	}
	// The first command starts a shell, in which the others are typed.
	home := t.TempDir()
	typed, programs := filepath.Join(home, "typed"), t.TempDir()
	if err := os.WriteFile(typed, []byte(strings.Join(all[1:], "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(binary(t), filepath.Join(programs, "pacific")); err != nil {
		t.Fatal(err)
	}
	env[0] = strings.Replace(env[0], "PATH=", "PATH="+programs+":", 1)
	cmd := exec.Command("sh", "-ec", all[0]+" -e "+typed)
	cmd.Dir, cmd.Env = home, append([]string{"HOME=" + home, "TMPDIR=" + t.TempDir()}, env...)
	out, err := cmd.CombinedOutput()
	for _, want := range []string{"read the secret", ": Completed", "HTTP 403", "exit code 1\n"} {
		if err != nil || !strings.Contains(string(out), want) {
			t.Fatalf("%v, and %q is wanted\n%s\n%s", err, want, strings.Join(all, "\n"), out)
		}
	}
}
