package bootstrap

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/bootstrap"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
)

// destroy deletes what was made.
func (r *run) destroy(ctx context.Context, b *bootstrap.Bootstrapper) error {
	o := bootstrap.DestroyOptions{Purge: r.f.purge}
	if r.f.plan {
		plan, err := b.PlanDestroy(ctx, o)
		if err != nil {
			return err
		}
		return r.showPlan(plan)
	}
	changed, err := b.Destroy(ctx, o)
	if err != nil {
		return err
	}
	if r.prefect.WantsJSON() {
		return r.a.Out.JSON(view{r.planView(r.confirmed), &resultView{Outcome: "destroyed", Changed: append([]bootstrap.Kind{}, changed...), Held: r.heldBy(r.confirmed)}})
	}
	kept := append(keptOf(r.confirmed), r.progress.kept...)
	switch {
	case len(changed) == 0:
		if len(kept) > 0 {
			r.a.Say.Panel(r.panel(r.confirmed))
		}
		r.nothingDeleted("nothing was deleted", r.confirmed)
		r.warnOfHeld(r.confirmed)
		return nil
	case len(kept) > 0:
		r.a.Say.Success("what nothing else uses is deleted; these stay: " + strings.Join(kept, ", "))
		r.warnOfCost(kept)
	default:
		r.a.Say.Success("the environment is deleted")
	}
	r.warnOfHeld(r.confirmed)
	if slices.Contains(changed, bootstrap.KindVault) && !r.f.purge {
		r.a.Say.Status("the key vault is soft-deleted and keeps its name: the next run recovers it, --destroy --purge deletes it for good")
	}
	return nil
}

// keptOf are the parts of the environment that a plan to destroy leaves, by kind and name.
func keptOf(plan bootstrap.Plan) []string {
	var kept []string
	for _, one := range plan.Resources {
		if one.Action == bootstrap.ActionKeep && one.Kind != bootstrap.KindGroup && one.Kind != bootstrap.KindDeletedVault {
			kept = append(kept, fmt.Sprintf("%s %s", one.Kind, one.Name))
		}
	}
	return kept
}

// heldBy are the key vaults whose names stay taken though they were to be purged, with the reasons.
func (r *run) heldBy(plan bootstrap.Plan) []string {
	held := append([]string{}, r.progress.held...)
	for _, one := range plan.Resources {
		if r.f.purge && one.Action == bootstrap.ActionKeep && one.Kind == bootstrap.KindDeletedVault {
			held = append(held, fmt.Sprintf("key vault %s: %s", one.Name, one.Detail))
		}
	}
	return held
}

// warnOfHeld says which key vaults were not purged, and who can do it.
func (r *run) warnOfHeld(plan bootstrap.Plan) {
	for _, one := range r.heldBy(plan) {
		r.a.Say.Warning(one)
		if name, why, _ := strings.Cut(strings.TrimPrefix(one, "key vault "), ": "); strings.Contains(why, "this account") {
			r.a.Hint(r.cmd, "a Contributor of the subscription can purge it: az keyvault purge --name "+cmdutil.ShellWord(name))
		}
	}
}

// warnOfCost says what of that which stays costs money while nothing runs in it.
func (r *run) warnOfCost(kept []string) {
	for _, one := range kept {
		if strings.HasPrefix(one, string(bootstrap.KindNAT)) {
			r.a.Say.Warning(one + " costs money as long as it is there: delete what uses the network, and run the same command again")
		}
	}
}

// nothingDeleted says why there is nothing to delete.
func (r *run) nothingDeleted(what string, plan bootstrap.Plan) {
	kept := keptOf(plan)
	i := slices.IndexFunc(plan.Resources, func(one bootstrap.Resource) bool { return one.Kind == bootstrap.KindDeletedVault })
	group := slices.ContainsFunc(plan.Resources, func(one bootstrap.Resource) bool { return one.Kind == bootstrap.KindGroup })
	switch {
	case len(kept) > 0:
		r.a.Say.Status(what + ": something uses what is left, which is " + strings.Join(kept, ", "))
		r.warnOfCost(kept)
	case i >= 0:
		r.a.Say.Status(fmt.Sprintf("%s: all that is left is the deleted key vault %s; %s", what, plan.Resources[i].Name, plan.Resources[i].Detail))
	case !group:
		r.a.Say.Status(what + ": there is no resource group " + plan.Request.ResourceGroup)
	default:
		r.a.Say.Status(fmt.Sprintf("%s: nothing in resource group %s has the tag %s=%s", what, plan.Request.ResourceGroup, bootstrap.TagEnvironment, plan.Request.NamePrefix))
		r.a.Hint(r.cmd, "{} deletes the resource group with all that is in it", cmdutil.DeleteGroup(plan.Request.ResourceGroup))
	}
}
