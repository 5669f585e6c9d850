package containers_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/emulator/azure"
)

const phases = `{"latency":{"place":"10s","pull":"20s","start":"5s"}}`

func TestPhases(t *testing.T) {
	inWorld(t, nil, phases, func(t *testing.T, w *world) {
		poller, err := w.groups.BeginCreateOrUpdate(t.Context(), "rg", "job", job("main", env("SIM_RUN_FOR", "60s"), env("SIM_EXIT_CODE", "3")), nil)
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		for _, at := range []struct {
			after time.Duration
			want  string
		}{
			{9 * time.Second, "Pending/Pending main=-"},
			{11 * time.Second, "Creating/Pending main=Waiting"},
			{34 * time.Second, "Creating/Pending main=Waiting"},
			{36 * time.Second, "Succeeded/Running main=Running"},
			{94 * time.Second, "Succeeded/Running main=Running"},
			{96 * time.Second, "Succeeded/Failed main=Terminated(3)"},
			{24 * time.Hour, "Succeeded/Failed main=Terminated(3)"},
		} {
			time.Sleep(time.Until(begin.Add(at.after)))
			w.wantState("job", at.want)
		}
		if _, err := poller.Poll(t.Context()); err != nil || !poller.Done() {
			t.Errorf("the operation is done: %t, %v", poller.Done(), err)
		}
		view := w.get("job").Properties.Containers[0].Properties.InstanceView
		if diff := cmp.Diff([]string{"Pulling×1", "Pulled×1", "Started×1"}, events(view.Events)); diff != "" {
			t.Error(diff)
		}
		if got := view.CurrentState.FinishTime.Sub(*view.CurrentState.StartTime); got != time.Minute {
			t.Errorf("it ran for %s, want 1m", got)
		}
		if got, want := *view.CurrentState.DetailStatus, "Error"; got != want {
			t.Errorf("detailStatus %q, want %q", got, want)
		}
		if pulled := view.Events[1].FirstTimestamp.Sub(begin); pulled < 30*time.Second || pulled > 31*time.Second {
			t.Errorf("pulled after %s, want 30s", pulled)
		}
	})
}

// endings is a container that ends with the next of a list of codes, after a second, and
// then runs until it is stopped.
func endings(codes ...int) azureemulator.Engine {
	next := make(chan int, len(codes))
	for _, code := range codes {
		next <- code
	}
	close(next)
	return azureemulator.Func(func(ctx context.Context, c azureemulator.ContainerCall) int {
		code, more := <-next
		if !more {
			<-ctx.Done()
			return 143
		}
		fmt.Fprintf(c.Spec.Output, "ends with %d\n", code)
		time.Sleep(time.Second)
		return code
	})
}

func TestRestartPolicies(t *testing.T) {
	for _, tt := range []struct {
		policy   string
		codes    []int
		settings string
		want     string
	}{
		{"Never", []int{0}, "{}", "Succeeded/Succeeded main=Terminated(0)"},
		{"Never", []int{7}, "{}", "Succeeded/Failed main=Terminated(7)"},
		{"OnFailure", []int{0}, "{}", "Succeeded/Succeeded main=Terminated(0)"},
		{"OnFailure", []int{1, 2, 0}, "{}", "Succeeded/Succeeded main=Terminated(0)x2"},
		{"OnFailure", []int{1}, "{}", "Succeeded/Running main=Runningx1"},
		{"Always", []int{0, 1}, "{}", "Succeeded/Running main=Runningx2"},
		{"Never", []int{1, 0}, `{"restartsOnFailureDespiteNever":1}`, "Succeeded/Succeeded main=Terminated(0)x1"},
		{"Never", []int{1, 2, 3}, `{"restartsOnFailureDespiteNever":1}`, "Succeeded/Failed main=Terminated(2)x1"},
		{"Never", []int{0, 0}, `{"restartsOnFailureDespiteNever":5}`, "Succeeded/Succeeded main=Terminated(0)"},
	} {
		t.Run(fmt.Sprint(tt.policy, tt.codes, tt.settings), func(t *testing.T) {
			inWorld(t, endings(tt.codes...), tt.settings, func(t *testing.T, w *world) {
				body := strings.Replace(minimal, `"Never"`, `"`+tt.policy+`"`, 1)
				w.call("PUT", w.groupPath("job")+"?api-version=2023-05-01", body, 201)
				time.Sleep(time.Hour)
				w.wantState("job", tt.want)
			})
		})
	}
}

// minimal is the least that a group is made of, as raw JSON.
const minimal = `{"location":"westeurope","properties":{"osType":"Linux","restartPolicy":"Never","containers":[{"name":"main","properties":{"image":"alpine","resources":{"requests":{"cpu":1,"memoryInGB":1}}}}]}}`

func TestBackOff(t *testing.T) {
	begin := make(chan time.Time, 100)
	engine := azureemulator.Func(func(context.Context, azureemulator.ContainerCall) int { begin <- time.Now(); return 1 })
	inWorld(t, engine, "{}", func(t *testing.T, w *world) {
		w.mustCreate("job", job("main", restart("Always")))
		time.Sleep(25 * time.Minute)
		synctest.Wait()
		var waits []time.Duration
		last := <-begin
		for range 9 {
			at := <-begin
			waits = append(waits, at.Sub(last))
			last = at
		}
		s := time.Second
		if diff := cmp.Diff([]time.Duration{0, 10 * s, 20 * s, 40 * s, 80 * s, 160 * s, 300 * s, 300 * s, 300 * s}, waits); diff != "" {
			t.Errorf("waits between restarts (-want +got):\n%s", diff)
		}
		view := w.get("job").Properties.Containers[0].Properties.InstanceView
		if got, want := *view.CurrentState.State+": "+*view.CurrentState.DetailStatus, "Waiting: CrashLoopBackOff: Back-off restarting failed"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if view.PreviousState == nil || *view.PreviousState.ExitCode != 1 {
			t.Errorf("previous state %+v, want the exit code 1", view.PreviousState)
		}
		if diff := cmp.Diff([]string{"Pulling×1", "Pulled×1", "Started×10", "BackOff×9"}, events(view.Events)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestInitContainersAndSideCars(t *testing.T) {
	var mu sync.Mutex
	var order []string
	engine := azureemulator.Func(func(ctx context.Context, c azureemulator.ContainerCall) int {
		mu.Lock()
		order = append(order, c.Spec.Name)
		mu.Unlock()
		switch c.Spec.Name {
		case "first", "second":
			time.Sleep(time.Second)
			return 0
		case "main":
			time.Sleep(time.Minute)
			return 0
		}
		<-ctx.Done()
		return 0
	})
	inWorld(t, engine, "{}", func(t *testing.T, w *world) {
		body := `{"location":"westeurope","properties":{"osType":"Linux","restartPolicy":"OnFailure",
			"initContainers":[{"name":"first","properties":{"image":"a"}},{"name":"second","properties":{"image":"b"}}],
			"containers":[{"name":"main","properties":{"image":"c","resources":{"requests":{"cpu":1,"memoryInGB":1}}}},
			              {"name":"side","properties":{"image":"d","resources":{"requests":{"cpu":1,"memoryInGB":1}}}}]}}`
		w.call("PUT", w.groupPath("job")+"?api-version=2023-05-01", body, 201)
		time.Sleep(500 * time.Millisecond)
		w.wantState("job", "Creating/Pending first=Running second=Waiting main=Waiting side=Waiting")
		time.Sleep(time.Second)
		w.wantState("job", "Creating/Pending first=Terminated(0) second=Running main=Waiting side=Waiting")
		time.Sleep(time.Second)
		w.wantState("job", "Succeeded/Running first=Terminated(0) second=Terminated(0) main=Running side=Running")
		time.Sleep(time.Hour)
		w.wantState("job", "Succeeded/Running first=Terminated(0) second=Terminated(0) main=Terminated(0) side=Running")
		if len(order) != 4 || order[0] != "first" || order[1] != "second" {
			t.Errorf("started in the order %v", order)
		}
	})
}

func TestFailedInitContainerFailsTheGroup(t *testing.T) {
	engine := azureemulator.Func(func(_ context.Context, c azureemulator.ContainerCall) int {
		if c.Spec.Name == "main" {
			t.Error("the container must not start after its init container failed")
		}
		return 9
	})
	inWorld(t, engine, "{}", func(t *testing.T, w *world) {
		body := strings.Replace(minimal, `"containers"`, `"initContainers":[{"name":"setup","properties":{"image":"a"}}],"containers"`, 1)
		w.call("PUT", w.groupPath("job")+"?api-version=2023-05-01", body, 201)
		w.wantState("job", "Failed/Failed setup=Terminated(9) main=Waiting")
	})
}

func TestStopStartRestart(t *testing.T) {
	stops := make(chan time.Time, 10)
	engine := azureemulator.Func(func(ctx context.Context, c azureemulator.ContainerCall) int {
		<-ctx.Done()
		time.Sleep(7 * time.Second) // cleans up
		stops <- time.Now()
		return 143
	})
	inWorld(t, engine, "{}", func(t *testing.T, w *world) {
		w.mustCreate("job", job("main", restart("Always")))
		ctx := t.Context()
		if _, err := w.groups.Stop(ctx, "rg", "job", nil); err != nil {
			t.Fatal(err)
		}
		w.wantState("job", "Succeeded/Stopped main=Terminated") // the answer comes when it has stopped
		if _, err := w.groups.Stop(ctx, "rg", "job", nil); err != nil {
			t.Errorf("stopping a stopped group: %v", err)
		}
		_, err := w.groups.BeginRestart(ctx, "rg", "job", nil)
		w.wantCode(err, 409, "ContainerGroupStopped")

		poller, err := w.groups.BeginStart(ctx, "rg", "job", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := poller.PollUntilDone(ctx, nil); err != nil {
			t.Fatal(err)
		}
		w.wantState("job", "Succeeded/Running main=Running")
		if _, err := w.groups.BeginStart(ctx, "rg", "job", nil); err != nil {
			t.Errorf("starting a running group: %v", err)
		}

		began := *w.get("job").Properties.Containers[0].Properties.InstanceView.CurrentState.StartTime
		if _, err := w.groups.BeginRestart(ctx, "rg", "job", nil); err != nil {
			t.Fatal(err)
		}
		w.wantState("job", "Updating/Running main=Running")
		time.Sleep(8 * time.Second)
		w.wantState("job", "Succeeded/Running main=Running")
		view := w.get("job").Properties.Containers[0].Properties.InstanceView
		if view.PreviousState != nil || !view.CurrentState.StartTime.After(began) {
			t.Errorf("after a restart: previous state %+v, started %v, want none, and later than %v", view.PreviousState, view.CurrentState.StartTime, began)
		}
		if diff := cmp.Diff([]string{"Pulling×2", "Pulled×2", "Started×2", "Killing×1"}, events(view.Events)); diff != "" {
			t.Error(diff)
		}
	})
}

// stopping stops the job, wants the stop to take so long, and the state meanwhile.
func (w *world) stopping(want time.Duration, meanwhile string) {
	w.t.Helper()
	began, done := time.Now(), make(chan error, 1)
	go func() {
		_, err := w.groups.Stop(w.t.Context(), "rg", "job", nil)
		done <- err
	}()
	time.Sleep(want - time.Second)
	w.wantState("job", meanwhile)
	if err := <-done; err != nil {
		w.t.Fatal(err)
	}
	if took := time.Since(began); took != want {
		w.t.Errorf("the stop took %s, want %s", took, want)
	}
	w.wantState("job", "Succeeded/Stopped main=Terminated")
}

func TestStopKillsAfterTheGrace(t *testing.T) {
	engine := azureemulator.Func(func(ctx context.Context, c azureemulator.ContainerCall) int {
		<-ctx.Done()
		time.Sleep(time.Hour)
		return 0
	})
	inWorld(t, engine, "{}", func(t *testing.T, w *world) {
		w.mustCreate("job", job("main"))
		w.stopping(30*time.Second, "Succeeded/Running main=Running")
	})
}

func TestStopTakesItsTime(t *testing.T) {
	inWorld(t, nil, `{"latency":{"stop":"10s"}}`, func(t *testing.T, w *world) {
		w.mustCreate("job", job("main", env("SIM_RUN_FOR", "1h")))
		w.stopping(10*time.Second, "Succeeded/Running main=Running")
	})
}
