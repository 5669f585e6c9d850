package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/keyvault/armkeyvault"

	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/internal/steps"
)

// vaultVersion is the api-version by which vaults are read and deleted.
const vaultVersion = "2023-07-01"

// deletedVault is a vault that was deleted, and still holds its name.
type deletedVault struct {
	name, id, location string
	tags               map[string]string
	// protected: it cannot be purged before Azure itself does it, at purgedAt.
	protected bool
	purgedAt  time.Time
	// unseen: this account may not see whether there is such a vault.
	unseen bool
}

// deletedStep recovers a deleted vault that holds the name of one of the template's. One from another place is refused, and so
// is one that somebody else made, as it would be if it were not deleted.
func (b *Bootstrapper) deletedStep(s *state) steps.Step {
	return steps.Step{
		Name: string(KindDeletedVault),
		Line: func() string {
			var names []string
			for _, v := range s.deleted {
				names = append(names, v.name)
			}
			return strings.Join(names, ", ")
		},
		Check: func(ctx context.Context) (steps.State, error) {
			s.deleted = nil
			for _, r := range s.of(KindVault) {
				if r.there != nil || unknown(r.name) {
					continue
				}
				if err := b.checkName(ctx, s, r); err != nil {
					return steps.Absent, err
				}
			}
			if len(s.deleted) > 0 {
				return steps.Absent, nil
			}
			return steps.Present, nil
		},
		Do: func(ctx context.Context, _ func(string)) error {
			s.looked = false
			for _, v := range s.deleted {
				if err := b.client.recover(ctx, s.request, v); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// checkName finds out whether the name of a vault that is not there is free, or held by a deleted one of the same place.
func (b *Bootstrapper) checkName(ctx context.Context, s *state, r *resource) error {
	if s.group != nil {
		// Another run may have made it since the group was looked at.
		if made, err := b.madeMeanwhile(ctx, s, r); err != nil || made {
			return err
		}
	}
	all, hidden, err := b.client.deletedVaults(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(v deletedVault) bool { return strings.EqualFold(v.name, r.name) })
	if i >= 0 {
		v := all[i]
		taken := &VaultNameError{Name: r.name, Deleted: true}
		switch {
		case !strings.EqualFold(v.id, r.id):
			taken.Reason = "a deleted key vault of resource group " + groupIn(v.id) + " still has it"
			if prefix := v.tags[TagEnvironment]; prefix != "" {
				taken.Group, taken.Prefix = groupIn(v.id), prefix
			}
		case regionName(v.location) != s.location:
			taken.Reason = "a deleted key vault in " + v.location + " still has it"
		case s.request.ours() && v.tags[TagEnvironment] != s.request.NamePrefix:
			taken.Foreign, taken.Reason = true, "a deleted key vault that bootstrap did not make still has it"
		default:
			s.deleted = append(s.deleted, v)
			return nil
		}
		return taken
	}
	if taken, _, err := b.client.nameTaken(ctx, r.name); err != nil || !taken {
		return err // who may not ask is told by the deployment
	}
	// The vault may be the environment's own: another run can have made it, and the group too, since they were looked at.
	switch made, err := b.madeMeanwhile(ctx, s, r); {
	case err != nil || made:
		return err
	case hidden && s.group != nil:
		s.deleted = append(s.deleted, s.unseen(r))
		return nil
	case hidden:
		return &VaultNameError{Name: r.name, Reason: unseenReason}
	}
	return &VaultNameError{Name: r.name, Reason: "another key vault somewhere in Azure has it"}
}

// madeMeanwhile reports whether a vault that was not there is there now.
func (b *Bootstrapper) madeMeanwhile(ctx context.Context, s *state, r *resource) (bool, error) {
	there, err := b.client.resource(ctx, r.id, r.version)
	if err != nil || there == nil {
		return false, err
	}
	r.there, s.looked = there, false
	return true, nil
}

// unseen is the deleted vault that may hold the name of one of the template's, for who may not see deleted ones: that takes
// rights on the subscription. To recover it takes those on the resource group alone, and Azure recovers no other.
func (s *state) unseen(r *resource) deletedVault {
	return deletedVault{name: r.name, id: r.id, location: s.location, unseen: true}
}

const unseenReason = "another key vault has it, or a deleted one, which this account may not see"

// nameTaken reports whether a vault's name is taken, by a vault anywhere or by a deleted one. known is false for who may not
// ask.
func (c *client) nameTaken(ctx context.Context, name string) (taken, known bool, err error) {
	var free armkeyvault.VaultsClientCheckNameAvailabilityResponse
	err = c.repeat(ctx, "key vault "+name, func(ctx context.Context) (err error) {
		free, err = c.vaults.CheckNameAvailability(ctx, armkeyvault.VaultCheckNameAvailabilityParameters{
			Name: new(name), Type: new("Microsoft.KeyVault/vaults"),
		}, nil)
		return err
	})
	if e := azure.Explain(err); e != nil && e.Class == azure.ClassAuthorisation {
		return false, false, nil
	}
	if err != nil {
		return false, false, fmt.Errorf("asking whether the key vault name %s is free: %w", name, err)
	}
	return free.NameAvailable != nil && !*free.NameAvailable, true, nil
}

// deletedVaults lists the subscription's deleted vaults. hidden: this account may not see them.
func (c *client) deletedVaults(ctx context.Context) (all []deletedVault, hidden bool, err error) {
	err = c.repeat(ctx, "deleted key vaults", func(ctx context.Context) error {
		all = nil
		for pages := c.vaults.NewListDeletedPager(nil); pages.More(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			for _, v := range page.Value {
				one := deletedVault{name: azure.Text(v.Name)}
				if p := v.Properties; p != nil {
					one.id, one.location, one.tags = azure.Text(p.VaultID), azure.Text(p.Location), azure.Tags(p.Tags)
					one.protected = p.PurgeProtectionEnabled != nil && *p.PurgeProtectionEnabled
					if p.ScheduledPurgeDate != nil {
						one.purgedAt = *p.ScheduledPurgeDate
					}
				}
				all = append(all, one)
			}
		}
		return nil
	})
	if e := azure.Explain(err); e != nil && e.Class == azure.ClassAuthorisation {
		return nil, true, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("listing deleted key vaults: %w", err)
	}
	return all, false, nil
}

// recover brings a deleted vault back with its secrets. The roles on it are gone; the deployment gives them again. After a
// lost answer it is not recovered twice: to recover one that is there is to write its settings.
func (c *client) recover(ctx context.Context, r Request, v deletedVault) error {
	tenant, err := c.tenant(ctx, r)
	if err != nil {
		return err
	}
	body := armkeyvault.VaultCreateOrUpdateParameters{
		Location: new(v.location),
		Properties: &armkeyvault.VaultProperties{
			CreateMode: to.Ptr(armkeyvault.CreateModeRecover), TenantID: new(tenant),
			SKU: &armkeyvault.SKU{Family: to.Ptr(armkeyvault.SKUFamilyA), Name: to.Ptr(armkeyvault.SKUNameStandard)},
		},
	}
	lost := false
	err = finish(ctx, c, "key vault "+v.name, func(ctx context.Context) (*runtime.Poller[armkeyvault.VaultsClientCreateOrUpdateResponse], error) {
		if lost {
			there, err := c.resource(ctx, v.id, vaultVersion)
			if err != nil {
				return nil, err
			}
			if there != nil {
				return nil, errRecovered
			}
		}
		poller, err := c.vaults.BeginCreateOrUpdate(ctx, r.ResourceGroup, v.name, body, nil)
		if e := azure.Explain(err); e != nil && e.Sent() {
			lost = true
		}
		return poller, err
	})
	if e := azure.Explain(err); v.unseen && e != nil && (azure.Missing(err) || e.Class == azure.ClassConflict) {
		return &VaultNameError{Name: v.name, Reason: unseenReason}
	}
	if err != nil && !errors.Is(err, errRecovered) {
		return fmt.Errorf("recovering key vault %s: %w", v.name, err)
	}
	return nil
}

// heldByDeleted is the vault of our template whose name a deleted one holds, as the error of a deployment says; nil for any
// other error, and for a vault that is there.
func (s *state) heldByDeleted(err error) *resource {
	vaults := s.of(KindVault)
	if e := azure.Explain(err); e == nil || !e.Has("ConflictError") || !strings.Contains(err.Error(), "deleted state") {
		return nil
	}
	if !s.request.ours() || len(vaults) != 1 || vaults[0].there != nil {
		return nil
	}
	return vaults[0]
}

// errRecovered ends the recovery of a vault that is there again.
var errRecovered = errors.New("it is there again")

// tenant is the directory of the subscription.
func (c *client) tenant(ctx context.Context, r Request) (string, error) {
	if r.Tenant != "" {
		return r.Tenant, nil
	}
	subscription, err := c.cloud.Subscription(ctx, r.Subscription)
	return subscription.TenantID, err
}

// purge deletes a deleted vault for good; one that is gone is no error. One that has got purge protection meanwhile stays.
func (c *client) purge(ctx context.Context, v deletedVault) error {
	err := finish(ctx, c, "key vault "+v.name, func(ctx context.Context) (*runtime.Poller[armkeyvault.VaultsClientPurgeDeletedResponse], error) {
		return c.vaults.BeginPurgeDeleted(ctx, v.name, v.location, nil)
	})
	if e := azure.Explain(err); e != nil && e.Has("MethodNotAllowed") {
		return &steps.KeepError{Reason: "it is deleted, and purge protection keeps it so"}
	}
	if e := azure.Explain(err); e != nil && e.Class == azure.ClassAuthorisation {
		return &steps.KeepError{Reason: "it is deleted, this account may not purge it, and its name stays taken"}
	}
	if err != nil && !azure.Missing(err) {
		return fmt.Errorf("purging key vault %s: %w", v.name, err)
	}
	return nil
}

// groupIn is the resource group in an ARM id.
func groupIn(id string) string {
	parts := strings.Split(id, "/")
	if len(parts) > 4 && strings.EqualFold(parts[3], "resourceGroups") {
		return parts[4]
	}
	return ""
}
