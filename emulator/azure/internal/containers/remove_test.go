package containers_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	aci "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"

	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

func TestDelete(t *testing.T) {
	inWorld(t, forever(), "{}", func(t *testing.T, w *world) {
		w.mustCreate("job", job("main"))
		poller, err := w.groups.BeginDelete(t.Context(), "rg", "job", nil)
		if err != nil {
			t.Fatal(err)
		}
		if !poller.Done() {
			t.Error("without a latency the deletion is over when the answer comes")
		}
		res, err := poller.Result(t.Context())
		if err != nil || res.Name == nil || *res.Name != "job" {
			t.Errorf("the answer is the deleted group: %+v, %v", res.Name, err)
		}
		_, err = w.groups.Get(t.Context(), "rg", "job", nil)
		w.wantCode(err, 404, "ResourceNotFound")
		w.call("DELETE", w.groupPath("job")+"?api-version=2023-05-01", "", 204)
		w.mustCreate("job", job("main"))
	})
}

func TestDeletionTakesItsTime(t *testing.T) {
	var ended time.Time
	engine := azureemulator.Func(func(ctx context.Context, _ azureemulator.ContainerCall) int {
		<-ctx.Done()
		time.Sleep(2 * time.Second)
		ended = time.Now()
		return 0
	})
	inWorld(t, engine, `{"latency":{"delete":"10s"}}`, func(t *testing.T, w *world) {
		w.mustCreate("job", job("main"))
		begin := time.Now()
		poller, err := w.groups.BeginDelete(t.Context(), "rg", "job", nil)
		if err != nil {
			t.Fatal(err)
		}
		w.call("DELETE", w.groupPath("job")+"?api-version=2023-05-01", "", 202)
		_, err = w.create("job", job("main"))
		w.wantCode(err, 409, "ContainerGroupTransitioning")
		time.Sleep(9 * time.Second)
		if got := state(w.get("job")); !strings.HasSuffix(got, "main=Terminated(0)") {
			t.Errorf("while it is deleted the group is visible: %s", got)
		}
		if _, err := poller.PollUntilDone(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took < 10*time.Second || took > 11*time.Second {
			t.Errorf("the deletion took %s, want 10s", took)
		}
		if got := ended.Sub(begin); got != 2*time.Second {
			t.Errorf("the container had %s for a clean end, want the 2s that it took", got)
		}
		_, err = w.groups.Get(t.Context(), "rg", "job", nil)
		w.wantCode(err, 404, "ResourceNotFound")
	})
}

func TestResourceGroupTakesItsContainerGroupsAlong(t *testing.T) {
	inWorld(t, forever(), `{"latency":{"delete":"5s"}}`, func(t *testing.T, w *world) {
		w.mustCreate("one", job("main"))
		w.mustCreate("two", job("main"))
		w.call("DELETE", "/subscriptions/"+w.server.Account().SubscriptionID+"/resourcegroups/rg?api-version=2021-04-01", "", 202)
		time.Sleep(time.Minute)
		reply := w.call("GET", w.groupPath("one")+"?api-version=2023-05-01", "", 404)
		if got := reply["error"].(map[string]any)["code"]; got != "ResourceGroupNotFound" {
			t.Errorf("got %v, want ResourceGroupNotFound", got)
		}
	})
}

func TestResetEndsEverything(t *testing.T) {
	inWorld(t, forever(), `{"latency":{"delete":"1h"}}`, func(t *testing.T, w *world) {
		w.mustCreate("one", job("main"))
		w.mustCreate("two", job("main"))
		w.call("DELETE", w.groupPath("two")+"?api-version=2023-05-01", "", 202)
		begin := time.Now()
		w.server.Reset(t.Context())
		if took := time.Since(begin); took != 0 {
			t.Errorf("a reset is at once, not %s", took)
		}
		w.call("PUT", "/subscriptions/"+w.server.Account().SubscriptionID+"/resourcegroups/rg?api-version=2021-04-01", `{"location":"westeurope"}`, 201)
		w.call("GET", w.groupPath("one")+"?api-version=2023-05-01", "", 404)
		w.call("GET", w.groupPath("two")+"?api-version=2023-05-01", "", 404)
	})
}

func TestCloseEndsGroupsOnTheirWay(t *testing.T) {
	for _, settings := range []string{`{}`, `{"latency":{"place":"1h"}}`, `{"latency":{"pull":"1h"}}`, `{"latency":{"start":"1h"}}`, `{"latency":{"stop":"1h"}}`} {
		inWorld(t, forever(), settings, func(t *testing.T, w *world) {
			w.call("PUT", w.groupPath("job")+"?api-version=2023-05-01", minimal, 201)
			if strings.Contains(settings, "stop") {
				synctest.Wait()
				w.call("POST", w.groupPath("job")+"/stop?api-version=2023-05-01", "", 204)
			}
		})
	}
}

func TestQuota(t *testing.T) {
	settings := `{"quota":{"enforced":true,"containerGroups":3,"standardCores":4}}`
	inWorld(t, forever(), settings, func(t *testing.T, w *world) {
		cores := func(n float64) func(*aci.ContainerGroup) {
			return func(g *aci.ContainerGroup) { g.Properties.Containers[0].Properties.Resources.Requests.CPU = &n }
		}
		w.mustCreate("one", job("main", cores(2.5)))
		_, err := w.create("two", job("main", cores(2)))
		w.wantCode(err, 400, "ContainerGroupQuotaReached")
		if want := "container group quota 'StandardCores' exceeded in region 'westeurope'. Limit: '4', Usage: '3' Requested: '2'."; err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want …%s", err, want)
		}
		w.mustCreate("two", job("main"))
		w.wantUsage(t, "ContainerGroups 2/3, StandardCores 4/4")
		if _, err := w.groups.Stop(t.Context(), "rg", "one", nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		w.wantUsage(t, "ContainerGroups 2/3, StandardCores 1/4")
		w.mustCreate("three", job("main", cores(3)))
		_, err = w.groups.BeginStart(t.Context(), "rg", "one", nil)
		w.wantCode(err, 400, "ContainerGroupQuotaReached")
		if _, err := w.groups.Stop(t.Context(), "rg", "three", nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		_, err = w.create("four", job("main"))
		w.wantCode(err, 400, "ContainerGroupQuotaReached")
		w.mustCreate("elsewhere", job("main", func(g *aci.ContainerGroup) { g.Location = new("eastus") }))
	})
}

func (w *world) wantUsage(t *testing.T, want string) {
	t.Helper()
	var rows []string
	for pager := w.location.NewListUsagePager("westeurope", nil); pager.More(); {
		page, err := pager.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range page.Value {
			if *u.Limit == 0 {
				continue // a kind of cores that there is none of
			}
			rows = append(rows, fmt.Sprintf("%s %d/%d", *u.Name.Value, *u.CurrentValue, *u.Limit))
		}
	}
	if got := strings.Join(rows, ", "); got != want {
		t.Errorf("usage %s, want %s", got, want)
	}
}

func TestRateLimits(t *testing.T) {
	settings := `{"quota":{"enforced":true,"createsPer5Minutes":2,"deletesPer5Minutes":1}}`
	inWorld(t, forever(), settings, func(t *testing.T, w *world) {
		path := func(i int) string { return w.groupPath(fmt.Sprint("job", i)) + "?api-version=2023-05-01" }
		w.call("PUT", path(1), minimal, 201)
		time.Sleep(time.Minute)
		w.call("PUT", path(2), minimal, 201)
		header, reply := w.exchange("PUT", path(3), minimal, 429)
		if got := reply["error"].(map[string]any)["code"]; got != "TooManyRequests" || header.Get("Retry-After") != "240" {
			t.Errorf("got %v, Retry-After %q; want TooManyRequests, 240", got, header.Get("Retry-After"))
		}
		time.Sleep(4 * time.Minute)
		w.call("PUT", path(3), minimal, 201)
		w.call("DELETE", path(1), "", 200)
		w.call("DELETE", path(2), "", 429)
	})
}

func TestFaultyProvisioning(t *testing.T) {
	inWorld(t, forever(), "{}", func(t *testing.T, w *world) {
		for name, s := range map[string]string{"failed": "Failed", "sick": "Unhealthy"} {
			err := w.server.AddFault(faults.Fault{
				Match:  faults.Match{Operation: "ContainerGroups_CreateOrUpdate", Path: "*/" + name},
				Effect: faults.Effect{ProvisioningState: s},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		_, err := w.create("failed", job("main"))
		if wrong, ok := err.(*azcore.ResponseError); !ok || wrong.ErrorCode != "ProvisioningFailed" {
			t.Errorf("got %v, want ProvisioningFailed", err)
		}
		w.wantState("failed", "Failed/Running main=Running")
		w.mustCreate("sick", job("main"))
		w.wantState("sick", "Unhealthy/Running main=Running")
	})
}
