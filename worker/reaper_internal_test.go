package worker

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/prefect"
)

// newContainers is a client of an emulated Azure, whose containers do as run says.
func newContainers(t *testing.T, run azureemulator.ContainerFunc) *aci.Client {
	t.Helper()
	server, err := azureemulator.NewServer(azureemulator.Options{Engine: azureemulator.Func(run)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	account := server.Account()
	cloud, err := azure.NewCloud(t.Context(), azure.Options{
		Transport: server.Transport(),
		Credential: azure.CredentialOptions{
			Method: azure.MethodClientSecret, TenantID: account.TenantID, ClientID: account.ClientID, ClientSecret: account.ClientSecret,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	credential, err := cloud.Credential()
	if err != nil {
		t.Fatal(err)
	}
	groups, err := armresources.NewResourceGroupsClient(account.SubscriptionID, credential, cloud.ARMOptions())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := groups.CreateOrUpdate(t.Context(), "jobs", armresources.ResourceGroup{Location: new("westeurope")}, nil); err != nil {
		t.Fatal(err)
	}
	client, err := aci.NewClient(aci.Config{Cloud: cloud, Subscription: account.SubscriptionID, ResourceGroup: "jobs", Location: "westeurope"})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// until is a container that runs until it is stopped.
func until(ctx context.Context, _ azureemulator.ContainerCall) int {
	<-ctx.Done()
	return 143
}

// TestReaper has one group for each reason to delete a group and not to.
func TestReaper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSide(t)
		containers := newContainers(t, until)
		job := func(name string, run prefect.ID, more aci.Job) {
			t.Helper()
			more.Name, more.Command = name, []string{"x"}
			tags := map[string]string{TagFlowRun: string(run), TagPoolID: string(s.pool.ID)}
			maps.Copy(tags, more.Tags)
			more.Tags = tags
			if _, err := containers.Create(t.Context(), more); err != nil {
				t.Fatal(err)
			}
		}
		left := func() []string {
			t.Helper()
			groups, err := containers.List(t.Context(), aci.ListOptions{All: true})
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, g := range groups {
				names = append(names, g.Name)
			}
			return names
		}
		running, completed, failed, cancelled, deleted := s.newRun("running"), s.newRun("completed"), s.newRun("failed"), s.newRun("cancelled"), s.newRun("deleted")
		job("running", running.ID, aci.Job{})
		job("late", running.ID, aci.Job{Timeout: 30 * time.Minute})
		job("completed", completed.ID, aci.Job{})
		job("watched", completed.ID, aci.Job{})
		job("kept", completed.ID, aci.Job{Keep: aci.KeepAlways})
		job("kept-late", completed.ID, aci.Job{Keep: aci.KeepAlways, Timeout: 30 * time.Minute})
		job("good", completed.ID, aci.Job{Keep: aci.KeepOnFailure})
		job("bad", failed.ID, aci.Job{Keep: aci.KeepOnFailure})
		job("cancelled", cancelled.ID, aci.Job{})
		job("deleted", deleted.ID, aci.Job{})
		job("nobodys", "not-an-id", aci.Job{})
		job("other-pool", completed.ID, aci.Job{Tags: map[string]string{TagPoolID: "another"}})
		time.Sleep(5 * time.Minute)
		s.set(running, prefect.StateRunning)
		s.set(completed, prefect.StateCompleted)
		s.set(failed, prefect.StateFailed)
		s.set(cancelled, prefect.StateCancelled)
		if err := s.client.DeleteFlowRun(t.Context(), deleted.ID); err != nil {
			t.Fatal(err)
		}
		reaped, turns := 0, 0
		r := &reaper{turn: func(context.Context, *aci.Client, *aci.Group) error { turns++; return nil },
			containers: containers, client: s.client, log: slog.New(slog.DiscardHandler), poolID: s.pool.ID,
			watched: func(group string) bool { return group == "watched" }, reaped: func(groups int) { reaped += groups }}
		once := func(wanted ...string) {
			t.Helper()
			before := left()
			found, err := r.once(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, leftover := range found {
				if leftover.Reason == "" || !leftover.Deleted {
					t.Errorf("%s: reason %q, deleted %v", leftover.Group.Name, leftover.Reason, leftover.Deleted)
				}
				got = append(got, leftover.Group.Name)
			}
			want(t, "deleted", got, wanted)
			after := slices.DeleteFunc(before, func(name string) bool { return slices.Contains(wanted, name) })
			want(t, "left", left(), after)
		}
		once() // all that ended did so a moment ago
		time.Sleep(15 * time.Minute)
		once("cancelled", "completed", "deleted", "good")
		time.Sleep(time.Hour)
		once("late")
		time.Sleep(24 * time.Hour)
		once("bad", "kept", "kept-late")
		want(t, "left at the end", left(), []string{"nobodys", "other-pool", "running", "watched"})
		want(t, "told", reaped, 8)
		want(t, "turns taken", turns, 8)

		// Without an answer of the server nothing is known, and nothing deleted.
		s.set(running, prefect.StateCompleted)
		time.Sleep(time.Hour)
		s.away.Store(true)
		if found, err := r.once(t.Context()); err == nil || len(found) != 0 {
			t.Errorf("with the server away: found %v, error %v", found, err)
		}
		s.away.Store(false)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { r.run(ctx); close(done) }()
		time.Sleep(reapInterval*3/2 + time.Minute)
		cancel()
		<-done
		want(t, "left by the loop", left(), []string{"nobodys", "other-pool", "watched"})
	})
}

// TestReaperOfAnAgent has no pool: every group of a flow run is its own to look at.
func TestReaperOfAnAgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSide(t)
		containers := newContainers(t, until)
		run := s.newRun("r")
		for name, tags := range map[string]map[string]string{"by-agent": {TagFlowRun: string(run.ID)}, "by-hand": nil} {
			if _, err := containers.Create(t.Context(), aci.Job{Name: name, Command: []string{"x"}, Tags: tags}); err != nil {
				t.Fatal(err)
			}
		}
		s.set(run, prefect.StateCrashed)
		time.Sleep(time.Hour)
		r := &reaper{containers: containers, client: s.client, log: slog.New(slog.DiscardHandler)}
		found, err := r.once(t.Context())
		if err != nil || len(found) != 1 || found[0].Group.Name != "by-agent" || !strings.Contains(found[0].Reason, "Crashed") {
			t.Errorf("found %+v, %v", found, err)
		}
	})
}

// TestLastLinesFromAzure reads the last lines of a container whose output nobody wanted.
func TestLastLinesFromAzure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSide(t)
		containers := newContainers(t, func(_ context.Context, c azureemulator.ContainerCall) int {
			_, _ = c.Spec.Output.Write([]byte("one\r\ntwo\nKilled"))
			return 137
		})
		if _, err := containers.Create(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		run := s.newRun("r")
		all := s.outputs(&text{})
		out := all.of(run, outputOptions{})
		if err := out.crashed(t.Context(), containers, "job-1"); err != nil {
			t.Fatal(err)
		}
		all.close(t.Context())
		want(t, "logs", messages(s.logs(run)), []string{"20 prefect.flow_runs.container: one", "20 prefect.flow_runs.container: two", "20 prefect.flow_runs.container: Killed"})
	})
}
