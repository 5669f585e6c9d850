package aci_test

import (
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/pacific-aci/pacific/aci"
)

// TestListOfSubscription finds the groups of two resource groups, and one client for each.
func TestListOfSubscription(t *testing.T) {
	bubble(t, `{}`, container(1000, 0), func(t *testing.T, w *world) {
		credential, err := w.cloud.Credential()
		if err != nil {
			t.Fatal(err)
		}
		resources, err := armresources.NewResourceGroupsClient(w.server.Account().SubscriptionID, credential, w.cloud.ARMOptions())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := resources.CreateOrUpdate(t.Context(), "other", armresources.ResourceGroup{Location: new("westeurope")}, nil); err != nil {
			t.Fatal(err)
		}
		other, err := w.client.In("other")
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []*aci.Client{w.client.Client, other} {
			if _, err := c.Create(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}}); err != nil {
				t.Fatal(err)
			}
		}
		all, err := other.List(t.Context(), aci.ListOptions{Subscription: true})
		if err != nil || len(all) != 2 || all[0].ResourceGroup() != resourceGroup || all[1].ResourceGroup() != "other" {
			t.Fatalf("got %+v %v, want a group of each resource group", all, err)
		}
		for _, g := range all {
			c, err := w.client.In(g.ResourceGroup())
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Kill(t.Context(), g.Name, aci.KillOptions{}); err != nil {
				t.Error(err)
			}
			if left, err := c.List(t.Context(), aci.ListOptions{}); err != nil || len(left) != 0 {
				t.Errorf("%s: got %+v %v after the kill", g.ResourceGroup(), left, err)
			}
		}
	})
}
