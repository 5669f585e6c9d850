package bootstrap_test

import (
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// TestDestroySaysWhatStays: what a container group uses stays, is named each time, and costs money.
func TestDestroySaysWhatStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.JSON(h.RunLong("bootstrap", "--no-worker", "--yes", "--output", "json"), &struct{}{})
		subnet := "/subscriptions/" + h.Server.Account().SubscriptionID + "/resourceGroups/aci-rg/providers/Microsoft.Network/virtualNetworks/prefect-network/subnets/containers"
		h.RunLong("run", "--resource-group", "aci-rg", "--detach", "--name", "job", "--subnet", subnet, "--image", "alpine:3", "--", "wait").Wants(t, 0, "", "")
		for _, want := range []string{
			"what nothing else uses is deleted; these stay: virtual network prefect-network, NAT gateway prefect-nat, public IP address prefect-nat-address",
			"nothing was deleted: something uses what is left, which is virtual network prefect-network, NAT gateway prefect-nat, public IP address prefect-nat-address",
		} {
			gone := h.RunLong("bootstrap", "--destroy", "--yes")
			gone.Wants(t, 0, "", want)
			gone.Wants(t, 0, "", "warning: NAT gateway prefect-nat costs money as long as it is there")
			gone.Wants(t, 0, "", "container group job uses it")
			if strings.Contains(gone.Stderr, "the environment is deleted") {
				t.Errorf("it is not:\n%s", gone.Stderr)
			}
		}
	})
}

// TestDestroyFindsNothing: it says what it has looked for, and how to delete the group of another template.
func TestDestroyFindsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.RunLong("bootstrap", "--destroy", "--yes", "--resource-group", "none").Wants(t, 0, "", "nothing was deleted: there is no resource group none")
		if plan := h.RunLong("bootstrap", "--destroy", "--plan", "--resource-group", "none"); plan.Stdout != "" {
			t.Errorf("a plan without a row prints %q", plan.Stdout)
		} else {
			plan.Wants(t, 0, "", "nothing to delete: there is no resource group none")
		}
		h.Must("group", "create", "demo", "--location", "northeurope")
		r := h.RunLong("bootstrap", "--destroy", "--yes", "--resource-group", "demo")
		r.Wants(t, 0, "", "nothing was deleted: nothing in resource group demo has the tag pacific-bootstrap=prefect")
		r.Wants(t, 0, "", "hint: pacific group rm demo deletes the resource group with all that is in it")
		h.RunLong("bootstrap", "--no-worker", "--yes").Wants(t, 0, "export KV_NAME=", "the environment is ready")
		h.RunLong("bootstrap", "--destroy", "--yes").Wants(t, 0, "", "the key vault is soft-deleted and keeps its name")
		h.RunLong("bootstrap", "--destroy", "--yes").Wants(t, 0, "", "nothing was deleted: all that is left is the deleted key vault prefect-")
	})
}

// TestDestroyInterrupted: it says that it was deleting, and what.
func TestDestroyInterrupted(t *testing.T) {
	h := newHarness(t)
	h.Must("bootstrap", "--no-worker", "--yes")
	sent := make(chan struct{})
	var once sync.Once
	run := h.StartOver(interceptor(func(r *http.Request) (*http.Response, error) {
		if r.Method != http.MethodDelete || !strings.Contains(strings.ToLower(r.URL.Path), "/virtualnetworks/") {
			return h.RoundTrip(r)
		}
		once.Do(func() { close(sent) })
		<-r.Context().Done()
		return nil, r.Context().Err()
	}), "bootstrap", "--destroy", "--yes")
	<-sent
	run.Signals <- os.Interrupt
	run.Ends(t, 130)
	said := run.Err.String()
	failed := strings.Index(said, "deleting the environment in resource group aci-rg: interrupt received while deleting virtual network prefect-network")
	if rest := strings.Index(said, "the rest stays; run the same command again to delete it"); failed < 0 || rest < failed {
		t.Errorf("got %q", said)
	}
}

// TestFailureSaysHowToGoOn: after the error, and only where the same command can succeed that it is to be run again.
func TestFailureSaysHowToGoOn(t *testing.T) {
	for code, want := range map[string]string{
		"QuotaExceeded":  "what was made stays; run the same command again to make the rest",
		"InvalidRequest": "what was made stays; correct what the error names, then run the command again to make the rest",
		"Whatever":       "what was made stays; correct what the error names, then run the command again to make the rest",
	} {
		t.Run(code, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				h.Fault(`{"match":{"operation":"NatGateways_CreateOrUpdate"},"times":1,"effect":{"status":400,"code":"` + code + `","message":"It is refused."}}`)
				r := h.RunLong("bootstrap", "--no-worker", "--yes")
				r.Wants(t, 1, "", "NAT gateway prefect-nat: ")
				r.Wants(t, 1, "", want)
				if !strings.Contains(r.Stderr, "It is refused") && !strings.Contains(r.Stderr, "it is refused") || strings.Index(r.Stderr, want) < strings.Index(r.Stderr, "error:") || strings.Contains(r.Stderr, "unknown: ") {
					t.Errorf("got %s", r.Stderr)
				}
			})
		})
	}
}

// TestNoWorkerOverWorker: the worker of an earlier run goes on, which is said.
func TestNoWorkerOverWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.RunLong(with(worker, "--yes")...).Wants(t, 0, "", "worker prefect-worker runs")
		h.RunLong("bootstrap", "--no-worker", "--plan").Wants(t, 0, "keep  container group: prefect-worker, an earlier run made it, and it goes on", "")
		h.RunLong("bootstrap", "--no-worker", "--yes").Wants(t, 0, "", "nothing was changed: the environment is ready")
		h.RunLong("bootstrap", "--no-worker", "--yes").Wants(t, 0, "", "worker prefect-worker goes on: an earlier run made it")
		// Neither call has anything to do, so that going from one to the other does not restart the worker.
		h.RunLong(with(worker, "--yes")...).Wants(t, 0, "export KV_NAME=", "nothing was changed")
		plan := h.RunLong("bootstrap", "--work-pool", "other", "--image", "stand-in:2", "--plan")
		plan.Wants(t, 0, "update  container group: prefect-worker, gets image stand-in:2, work pool other, and starts again", "")
		h.RunLong("bootstrap", "--name-prefix", "Prefect", "--no-worker", "--yes").Wants(t, 1, "", "hint: give --name-prefix prefect, or another one")
	})
}

// TestEmptyVaultName: the parameter that gives a key vault no name is named, with the rule.
func TestEmptyVaultName(t *testing.T) {
	h := newHarness(t)
	h.Write("t.json", `{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0",
		"parameters": {"keyvaultname": {"type": "string", "defaultValue": ""}},
		"resources": [{"type": "Microsoft.KeyVault/vaults", "apiVersion": "2023-07-01", "name": "[parameters('keyvaultname')]", "location": "northeurope",
			"properties": {"tenantId": "[subscription().tenantId]", "sku": {"family": "A", "name": "standard"}}}]}`)
	r := h.Run("bootstrap", "--template", "t.json", "--yes")
	r.Wants(t, 2, "", "t.json: parameter keyvaultname: the key vault name is empty: 3 to 24 letters")
	r.Wants(t, 2, "", "hint: give keyvaultname a valid name in the file of --parameters")
}

// TestPurgeIsRefused: who may not purge is told that the vault's name stays taken, and who can.
func TestPurgeIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.Must("group", "create", "aci-rg", "--location", "northeurope")
		as := h.With(signUp(t, h, "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "/resourceGroups/aci-rg"))
		as.RunLong("bootstrap", "--no-worker", "--yes", "--keyvault-name", "kv-own").Wants(t, 0, "export KV_NAME=kv-own", "")
		gone := as.RunLong("bootstrap", "--destroy", "--purge", "--yes")
		gone.Wants(t, 0, "", "the environment is deleted")
		gone.Wants(t, 0, "", "warning: key vault kv-own: it is deleted, this account may not purge it, and its name stays taken")
		gone.Wants(t, 0, "", "a Contributor of the subscription can purge it: az keyvault purge --name kv-own")
		again := as.RunLong("bootstrap", "--destroy", "--purge", "--yes")
		again.Wants(t, 0, "", "nothing was deleted")
		again.Wants(t, 0, "", "this account may not see deleted key vaults")
	})
}
