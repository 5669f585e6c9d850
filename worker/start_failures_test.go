package worker_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

// handMade is a job that has nothing to do with Prefect.
func handMade() aci.Job {
	return aci.Job{Name: "by-hand", Image: "example.com/other:1", Command: []string{"serve"}, Timeout: 24 * time.Hour}
}

// TestRefusedStarts has Azure refuse a container group in each way that users report. What may pass is sent again, and after
// half an hour becomes another attempt; what will not pass crashes the run at once. The run's message has Azure's own words.
func TestRefusedStarts(t *testing.T) {
	for name, test := range map[string]struct {
		status   int
		code     string
		times    int // how many groups are refused; 0: all
		want     prefect.StateType
		puts     int // how many are sent; 0: not counted
		attempts int
	}{
		"region is full, twice":             {409, "ServiceUnavailable", 2, prefect.StateCompleted, 3, 1},
		"region is full for ever":           {409, "ServiceUnavailable", 0, prefect.StateCrashed, 0, 3},
		"Docker Hub's pull limit, once":     {409, "RegistryErrorResponse", 1, prefect.StateCompleted, 2, 1},
		"subnet cannot be joined, once":     {400, "ErrorJoinVirtualNetwork", 1, prefect.StateCompleted, 2, 1},
		"right to pull comes late":          {400, "InaccessibleImage", 2, prefect.StateCompleted, 3, 1},
		"image does not exist":              {400, "InaccessibleImage", 0, prefect.StateCrashed, 3, 1},
		"right to create comes late":        {403, "AuthorizationFailed", 5, prefect.StateCompleted, 6, 1},
		"right on the subnet comes late":    {403, "LinkedAuthorizationFailed", 1, prefect.StateCompleted, 2, 1},
		"right is missing":                  {403, "AuthorizationFailed", 0, prefect.StateCrashed, 9, 1},
		"right is denied":                   {403, "DenyAssignmentAuthorizationFailed", 0, prefect.StateCrashed, 1, 1},
		"policy forbids it":                 {403, "RequestDisallowedByPolicy", 0, prefect.StateCrashed, 1, 1},
		"group is locked":                   {403, "ScopeLocked", 0, prefect.StateCrashed, 1, 1},
		"subscription is disabled":          {403, "ReadOnlyDisabledSubscription", 0, prefect.StateCrashed, 1, 1},
		"kind of subscription may not":      {403, "DisallowedOperation", 0, prefect.StateCrashed, 1, 1},
		"refused with an unknown code":      {403, "NotForYou", 0, prefect.StateCrashed, 1, 1},
		"definition is wrong":               {400, "InvalidParameter", 0, prefect.StateCrashed, 1, 1},
		"resource group is gone":            {404, "ResourceGroupNotFound", 0, prefect.StateCrashed, 1, 1},
		"provider is not registered":        {409, "MissingSubscriptionRegistration", 0, prefect.StateCrashed, 1, 1},
		"quota of groups is used up, twice": {409, "ContainerGroupQuotaReached", 2, prefect.StateCompleted, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, "", func(t *world) {
				t.faultAzure(`{"match":{"operation":"ContainerGroups_CreateOrUpdate"},"times":%d,"effect":{"status":%d,"code":%q,"message":"said by Azure"}}`, test.times, test.status, test.code)
				run := t.run()
				m := t.start("one", nil)
				if err := t.untilSettled([]prefect.FlowRun{run}, 3*time.Hour); err != nil {
					t.Error(err)
				}
				m.join(t)
				state := t.stateOf(run.ID)
				if state.Type != test.want || test.want == prefect.StateCrashed && !strings.Contains(state.Message, "said by Azure") {
					t.Errorf("the run is %s: %q", state.Name, state.Message)
				}
				puts := 0
				for _, request := range m.wire.log {
					if strings.HasPrefix(request, "azure PUT ") {
						puts++
					}
				}
				if s := m.Status(); s.Retries != test.attempts-1 || test.puts > 0 && puts != test.puts {
					t.Errorf("got %d attempts and %d PUTs, want %d and %d", s.Retries+1, puts, test.attempts, test.puts)
				}
				if n := t.endsOf(run.ID); n != 1 {
					t.Errorf("the run ended %d times", n)
				}
			})
		})
	}
}

// TestLateRight: while a right may only be late, the state of the run says what it waits for. One that stays missing crashes the run
// with what to do, and somebody can cancel it before.
func TestLateRight(t *testing.T) {
	refuse := func(t *world) {
		t.faultAzure(`{"match":{"operation":"ContainerGroups_CreateOrUpdate"},"times":0,"effect":{"status":403,"code":"AuthorizationFailed","message":"said by Azure"}}`)
	}
	t.Run("stays missing", func(t *testing.T) {
		inWorld(t, "", func(t *world) {
			refuse(t)
			run := t.run()
			began := time.Now()
			m := t.start("one", nil)
			time.Sleep(8 * time.Minute)
			if state := t.stateOf(run.ID); state.Name != "AwaitingAzure" || !strings.Contains(state.Message, "said by Azure") || !strings.Contains(state.Message, ". A role that was just assigned takes some minutes to work") {
				t.Errorf("after 8 minutes the run is %s: %q", state.Name, state.Message)
			}
			t.untilState(run.ID, prefect.StateCrashed)
			if took := time.Since(began); took > 12*time.Minute {
				t.Errorf("the run was crashed after %v", took)
			}
			if state := t.stateOf(run.ID); !strings.Contains(state.Message, "refused for 10m0s") || !strings.Contains(state.Message, " Give this principal a role") {
				t.Errorf("the run's message is %q", state.Message)
			}
			t.until("the run is done with", func() bool { return m.Status().Finished["crashed"] == 1 })
			m.join(t)
		})
	})
	t.Run("cancelled", func(t *testing.T) {
		inWorld(t, "", func(t *world) {
			refuse(t)
			run := t.run()
			m := t.start("one", nil)
			t.until("it waits", func() bool { return t.stateOf(run.ID).Name == "AwaitingAzure" })
			must(t.prefect.ForceFlowRunState(t.Context(), run.ID, prefect.State{Type: prefect.StateCancelling}))(t)
			t.untilState(run.ID, prefect.StateCancelled)
			t.until("no run is in flight", func() bool { return len(m.Status().InFlight) == 0 })
			m.join(t)
		})
	})
}

// TestResourceGroupThatDoesNotExist: a run that names one crashes with what to do, and the worker neither looks for a group to
// delete nor says that Azure forbids it.
func TestResourceGroupThatDoesNotExist(t *testing.T) {
	inWorld(t, "", func(t *world) {
		run := t.withVariables(map[string]any{"resource_group_name": "no-such-group"})
		cloud := t.cloud(t.azure.Transport())
		missing := must(aci.NewClient(aci.Config{Cloud: cloud, Subscription: t.azure.Account().SubscriptionID, ResourceGroup: "no-such-group"}))(t)
		var said bytes.Buffer
		m := t.start("one", func(cfg *worker.Config) {
			cfg.Log = slog.New(slog.NewTextHandler(&said, nil))
			cfg.ContainersFor = func(context.Context, *jobtemplate.Plan) (*aci.Client, error) { return missing, nil }
		})
		t.untilState(run.ID, prefect.StateCrashed)
		t.until("the run is done with", func() bool { return m.Status().Finished["crashed"] == 1 })
		m.join(t)
		want := "Check the subscription and the name of the resource group."
		if state := t.stateOf(run.ID); !strings.Contains(state.Message, "ResourceGroupNotFound") || !strings.HasSuffix(state.Message, " "+want) {
			t.Errorf("the run's message is %q, want %q at its end", state.Message, want)
		}
		if text := said.String(); strings.Contains(text, "deleting a container group") || strings.Contains(text, "last lines") || strings.Contains(text, "ERROR") {
			t.Errorf("the worker said\n%s", text)
		}
	})
}

// TestResourceGroupThatWasDeleted: a container group is gone with its resource group, and holds no slot.
func TestResourceGroupThatWasDeleted(t *testing.T) {
	inWorld(t, "", func(t *world) {
		run := t.run()
		var said bytes.Buffer
		m := t.start("one", func(cfg *worker.Config) { cfg.Log = slog.New(slog.NewTextHandler(&said, nil)) })
		t.until("there is a container", func() bool { return len(t.containersOf(run.ID)) == 1 })
		t.faultAzure(`{"match":{"operation":"ContainerGroups_Get"},"times":0,"effect":{"status":404,"code":"ResourceGroupNotFound","message":"said by Azure"}}`)
		must(t.prefect.ForceFlowRunState(t.Context(), run.ID, prefect.State{Type: prefect.StateCancelling}))(t)
		t.untilState(run.ID, prefect.StateCancelled)
		m.join(t)
		if text := said.String(); strings.Count(text, "stopping a container group failed") != 1 || !strings.Contains(text, "resource group is not there") {
			t.Errorf("the worker said\n%s", text)
		}
	})
}

// TestBlockThatDoesNotExist: a run that refers to one crashes and says so. The server's 404 is about the block, not about the run,
// which would else stay Pending for ever.
func TestBlockThatDoesNotExist(t *testing.T) {
	inWorld(t, "", func(t *world) {
		run := t.withVariables(map[string]any{"env": map[string]any{"TOKEN": "{{ prefect.blocks.secret.none }}"}})
		m := t.start("one", nil)
		t.untilState(run.ID, prefect.StateCrashed)
		t.until("the run is done with", func() bool { return m.Status().Finished["crashed"] == 1 })
		m.join(t)
		state := t.stateOf(run.ID)
		if !strings.Contains(state.Message, "the block secret/none does not exist") || !strings.Contains(state.Message, "Create it, or take the reference out") {
			t.Errorf("the run's message is %q", state.Message)
		}
	})
}

// TestSeveralMistakes: the message of a run is one line, whatever is wrong with it.
func TestSeveralMistakes(t *testing.T) {
	inWorld(t, "", func(t *world) {
		run := t.withVariables(map[string]any{"cpu": 64, "memory": 5000})
		m := t.start("one", nil)
		t.untilState(run.ID, prefect.StateCrashed)
		m.join(t)
		state := t.stateOf(run.ID)
		if !strings.Contains(state.Message, " cores (give for example 1 or 0.5); memory: ") || strings.Contains(state.Message, "\n") {
			t.Errorf("the run's message is %q", state.Message)
		}
	})
}

// TestContainerThatDoesNotStartInTime: an image that is pulled for longer than task_start_timeout_seconds allows ends its
// attempt; after three the run is crashed, with the reason, and no group is left.
func TestContainerThatDoesNotStartInTime(t *testing.T) {
	inWorld(t, `{"latency":{"pull":"5h","delete":"3s"}}`, func(t *world) {
		run := t.withVariables(map[string]any{"task_start_timeout_seconds": 600})
		m := t.start("one", nil)
		began := time.Now()
		t.untilState(run.ID, prefect.StateCrashed)
		if took := time.Since(began); took < 30*time.Minute || took > 40*time.Minute {
			t.Errorf("the run was crashed after %v, want three times ten minutes", took)
		}
		t.untilClean()
		m.join(t)
		if state := t.stateOf(run.ID); !strings.Contains(state.Message, "10m") && !strings.Contains(state.Message, "600") {
			t.Errorf("the run's message is %q", state.Message)
		}
		if n := len(t.containersOf(run.ID)); n != 0 {
			t.Errorf("got %d containers", n)
		}
	})
}
