package cli_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/google/go-cmp/cmp"
)

// groupNames are those that group ls prints in JSON.
func (h *harness) groupNames() []string {
	h.t.Helper()
	var groups []struct{ Name, Location, ProvisioningState, ID string }
	if err := json.Unmarshal([]byte(h.must("group", "ls", "--output", "json").stdout), &groups); err != nil {
		h.t.Fatal(err)
	}
	var names []string
	for _, g := range groups {
		if g.Location != "westeurope" || g.ProvisioningState != "Succeeded" || !strings.HasSuffix(g.ID, "/resourceGroups/"+g.Name) {
			h.t.Errorf("group ls says of a group: %+v", g)
		}
		names = append(names, g.Name)
	}
	return names
}

func TestGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, testJob)
		before := h.groupNames()
		h.run("group", "create", "new", "--location", "West Europe").wants(t, 0, "", "resource group new in westeurope: created")
		h.run("group", "create", "new", "--location", "westeurope").wants(t, 0, "", "exists already")
		h.run("group", "create", "new", "-o", "json").wants(t, 0, `"created":false`, "exists already")
		h.run("group", "create", "new", "--location", "eastus").wants(t, 1, "", "it exists already in westeurope")
		h.run("group", "create", "other", "--location", "mars").wants(t, 1, "", "mars")
		h.run("group", "create", "nowhere").wants(t, 2, "", "no location is set")
		h.with(map[string]string{"PACIFIC_LOCATION": "westeurope"}).run("group", "create", "set").wants(t, 0, "", "created")
		h.run("group", "create").wants(t, 2, "", "needs the name of a resource group")
		h.run("group", "rm", "one", "two").wants(t, 2, "", `takes one name, got also "two"`)
		if diff := cmp.Diff(append(before, "new", "set"), h.groupNames()); diff != "" {
			t.Errorf("groups: -want +got:\n%s", diff)
		}
		h.run("group", "ls").wants(t, 0, "jobs *", "")
		h.wantsCompletion(noFiles, "new", "group", "rm", "n")
		h.must("run", "--resource-group", "new", "--detach", "--name", "job", "--image", "alpine:3", "--", "wait")

		h.run("group", "rm", "new").wants(t, 3, "", "delete resource group new in westeurope with 1 resource in it")
		h.run("group", "rm", "nope", "--yes").wants(t, 1, "", `no resource group "nope"`)
		h.run("group", "rm", "NEW", "--yes", "-o", "json").wants(t, 0, `"deleted":true`, "waiting for Azure to delete resource group new with 1 resource in it")
		if diff := cmp.Diff(append(before, "set"), h.groupNames()); diff != "" {
			t.Errorf("groups after rm: -want +got:\n%s", diff)
		}
	})
}

// tag gives a resource group one tag.
func (h *harness) tag(group, name, value string) {
	h.t.Helper()
	cloud := h.cloud()
	cred, err := cloud.Credential()
	if err != nil {
		h.t.Fatal(err)
	}
	groups, err := armresources.NewResourceGroupsClient(h.env["AZURE_SUBSCRIPTION_ID"], cred, cloud.ARMOptions())
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := groups.Update(h.t.Context(), group, armresources.ResourceGroupPatchable{Tags: map[string]*string{name: &value}}, nil); err != nil {
		h.t.Fatal(err)
	}
}

// TestGroupKeepsTags fails when create writes a group that exists.
func TestGroupKeepsTags(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, testJob)
		h.tag(testGroup, "owner", "sales")
		h.must("group", "create", testGroup, "--location", "westeurope")
		if out := h.must("group", "ls", "-o", "json").stdout; !strings.Contains(out, `"owner":"sales"`) {
			t.Errorf("the tags are gone: %s", out)
		}
	})
}

func TestGroupRmWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, testJob)
		if err := h.server.PatchSettings([]byte(`{"latency":{"operation":"50s"}}`)); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		r := runLong(h, []string{"group", "rm", testGroup, "--yes"})
		r.wants(t, 0, "", "still waiting for Azure to delete resource group jobs (20s)")
		if took := time.Since(begin); took < 50*time.Second {
			t.Errorf("rm returned after %s, before Azure was done", took)
		}
		if strings.Contains(r.stderr, "error") {
			t.Error(r.stderr)
		}
	})
}
