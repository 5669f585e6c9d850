package cli_test

import (
	"context"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure"
)

func TestSignalStopsAndDeletes(t *testing.T) {
	for _, test := range []struct {
		signal os.Signal
		code   int
	}{{os.Interrupt, 130}, {syscall.SIGTERM, 143}, {syscall.SIGHUP, 129}} {
		t.Run(test.signal.String(), func(t *testing.T) {
			inBubble(t, func(t *testing.T, h *harness) {
				run := h.start("run", "--name", "job", "--image", "alpine:3", "--output", "json", "--", "wait")
				run.out.waitFor(t, "ready\n")
				run.signals <- test.signal
				if code := <-run.code; code != test.code {
					t.Errorf("exit code: got %d, want %d", code, test.code)
				}
				run.out.waitFor(t, `"outcome":"interrupted"`)
				run.err.waitFor(t, "stopping and deleting the job; press Ctrl-C again to quit without cleaning up")
				run.err.waitFor(t, "deleted job")
				if h.exists("job") {
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
		h := newHarness(t, func(ctx context.Context, c azureemulator.ContainerCall) int {
			_, _ = c.Spec.Output.Write([]byte("ready\n"))
			<-stubborn
			return 0
		})
		t.Cleanup(func() { close(stubborn) })
		run := h.start("run", "--name", "job", "--image", "alpine:3", "--stop-grace", "1h", "--", "stubborn")
		run.out.waitFor(t, "ready\n")
		run.signals <- os.Interrupt
		run.err.waitFor(t, "press Ctrl-C again to quit without cleaning up")
		time.Sleep(time.Second)
		run.signals <- os.Interrupt
		if code := <-run.code; code != 130 {
			t.Errorf("exit code: got %d, want 130", code)
		}
		said := run.err.String()
		_, command, found := strings.Cut(said, "delete it with: pacific ")
		if !found {
			t.Fatalf("nothing says how to clean up:\n%s", said)
		}
		command, _, _ = strings.Cut(command, "\n")
		if !h.exists("job") {
			t.Fatal("there is nothing to clean up")
		}
		r := h.with(map[string]string{"AZURE_SUBSCRIPTION_ID": "", "PACIFIC_RESOURCE_GROUP": ""}).run(append(strings.Fields(command), "--stop-grace", "0s")...)
		r.wants(t, 0, "", "killed job")
		if h.exists("job") {
			t.Errorf("pacific %s left it there", command)
		}
		// What was left behind in this process ends by itself, unheard.
		time.Sleep(2 * time.Hour)
		if got := run.err.String(); got != said {
			t.Errorf("it spoke after it had left: %q", strings.TrimPrefix(got, said))
		}
	})
}

// TestSignalThatComesTwice is what timeout(1) does: it means one.
func TestSignalThatComesTwice(t *testing.T) {
	inBubble(t, func(t *testing.T, h *harness) {
		run := h.start("run", "--name", "job", "--image", "alpine:3", "--", "wait")
		run.out.waitFor(t, "ready\n")
		run.signals <- syscall.SIGTERM
		run.signals <- syscall.SIGTERM // without a pause: in fake time the job may be gone a millisecond later
		if code := <-run.code; code != 143 {
			t.Errorf("exit code: got %d, want 143\n%s", code, run.err)
		}
		run.err.waitFor(t, "deleted job")
	})
}

// TestSignalBeforeTheJob interrupts the sign-in: nothing was made yet.
func TestSignalBeforeTheJob(t *testing.T) {
	inBubble(t, func(t *testing.T, h *harness) {
		h.fault(`{"match":{"host":"login.microsoftonline.com"},"effect":{"status":503,"delay":"1h"}}`)
		run := h.start("run", "--name", "job", "--image", "alpine:3", "--output", "json", "--", "wait")
		synctest.Wait()
		run.signals <- os.Interrupt
		if code := <-run.code; code != 130 {
			t.Errorf("exit code: got %d, want 130\n%s", code, run.err)
		}
		run.out.waitFor(t, `"outcome":"interrupted"`)
		h.server.ClearFaults()
		if h.exists("job") {
			t.Error("there is a container group")
		}
	})
}

func TestSignalEndsOtherCommands(t *testing.T) {
	inBubble(t, func(t *testing.T, h *harness) {
		h.run("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "wait").wants(t, 0, "job\n", "")
		follow := h.start("logs", "-f", "job")
		follow.out.waitFor(t, "ready\n")
		follow.signals <- os.Interrupt
		if code := <-follow.code; code != 130 {
			t.Errorf("exit code: got %d, want 130\n%s", code, follow.err)
		}
		if !h.exists("job") {
			t.Error("the end of logs -f ended the job")
		}
	})
}
