package aci

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"

	"github.com/pacific-aci/pacific/azure"
)

// List lists the groups of the resource group that Pacific made, sorted by name. Azure cannot filter them, so all are
// read; it leaves out what they do now ([Client.Get] has that).
func (c *Client) List(ctx context.Context, opts ListOptions) ([]Group, error) {
	ctx, told := withEvents(ctx, opts.Events)
	defer told()
	var found []Group
	pages, err := everyPage(c.regional(ctx), c, func() *runtime.Pager[armcontainerinstance.ContainerGroupsClientListByResourceGroupResponse] {
		return c.groups.NewListByResourceGroupPager(c.resourceGroup, nil)
	})
	if err != nil {
		return nil, fmt.Errorf("listing container groups of resource group %q: %w", c.resourceGroup, explained(err))
	}
	for _, page := range pages {
		for _, wire := range page.Value {
			if wire == nil {
				continue
			}
			if g := newGroup(wire); (opts.All || g.Managed) && g.has(opts.Tags) {
				found = append(found, *g)
			}
		}
	}
	slices.SortFunc(found, func(a, b Group) int { return strings.Compare(a.Name, b.Name) })
	return found, nil
}

// has reports whether the group has all these tags. An empty value stands for any.
func (g *Group) has(tags map[string]string) bool {
	for k, v := range tags {
		if got, ok := g.Tags[k]; !ok || v != "" && got != v {
			return false
		}
	}
	return true
}

// Usage tells how much of the region's limits is used. Empty location: the client's, else the resource group's.
func (c *Client) Usage(ctx context.Context, location string) ([]Usage, error) {
	if location == "" {
		var err error
		if location, err = c.region(ctx); err != nil {
			return nil, err
		}
	}
	var found []Usage
	pages, err := everyPage(azure.WithRegion(ctx, location), c, func() *runtime.Pager[armcontainerinstance.LocationClientListUsageResponse] {
		return c.locations.NewListUsagePager(location, nil)
	})
	if err != nil {
		return nil, fmt.Errorf("reading the limits of region %q: %w", location, explained(err))
	}
	for _, page := range pages {
		for _, wire := range page.Value {
			if wire == nil {
				continue
			}
			u := Usage{Unit: deref(wire.Unit), Used: int(deref(wire.CurrentValue)), Limit: int(deref(wire.Limit))}
			if wire.Name != nil {
				u.Name = deref(wire.Name.Value)
			}
			found = append(found, u)
		}
	}
	return found, nil
}

// Reap finds leftovers among the groups that Pacific made and, with Delete, deletes them: first the whole plan is made,
// then it is carried out. A group without Pacific's tag is never touched. What could not be deleted is in the list with
// its error, and all such errors are joined in the second result.
func (c *Client) Reap(ctx context.Context, opts ReapOptions) ([]Reaped, error) {
	ctx, told := withEvents(ctx, opts.Events)
	defer told()
	if opts.OlderThan < 0 {
		return nil, fmt.Errorf("aci: ReapOptions.OlderThan is %s; it cannot be negative", opts.OlderThan)
	}
	groups, err := c.List(ctx, ListOptions{Tags: opts.Tags})
	if err != nil {
		return nil, err
	}
	var plan []Reaped
	now := time.Now()
	for _, g := range groups {
		reason := leftover(g, opts, now)
		if reason == "" && opts.Ended && g.Keep != KeepAlways {
			if reason, err = c.hasEnded(ctx, &g); err != nil {
				return nil, err
			}
		}
		if reason != "" {
			plan = append(plan, Reaped{Group: g, Reason: reason})
		}
	}
	if !opts.Delete {
		return plan, nil
	}
	var failures []error
	for i := range plan {
		if plan[i].Err = c.Delete(ctx, plan[i].Group.Name); plan[i].Err != nil {
			failures = append(failures, plan[i].Err)
			continue
		}
		plan[i].Deleted = true
	}
	return plan, errors.Join(failures...)
}

// settleTime is how long a run may still be busy with a group whose job has ended or is past its deadline: it stops the
// container, reads the last output and deletes the group, each with its own patience. Who looks for leftovers leaves the
// group alone until then.
const settleTime = DefaultStopGrace + lastPatience + cleanupTime

// leftover says why a group is one, going by its tags alone; empty if it is none.
func leftover(g Group, opts ReapOptions, now time.Time) string {
	switch {
	case !g.Managed:
		return ""
	case !g.Deadline.IsZero() && now.Sub(g.Deadline) > settleTime:
		return "past its deadline of " + g.Deadline.UTC().Format(time.RFC3339)
	case opts.OlderThan > 0 && !g.Created.IsZero() && now.Sub(g.Created) >= opts.OlderThan:
		return fmt.Sprintf("made %s ago", now.Sub(g.Created).Round(time.Second))
	}
	return ""
}

// hasEnded asks what a list does not tell, and puts it into g.
func (c *Client) hasEnded(ctx context.Context, g *Group) (reason string, err error) {
	now, err := c.getDefinite(ctx, g.Name)
	if err != nil || now == nil {
		return "", err
	}
	*g = *now
	code, ended := g.Ended()
	if main := g.Main(); ended && main != nil && main.Current != nil && time.Since(main.Current.Finished) < settleTime {
		return "", nil // its run may still read its output, and deletes it then
	}
	switch {
	case g.Keep.Keeps(code != nil && *code == 0):
		return "", nil
	case code != nil:
		return fmt.Sprintf("its container has ended with exit code %d", *code), nil
	case ended:
		return "its container has ended", nil
	case g.State.Stopped():
		return "it was stopped before its container ran", nil
	case g.Provisioning.Failed():
		return "its provisioning state is Failed: Azure gave up on it, and bills it all the same", nil
	}
	return "", nil
}
