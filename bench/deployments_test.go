package bench

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// measureDeployments deploys a template of as many resources as ARM takes in the local Azure, half of them after the other
// half, beside as many requests of a client of its own, a few at a time.
func measureDeployments(t *testing.T, b *bench) {
	each := 400
	if !b.size.full {
		each = 50
	}
	ctx := t.Context()
	server, err := azureemulator.NewServer(azureemulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	c, err := signIn(ctx, server.Transport(), server.Account())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.makeResourceGroup(ctx); err != nil {
		t.Fatal(err)
	}
	path := "/resourceGroups/" + resourceGroup + "/providers/"
	began := time.Now()
	inParallel(t, creators, 2*each, func(i int) error {
		return c.call(ctx, http.MethodPut, fmt.Sprintf("%sMicrosoft.ManagedIdentity/userAssignedIdentities/one-%d", path, i), `{"location":"westeurope"}`, nil)
	})
	alone := time.Since(began)

	var taken sample
	for range max(b.size.rounds, 1) {
		began := time.Now()
		if err := c.call(ctx, http.MethodPut, path+"Microsoft.Resources/deployments/large", `{"properties":{"mode":"Incremental","template":`+identities(each)+`}}`, nil); err != nil {
			t.Fatal(err)
		}
		taken.add(c.deployed(t, path+"Microsoft.Resources/deployments/large", 2*each).Sub(began))
	}
	took := taken.median()
	b.table.add(row{
		what: fmt.Sprintf("ARM template of %d resources, deployed by the local Azure", 2*each), got: millis(took),
		beside: fmt.Sprintf("%d PUTs, %d at a time %s", 2*each, creators, millis(alone)), ratio: times(took, alone),
		expected: "under 5×", missed: took > 5*alone,
	})
}

// identities is a template of two loops, of which the second refers to the first.
func identities(each int) string {
	loop := func(name, more string) string {
		return fmt.Sprintf(`{"copy":{"name":%q,"count":%d},"type":"Microsoft.ManagedIdentity/userAssignedIdentities","apiVersion":"2023-01-31","name":"[concat('%s-',copyIndex())]","location":"westeurope"%s}`, name, each, name, more)
	}
	return `{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","contentVersion":"1.0.0.0","resources":[` +
		loop("first", "") + "," + loop("second", `,"tags":{"first":"[reference(concat('first-',copyIndex())).principalId]"}`) + `]}`
}

// deployed waits for the end of a deployment.
func (c *caller) deployed(t *testing.T, path string, resources int) time.Time {
	t.Helper()
	for {
		var d struct {
			Properties struct {
				ProvisioningState string
				OutputResources   []struct{ ID string }
				Error             any
			}
		}
		if err := c.call(t.Context(), http.MethodGet, path, "", &d); err != nil {
			t.Fatal(err)
		}
		switch p := d.Properties; p.ProvisioningState {
		case "Succeeded":
			if len(p.OutputResources) != resources {
				t.Fatalf("%d resources, want %d", len(p.OutputResources), resources)
			}
			return time.Now()
		case "Failed", "Canceled":
			t.Fatalf("%+v", p)
		}
	}
}
