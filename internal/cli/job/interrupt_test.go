package job_test

import (
	"context"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/cli"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

func TestSignalStopsAndDeletes(t *testing.T) {
	for _, test := range []struct {
		signal os.Signal
		code   int
	}{{os.Interrupt, 130}, {syscall.SIGTERM, 143}, {syscall.SIGHUP, 129}} {
		t.Run(test.signal.String(), func(t *testing.T) {
			clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
				run := h.Start("run", "--name", "job", "--image", "alpine:3", "--output", "json", "--", "wait")
				run.Out.WaitFor(t, "ready\n")
				run.Signals <- test.signal
				if code := <-run.Code; code != test.code {
					t.Errorf("exit code: got %d, want %d", code, test.code)
				}
				run.Out.WaitFor(t, `"outcome":"interrupted"`)
				run.Err.WaitFor(t, "stopping and deleting the job; press Ctrl-C again to quit without cleaning up")
				run.Err.WaitFor(t, "deleted job")
				if h.Exists("job") {
					t.Error("the container group is still there")
				}
			})
		})
	}
}

// TestSecondSignalLeavesAtOnce has a job that does not heed the first, and
// then cleans up with the very command that pacific prints.
func TestSecondSignalLeavesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stubborn := make(chan struct{})
		h := clitest.New(t, func(ctx context.Context, c azureemulator.ContainerCall) int {
			_, _ = c.Spec.Output.Write([]byte("ready\n"))
			<-stubborn
			return 0
		})
		t.Cleanup(func() { close(stubborn) })
		run := h.Start("run", "--name", "job", "--image", "alpine:3", "--stop-grace", "1h", "--", "stubborn")
		run.Out.WaitFor(t, "ready\n")
		run.Signals <- os.Interrupt
		run.Err.WaitFor(t, "press Ctrl-C again to quit without cleaning up")
		time.Sleep(time.Second)
		run.Signals <- os.Interrupt
		if code := <-run.Code; code != 130 {
			t.Errorf("exit code: got %d, want 130", code)
		}
		said := run.Err.String()
		_, command, found := strings.Cut(said, "delete it with: pacific ")
		if !found {
			t.Fatalf("nothing says how to clean up:\n%s", said)
		}
		command, _, _ = strings.Cut(command, "\n")
		if !h.Exists("job") {
			t.Fatal("there is nothing to clean up")
		}
		r := h.With(map[string]string{"AZURE_SUBSCRIPTION_ID": "", "PACIFIC_RESOURCE_GROUP": ""}).Run(append(strings.Fields(command), "--stop-grace", "0s")...)
		r.Wants(t, 0, "", "killed job")
		if h.Exists("job") {
			t.Errorf("pacific %s left it there", command)
		}
		// What was left behind in this process ends by itself, unheard.
		time.Sleep(2 * time.Hour)
		if got := run.Err.String(); got != said {
			t.Errorf("it spoke after it had left: %q", strings.TrimPrefix(got, said))
		}
	})
}

// TestSecondSignalIsQuietLocally: the local Azure ends under the command that still talks to it, and nothing is said of that.
func TestSecondSignalIsQuietLocally(t *testing.T) {
	h := clitest.NewBare(t)
	h.Vars["PATH"] = os.Getenv("PATH")
	run := h.StartOver(nil, "run", "--local", "--", "sh", "-c", `trap "" TERM; echo ready; sleep 600`)
	run.Out.WaitFor(t, "ready\n")
	run.Signals <- os.Interrupt
	run.Err.WaitFor(t, "press Ctrl-C again to quit without cleaning up\n")
	_, before, _ := strings.Cut(run.Err.String(), "container started")
	if code := pressCtrlC(run.Signals, run.Code); code != 130 {
		t.Errorf("exit code: got %d, want 130", code)
	}
	if _, after, _ := strings.Cut(run.Err.String(), "container started"); after != before {
		t.Errorf("it spoke after the first Ctrl-C: %q", strings.TrimPrefix(after, before))
	}
}

// pressCtrlC presses Ctrl-C until the command has ended: one press is far enough from the first to be taken for a second. The
// exit code is -1 for a command that does not end.
func pressCtrlC(signals chan<- os.Signal, code <-chan int) int {
	press := time.NewTicker(50 * time.Millisecond)
	defer press.Stop()
	for limit := time.After(time.Minute); ; {
		select {
		case <-limit:
			return -1
		case <-press.C:
			select {
			case signals <- os.Interrupt:
			default:
			}
		case code := <-code:
			return code
		}
	}
}

// stuck is a standard output whose reader takes one write and then nothing any more, as a pager that somebody has left open.
type stuck struct {
	begun, end chan struct{}
	writes     atomic.Int32
}

func (s *stuck) Write(p []byte) (int, error) {
	if s.writes.Add(1) == 2 {
		close(s.begun)
		<-s.end
	}
	return len(p), nil
}

// TestSecondSignalBesideAStuckReader: neither signal waits for a reader that takes nothing.
func TestSecondSignalBesideAStuckReader(t *testing.T) {
	h := clitest.NewBare(t)
	h.Vars["PATH"] = os.Getenv("PATH")
	stdout := &stuck{begun: make(chan struct{}), end: make(chan struct{})}
	defer close(stdout.end)
	stderr, signals, ended := clitest.NewStream(), make(chan os.Signal, 2), make(chan int, 1)
	env := h.Env(stdout, stderr, []string{"run", "--local", "--", "sh", "-c", `trap "" TERM; while :; do echo y; done`})
	env.Signals, env.Transport = signals, nil
	go func() { ended <- cli.Main(t.Context(), env) }()
	<-stdout.begun
	signals <- os.Interrupt
	stderr.WaitFor(t, "press Ctrl-C again to quit without cleaning up\n")
	pressed := time.Now()
	if code := pressCtrlC(signals, ended); code != 130 {
		t.Errorf("exit code: got %d, want 130", code)
	}
	if took := time.Since(pressed); took > 20*time.Second { // the job's own end would take longer
		t.Errorf("the second Ctrl-C took %s", took)
	}
}

// TestSignalThatComesTwice is what timeout(1) does: it means one.
func TestSignalThatComesTwice(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		run := h.Start("run", "--name", "job", "--image", "alpine:3", "--", "wait")
		run.Out.WaitFor(t, "ready\n")
		run.Signals <- syscall.SIGTERM
		run.Signals <- syscall.SIGTERM // without a pause: in fake time the job may be gone a millisecond later
		if code := <-run.Code; code != 143 {
			t.Errorf("exit code: got %d, want 143\n%s", code, run.Err)
		}
		run.Err.WaitFor(t, "deleted job")
	})
}

// TestSignalBeforeTheJob interrupts the sign-in: nothing was made yet.
func TestSignalBeforeTheJob(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		h.Fault(`{"match":{"host":"login.microsoftonline.com"},"effect":{"status":503,"delay":"1h"}}`)
		run := h.Start("run", "--name", "job", "--image", "alpine:3", "--output", "json", "--", "wait")
		synctest.Wait()
		run.Signals <- os.Interrupt
		if code := <-run.Code; code != 130 {
			t.Errorf("exit code: got %d, want 130\n%s", code, run.Err)
		}
		run.Out.WaitFor(t, `"outcome":"interrupted"`)
		h.Server.ClearFaults()
		if h.Exists("job") {
			t.Error("there is a container group")
		}
	})
}

func TestSignalEndsOtherCommands(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		h.Run("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "wait").Wants(t, 0, "job\n", "")
		follow := h.Start("logs", "-f", "job")
		follow.Out.WaitFor(t, "ready\n")
		follow.Signals <- os.Interrupt
		if code := <-follow.Code; code != 130 {
			t.Errorf("exit code: got %d, want 130\n%s", code, follow.Err)
		}
		if !h.Exists("job") {
			t.Error("the end of logs -f ended the job")
		}
	})
}
