package containers_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
)

// failing is an engine in front of another that fails as often as it is told to.
type failing struct {
	engine.Engine
	group, pull, start atomic.Int32
	err                error
}

func (f *failing) NewGroup(ctx context.Context, spec engine.GroupSpec) (engine.Group, error) {
	if f.group.Add(-1) >= 0 {
		return nil, f.err
	}
	g, err := f.Engine.NewGroup(ctx, spec)
	return &failingGroup{g, f}, err
}

type failingGroup struct {
	engine.Group
	f *failing
}

func (g *failingGroup) Pull(ctx context.Context, spec engine.PullSpec) (engine.Image, error) {
	if g.f.pull.Add(-1) >= 0 {
		return engine.Image{}, g.f.err
	}
	return g.Group.Pull(ctx, spec)
}

func (g *failingGroup) Start(ctx context.Context, spec engine.ContainerSpec) (engine.Container, error) {
	if g.f.start.Add(-1) >= 0 {
		return nil, g.f.err
	}
	spec.Event("Note", "an engine's own event")
	return g.Group.Start(ctx, spec)
}

func TestInaccessibleImage(t *testing.T) {
	f := &failing{Engine: forever(), err: &engine.ImageError{Code: "InaccessibleImage", Message: "no such manifest"}}
	f.pull.Store(2)
	inWorld(t, f, "{}", func(t *testing.T, w *world) {
		_, err := w.create("job", job("main"))
		wrong, ok := err.(*azcore.ResponseError)
		if !ok || wrong.ErrorCode != "InaccessibleImage" {
			t.Fatalf("got %v, want InaccessibleImage", err)
		}
		if want := "The image 'alpine:3' in container group 'job' is not accessible. Please check the image and registry credential."; !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want …%s", err, want)
		}
		w.wantState("job", "Failed/Pending main=Waiting")
		view := w.get("job").Properties.Containers[0].Properties.InstanceView
		if got, want := *view.CurrentState.DetailStatus, "ImagePullBackOff"; got != want {
			t.Errorf("detailStatus %q, want %q", got, want)
		}
		if diff := cmp.Diff([]string{"Pulling×1", "Failed×1", "BackOff×1"}, events(view.Events)); diff != "" {
			t.Error(diff)
		}
		time.Sleep(time.Minute) // Azure goes on trying, and so may come up late
		w.wantState("job", "Succeeded/Running main=Running")
	})
}

func TestStubbornPull(t *testing.T) {
	f := &failing{Engine: forever(), err: errors.New("the network is down")}
	f.pull.Store(1000)
	inWorld(t, f, "{}", func(t *testing.T, w *world) {
		w.call("PUT", w.groupPath("job")+"?api-version=2023-05-01", minimal, 201)
		time.Sleep(29 * time.Minute)
		w.wantState("job", "Creating/Pending main=Waiting")
		time.Sleep(2 * time.Minute)
		w.wantState("job", "Failed/Pending main=Waiting")
		if _, err := w.groups.Stop(t.Context(), "rg", "job", nil); err != nil {
			t.Errorf("what has failed to come up can be stopped: %v", err)
		}
		w.wantState("job", "Failed/Stopped main=Terminated")
	})
}

func TestContainerThatCannotStart(t *testing.T) {
	f := &failing{Engine: forever(), err: &engine.StartError{Container: "main", Message: "it has no command"}}
	f.start.Store(1)
	inWorld(t, f, "{}", func(t *testing.T, w *world) {
		_, err := w.create("job", job("main"))
		if wrong, ok := err.(*azcore.ResponseError); !ok || wrong.ErrorCode != "ContainerStartFailed" || !strings.Contains(err.Error(), "it has no command") {
			t.Fatalf("got %v, want ContainerStartFailed", err)
		}
		time.Sleep(time.Minute)
		w.wantState("job", "Succeeded/Running main=Running")
		view := w.get("job").Properties.Containers[0].Properties.InstanceView
		if diff := cmp.Diff([]string{"Pulling×1", "Pulled×1", "Failed×1", "BackOff×1", "Note×1", "Started×1"}, events(view.Events)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestEngineWithoutAPlace(t *testing.T) {
	f := &failing{Engine: forever(), err: errors.New("no room")}
	f.group.Store(1)
	inWorld(t, f, "{}", func(t *testing.T, w *world) {
		_, err := w.create("job", job("main"))
		if wrong, ok := err.(*azcore.ResponseError); !ok || wrong.ErrorCode != "ContainerGroupSandboxFailed" {
			t.Fatalf("got %v, want ContainerGroupSandboxFailed", err)
		}
		w.wantState("job", "Failed/Failed main=Waiting")
		poller, err := w.groups.BeginStart(t.Context(), "rg", "job", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := poller.PollUntilDone(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		w.wantState("job", "Succeeded/Running main=Running")
	})
}

// losing is an engine that loses sight of its containers: how they ended is unknown.
type losing struct{ engine.Engine }

type losingGroup struct{ engine.Group }

type lostContainer struct{ engine.Container }

func (e losing) NewGroup(ctx context.Context, spec engine.GroupSpec) (engine.Group, error) {
	g, err := e.Engine.NewGroup(ctx, spec)
	return losingGroup{g}, err
}

func (g losingGroup) Start(ctx context.Context, spec engine.ContainerSpec) (engine.Container, error) {
	c, err := g.Group.Start(ctx, spec)
	return lostContainer{c}, err
}

func (lostContainer) Exit() engine.Exit { return engine.Exit{Unknown: true} }

func TestLostContainerHasNoExitCode(t *testing.T) {
	inWorld(t, losing{printing(1)}, "{}", func(t *testing.T, w *world) {
		w.call("PUT", w.groupPath("job")+"?api-version=2023-05-01", probed("Always", `"command":["a"]`), 201)
		time.Sleep(time.Minute)
		synctest.Wait()
		reply := w.call("GET", w.groupPath("job")+"?api-version=2023-05-01", "", 200)
		for field, want := range map[string]string{
			"properties.instanceView.state": "Failed", current + "state": "Terminated", current + "exitCode": "-", current + "detailStatus": "Error", restarts: "0",
		} {
			if got := fieldOf(reply, field); got != want {
				t.Errorf("%s is %s, want %s", field, got, want)
			}
		}
	})
}
