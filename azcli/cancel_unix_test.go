//go:build unix

package azcli_test

import (
	"context"
	"errors"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/azcli"
)

// alive reports whether a process is there and is no zombie. In a container the zombies of grandchildren may stay.
func alive(pid string) bool {
	n, _ := strconv.Atoi(pid)
	if syscall.Kill(n, 0) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	return err != nil || len(stat) == 0 || stat[indexAfter(stat, ") ")] != 'Z'
}

func indexAfter(text []byte, mark string) int {
	for i := len(text) - len(mark); i >= 0; i-- {
		if string(text[i:i+len(mark)]) == mark {
			return i + len(mark)
		}
	}
	return 0
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatal("waited in vain: ", what)
		case <-tick.C:
		}
	}
}

// A cancelled command ends with all that it started, even if both ignore the request to end.
func TestCancelEndsTheGroup(t *testing.T) {
	az := newFake(t, reply{Command: "group", Hang: true})
	az.Grace = 50 * time.Millisecond
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, err := az.Run(ctx, []string{"group", "create"}, azcli.Options{Failure: "failed"})
		failed <- err
	}()
	eventually(t, "az and its child are running", func() bool { return len(az.pids()) == 2 })
	cancel(why)
	if err := <-failed; !errors.Is(err, why) {
		t.Errorf("error %v, want %v", err, why)
	}
	for _, pid := range az.pids() {
		eventually(t, "process "+pid+" ends", func() bool { return !alive(pid) })
	}
	if len(az.messages) != 0 {
		t.Errorf("messages %q: a cancelled command did not fail", az.messages)
	}
}

// What az leaves in the background holds up nobody for longer than the grace, and does not spoil the result.
func TestBackgroundProcess(t *testing.T) {
	az := newFake(t, reply{Command: "group", Stdout: "done", Linger: true})
	az.Grace = 50 * time.Millisecond
	got, err := az.Run(t.Context(), []string{"group", "create"}, azcli.Options{})
	if err != nil || got.Output != "done" {
		t.Errorf("%q, %v", got.Output, err)
	}
	for _, pid := range az.pids() {
		n, _ := strconv.Atoi(pid)
		_ = syscall.Kill(n, syscall.SIGKILL)
	}
}
