package group_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// groupNames are those that group ls prints in JSON.
func groupNames(h *clitest.Harness) []string {
	h.T.Helper()
	var groups []struct{ Name, Location, ProvisioningState, ID string }
	if err := json.Unmarshal([]byte(h.Must("group", "ls", "--output", "json").Stdout), &groups); err != nil {
		h.T.Fatal(err)
	}
	var names []string
	for _, g := range groups {
		if g.Location != "westeurope" || g.ProvisioningState != "Succeeded" || !strings.HasSuffix(g.ID, "/resourceGroups/"+g.Name) {
			h.T.Errorf("group ls says of a group: %+v", g)
		}
		names = append(names, g.Name)
	}
	return names
}

func TestGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := clitest.New(t, clitest.Job)
		before := groupNames(h)
		h.Run("group", "create", "new", "--location", "West Europe").Wants(t, 0, "", "resource group new in westeurope: created")
		h.Run("group", "create", "new", "--location", "westeurope").Wants(t, 0, "", "already exists")
		h.Run("group", "create", "new", "-o", "json").Wants(t, 0, `"created":false`, "already exists")
		h.Run("group", "create", "new", "--location", "eastus").Wants(t, 1, "", "it exists already in westeurope")
		h.Run("group", "create", "other", "--location", "mars").Wants(t, 1, "", "mars")
		h.Run("group", "create", "nowhere").Wants(t, 2, "", "no location is set")
		h.With(map[string]string{"PACIFIC_LOCATION": "westeurope"}).Run("group", "create", "set").Wants(t, 0, "", "created")
		h.Run("group", "create").Wants(t, 2, "", "needs the name of a resource group")
		h.Run("group", "rm", "one", "two").Wants(t, 2, "", `takes one name, got also "two"`)
		if diff := cmp.Diff(append(before, "new", "set"), groupNames(h)); diff != "" {
			t.Errorf("groups: -want +got:\n%s", diff)
		}
		h.Run("group", "ls").Wants(t, 0, "jobs *", "")
		h.WantsCompletion(clitest.NoFiles, "new", "group", "rm", "n")
		h.Must("run", "--resource-group", "new", "--detach", "--name", "job", "--image", "alpine:3", "--", "wait")

		h.Run("group", "rm", "new").Wants(t, 3, "", "delete resource group new in westeurope with 1 resource in it")
		h.Run("group", "rm", "nope", "--yes").Wants(t, 1, "", `no resource group "nope"`)
		h.Run("group", "rm", "NEW", "--yes", "-o", "json").Wants(t, 0, `"deleted":true`, "waiting for Azure to delete resource group new with 1 resource in it")
		if diff := cmp.Diff(append(before, "set"), groupNames(h)); diff != "" {
			t.Errorf("groups after rm: -want +got:\n%s", diff)
		}
	})
}

// tag gives a resource group one tag.
func tag(h *clitest.Harness, group, name, value string) {
	h.T.Helper()
	groups, err := armresources.NewResourceGroupsClient(h.SDK())
	if err != nil {
		h.T.Fatal(err)
	}
	if _, err := groups.Update(h.T.Context(), group, armresources.ResourceGroupPatchable{Tags: map[string]*string{name: &value}}, nil); err != nil {
		h.T.Fatal(err)
	}
}

// TestGroupKeepsTags fails when create writes a group that exists.
func TestGroupKeepsTags(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := clitest.New(t, clitest.Job)
		tag(h, clitest.Group, "owner", "sales")
		h.Must("group", "create", clitest.Group, "--location", "westeurope")
		if out := h.Must("group", "ls", "-o", "json").Stdout; !strings.Contains(out, `"owner":"sales"`) {
			t.Errorf("the tags are gone: %s", out)
		}
	})
}

func TestGroupRmWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := clitest.New(t, clitest.Job)
		h.Settings(`{"latency":{"operation":"50s"}}`)
		begin := time.Now()
		r := h.RunLong("group", "rm", clitest.Group, "--yes")
		r.Wants(t, 0, "", "still waiting for Azure to delete resource group jobs (20s)")
		if took := time.Since(begin); took < 50*time.Second {
			t.Errorf("rm returned after %s, before Azure was done", took)
		}
		if strings.Contains(r.Stderr, "error") {
			t.Error(r.Stderr)
		}
	})
}
