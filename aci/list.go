package aci

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"

	"github.com/pacific-aci/pacific/azure"
)

// List lists the groups of the resource group that Pacific made, sorted by name. Azure cannot filter them, so all are
// read; it leaves out what they do now ([Client.Get] has that).
func (c *Client) List(ctx context.Context, opts ListOptions) ([]Group, error) {
	ctx, told := withEvents(ctx, opts.Events)
	defer told()
	list := c.listGroup
	if opts.Subscription {
		list = c.listSubscription
	}
	wires, err := list(c.regional(ctx))
	if err != nil {
		return nil, err
	}
	var found []Group
	for _, wire := range wires {
		if wire == nil {
			continue
		}
		if g := newGroup(wire); (opts.All || g.Managed) && g.has(opts.Tags) {
			found = append(found, *g)
		}
	}
	slices.SortFunc(found, func(a, b Group) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	return found, nil
}

// listGroup reads all groups of the resource group.
func (c *Client) listGroup(ctx context.Context) (all []*armcontainerinstance.ContainerGroup, _ error) {
	pages, err := everyPage(ctx, c, func() *runtime.Pager[armcontainerinstance.ContainerGroupsClientListByResourceGroupResponse] {
		return c.groups.NewListByResourceGroupPager(c.resourceGroup, nil)
	})
	if err != nil {
		if e := azure.Explain(err); e != nil && e.Names(c.resourceGroup) {
			return nil, fmt.Errorf("listing container groups: %w", e)
		}
		return nil, fmt.Errorf("listing container groups of resource group %q: %w", c.resourceGroup, azure.Plain(err))
	}
	for _, page := range pages {
		all = append(all, page.Value...)
	}
	return all, nil
}

// listSubscription reads all groups of the subscription.
func (c *Client) listSubscription(ctx context.Context) (all []*armcontainerinstance.ContainerGroup, _ error) {
	pages, err := everyPage(ctx, c, func() *runtime.Pager[armcontainerinstance.ContainerGroupsClientListResponse] {
		return c.groups.NewListPager(nil)
	})
	if err != nil {
		return nil, fmt.Errorf("listing container groups of the subscription: %w", azure.Plain(err))
	}
	for _, page := range pages {
		all = append(all, page.Value...)
	}
	return all, nil
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
		return nil, fmt.Errorf("reading the limits of region %q: %w", location, azure.Plain(err))
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
