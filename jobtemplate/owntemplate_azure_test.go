package jobtemplate_test

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/emulator/azure"
)

// TestOwnTemplateRuns runs the job of a pool's own template on an emulated Azure: init container, side-car and main container
// start, the output and the exit code are those of the main one, and no deployment is made.
func TestOwnTemplateRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		started := map[string]int{}
		server, err := azureemulator.NewServer(azureemulator.Options{Engine: azureemulator.Func(func(ctx context.Context, c azureemulator.ContainerCall) int {
			mu.Lock()
			started[c.Spec.Name]++
			mu.Unlock()
			switch c.Spec.Name {
			case "flow":
				fmt.Fprintln(c.Spec.Output, c.Getenv("REGION"), c.Getenv("PREFECT_API_URL"))
				time.Sleep(10 * time.Second)
				return 7
			case "proxy":
				<-ctx.Done()
			}
			return 0
		})})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { server.Close() })
		account := server.Account()
		cloud, err := azure.NewCloud(t.Context(), azure.Options{Transport: server.Transport(), Credential: azure.CredentialOptions{
			TenantID: account.TenantID, ClientID: account.ClientID, ClientSecret: account.ClientSecret,
		}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(cloud.CloseIdleConnections)
		identity := prepare(t, cloud, account.SubscriptionID)
		arm := strings.Replace(side, templateIdentity, identity, 1)
		arm = regexp.MustCompile(`"azureFile": .*"{{ key }}"}}`).ReplaceAllString(arm, `"emptyDir": {}}`)
		in := own(t, arm, vars{
			"resource_group_name": "rg", "subscription_id": account.SubscriptionID, "image": "my/flow:1", "key": "c3RvcmFnZQ==", "token": "t0ken-value", "flow_tag": "f",
		})
		plan := render(t, in)
		client, err := aci.NewClient(aci.Config{Cloud: cloud, Subscription: string(plan.SubscriptionID), ResourceGroup: plan.ResourceGroup, FirstPoll: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		var output bytes.Buffer
		plan.Job.Output = &output
		result, err := client.Run(t.Context(), plan.Job)
		if err != nil || result.ExitCode == nil || *result.ExitCode != 7 || output.String() != "north http://api\n" {
			t.Errorf("got %+v, %v, output %q", result, err, output.String())
		}
		mu.Lock()
		defer mu.Unlock()
		if diff := cmp.Diff(map[string]int{"flow": 1, "proxy": 1, "fetch": 1}, started); diff != "" {
			t.Errorf("started: %s", diff)
		}
	})
}

// prepare makes the resource group and the identity of the template.
func prepare(t *testing.T, cloud *azure.Cloud, subscription string) (identity string) {
	t.Helper()
	credential, err := cloud.Credential()
	if err != nil {
		t.Fatal(err)
	}
	groups, err := armresources.NewResourceGroupsClient(subscription, credential, cloud.ARMOptions())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := groups.CreateOrUpdate(t.Context(), "rg", armresources.ResourceGroup{Location: new("westeurope")}, nil); err != nil {
		t.Fatal(err)
	}
	identities, err := armmsi.NewUserAssignedIdentitiesClient(subscription, credential, cloud.ARMOptions())
	if err != nil {
		t.Fatal(err)
	}
	made, err := identities.CreateOrUpdate(t.Context(), "rg", "files", armmsi.Identity{Location: new("westeurope")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return *made.ID
}
