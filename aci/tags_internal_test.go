package aci

import (
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
)

func TestStamp(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 999, time.FixedZone("CET", 3600))
	for _, c := range []struct {
		job      Job
		deadline string
	}{{Job{}, ""}, {Job{Timeout: 90 * time.Second}, "2026-01-02T02:05:35Z"}} {
		group := new(armcontainerinstance.ContainerGroup)
		c.job.stamp(group, now)
		if got, want := deref(group.Tags[TagCreated]), "2026-01-02T02:04:05Z"; got != want {
			t.Errorf("created %q, want %q", got, want)
		}
		if got := deref(group.Tags[TagDeadline]); got != c.deadline {
			t.Errorf("deadline %q, want %q", got, c.deadline)
		}
		if _, there := group.Tags[TagDeadline]; there != (c.deadline != "") {
			t.Errorf("deadline there %v", there)
		}
	}
}
