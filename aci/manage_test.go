package aci_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/emulator/azure"
)

// counting is an engine's function that counts its starts.
func counting(starts *atomic.Int64, f azureemulator.ContainerFunc) azureemulator.Engine {
	return azureemulator.Func(func(ctx context.Context, c azureemulator.ContainerCall) int {
		if !c.Exec {
			starts.Add(1)
		}
		return f(ctx, c)
	})
}

// start creates a job that runs.
func (w *world) start(job aci.Job) {
	w.t.Helper()
	if job.Command == nil {
		job.Command = []string{"x"}
	}
	if _, err := w.client.Create(w.t.Context(), job); err != nil {
		w.t.Fatal(err)
	}
	time.Sleep(10 * time.Millisecond)
}

func TestWaitTakesOver(t *testing.T) {
	bubble(t, `{}`, container(600, 7), func(t *testing.T, w *world) {
		w.start(aci.Job{Name: "job-1"})
		time.Sleep(4 * time.Minute)
		out := &buffer{}
		res, err := w.newClient().Wait(t.Context(), "job-1", aci.WaitOptions{Output: out})
		if err != nil || res.Outcome != aci.OutcomeFailed || *res.ExitCode != 7 || len(res.Gaps) > 0 {
			t.Fatalf("got %+v %v", res, err)
		}
		var want strings.Builder
		for i := range 600 {
			fmt.Fprintf(&want, "second %d\n", i)
		}
		differ(t, out.String(), want.String())
		w.gone("job-1")
	})
}

// TestWaitTellsHowFarAJobHasCome begins to wait while the image is pulled, while the container runs, and after its end.
func TestWaitTellsHowFarAJobHasCome(t *testing.T) {
	for _, tt := range []struct {
		after time.Duration // since the group was created
		want  string        // what is told: phases, those of before the wait with their age, and the platform's events
	}{
		{15 * time.Second, "pulling 5s, Pulling, pulled, Pulled, started, Started"},
		{50 * time.Second, "started 15s"},
		{5 * time.Minute, ""},
	} {
		bubble(t, `{"latency":{"place":"10s","pull":"20s","start":"5s"}}`, container(60, 0), func(t *testing.T, w *world) {
			w.start(aci.Job{Name: "job-1"})
			time.Sleep(tt.after)
			var told []string
			_, err := w.newClient().Wait(t.Context(), "job-1", aci.WaitOptions{Events: func(e aci.Event) {
				switch {
				case e.Kind == aci.EventPlatform:
					told = append(told, e.Platform.Name)
				case e.Kind == aci.EventPhase && !e.Since.IsZero():
					told = append(told, fmt.Sprintf("%s %s", e.Phase, e.Time.Sub(e.Since).Round(time.Second)))
				case e.Kind == aci.EventPhase:
					told = append(told, string(e.Phase))
				}
			}})
			if got := strings.Join(told, ", "); err != nil || got != tt.want {
				t.Errorf("after %s: got %q, %v, want %q", tt.after, got, err, tt.want)
			}
		})
	}
}

func TestWaitEndsAsTheTagsSay(t *testing.T) {
	t.Run("deadline", func(t *testing.T) {
		bubble(t, `{}`, container(600, 0), func(t *testing.T, w *world) {
			w.start(aci.Job{Name: "job-1", Timeout: 2 * time.Minute})
			res, err := w.client.Wait(t.Context(), "job-1", aci.WaitOptions{})
			if err != nil || res.Outcome != aci.OutcomeTimedOut {
				t.Fatalf("got %+v %v", res, err)
			}
			w.gone("job-1")
		})
	})
	t.Run("keep", func(t *testing.T) {
		bubble(t, `{}`, container(60, 0), func(t *testing.T, w *world) {
			w.start(aci.Job{Name: "job-1", Keep: aci.KeepAlways})
			if res, err := w.client.Wait(t.Context(), "job-1", aci.WaitOptions{}); err != nil || !res.Success() || !res.Kept {
				t.Fatalf("got %+v %v", res, err)
			}
			// It has ended: the second wait sees that at once, and all that is left of the output.
			began, out := time.Now(), &buffer{}
			res, err := w.client.Wait(t.Context(), "job-1", aci.WaitOptions{Output: out, Keep: aci.KeepNever})
			if err != nil || !res.Success() || strings.Count(out.String(), "\n") != 60 || time.Since(began) > time.Second {
				t.Fatalf("got %+v %v, %d lines after %v", res, err, strings.Count(out.String(), "\n"), time.Since(began))
			}
			w.gone("job-1")
		})
	})
	t.Run("detached", func(t *testing.T) {
		bubble(t, `{}`, container(600, 0), func(t *testing.T, w *world) {
			w.start(aci.Job{Name: "job-1"})
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			res, err := w.client.Wait(ctx, "job-1", aci.WaitOptions{Detach: true, Output: &buffer{}})
			if err != context.DeadlineExceeded || !res.Kept || res.Reason != "the watch was given up; the group was left alone" { //nolint:errorlint // and nothing more
				t.Fatalf("got %+v %v", res, err)
			}
			if g, err := w.client.Get(t.Context(), "job-1"); err != nil || g.State != aci.GroupRunning {
				t.Errorf("got %+v %v, want it running", g, err)
			}
		})
	})
	t.Run("not there", func(t *testing.T) {
		bubble(t, `{}`, container(1, 0), func(t *testing.T, w *world) {
			if res, err := w.client.Wait(t.Context(), "job-1", aci.WaitOptions{}); !errors.Is(err, aci.ErrNotFound) || res != nil {
				t.Errorf("got %+v %v", res, err)
			}
		})
	})
}

func TestKill(t *testing.T) {
	bubble(t, `{}`, container(600, 0), func(t *testing.T, w *world) {
		ctx := t.Context()
		if err := w.client.Kill(ctx, "job-1", aci.KillOptions{Grace: time.Minute}); !errors.Is(err, aci.ErrNotFound) {
			t.Errorf("not there: got %v", err)
		}
		w.start(aci.Job{Name: "job-1"})
		if err := w.client.Kill(ctx, "job-1", aci.KillOptions{Grace: time.Minute}); err != nil {
			t.Errorf("running: got %v", err)
		}
		w.gone("job-1")
		if w.calls("ContainerGroups_Stop") != 1 {
			t.Error("it was not stopped before it was deleted")
		}
		w.start(aci.Job{Name: "job-2"})
		if err := w.client.Kill(ctx, "job-2", aci.KillOptions{Grace: 0}); err != nil || w.calls("ContainerGroups_Stop") != 1 {
			t.Errorf("without grace: got %v", err)
		}
		w.gone("job-2")
		w.start(aci.Job{Name: "job-3"})
		time.Sleep(11 * time.Minute)
		if err := w.client.Kill(ctx, "job-3", aci.KillOptions{Grace: time.Minute}); !errors.Is(err, aci.ErrAlreadyEnded) {
			t.Errorf("ended: got %v", err)
		}
		w.gone("job-3")
	})
}

func TestKillLeavesTheGroupsOfOthersAlone(t *testing.T) {
	bubble(t, `{}`, container(600, 0), func(t *testing.T, w *world) {
		w.foreign("theirs")
		before := w.calls(put)
		if err := w.client.Kill(t.Context(), "theirs", aci.KillOptions{}); !errors.Is(err, aci.ErrNotManaged) {
			t.Errorf("got %v", err)
		}
		w.untouched("theirs", before)
		if err := w.client.Kill(t.Context(), "theirs", aci.KillOptions{Force: true}); err != nil {
			t.Errorf("forced: got %v", err)
		}
		w.gone("theirs")
	})
}

func TestKillOfADeafJob(t *testing.T) {
	deaf := azureemulator.Func(func(context.Context, azureemulator.ContainerCall) int { time.Sleep(5 * time.Minute); return 0 })
	bubble(t, `{}`, deaf, func(t *testing.T, w *world) {
		w.start(aci.Job{Name: "job-1"})
		began := time.Now()
		if err := w.client.Kill(t.Context(), "job-1", aci.KillOptions{Grace: 5 * time.Second}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > 2*time.Minute {
			t.Errorf("took %v", took)
		}
		w.gone("job-1")
	})
}

func TestStopAndDelete(t *testing.T) {
	bubble(t, `{"latency":{"delete":"8s"}}`, container(600, 0), func(t *testing.T, w *world) {
		ctx := t.Context()
		if err := w.client.Stop(ctx, "job-1"); !errors.Is(err, aci.ErrNotFound) {
			t.Errorf("stopping what is not there: %v", err)
		}
		if err := w.client.Delete(ctx, "job-1"); err != nil {
			t.Errorf("deleting what is not there: %v", err)
		}
		w.start(aci.Job{Name: "job-1"})
		w.fault(`{"match":{"operation":"ContainerGroups_Stop"},"times":2,"effect":{"status":503}}`)
		if err := w.client.Stop(ctx, "job-1"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		if g, err := w.client.Get(ctx, "job-1"); err != nil || g.State != aci.GroupStopped {
			t.Errorf("got %+v %v", g, err)
		}
		if err := w.client.Delete(ctx, "job-1"); err != nil {
			t.Error(err)
		}
		w.gone("job-1")
	})
}

func TestStoppedBySomebodyElse(t *testing.T) {
	bubble(t, `{}`, container(600, 0), func(t *testing.T, w *world) {
		time.AfterFunc(time.Minute, func() {
			if err := w.newClient().Stop(context.Background(), "job-1"); err != nil {
				t.Error(err)
			}
		})
		res, err := w.client.Run(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}, Output: &buffer{}})
		if err != nil || res.Outcome != aci.OutcomeStopped {
			t.Fatalf("got %+v %v", res, err)
		}
	})
}

func TestLogs(t *testing.T) {
	bubble(t, `{}`, container(120, 0), func(t *testing.T, w *world) {
		ctx := t.Context()
		read := func(opts aci.LogOptions) string {
			t.Helper()
			out := &buffer{}
			opts.Output = out
			if err := w.client.Logs(ctx, "job-1", opts); err != nil {
				t.Error(err)
			}
			return out.String()
		}
		if err := w.client.Logs(ctx, "job-1", aci.LogOptions{Output: io.Discard}); !errors.Is(err, aci.ErrNotFound) {
			t.Errorf("not there: %v", err)
		}
		w.start(aci.Job{Name: "job-1", Keep: aci.KeepAlways})
		time.Sleep(10 * time.Second)
		if got := read(aci.LogOptions{Tail: 2}); got != "second 9\nsecond 10\n" {
			t.Errorf("tail: %q", got)
		}
		if got := read(aci.LogOptions{Timestamps: true, Tail: 1}); got != "2000-01-01T00:00:10.000000000Z second 10\n" {
			t.Errorf("timestamps: %q", got)
		}
		if got := read(aci.LogOptions{Follow: true, Tail: 2}); !strings.HasPrefix(got, "second 9\nsecond 10\nsecond 11\n") || strings.Count(got, "\n") != 111 {
			t.Errorf("follow: %q", got)
		}
		if got := read(aci.LogOptions{Follow: true}); strings.Count(got, "\n") != 120 {
			t.Errorf("after the end: %q", got)
		}
		for _, opts := range []aci.LogOptions{{}, {Output: io.Discard, Tail: -1}, {Output: io.Discard, Container: "other"}} {
			if err := w.client.Logs(ctx, "job-1", opts); err == nil {
				t.Errorf("%+v: no error", opts)
			}
		}
		if _, err := w.client.Get(ctx, "job-1"); err != nil {
			t.Errorf("reading output touched the group: %v", err)
		}
	})
}

func TestFollowWithTimes(t *testing.T) {
	bubble(t, `{}`, container(90, 0), func(t *testing.T, w *world) {
		w.start(aci.Job{Name: "job-1"})
		out := &buffer{}
		if err := w.client.Logs(t.Context(), "job-1", aci.LogOptions{Output: out, Follow: true, Timestamps: true}); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(lines) != 90 || !strings.HasPrefix(lines[89], "2000-01-01T00:01:29.") || !strings.HasSuffix(lines[89], "Z second 89") {
			t.Errorf("got %d lines, the last %q", len(lines), lines[len(lines)-1])
		}
		if w.calls("Containers_Attach") > 0 {
			t.Error("live output, which has no times, was asked for")
		}
	})
}

func TestExec(t *testing.T) {
	shell := func(ctx context.Context, c azureemulator.ContainerCall) int {
		if !c.Exec {
			<-ctx.Done()
			return 0
		}
		fmt.Fprintf(c.Spec.Output, "%v %d×%d ", c.Spec.Command, c.Rows, c.Cols)
		line, _ := bufio.NewReader(c.Stdin).ReadString('\n') // the Ctrl-D that follows is the terminal's
		fmt.Fprintf(c.Spec.Output, "read %q", line)
		return 0
	}
	starts := &atomic.Int64{}
	bubble(t, `{}`, counting(starts, shell), func(t *testing.T, w *world) {
		ctx := t.Context()
		if err := w.client.Exec(ctx, "job-1", aci.ExecOptions{Command: "ls"}); !errors.Is(err, aci.ErrNotFound) {
			t.Errorf("not there: %v", err)
		}
		w.start(aci.Job{Name: "job-1"})
		var out bytes.Buffer
		if err := w.client.Exec(ctx, "job-1", aci.ExecOptions{Command: "ls -l", Stdin: strings.NewReader("hello\n"), Output: &out}); err != nil {
			t.Fatal(err)
		}
		if got, want := out.String(), `[ls -l] 24×80 read "hello\n"`; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if err := w.client.Exec(ctx, "job-1", aci.ExecOptions{}); err == nil {
			t.Error("no command: no error")
		}
		w.fault(`{"match":{"operation":"Containers_ExecuteCommand"},"times":1,"effect":{"status":409,"code":"ContainerNotRunning"}}`)
		if e := azure.Explain(w.client.Exec(ctx, "job-1", aci.ExecOptions{Command: "ls"})); e == nil || e.Code != "ContainerNotRunning" {
			t.Errorf("not running: %v", e)
		}
	})
}

func TestListUsageReap(t *testing.T) {
	bubble(t, `{}`, container(600, 0), func(t *testing.T, w *world) {
		ctx := t.Context()
		w.start(aci.Job{Name: "b", Tags: map[string]string{"pool": "x"}, Timeout: time.Hour})
		w.start(aci.Job{Name: "a", Tags: map[string]string{"pool": "y"}})
		w.start(aci.Job{Name: "c", Keep: aci.KeepAlways})
		w.foreign("theirs")
		names := func(groups []aci.Group, err error) string {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, g := range groups {
				names = append(names, g.Name)
			}
			return strings.Join(names, " ")
		}
		for _, tt := range []struct {
			opts aci.ListOptions
			want string
		}{
			{aci.ListOptions{}, "a b c"}, {aci.ListOptions{All: true}, "a b c theirs"},
			{aci.ListOptions{Tags: map[string]string{"pool": ""}}, "a b"}, {aci.ListOptions{Tags: map[string]string{"pool": "x"}}, "b"},
		} {
			if got := names(w.client.List(ctx, tt.opts)); got != tt.want {
				t.Errorf("%+v: got %q, want %q", tt.opts, got, tt.want)
			}
		}
		usage, err := w.client.Usage(ctx, "")
		if err != nil || len(usage) == 0 || usage[0].Name == "" || usage[0].Limit == 0 {
			t.Errorf("got %+v %v", usage, err)
		}
		reaped := func(opts aci.ReapOptions) string {
			t.Helper()
			found, err := w.client.Reap(ctx, opts)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, r := range found {
				if r.Reason == "" || r.Deleted != opts.Delete {
					t.Errorf("%+v: got %+v", opts, r)
				}
				names = append(names, r.Group.Name)
			}
			return strings.Join(names, " ")
		}
		time.Sleep(20 * time.Minute)
		if got := reaped(aci.ReapOptions{}); got != "" {
			t.Errorf("nothing is overdue, found %q", got)
		}
		if got := reaped(aci.ReapOptions{Ended: true}); got != "a b" {
			t.Errorf("ended: found %q, want a b", got)
		}
		if got := reaped(aci.ReapOptions{OlderThan: time.Hour}); got != "" {
			t.Errorf("nothing is so old, found %q", got)
		}
		time.Sleep(time.Hour)
		if got := reaped(aci.ReapOptions{}); got != "b" {
			t.Errorf("overdue: found %q, want b", got)
		}
		if got := reaped(aci.ReapOptions{OlderThan: time.Hour, Delete: true}); got != "a b c" {
			t.Errorf("old: deleted %q, want a b c", got)
		}
		if got := names(w.client.List(ctx, aci.ListOptions{All: true})); got != "theirs" {
			t.Errorf("left: %q, want what is not ours alone", got)
		}
	})
}

// foreign makes a group that Pacific did not make.
func (w *world) foreign(name string) {
	w.t.Helper()
	w.put(name, nil)
	time.Sleep(10 * time.Millisecond) // it runs
}

// put makes a group with these tags, whatever has the name.
func (w *world) put(name string, tags map[string]*string) {
	w.t.Helper()
	credential, err := w.cloud.Credential()
	if err != nil {
		w.t.Fatal(err)
	}
	groups, err := armcontainerinstance.NewContainerGroupsClient(w.server.Account().SubscriptionID, credential, w.cloud.ARMOptions())
	if err != nil {
		w.t.Fatal(err)
	}
	group, _, err := aci.Job{Name: name, Command: []string{"x"}}.ContainerGroup("westeurope")
	if err != nil {
		w.t.Fatal(err)
	}
	group.Tags = tags
	if _, err := groups.BeginCreateOrUpdate(w.t.Context(), resourceGroup, name, *group, nil); err != nil {
		w.t.Fatal(err)
	}
}

func TestNewClientRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, `{}`, container(1, 0))
		for _, cfg := range []aci.Config{
			{}, {Cloud: w.cloud}, {Cloud: w.cloud, Subscription: "s"}, {Cloud: w.cloud, ResourceGroup: "r"},
			{Cloud: w.cloud, Subscription: "/subscriptions/s", ResourceGroup: "r"},
		} {
			if _, err := aci.NewClient(cfg); err == nil {
				t.Errorf("%+v: no error", cfg)
			}
		}
	})
}

func TestQuickLoudJob(t *testing.T) {
	loud := azureemulator.ContainerFunc(func(_ context.Context, c azureemulator.ContainerCall) int {
		for i := range 5000 {
			fmt.Fprintf(c.Spec.Output, "line %d\n", i)
		}
		return 0
	})
	for _, tt := range []struct {
		settings string
		gaps     bool
	}{
		// It ends before anybody can look: what Azure kept of it comes, and that some is missing is said.
		{`{}`, true},
		{`{"logs":{"stoppedBytes":4194304,"stoppedLines":100000}}`, false},
	} {
		bubble(t, tt.settings, azureemulator.Func(loud), func(t *testing.T, w *world) {
			w.fault(`{"match":{"operation":"Containers_Attach"},"times":0,"effect":{"status":500}}`)
			out := &buffer{}
			res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: out})
			if err != nil || !res.Success() {
				t.Fatalf("got %+v %v", res, err)
			}
			if !strings.HasSuffix(out.String(), "line 4999\n") || (len(res.Gaps) > 0) != tt.gaps || strings.HasPrefix(out.String(), "line 0\n") == tt.gaps {
				t.Errorf("%s: gaps %+v, %d lines", tt.settings, res.Gaps, strings.Count(out.String(), "\n"))
			}
		})
	}
}
