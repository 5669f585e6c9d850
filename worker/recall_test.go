package worker_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

// otherGroup is a resource group of a run's own.
const otherGroup = "elsewhere"

// otherPlace makes otherGroup, and gives the client of it.
func (w *world) otherPlace() *aci.Client {
	w.Helper()
	cloud := w.cloud(w.azure.Transport())
	groups := must(armresources.NewResourceGroupsClient(w.azure.Account().SubscriptionID, must(cloud.Credential())(w), cloud.ARMOptions()))(w)
	must(groups.CreateOrUpdate(w.Context(), otherGroup, armresources.ResourceGroup{Location: new("westeurope")}, nil))(w)
	return must(aci.NewClient(aci.Config{Cloud: cloud, Subscription: w.azure.Account().SubscriptionID, ResourceGroup: otherGroup, Location: "westeurope"}))(w)
}

// inBothPlaces makes a worker that opens the resource group that a plan names.
func inBothPlaces(other *aci.Client) func(*worker.Config) {
	return func(c *worker.Config) {
		own := c.Containers
		c.ContainersFor = func(_ context.Context, plan *jobtemplate.Plan) (*aci.Client, error) {
			if plan.ResourceGroup == otherGroup {
				return other, nil
			}
			return own, nil
		}
	}
}

// A run whose container is in a resource group of its own is taken over there, also when its deployment has changed since.
// Where that cannot be told, nothing is concluded about it.
func TestAdoptElsewhere(t *testing.T) {
	for name, test := range map[string]struct {
		change map[string]any // of the deployment's job variables, after the run has begun
		list   bool           // the worker may list the whole subscription
		left   int            // groups that nobody could delete
	}{
		"nothing has changed":             {nil, false, 0},
		"another group by now":            {map[string]any{"resource_group_name": worldGroup}, false, 0},
		"another account by now":          {map[string]any{"subscription_id": "11111111-2222-3333-4444-555555555555"}, false, 0},
		"the job cannot be made":          {map[string]any{"cpu": "many"}, false, 0},
		"a template that is wrong":        {map[string]any{"resource_group_name": "{{ prefect.blocks.string.missing }}"}, false, 1},
		"a template, and all is listed":   {map[string]any{"resource_group_name": "{{ prefect.blocks.string.missing }}"}, true, 0},
		"an account, and all is listed":   {map[string]any{"subscription_id": "11111111-2222-3333-4444-555555555555"}, true, 0},
		"nothing, and all is listed":      {nil, true, 0},
		"the worker's, and all is listed": {map[string]any{"resource_group_name": worldGroup}, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, "", func(t *world) {
				other := t.otherPlace()
				if !test.list {
					t.refuseSubscription()
				}
				variables := t.variables()
				set := func(more map[string]any) {
					maps.Copy(variables, more)
					if err := t.prefect.UpdateDeployment(t.Context(), t.deployment.ID, prefect.DeploymentUpdate{JobVariables: prefect.Set(variables)}); err != nil {
						t.Fatal(err)
					}
				}
				set(map[string]any{"resource_group_name": otherGroup})
				t.program = flowFor(30 * time.Minute)
				run := t.run()
				first := t.start("one", inBothPlaces(other))
				t.untilState(run.ID, prefect.StateRunning)
				first.kill()
				set(test.change)
				second := t.start("two", inBothPlaces(other))
				t.untilState(run.ID, prefect.StateCompleted)
				time.Sleep(10 * time.Minute)
				second.join(t)
				first.join(t)
				if n := len(t.containersOf(run.ID)); n != 1 {
					t.Errorf("got %d containers, want 1", n)
				}
				if left := must(other.List(t.Context(), aci.ListOptions{All: true}))(t); len(left) != test.left {
					t.Errorf("got %d groups at the end, want %d", len(left), test.left)
				}
				if ends := t.endsOf(run.ID); ends != 1 {
					t.Errorf("the run ended %d times", ends)
				}
			})
		})
	}
}

// refuseSubscription lets nobody list the container groups of the whole subscription.
func (w *world) refuseSubscription() {
	w.faultAzure(`{"match":{"operation":"ContainerGroups_List"},"times":0,"effect":{"status":403,"code":"AuthorizationFailed"}}`)
}

// What is left in another resource group after the end of its worker is deleted there: of a run that ended, of one that was
// deleted, and of one whose group was to be kept for a day.
func TestLeftoversElsewhere(t *testing.T) {
	for name, list := range map[string]bool{"all is listed": true, "by the deployments": false} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, "", func(t *world) {
				other := t.otherPlace()
				if !list {
					t.refuseSubscription()
				}
				variables := t.variables()
				variables["resource_group_name"] = otherGroup
				if err := t.prefect.UpdateDeployment(t.Context(), t.deployment.ID, prefect.DeploymentUpdate{JobVariables: prefect.Set(variables)}); err != nil {
					t.Fatal(err)
				}
				t.program = flowFor(5 * time.Minute)
				ends, deleted := t.run(), t.run()
				kept := t.withVariables(map[string]any{"resource_group_name": otherGroup, "keep_container_group": true})
				first := t.start("one", inBothPlaces(other))
				for _, run := range []prefect.FlowRun{ends, deleted, kept} {
					t.untilState(run.ID, prefect.StateRunning)
				}
				first.kill()
				t.untilState(ends.ID, prefect.StateCompleted)
				if err := t.prefect.DeleteFlowRun(t.Context(), deleted.ID); err != nil {
					t.Fatal(err)
				}
				second := t.start("two", func(c *worker.Config) {
					inBothPlaces(other)(c)
					c.Poll, c.Heartbeat = 5*time.Minute, 5*time.Minute // a day of usual polls takes seconds
				})
				names := func() (names []string) {
					for _, g := range must(other.List(t.Context(), aci.ListOptions{All: true}))(t) {
						names = append(names, g.Name)
					}
					return names
				}
				time.Sleep(20 * time.Minute)
				if left := names(); len(left) != 1 || !strings.HasSuffix(left[0], string(kept.ID)) {
					t.Errorf("got groups %v, want that of run %s", left, kept.ID)
				}
				time.Sleep(25 * time.Hour)
				if left := names(); len(left) != 0 {
					t.Errorf("got groups %v after a day", left)
				}
				if s := second.Status(); s.Adopted != 3 {
					t.Errorf("the second worker took over %d times, want 3", s.Adopted)
				}
				second.join(t)
				first.join(t)
			})
		})
	}
}

// What the container of a run prints reaches the run's logs once, and the next worker's output; what happens to it is still
// related to its flow.
func TestAdoptGoesOnReporting(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = func(ctx context.Context, c *container) int {
			c.set(ctx, prefect.State{Type: prefect.StateRunning})
			for i := range 10 {
				fmt.Fprintf(c.output, "step %d\n", i)
				time.Sleep(time.Minute)
			}
			c.set(ctx, prefect.State{Type: prefect.StateCompleted})
			return 0
		}
		var output, events bytes.Buffer
		var mu sync.Mutex
		run := t.withVariables(map[string]any{"stream_output": true})
		first := t.start("one", func(c *worker.Config) { c.ForwardOutput = true })
		t.untilState(run.ID, prefect.StateRunning)
		time.Sleep(4 * time.Minute)
		first.kill()
		second := t.worker("two", func(c *worker.Config) { c.ForwardOutput, c.Output = true, &output })
		second.wire.fault = func(_ int, r *http.Request) fault {
			if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/events") {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				r.Body = io.NopCloser(bytes.NewReader(body))
				mu.Lock()
				defer mu.Unlock()
				events.Write(body)
			}
			return fault{}
		}
		t.begin(second)
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		second.join(t)
		first.join(t)
		times := map[string]int{}
		for log, err := range t.prefect.Logs(t.Context(), prefect.LogQuery{FlowRunIDs: []prefect.ID{run.ID}}) {
			if err != nil {
				t.Fatal(err)
			}
			times[log.Message]++
		}
		for i := range 10 {
			line := fmt.Sprintf("step %d", i)
			if times[line] != 1 || !strings.Contains(output.String(), run.Name+" | "+line+"\n") {
				t.Errorf("%q is %d times among the run's logs; the worker printed %q", line, times[line], output.String())
			}
		}
		mu.Lock()
		defer mu.Unlock()
		for _, want := range []string{"container-group.succeeded", "prefect.flow." + string(t.flow.ID), "prefect.deployment." + string(t.deployment.ID)} {
			if !strings.Contains(events.String(), want) {
				t.Errorf("the second worker's events lack %s: %s", want, events.String())
			}
		}
	})
}
