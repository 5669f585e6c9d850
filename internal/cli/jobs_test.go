package cli_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/emulator/azure"
)

// testJob is the container of these tests:
//
//	echo TEXT…   prints and ends
//	exit N       ends with N
//	ask          reads a line and repeats it
//	sleep D      runs so long
//	wait         prints "ready" and runs until it is stopped
func testJob(ctx context.Context, c azureemulator.ContainerCall) int {
	command := c.Spec.Command
	switch command[0] {
	case "echo":
		fmt.Fprintln(c.Spec.Output, strings.Join(command[1:], " "))
	case "exit":
		n, _ := strconv.Atoi(command[1])
		return n
	case "ask":
		line, _ := bufio.NewReader(c.Stdin).ReadString('\n')
		fmt.Fprintf(c.Spec.Output, "you typed %s", line)
	case "sleep":
		d, _ := time.ParseDuration(command[1])
		select {
		case <-time.After(d):
		case <-ctx.Done():
		}
	case "wait":
		fmt.Fprintln(c.Spec.Output, "ready")
		<-ctx.Done()
		return 143
	}
	return 0
}

// inBubble runs a test in fake time with an Azure of its own.
func inBubble(t *testing.T, test func(t *testing.T, h *harness)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newHarness(t, testJob)) })
}

// psNames lists the names that ps shows, with their states.
func (h *harness) psNames(args ...string) map[string]string {
	h.t.Helper()
	r := h.run(append([]string{"ps", "--output", "json"}, args...)...)
	r.wants(h.t, 0, "[", "")
	var jobs []struct{ Name, State string }
	if err := json.Unmarshal([]byte(r.stdout), &jobs); err != nil {
		h.t.Fatalf("%v in %q", err, r.stdout)
	}
	got := map[string]string{}
	for _, j := range jobs {
		got[j.Name] = j.State
	}
	return got
}

func (h *harness) wantsJobs(want map[string]string, args ...string) {
	h.t.Helper()
	if diff := cmp.Diff(want, h.psNames(args...)); diff != "" {
		h.t.Errorf("pacific ps %v: -want +got:\n%s", args, diff)
	}
}

func TestRunOnAzure(t *testing.T) {
	inBubble(t, func(t *testing.T, h *harness) {
		r := h.run("run", "--image", "alpine:3", "--", "echo", "hello", "world")
		r.wants(t, 0, "hello world\n", "pacific: requested container group ")
		if r.stdout != "hello world\n" {
			t.Errorf("stdout is not the job's alone: %q", r.stdout)
		}
		h.run("run", "--image", "alpine:3", "--", "exit", "7").wants(t, 7, "", "deleted")
		h.wantsJobs(map[string]string{}, "--all")
	})
}

func TestRunTakesTheOnlySubscription(t *testing.T) {
	inBubble(t, func(t *testing.T, h *harness) {
		h = h.with(map[string]string{"AZURE_SUBSCRIPTION_ID": ""})
		h.run("run", "--image", "alpine:3", "--", "echo", "hello").wants(t, 0, "hello\n", "")
		h.run("run", "--subscription", "Emulated subscription", "--image", "alpine:3", "--", "echo", "by name").wants(t, 0, "by name\n", "")
		h.run("run", "--subscription", "Other", "--image", "alpine:3", "--", "true").wants(t, 125, "", "hint: correct the setting subscription (--subscription)")
	})
}

func TestKeep(t *testing.T) {
	for _, test := range []struct {
		keep, command string
		code          int
		kept          bool
	}{
		{"never", "0", 0, false},
		{"never", "1", 1, false},
		{"on-failure", "0", 0, false},
		{"on-failure", "1", 1, true},
		{"always", "0", 0, true},
	} {
		t.Run(test.keep+test.command, func(t *testing.T) {
			inBubble(t, func(t *testing.T, h *harness) {
				r := h.run("run", "--name", "job", "--image", "alpine:3", "--keep", test.keep, "--output", "json", "--", "exit", test.command)
				r.wants(t, test.code, fmt.Sprintf(`"kept":%v`, test.kept), "")
				want := map[string]string{}
				if test.kept {
					want["job"] = "Terminated"
					r.wants(t, test.code, "", "kept job")
				}
				h.wantsJobs(want, "--all")
				h.wantsJobs(map[string]string{})
			})
		})
	}
}

func TestKeptJobIsSeenAndKilled(t *testing.T) {
	inBubble(t, func(t *testing.T, h *harness) {
		h.run("run", "--name", "job", "--image", "alpine:3", "--keep", "always", "--", "echo", "hello").wants(t, 0, "hello\n", "")
		h.run("logs", "job").wants(t, 0, "hello\n", "")
		h.run("ps", "--all").wants(t, 0, "job   Terminated  0     ", "")
		h.run("kill", "job", "ghost").wants(t, 1, "", "job had ended already; deleted its container group")
		r := h.run("kill", "job", "ghost", "--output", "json")
		r.wants(t, 1, `[{"name":"job","outcome":"notFound"`, "pacific: error: killing container group \"job\": no such container group")
		r.wants(t, 1, `{"name":"ghost","outcome":"notFound"`, "hint: pacific ps --all lists all jobs")
	})
}

func TestDetachedJob(t *testing.T) {
	inBubble(t, func(t *testing.T, h *harness) {
		r := h.run("run", "--detach", "--name", "job", "--image", "alpine:3", "--cpu", "2", "--", "wait")
		r.wants(t, 0, "job\n", "follow it with: pacific logs -f ")
		if r.stdout != "job\n" {
			t.Errorf("stdout: got %q, want the name alone", r.stdout)
		}
		follow := h.start("logs", "--follow", "job")
		follow.out.waitFor(t, "ready\n")
		h.wantsJobs(map[string]string{"job": "Running"})
		h.run("ps").wants(t, 0, "job   Running  -     ", "")
		h.run("ps").wants(t, 0, "  2    1GB     alpine:3\n", "")

		r = h.run("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "wait")
		r.wants(t, 125, "", "already exists")

		h.run("kill", "--stop-grace", "1s", "job").wants(t, 0, "", "pacific: killed job")
		if code := <-follow.code; code != 0 {
			t.Errorf("logs -f: exit code %d\n%s", code, follow.err)
		}
		h.wantsJobs(map[string]string{}, "--all")
		h.run("run", "--detach", "--output", "json", "--name", "job2", "--image", "alpine:3", "--", "echo").
			wants(t, 0, `{"name":"job2","id":"/subscriptions/`, "")
	})
}

func TestLogs(t *testing.T) {
	inBubble(t, func(t *testing.T, h *harness) {
		h.run("run", "--name", "job", "--image", "alpine:3", "--keep", "always", "--", "echo", "1\n2\n3").wants(t, 0, "1\n2\n3\n", "")
		for _, test := range []struct {
			args []string
			want string
		}{
			{[]string{"logs", "job"}, "1\n2\n3\n"},
			{[]string{"logs", "--tail", "2", "job"}, "2\n3\n"},
			{[]string{"logs", "--follow", "job"}, "1\n2\n3\n"},
		} {
			if r := h.run(test.args...); r.code != 0 || r.stdout != test.want {
				t.Errorf("%v: got %+v, want %q", test.args, r, test.want)
			}
		}
		r := h.run("logs", "--timestamps", "--tail", "1", "job")
		if stamp, text, _ := strings.Cut(r.stdout, " "); text != "3\n" || !strings.HasPrefix(stamp, "2000-01-01T") {
			t.Errorf("timestamps: got %q", r.stdout)
		}
		h.run("logs", "ghost").wants(t, 1, "", "no such container group")
	})
}

func TestExec(t *testing.T) {
	inBubble(t, func(t *testing.T, h *harness) {
		h.run("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "wait").wants(t, 0, "job\n", "")
		follow := h.start("logs", "-f", "job")
		follow.out.waitFor(t, "ready\n")
		h.run("exec", "job", "--", "echo", "hello", "again").wants(t, 0, "hello again", "")
		h.stdin = "hello\n"
		h.run("exec", "job", "--", "ask").wants(t, 0, "you typed hello", "")
		h.run("exec", "ghost", "--", "echo").wants(t, 1, "", "no such container group")
		h.run("kill", "job").wants(t, 0, "", "killed job")
		<-follow.code
	})
}

func TestPS(t *testing.T) {
	inBubble(t, func(t *testing.T, h *harness) {
		if r := h.run("ps", "--output", "json"); r.stdout != "[]\n" {
			t.Errorf("no jobs: got %q, want an empty array", r.stdout)
		}
		if r := h.run("ps"); r.stdout != "NAME  STATE  EXIT  AGE  CPU  MEMORY  IMAGE\n" {
			t.Errorf("no jobs: got %q, want the header alone", r.stdout)
		}
		h.foreignGroup("foreign")
		h.run("run", "--keep", "always", "--name", "older", "--image", "alpine:3", "--cpu", "1.5", "--memory", "2", "--", "exit", "3").wants(t, 3, "", "")
		time.Sleep(2 * time.Hour)
		h.run("run", "--detach", "--name", "newer", "--image", "busybox:1", "--timeout", "1h", "--", "wait").wants(t, 0, "", "")
		time.Sleep(90 * time.Second)
		want := "NAME   STATE       EXIT  AGE  CPU  MEMORY  IMAGE\n" +
			"newer  Running     -     1m   1    1GB     busybox:1\n" +
			"older  Terminated  3     2h   1.5  2GB     alpine:3\n"
		if r := h.run("ps", "--all"); r.code != 0 || r.stdout != want {
			t.Errorf("got %+v, want\n%s", r, want)
		}
		r := h.run("ps", "--output", "json")
		var jobs []struct {
			Name, State, Image, Location, ID string
			ExitCode                         *int
			CPU, MemoryGB                    float64
			Created, Started, Deadline       time.Time
		}
		if err := json.Unmarshal([]byte(r.stdout), &jobs); err != nil || len(jobs) != 1 {
			t.Fatalf("%v in %q", err, r.stdout)
		}
		j := jobs[0]
		if j.Name != "newer" || j.ExitCode != nil || j.Location != "westeurope" || j.CPU != 1 || j.MemoryGB != 1 ||
			j.Started.IsZero() || j.Deadline.Sub(j.Created) < time.Hour || !strings.HasSuffix(j.ID, "/containerGroups/newer") {
			t.Errorf("got %+v", j)
		}
	})
}
