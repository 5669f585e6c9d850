//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/pacific-aci/pacific/prefect"
)

// prefectImages are the images of this run of the tests, by Prefect's major version: several tests take the same one.
var prefectImages = map[int]*sync.Once{3: {}, 2: {}}

// prefectImage gives the daemon an image of a Prefect that begins as Prefect's own does, with the flows of testdata/worker in
// /flows. The working folder is another one: nothing is found there that was not loaded.
func prefectImage(t *testing.T, on server) string {
	t.Helper()
	image := fmt.Sprintf("localhost/pacific-e2e-prefect%d:1", on.major)
	prefectImages[on.major].Do(func() {
		files := map[string]string{
			"etc/passwd":                "root:x:0:0::/root:/bin/sh\n",
			"etc/timezone":              "Etc/UTC\n",
			"usr/bin/prefect":           "#!/usr/bin/python3\nimport sys\nfrom prefect.cli import app\nsys.exit(app())\n",
			"opt/prefect/entrypoint.sh": "#!/bin/sh\nexec \"$@\"\n",
			"opt/prefect/crash.sh":      "echo last words\nexit 3\n",
		}
		for path, from := range map[string]string{"bin/sh": "/bin/busybox", "bin/sleep": "/bin/busybox", "flows/flows.py": "testdata/worker/flows.py"} {
			text, err := os.ReadFile(from)
			if err != nil {
				t.Fatal(err)
			}
			files[path] = string(text)
		}
		pythonImage(t, image, os.Getenv(on.python), files)
	})
	return image
}

// containers are the running containers that the daemon has of a container group.
func (s *workerSide) containers(group string) []string {
	s.t.Helper()
	out, err := exec.CommandContext(s.ctx, "docker", "ps", "--quiet", "--filter", "name="+group).Output()
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.Fields(string(out))
}

// TestWorker has Pacific's worker run Python flows in real containers for a real server of each line, one at a time. A run is
// cancelled while another one waits for its place. That one fails first, and the worker is killed before its second attempt:
// the container goes on under the next worker. Then come a flow that fails and a container that ends without a flow.
func TestWorker(t *testing.T) {
	for _, on := range []server{prefect3, prefect2} {
		t.Run(map[int]string{3: "3", 2: "2.20"}[on.major], func(t *testing.T) {
			t.Parallel()
			seconds(t)
			s := newWorkerSide(t, on, "--engine", "docker")
			image := prefectImage(t, on)
			env := s.resultStorage()
			first := s.start("--create-pool-if-not-found", "--name", "w1")
			s.awaitPool()
			s.retry("limiting the pool", func() error {
				return s.client.UpdateWorkPool(s.ctx, s.pool, prefect.WorkPoolUpdate{ConcurrencyLimit: prefect.Set(1)})
			})
			for _, flow := range []string{"waits", "retries", "fails"} {
				s.deployWith(flow, prefect.DeploymentCreate{WorkPoolName: s.pool, PullSteps: workingDirectory("/flows"),
					JobVariables: map[string]any{"image": image, "env": env, "stream_output": true}})
			}
			requests := s.requests(func() { s.inTurn(first) })
			s.wantsOnePut(requests, 4)
		})
	}
}

// inTurn is what TestWorker does.
func (s *workerSide) inTurn(first *workerProcess) {
	t := s.t
	cancelled := s.run("waits", prefect.DeploymentFlowRunCreate{})
	s.await(cancelled, "Running")
	retries := s.run("retries", prefect.DeploymentFlowRunCreate{Parameters: map[string]any{"name": "aci"}})
	s.awaitLog(cancelled, "waiting")
	if state := s.state(retries); state.Type != prefect.StateScheduled || state.Name == "AwaitingRetry" {
		t.Errorf("a run that the pool has no place for is %s", state.Name)
	}
	s.cancel(cancelled)
	s.await(cancelled, "Cancelled")
	s.await(retries, "AwaitingRetry")
	first.signal(syscall.SIGKILL)
	if running := s.containers("retries-" + string(retries)); len(running) != 1 {
		t.Errorf("after the worker was killed the run's containers are %v, want one", running)
	}
	second := s.start("--name", "w1")
	fails := s.run("fails", prefect.DeploymentFlowRunCreate{})
	crashes := s.run("waits", prefect.DeploymentFlowRunCreate{JobVariables: map[string]any{"command": "sh /opt/prefect/crash.sh"}})
	s.await(retries, "Completed")
	for _, line := range []string{"attempt 1 of aci", "attempt 2 of aci", "adding 2 and 3"} {
		s.awaitLog(retries, line)
	}
	if got := s.result(retries); got != "5" {
		t.Errorf("the result is %q, want 5", got)
	}
	s.await(fails, "Failed")
	if crash := s.await(crashes, "Crashed"); !strings.Contains(crash.Message, "exit code 3") {
		t.Errorf("the crash says %q, want its exit code", crash.Message)
	}
	s.awaitLog(crashes, "last words")
	s.until("the worker shows the container's output", func() bool { return strings.Contains(second.out.String(), "| last words\n") })
	s.awaitNoGroups()
	second.stop()
}

// wantsOnePut wants that each container group was asked for once, and how many there were.
func (s *workerSide) wantsOnePut(requests []request, groups int) {
	s.t.Helper()
	made := map[string]int{}
	for _, r := range requests {
		if r.Method == "PUT" && strings.Contains(r.Path, "/containerGroups/") {
			made[r.Path]++
		}
	}
	if len(made) != groups {
		s.t.Errorf("%d container groups were made, want %d", len(made), groups)
	}
	for path, times := range made {
		if times != 1 {
			s.t.Errorf("%s was requested %d times", path, times)
		}
	}
}
