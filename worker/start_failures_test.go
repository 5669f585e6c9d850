package worker_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/prefect"
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
		"right is missing":                  {403, "AuthorizationFailed", 0, prefect.StateCrashed, 1, 1},
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
