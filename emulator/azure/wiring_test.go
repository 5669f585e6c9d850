package azureemulator_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	aci "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// The rooms know each other only through the core: containers are in its lists, end with their group, with a reset and with Close.
func TestContainersAreWired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		running := make(chan int, 10)
		s := start(t, azureemulator.Options{Engine: azureemulator.Func(func(ctx context.Context, _ azureemulator.ContainerCall) int {
			running <- 1
			<-ctx.Done()
			running <- -1
			return 143
		})})
		count := func() (n int) {
			synctest.Wait()
			for len(running) > 0 {
				n += <-running
			}
			return n
		}
		w := onWire(t, s)
		credential, options := sdk(t, s)
		groups, err := aci.NewContainerGroupsClient(s.Account().SubscriptionID, credential, options)
		if err != nil {
			t.Fatal(err)
		}
		create := func(group string) {
			t.Helper()
			w.arm("PUT", "resourcegroups/"+group, `{"location":"westeurope"}`)
			container := &aci.Container{Name: new("c"), Properties: &aci.ContainerProperties{
				Image: new("x"), Command: []*string{new("y")}, Resources: &aci.ResourceRequirements{Requests: &aci.ResourceRequests{CPU: new(1.0), MemoryInGB: new(1.0)}},
			}}
			poller, err := groups.BeginCreateOrUpdate(t.Context(), group, "job", aci.ContainerGroup{Location: new("westeurope"), Tags: map[string]*string{"a": new("b")},
				Properties: &aci.ContainerGroupPropertiesProperties{OSType: new(aci.OperatingSystemTypesLinux), Containers: []*aci.Container{container}}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := poller.PollUntilDone(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		}
		create("g")
		if n := count(); n != 1 {
			t.Errorf("%d containers run", n)
		}
		got := w.arm("GET", "resources?$filter=tagName%20eq%20'a'", "")
		if !strings.Contains(got.text, `"type":"Microsoft.ContainerInstance/containerGroups"`) || strings.Contains(got.text, "containers\"") {
			t.Errorf("in the list of all resources: %s", got.text)
		}
		resources, err := armresources.NewResourceGroupsClient(s.Account().SubscriptionID, credential, options)
		if err != nil {
			t.Fatal(err)
		}
		poller, err := resources.BeginDelete(t.Context(), "g", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := poller.PollUntilDone(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if n := count(); n != -1 {
			t.Errorf("%d containers ended with the group", -n)
		}
		create("again")
		count()
		s.Reset(t.Context())
		if n := count(); n != -1 {
			t.Errorf("%d containers ended with the reset", -n)
		}
		create("last")
		count()
		began := time.Now()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if n := count(); n != -1 {
			t.Errorf("%d containers ended with Close", -n)
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("Close took %s", took)
		}
	})
}
