package bootstrap

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/internal/steps"
)

// DestroyOptions say what [Bootstrapper.Destroy] deletes.
type DestroyOptions struct {
	// Purge deletes the key vault for good, with its secrets and its name, also where an earlier call has deleted it. One with
	// purge protection stays a deleted one.
	Purge bool
}

// destroyed are the types and api-versions by which the resources of the template are deleted, in the order in which they are: each
// kind is used by those before it.
var destroyed = []struct {
	kindOfAzure, version string
}{
	{"Microsoft.ContainerInstance/containerGroups", "2023-05-01"},
	{"Microsoft.KeyVault/vaults", vaultVersion},
	{"Microsoft.Network/virtualNetworks", "2024-03-01"},
	{"Microsoft.Network/natGateways", "2024-03-01"},
	{"Microsoft.Network/publicIPAddresses", "2024-03-01"},
	{"Microsoft.ManagedIdentity/userAssignedIdentities", "2023-01-31"},
}

// PlanDestroy says what [Bootstrapper.Destroy] would delete, and what it would leave and why. It changes nothing.
func (b *Bootstrapper) PlanDestroy(ctx context.Context, o DestroyOptions) (Plan, error) {
	plan, _, err := b.undoing(ctx, o)
	return plan, err
}

// Destroy deletes what was made: what has [TagEnvironment] with this prefix, and the resource group if it has the tag too and
// nothing else is in it. What other container groups use stays. It may be stopped anywhere and called again. The deleted
// key vault keeps its name, and can be recovered, until it is purged.
func (b *Bootstrapper) Destroy(ctx context.Context, o DestroyOptions) ([]Kind, error) {
	plan, list, err := b.undoing(ctx, o)
	if err != nil {
		return nil, err
	}
	if b.o.Confirm != nil {
		if err := b.o.Confirm(ctx, plan); err != nil {
			return nil, err
		}
	}
	var changed []Kind
	undo := func(list []steps.Step) error {
		done, err := steps.Undo(ctx, list, b.o.Report)
		for _, name := range done.Changed {
			kind, _, _ := strings.Cut(name, ": ")
			changed = append(changed, Kind(kind))
		}
		return err
	}
	// What a deployment was making when it was cancelled is there only afterwards, and so is a nested one that it began.
	for tries := 0; cancels(plan) > 0 && tries < mostCancels; tries++ {
		if err := undo(list[len(list)-cancels(plan):]); err != nil {
			return changed, err
		}
		if plan, list, err = b.undoing(ctx, o); err != nil {
			return changed, err
		}
	}
	return changed, undo(list)
}

// mostCancels is how often a destroy looks for deployments that run: ours has one, with one in it.
const mostCancels = 4

// cancels counts the deployments that a plan cancels, which are its first lines.
func cancels(plan Plan) (n int) {
	for _, row := range plan.Resources {
		if row.Kind == KindDeployment && row.Action == ActionUpdate {
			n++
		}
	}
	return n
}

// undoing finds what there is to delete, and the steps that delete it, the last first.
func (b *Bootstrapper) undoing(ctx context.Context, o DestroyOptions) (Plan, []steps.Step, error) {
	r := b.o.Request
	plan := Plan{Request: r, Deployment: r.deployment()}
	left, err := b.leftovers(ctx, o)
	if err != nil {
		return plan, nil, err
	}
	var list []steps.Step
	if left.group != nil {
		plan.Location = left.group.location
	}
	add := func(row Resource, undo func(ctx context.Context, note func(string)) error) {
		plan.Resources = append(plan.Resources, row)
		if undo == nil {
			return
		}
		kind := row.Kind
		if row.Action == ActionPurge {
			kind = KindDeletedVault
		}
		list = append(list, steps.Step{
			Name: fmt.Sprintf("%s: %s", kind, row.Name), Line: func() string { return row.Name }, Undo: undo,
			Check: func(context.Context) (steps.State, error) { return steps.Present, nil },
		})
	}
	for _, name := range left.running {
		add(Resource{Kind: KindDeployment, Name: name, Action: ActionUpdate, Detail: "is cancelled: it is running"},
			func(ctx context.Context, note func(string)) error { return b.cancel(ctx, name, note) })
	}
	for _, one := range left.ours {
		row := Resource{Kind: kindOf(azure.Text(one.Type)), Name: azure.Text(one.Name), Action: ActionDelete}
		if user := left.users[strings.ToLower(azure.Text(one.ID))]; user != "" {
			row.Action, row.Detail = ActionKeep, "container group "+user+" uses it"
			add(row, nil)
			continue
		}
		purge, detail := left.purging(one, o)
		row.Detail = detail
		add(row, func(ctx context.Context, note func(string)) error { return b.delete(ctx, one, purge, note) })
	}
	for _, v := range left.deleted {
		switch {
		case o.Purge && v.protected:
			add(Resource{Kind: KindDeletedVault, Name: v.name, Action: ActionKeep, Detail: "purge protection keeps it until " + v.purgedAt.Format(time.DateOnly)}, nil)
		case o.Purge:
			add(Resource{Kind: KindVault, Name: v.name, Action: ActionPurge, Detail: "with its secrets"},
				func(ctx context.Context, _ func(string)) error { return b.client.purge(ctx, v) })
		default:
			add(Resource{Kind: KindDeletedVault, Name: v.name, Action: ActionKeep, Detail: "it can be recovered"}, nil)
		}
	}
	if left.held != "" {
		detail := "if there is one, it is not purged: this account may not see deleted key vaults"
		if left.taken {
			detail = "its name is still taken, and this account may not see or purge deleted key vaults"
		}
		add(Resource{Kind: KindDeletedVault, Name: left.held, Action: ActionKeep, Detail: detail}, nil)
	}
	for _, name := range left.records {
		add(Resource{Kind: KindDeployment, Name: name, Action: ActionDelete, Detail: "from the history"},
			func(ctx context.Context, note func(string)) error { return b.deleteRecord(ctx, name, note) })
	}
	b.addGroup(left, add, slices.ContainsFunc(plan.Resources, func(one Resource) bool {
		return one.Action == ActionKeep && one.Kind != KindDeletedVault
	}))
	slices.Reverse(list) // an undo goes backwards
	return plan, list, nil
}

// addGroup adds the resource group, which goes if it was made by us and will be empty.
func (b *Bootstrapper) addGroup(left *leftovers, add func(Resource, func(context.Context, func(string)) error), keeps bool) {
	if left.group == nil {
		return
	}
	row := Resource{Kind: KindGroup, Name: left.group.name, Action: ActionKeep}
	switch {
	case left.group.tags[TagEnvironment] == "":
		row.Detail = "it was not made by bootstrap"
	case len(left.others) > 0:
		row.Detail = fmt.Sprintf("%s is in it", azure.Text(left.others[0].Name))
		if n := len(left.others); n > 1 {
			row.Detail = fmt.Sprintf("%s and %d more are in it", azure.Text(left.others[0].Name), n-1)
		}
	case keeps:
		row.Detail = "what stays is in it"
	default:
		row.Action = ActionDelete
		add(row, func(ctx context.Context, _ func(string)) error { return b.deleteGroup(ctx, left.group.name) })
		return
	}
	add(row, nil)
}

// cancel stops a deployment and waits for its end: what it is making is made all the same, and would be left.
func (b *Bootstrapper) cancel(ctx context.Context, name string, note func(string)) error {
	err := b.client.repeat(ctx, "deployment "+name, func(ctx context.Context) error {
		_, err := b.client.deployments.Cancel(ctx, b.o.Request.ResourceGroup, name, nil)
		return err
	})
	if e := azure.Explain(err); err != nil && !azure.Missing(err) && (e == nil || e.Class != azure.ClassConflict) {
		return fmt.Errorf("cancelling deployment %s: %w", name, err)
	}
	_, err = b.await(ctx, awaited{name, cancelLimit, note})
	return err
}

// inUseLimit is how long a network is tried that Azure still takes to be used by a container group that was just deleted.
const inUseLimit = 10 * time.Minute

// delete deletes one of ours, and purges a vault where that is wanted.
func (b *Bootstrapper) delete(ctx context.Context, one armresources.GenericResourceExpanded, purge bool, note func(string)) error {
	kind, id := kindOf(azure.Text(one.Type)), azure.Text(one.ID)
	i := slices.IndexFunc(destroyed, func(d struct{ kindOfAzure, version string }) bool {
		return strings.EqualFold(d.kindOfAzure, azure.Text(one.Type))
	})
	what := fmt.Sprintf("%s %s", kind, azure.Text(one.Name))
	limited, cancel := context.WithTimeout(ctx, inUseLimit)
	defer cancel()
	err := azure.Repeat(limited, azure.RepeatOptions{
		For: what + " to be free", Waiting: b.o.Waiting,
		Passing: func(e *azure.Error) bool {
			return e.Has("InUseSubnetCannotBeDeleted") || e.Has("InUsePrefixCannotBeDeleted") || e.Has("PublicIPAddressCannotBeDeleted") || e.Has("CannotDeleteNatGatewayAssociatedToSubnet")
		},
	}, func(ctx context.Context) error {
		return finish(ctx, b.client, what, func(ctx context.Context) (*runtime.Poller[armresources.ClientDeleteByIDResponse], error) {
			return b.client.resources.BeginDeleteByID(ctx, strings.TrimPrefix(id, "/"), destroyed[i].version, nil)
		})
	})
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return &steps.KeepError{Reason: fmt.Sprintf("something still uses it: %v", err)}
	}
	if err != nil && !azure.Missing(err) {
		return fmt.Errorf("deleting %s: %w", what, err)
	}
	if !purge {
		return nil
	}
	note("waiting for the key vault to be purged")
	return b.client.purge(ctx, deletedVault{name: azure.Text(one.Name), location: azure.Text(one.Location)})
}

// deleteRecord deletes a deployment from the history. One that still runs is waited for, as Azure deletes none before its end.
func (b *Bootstrapper) deleteRecord(ctx context.Context, name string, note func(string)) error {
	for {
		err := finish(ctx, b.client, "deployment "+name, func(ctx context.Context) (*runtime.Poller[armresources.DeploymentsClientDeleteResponse], error) {
			return b.client.deployments.BeginDelete(ctx, b.o.Request.ResourceGroup, name, nil)
		})
		switch e := azure.Explain(err); {
		case e != nil && e.Has("DeploymentActive"):
			if err := b.cancel(ctx, name, note); err != nil {
				return err
			}
		case err != nil && !azure.Missing(err):
			return fmt.Errorf("deleting the record of deployment %s: %w", name, err)
		default:
			return nil
		}
	}
}

// deleteGroup deletes the resource group if nothing is in it that was not there when the plan was made.
func (b *Bootstrapper) deleteGroup(ctx context.Context, name string) error {
	now, err := b.client.list(ctx, name, "")
	if err != nil {
		return err
	}
	if len(now) > 0 {
		return &steps.KeepError{Reason: fmt.Sprintf("%s is in it", azure.Text(now[0].Name))}
	}
	err = finish(ctx, b.client, "resource group "+name, func(ctx context.Context) (*runtime.Poller[armresources.ResourceGroupsClientDeleteResponse], error) {
		return b.client.groups.BeginDelete(ctx, name, nil)
	})
	if err != nil && !azure.Missing(err) {
		return fmt.Errorf("deleting resource group %s: %w", name, err)
	}
	return nil
}
