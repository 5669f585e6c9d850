package bootstrap

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/pacific-aci/pacific/azure"
)

// leftovers are what a destroy has found.
type leftovers struct {
	group *group
	// ours are those with our tag, in the order of destroyed; others are the rest of the group.
	ours, others []armresources.GenericResourceExpanded
	deleted      []deletedVault
	// users are the other container groups that use the network or the identity, by the id of what they use.
	users map[string]string
	// protected are the reasons why those of our vaults that have purge protection cannot be purged, by their ids.
	protected map[string]string
	// held is the name of the environment's vault where there is none and a deleted one may have it, which this account may
	// not see; empty: none may. taken: something certainly has it.
	held  string
	taken bool
	// last is the last deployment of our name.
	last *record
	// records are the names of the deployments with our tag, and running those of them that have not ended.
	records, running []string
}

// leftovers looks for all that was made.
func (b *Bootstrapper) leftovers(ctx context.Context, o DestroyOptions) (*leftovers, error) {
	r := b.o.Request
	left := &leftovers{users: map[string]string{}, protected: map[string]string{}}
	var err error
	if left.group, err = b.client.group(ctx, r.ResourceGroup); err != nil {
		return nil, err
	}
	deleted, hidden, err := b.client.deletedVaults(ctx)
	if err != nil {
		return nil, err
	}
	for _, v := range deleted {
		if strings.EqualFold(groupIn(v.id), r.ResourceGroup) && v.tags[TagEnvironment] == r.NamePrefix {
			left.deleted = append(left.deleted, v)
		}
	}
	if left.group == nil {
		if hidden && o.Purge {
			return left, b.findHeld(ctx, left, nil)
		}
		return left, nil
	}
	all, err := b.client.list(ctx, r.ResourceGroup, "")
	if err != nil {
		return nil, err
	}
	for _, kind := range destroyed {
		for _, one := range all {
			if strings.EqualFold(azure.Text(one.Type), kind.kindOfAzure) && azure.Text(one.Tags[TagEnvironment]) == r.NamePrefix {
				left.ours = append(left.ours, one)
			}
		}
	}
	for _, one := range all {
		if !slices.ContainsFunc(left.ours, func(mine armresources.GenericResourceExpanded) bool { return azure.Text(mine.ID) == azure.Text(one.ID) }) {
			left.others = append(left.others, one)
		}
	}
	for _, name := range []string{r.deployment(), r.NamePrefix + "-rights"} {
		record, err := b.client.record(ctx, r.ResourceGroup, name)
		if err != nil {
			return nil, err
		}
		if name == r.deployment() {
			left.last = record
		}
		if record != nil && record.environment == r.NamePrefix {
			left.records = append(left.records, name)
			if record.running() {
				left.running = append(left.running, name)
			}
		}
	}
	if o.Purge {
		if err := b.findProtected(ctx, left); err != nil {
			return nil, err
		}
		if hidden {
			if err := b.findHeld(ctx, left, left.last); err != nil {
				return nil, err
			}
		}
	}
	return left, b.findUsers(ctx, left)
}

// findHeld looks whether the name of the environment's vault may be held by a deleted one that this account may not see. The
// name is that of the last deployment, or else the one that the template gives it.
func (b *Bootstrapper) findHeld(ctx context.Context, left *leftovers, last *record) error {
	if slices.ContainsFunc(left.ours, func(one armresources.GenericResourceExpanded) bool { return kindOf(azure.Text(one.Type)) == KindVault }) {
		return nil // its own purge will say
	}
	s := b.begin()
	s.group, s.location = left.group, DefaultLocation
	if err := s.evaluate(ctx); err != nil {
		return err
	}
	name := s.of(KindVault)[0].name
	if last != nil {
		if text, ok := last.outputs["keyVaultName"].(string); ok && text != "" {
			name = text
		}
	}
	taken, known, err := b.client.nameTaken(ctx, name)
	if taken || !known {
		left.held, left.taken = name, taken
	}
	return err
}

// findProtected looks which of our vaults have purge protection.
func (b *Bootstrapper) findProtected(ctx context.Context, left *leftovers) error {
	for _, one := range left.ours {
		if kindOf(azure.Text(one.Type)) != KindVault {
			continue
		}
		vault, err := b.client.resource(ctx, azure.Text(one.ID), vaultVersion)
		if err != nil {
			return err
		}
		if vault == nil || vault.properties["enablePurgeProtection"] != true {
			continue
		}
		reason := "it is not purged: purge protection keeps it as a deleted one"
		if days, ok := vault.properties["softDeleteRetentionInDays"].(float64); ok {
			reason += fmt.Sprintf(" for %g days", days)
		}
		left.protected[azure.Text(one.ID)] = reason
	}
	return nil
}

// purging reports whether one of ours is to be purged once it is deleted, and what a plan says about that.
func (left *leftovers) purging(one armresources.GenericResourceExpanded, o DestroyOptions) (purge bool, detail string) {
	if !o.Purge || kindOf(azure.Text(one.Type)) != KindVault {
		return false, ""
	}
	if reason := left.protected[azure.Text(one.ID)]; reason != "" {
		return false, reason
	}
	return true, "for good"
}

// findUsers looks which other container groups use what is ours. A network that is in use keeps its NAT gateway, and that its
// address.
func (b *Bootstrapper) findUsers(ctx context.Context, left *leftovers) error {
	for _, other := range left.others {
		if kindOf(azure.Text(other.Type)) != KindWorker {
			continue
		}
		group, err := b.client.raw(ctx, azure.Text(other.ID), destroyed[0].version)
		if err != nil {
			return err
		}
		for _, mine := range left.ours {
			id, kind := strings.ToLower(azure.Text(mine.ID)), kindOf(azure.Text(mine.Type))
			uses := strings.Contains(group, `"`+id+`"`) || strings.Contains(group, `"`+id+`/`)
			if !uses {
				continue
			}
			left.users[id] = azure.Text(other.Name)
			if kind != KindNetwork {
				continue
			}
			for _, behind := range left.ours {
				if k := kindOf(azure.Text(behind.Type)); k == KindNAT || k == KindAddress {
					left.users[strings.ToLower(azure.Text(behind.ID))] = azure.Text(other.Name)
				}
			}
		}
	}
	return nil
}

// list is what is in a resource group, as far as it passes a filter of Azure's; nothing if the group is not there.
func (c *client) list(ctx context.Context, group, filter string) ([]armresources.GenericResourceExpanded, error) {
	var all []armresources.GenericResourceExpanded
	options := &armresources.ClientListByResourceGroupOptions{}
	if filter != "" {
		options.Filter = &filter
	}
	err := c.repeat(ctx, "resource group "+group, func(ctx context.Context) error {
		all = nil
		for pages := c.resources.NewListByResourceGroupPager(group, options); pages.More(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			for _, r := range page.Value {
				all = append(all, *r)
			}
		}
		return nil
	})
	if azure.Missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing resource group %s: %w", group, err)
	}
	return all, nil
}

// raw is a resource as JSON in small letters; empty if it is gone.
func (c *client) raw(ctx context.Context, id, version string) (string, error) {
	got, err := get(ctx, c, lastSegment(id), func(ctx context.Context) (armresources.ClientGetByIDResponse, error) {
		return c.resources.GetByID(ctx, strings.TrimPrefix(id, "/"), version, nil)
	})
	if got == nil || err != nil {
		return "", err
	}
	text, err := got.MarshalJSON()
	return strings.ToLower(string(text)), err
}
