package job_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

func TestPS(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		if r := h.Run("ps", "--output", "json"); r.Stdout != "[]\n" {
			t.Errorf("no jobs: got %q, want an empty array", r.Stdout)
		}
		if r := h.Run("ps"); r.Stdout != "NAME  STATE  EXIT  AGE  CPU  MEMORY  IMAGE\n" {
			t.Errorf("no jobs: got %q, want the header alone", r.Stdout)
		}
		h.ForeignGroup("foreign")
		h.Run("run", "--keep", "always", "--name", "older", "--image", "alpine:3", "--cpu", "1.5", "--memory", "2", "--", "exit", "3").Wants(t, 3, "", "")
		time.Sleep(2 * time.Hour)
		h.Run("run", "--detach", "--name", "newer", "--image", "busybox:1", "--timeout", "1h", "--", "wait").Wants(t, 0, "", "")
		time.Sleep(90 * time.Second)
		want := "NAME   STATE       EXIT  AGE  CPU  MEMORY  IMAGE\n" +
			"newer  Running     -     1m   1    1GB     busybox:1\n" +
			"older  Terminated  3     2h   1.5  2GB     alpine:3\n"
		if r := h.Run("ps", "--all"); r.Code != 0 || r.Stdout != want {
			t.Errorf("got %+v, want\n%s", r, want)
		}
		r := h.Run("ps", "--output", "json")
		var jobs []struct {
			Name, State, Image, Location, ID string
			ExitCode                         *int
			CPU, MemoryGB                    float64
			Created, Started, Deadline       time.Time
		}
		if err := json.Unmarshal([]byte(r.Stdout), &jobs); err != nil || len(jobs) != 1 {
			t.Fatalf("%v in %q", err, r.Stdout)
		}
		j := jobs[0]
		if j.Name != "newer" || j.ExitCode != nil || j.Location != "westeurope" || j.CPU != 1 || j.MemoryGB != 1 ||
			j.Started.IsZero() || j.Deadline.Sub(j.Created) < time.Hour || !strings.HasSuffix(j.ID, "/containerGroups/newer") {
			t.Errorf("got %+v", j)
		}
	})
}

// TestPSUnderThrottling: Azure takes a read every ten seconds, and there are many. Ps says within seconds what it waits for, and goes
// on saying so, in few lines.
func TestPSUnderThrottling(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		for i := range 20 {
			h.Must("run", "--detach", "--name", "job-"+strconv.Itoa(i), "--image", "busybox:1", "--timeout", "1h", "--", "wait")
		}
		h.Settings(`{"throttle":{"enabled":true,"reads":{"bucket":5,"perSecond":0.1}}}`)
		r := h.Start("ps", "--all")
		time.Sleep(5 * time.Second)
		if said := r.Err.String(); !strings.Contains(said, "trying again in 10s: throttled: ") {
			t.Errorf("after five seconds it has said %q", said)
		}
		began := time.Now()
		r.Ends(t, 0)
		minutes := int(time.Since(began).Minutes()) + 1
		said := r.Err.String()
		if n := strings.Count(said, "trying again"); minutes < 2 || n < minutes || n > 3*minutes {
			t.Errorf("in %d minutes it said %d times why it waits:\n%s", minutes, n, said)
		}
		if n := strings.Count(r.Out.String(), "\n"); n != 21 {
			t.Errorf("got %d lines:\n%s", n, r.Out.String())
		}
	})
}
