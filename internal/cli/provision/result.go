package provision

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/provision"
)

// view is the whole answer in JSON.
type view struct {
	Plan planView `json:"plan"`
	// Result is null where only the plan was asked for.
	Result *resultView `json:"result"`
}

// planView is a plan in JSON.
type planView struct {
	Pool         string               `json:"pool"`
	PoolType     string               `json:"poolType"`
	Subscription subscriptionView     `json:"subscription"`
	Location     string               `json:"location"`
	Via          string               `json:"via"`
	Changes      bool                 `json:"changes"`
	Resources    []provision.Resource `json:"resources"`
}

type subscriptionView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// resultView is what was done, in JSON.
type resultView struct {
	// Outcome is provisioned, unchanged where everything was there, or destroyed.
	Outcome string `json:"outcome"`
	// Changed are the kinds of what was made or changed, in that order.
	Changed []provision.Kind `json:"changed"`
	// What the pool's base job template now refers to.
	ResourceGroup      string `json:"resourceGroup"`
	Registry           string `json:"registry"`
	Identity           string `json:"identity"`
	CredentialsBlock   string `json:"credentialsBlock"`
	CredentialsBlockID string `json:"credentialsBlockId"`
	// Verified is the proof that runs can start; null if none was asked for.
	Verified *provision.Verified `json:"verified"`
}

func (r *run) planView(plan provision.Plan) planView {
	return planView{
		Pool: r.pool.Name, PoolType: r.pool.Type, Location: plan.Location, Via: r.f.via, Resources: r.resources(plan),
		Subscription: subscriptionView{plan.Request.Subscription, plan.Request.SubscriptionName}, Changes: r.changes(plan),
	}
}

// changes reports whether anything would be changed, but for the sign-in to the registry.
func (r *run) changes(plan provision.Plan) bool { return plan.Changes() || !r.pool.Exists }

// showPlan prints what --plan asks for.
func (r *run) showPlan(plan provision.Plan) error {
	if r.p.WantsJSON() {
		return r.a.Out.JSON(view{Plan: r.planView(plan)})
	}
	r.a.Out.Panel(r.panel(plan))
	r.warnOfUnused(plan)
	if !r.changes(plan) {
		done := "nothing to change: the pool has everything that it needs"
		if slices.ContainsFunc(plan.Resources, func(one provision.Resource) bool {
			return one.Kind == provision.KindLogin && one.Action != provision.ActionKeep
		}) {
			done += "; a run would only sign docker in to the registry again"
		}
		r.a.Say.Status(done)
		return nil
	}
	r.hintAtRole(plan)
	for _, one := range plan.Resources {
		if one.Hint != "" {
			r.a.Say.Hint(one.Hint)
		}
	}
	return nil
}

// hintAtRole names the smaller role where the large one is about to be given.
func (r *run) hintAtRole(plan provision.Plan) {
	if r.cmd.Flags().Lookup("role") == nil || plan.Request.Role != provision.RoleContributor {
		return
	}
	for _, one := range plan.Resources {
		if one.Kind == provision.KindRole && one.Action == provision.ActionCreate {
			r.a.Hint(r.cmd, "--role "+cmdutil.RoleWorker+" gives fewer rights; {} shows them", cmdutil.ShowRole(cmdutil.RoleWorker))
		}
	}
}

// changed are the kinds of what was made or changed; signing in to the registry does not count.
func (r *run) changed() []provision.Kind {
	changed := slices.DeleteFunc(slices.Clone(r.progress.changed), func(k provision.Kind) bool { return k == provision.KindLogin })
	if !r.pool.Exists {
		changed = append(changed, kindPool)
	}
	return changed
}

// finish says what was done and what comes next.
func (r *run) finish(template json.RawMessage) error {
	changed := r.changed()
	now := defaultsOf(template)
	outcome := "provisioned"
	if len(changed) == 0 {
		outcome = "unchanged"
	}
	if slices.Contains(changed, provision.KindNamespace) {
		r.a.Overruled(r.cmd, []string{namespaceSetting})
	}
	switch {
	case !r.pool.Exists:
		r.a.Say.Status(fmt.Sprintf("created work pool %s (%s)", r.pool.Name, r.pool.Type))
	case r.saves():
		r.a.Say.Status("updated the base job template of work pool " + r.pool.Name)
	}
	if r.p.WantsJSON() {
		r.finalWords(outcome)
		return r.a.Out.JSON(view{r.planView(r.confirmed), &resultView{
			Outcome: outcome, Changed: append([]provision.Kind{}, changed...), ResourceGroup: now.group, Registry: now.server, Identity: now.identity,
			CredentialsBlock: r.confirmed.Request.Names.CredentialsBlock, CredentialsBlockID: now.block,
			Verified: r.verified,
		}})
	}
	r.showSample(now.server)
	r.finalWords(outcome)
	return nil
}

// showSample prints a script that deploys a flow to the pool. It goes to standard output, alone, so that it can be kept.
func (r *run) showSample(server string) {
	switch {
	case r.f.skipLogin:
		r.a.Say.Line("Build and push images to the registry '%s'.", server)
	case slices.Contains(r.progress.changed, provision.KindNamespace):
		r.a.Say.Line("Your default Docker build namespace has been set to '%s'.", server)
		r.a.Say.Line("Use any image name to build and push to this registry by default.")
	default:
		r.a.Say.Line("Your default Docker build namespace is already '%s'.", server)
		r.a.Say.Line("Use any image name to build and push to this registry by default.")
	}
	if r.a.Out.Terminal() {
		r.a.Say.Line("This script deploys a flow; docker builds and pushes its image:")
		r.a.Say.Line("")
	} else {
		r.a.Say.Line("The script on standard output deploys a flow; docker builds and pushes its image.")
	}
	r.a.Out.Line("%s", strings.TrimSuffix(r.sample(server), "\n"))
	r.a.Say.Line("")
}

func (r *run) finalWords(outcome string) {
	if outcome == "unchanged" {
		r.a.Say.Success(fmt.Sprintf("nothing was changed: work pool %s has everything that it needs", r.pool.Name))
	} else {
		r.a.Say.Success(fmt.Sprintf("infrastructure successfully provisioned for work pool %s", r.pool.Name))
	}
	switch {
	case r.pool.Type == provision.TypePush && r.p.Client.Cloud():
		r.a.Say.Status("nothing else to start: Prefect Cloud starts the runs of a push pool")
	case r.pool.Type == provision.TypePush:
		r.a.Say.Status("this server does not start the runs of push pools, as Prefect Cloud does; a worker of Pacific's does")
		r.a.Hint(r.cmd, "{} starts them", cmdutil.StartWorker(r.pool.Name))
	default:
		r.a.Say.Status("runs of this pool wait until a worker starts them")
	}
	if r.keptForLocal {
		r.a.Say.Status("docker is not signed in: a registry of a local Azure exists only there")
		r.a.Hint(r.cmd, "{} signs docker in", cmdutil.LoginDocker(r.pool.Name))
	}
	r.a.Hint(r.cmd, "{} shows the pool", cmdutil.InspectPool(r.pool.Name))
}
