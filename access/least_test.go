package access_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/emulator/azure"
)

// TestJobCreatorIsEnough: with all actions of the role a job runs, and nothing is refused.
func TestJobCreatorIsEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if err := runAs(t, access.JobCreator); err != nil {
			t.Error(err)
		}
	})
}

// TestJobCreatorIsLeast takes each action away in turn: without it, something is refused that a job by hand needs.
func TestJobCreatorIsLeast(t *testing.T) {
	for i, action := range access.JobCreator.Actions {
		t.Run(action.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				lesser := access.JobCreator
				lesser.Actions = slices.Delete(slices.Clone(lesser.Actions), i, i+1)
				if err := runAs(t, lesser); err == nil {
					t.Errorf("all works without %s", action.Name)
				}
			})
		})
		if action.Reason == "" {
			t.Errorf("%s has no reason", action.Name)
		}
	}
}

// runAs runs jobs as an account that has a role alone, as one does by hand: one to its end, with an identity and in a
// subnet, and one that is stopped at its time limit and kept. It reports what is refused for want of a right.
func runAs(t *testing.T, role access.Role) error {
	t.Helper()
	server, err := azureemulator.NewServer(azureemulator.Options{Engine: azureemulator.Func(
		func(ctx context.Context, c azureemulator.ContainerCall) int {
			fmt.Fprintln(c.Spec.Output, "working")
			if len(c.Spec.Command) > 1 {
				<-ctx.Done()
			}
			time.Sleep(10 * time.Second)
			return 0
		})})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	scope := group(t, server, "jobs")
	identity, subnet := surroundings(t, server, scope)
	owner, err := access.NewClient(signedIn(t, server, server.Transport(), server.Account().ClientID, server.Account().ClientSecret), access.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := request(scope)
	r.Custom = &role
	account, err := owner.EnsureAccount(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	client, err := aci.NewClient(aci.Config{
		Cloud:        signedIn(t, server, server.Transport(), account.Application.ClientID, account.Secret.Text),
		Subscription: server.Account().SubscriptionID, ResourceGroup: "jobs", FirstPoll: 100 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	var refusals []error
	note := func(what string, err error) {
		if e := azure.Explain(err); e != nil && e.Class == azure.ClassAuthorisation {
			refusals = append(refusals, fmt.Errorf("%s: %w", what, err))
		}
	}
	events := func(e aci.Event) {
		switch e.Kind {
		case aci.EventAttachBlocked, aci.EventDetached, aci.EventViewRefused, aci.EventStopFailed:
			note("watch", e.Err)
		}
	}
	result, err := client.Run(ctx, aci.Job{
		Name: "job", Image: "example/image", Command: []string{"work"}, Identities: []string{identity}, SubnetIDs: []string{subnet},
		Output: io.Discard, Events: events,
	})
	note("run", err)
	if len(refusals) == 0 && (err != nil || !result.Success()) {
		t.Errorf("the job: %+v, %v", result, err)
	}
	_, err = client.Run(ctx, aci.Job{
		Name: "slow", Image: "example/image", Command: []string{"work", "long"}, Timeout: time.Minute, Keep: aci.KeepAlways, Output: io.Discard, Events: events,
	})
	note("run with a limit", err)
	note("logs", client.Logs(ctx, "slow", aci.LogOptions{Output: io.Discard}))
	if _, err := client.Get(ctx, "job"); err == nil {
		refusals = append(refusals, errors.New("the job was not deleted"))
	}
	note("delete", client.Delete(ctx, "slow"))
	return errors.Join(refusals...)
}

// surroundings makes a managed identity and a subnet for container groups in a resource group.
func surroundings(t *testing.T, server *azureemulator.Server, scope string) (identity, subnet string) {
	t.Helper()
	account := server.Account()
	cloud := signedIn(t, server, server.Transport(), account.ClientID, account.ClientSecret)
	credential, err := cloud.Credential()
	if err != nil {
		t.Fatal(err)
	}
	identities, err := armmsi.NewUserAssignedIdentitiesClient(account.SubscriptionID, credential, cloud.ARMOptions())
	if err != nil {
		t.Fatal(err)
	}
	made, err := identities.CreateOrUpdate(t.Context(), "jobs", "jobs", armmsi.Identity{Location: new("westeurope")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	resources, err := armresources.NewClient(account.SubscriptionID, credential, cloud.ARMOptions())
	if err != nil {
		t.Fatal(err)
	}
	network := scope + "/providers/Microsoft.Network/virtualNetworks/net"
	delegation := map[string]any{"name": "jobs", "properties": map[string]any{"serviceName": "Microsoft.ContainerInstance/containerGroups"}}
	poller, err := resources.BeginCreateOrUpdateByID(t.Context(), network, "2024-03-01", armresources.GenericResource{
		Location: new("westeurope"), Properties: map[string]any{
			"addressSpace": map[string]any{"addressPrefixes": []string{"10.0.0.0/16"}},
			"subnets": []any{map[string]any{"name": "jobs", "properties": map[string]any{
				"addressPrefix": "10.0.0.0/24", "delegations": []any{delegation},
			}}},
		}}, nil)
	if err == nil {
		_, err = poller.PollUntilDone(t.Context(), nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return *made.ID, network + "/subnets/jobs"
}
