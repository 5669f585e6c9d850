package cli_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
)

// foreignGroup makes a container group as somebody without Pacific would.
func (h *harness) foreignGroup(name string) {
	h.t.Helper()
	cloud := h.cloud()
	cred, err := cloud.Credential()
	if err != nil {
		h.t.Fatal(err)
	}
	groups, err := armcontainerinstance.NewContainerGroupsClient(h.env["AZURE_SUBSCRIPTION_ID"], cred, cloud.ARMOptions())
	if err != nil {
		h.t.Fatal(err)
	}
	poller, err := groups.BeginCreateOrUpdate(h.t.Context(), testGroup, name, armcontainerinstance.ContainerGroup{
		Location: new("westeurope"),
		Tags:     map[string]*string{"pacific-owner": new("somebody else")},
		Properties: &armcontainerinstance.ContainerGroupPropertiesProperties{
			OSType:        new(armcontainerinstance.OperatingSystemTypesLinux),
			RestartPolicy: new(armcontainerinstance.ContainerGroupRestartPolicyNever),
			Containers: []*armcontainerinstance.Container{{Name: new("main"), Properties: &armcontainerinstance.ContainerProperties{
				Image: new("alpine:3"), Command: []*string{new("echo")},
				Resources: &armcontainerinstance.ResourceRequirements{Requests: &armcontainerinstance.ResourceRequests{CPU: new(1.0), MemoryInGB: new(1.0)}},
			}}},
		},
	}, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := poller.PollUntilDone(h.t.Context(), nil); err != nil {
		h.t.Fatal(err)
	}
}

func (h *harness) exists(name string) bool {
	h.t.Helper()
	cloud := h.cloud()
	cred, err := cloud.Credential()
	if err != nil {
		h.t.Fatal(err)
	}
	groups, err := armcontainerinstance.NewContainerGroupsClient(h.env["AZURE_SUBSCRIPTION_ID"], cred, cloud.ARMOptions())
	if err != nil {
		h.t.Fatal(err)
	}
	_, err = groups.Get(h.t.Context(), testGroup, name, nil)
	return err == nil
}

func TestGC(t *testing.T) {
	inBubble(t, func(t *testing.T, h *harness) {
		h.run("gc").wants(t, 0, "", "pacific: nothing was left behind")
		h.run("gc", "--output", "json").wants(t, 0, "[]\n", "")

		h.foreignGroup("foreign")
		h.run("run", "--detach", "--name", "ended", "--image", "alpine:3", "--", "echo").wants(t, 0, "", "")
		h.run("run", "--detach", "--name", "running", "--image", "alpine:3", "--", "wait").wants(t, 0, "", "")
		h.run("run", "--keep", "always", "--name", "kept", "--image", "alpine:3", "--", "echo").wants(t, 0, "", "")
		time.Sleep(time.Minute) // of the bubble's time
		synctest.Wait()

		// The run that watches a job which has just ended may still read its output.
		h.run("gc", "--yes").wants(t, 0, "", "nothing was left behind")
		time.Sleep(10 * time.Minute)

		// The plan: what ended, not what runs, is to be kept, or is not ours.
		r := h.run("gc")
		r.wants(t, 0, "ended  ", "delete them with: pacific gc --yes")
		r.wants(t, 0, "would be deleted", "")
		for _, name := range []string{"running", "kept", "foreign"} {
			if contains(r.stdout, name) {
				t.Errorf("gc would delete %s:\n%s", name, r.stdout)
			}
		}
		if !h.exists("ended") {
			t.Error("gc deleted without --yes")
		}

		h.run("gc", "--yes").wants(t, 0, "ended  ", "")
		for name, want := range map[string]bool{"ended": false, "running": true, "kept": true, "foreign": true} {
			if got := h.exists(name); got != want {
				t.Errorf("after gc --yes: %s is there: %v, want %v", name, got, want)
			}
		}

		// Age finds what still runs, but only ours.
		h.run("gc", "--older-than", "48h", "--output", "json").wants(t, 0, "[]\n", "")
		r = h.run("gc", "--older-than", "30s", "--yes", "--output", "json")
		r.wants(t, 0, `"name":"running","id":"/subscriptions/`, "")
		r.wants(t, 0, `"deleted":true`, "")
		if h.exists("running") || !h.exists("foreign") {
			t.Error("gc --older-than: the running job should be gone, the foreign group not")
		}
	})
}

func TestGCFindsWhatIsPastItsDeadline(t *testing.T) {
	inBubble(t, func(t *testing.T, h *harness) {
		h.run("run", "--detach", "--timeout", "10m", "--name", "late", "--image", "alpine:3", "--", "wait").wants(t, 0, "", "")
		h.run("gc").wants(t, 0, "", "nothing was left behind")
		time.Sleep(11 * time.Minute)
		h.run("gc", "--yes").wants(t, 0, "", "nothing was left behind") // its run may still be stopping it
		time.Sleep(10 * time.Minute)
		h.run("gc", "--yes").wants(t, 0, "late  ", "")
		if h.exists("late") {
			t.Error("the job past its deadline is still there")
		}
	})
}

func TestGCSaysWhatItCouldNotDelete(t *testing.T) {
	inBubble(t, func(t *testing.T, h *harness) {
		h.run("run", "--detach", "--name", "ended", "--image", "alpine:3", "--", "echo").wants(t, 0, "", "")
		time.Sleep(10 * time.Minute)
		h.fault(`{"match":{"operation":"ContainerGroups_Delete"},"effect":{"status":403,"code":"AuthorizationFailed","message":"no right to delete"}}`)
		r := h.run("gc", "--yes")
		r.wants(t, 1, "failed", "pacific: error: deleting container group \"ended\": ")
		r.wants(t, 1, "", "AuthorizationFailed")
	})
}
