package bootstrap

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/bootstrap"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/console"
)

// view is the whole answer in JSON.
type view struct {
	Plan planView `json:"plan"`
	// Result is null where only the plan was asked for.
	Result *resultView `json:"result"`
}

// planView is a plan in JSON.
type planView struct {
	Subscription  string               `json:"subscription"`
	ResourceGroup string               `json:"resourceGroup"`
	Location      string               `json:"location"`
	Deployment    string               `json:"deployment"`
	KeyVault      string               `json:"keyVault"`
	Changes       bool                 `json:"changes"`
	Resources     []bootstrap.Resource `json:"resources"`
	Warnings      []string             `json:"warnings"`
}

// resultView is what was done, in JSON.
type resultView struct {
	// Outcome is made, unchanged where everything was there, or destroyed.
	Outcome string `json:"outcome"`
	// Changed are the kinds of the steps that did something, in that order.
	Changed []bootstrap.Kind `json:"changed"`
	// What there is now; empty for what the template does not make.
	KeyVault    string `json:"keyVault"`
	KeyVaultURI string `json:"keyVaultUri"`
	Identity    string `json:"identity"`
	Subnet      string `json:"subnet"`
	Worker      string `json:"worker"`
	// WorkerLacks are the actions that the worker's identity has no role for and would need to start jobs without credentials
	// of the work pool.
	WorkerLacks []string `json:"workerLacks,omitempty"`
	// Outputs are those of the deployment, but for secrets.
	Outputs map[string]any `json:"outputs"`
	// Held are the key vaults that a destroy was to purge and did not, whose names stay taken, with the reasons.
	Held []string `json:"held,omitempty"`
}

func (r *run) planView(plan bootstrap.Plan) planView {
	return planView{
		Subscription: r.subscription, ResourceGroup: plan.Request.ResourceGroup, Location: plan.Location, Deployment: plan.Deployment, KeyVault: plan.KeyVault,
		Changes: plan.Changes(), Resources: append([]bootstrap.Resource{}, plan.Resources...), Warnings: append([]string{}, plan.Warnings...),
	}
}

// showPlan prints what --plan asks for.
func (r *run) showPlan(plan bootstrap.Plan) error {
	if r.prefect.WantsJSON() {
		return r.a.Out.JSON(view{Plan: r.planView(plan)})
	}
	if panel := r.panel(plan); len(panel.Sections) > 0 {
		r.a.Out.Panel(panel)
	}
	r.warn(plan)
	switch {
	case plan.Changes():
	case r.f.destroy:
		r.nothingDeleted("nothing to delete", plan)
	default:
		r.a.Say.Status("nothing to change: the environment is ready")
	}
	return nil
}

// warn names what is wrong with a template of the caller's.
func (r *run) warn(plan bootstrap.Plan) {
	for _, warning := range plan.Warnings {
		r.a.Say.Warning(warning)
	}
}

// panel shows a plan.
func (r *run) panel(plan bootstrap.Plan) console.Panel {
	title, heading := "Bootstrapping resource group %s will require:", "Updates in subscription: "
	switch {
	case !plan.Changes() && r.f.destroy:
		title, heading = "What stays in resource group %s:", "Subscription: "
	case !plan.Changes():
		title, heading = "What is in resource group %s:", "Subscription: "
	case r.f.destroy:
		title = "Deleting what was made in resource group %s will require:"
	}
	section := console.PanelSection{Heading: heading + r.subscription}
	for _, one := range plan.Resources {
		text := fmt.Sprintf("%s: %s", one.Kind, one.Name)
		if one.Kind == bootstrap.KindRunning {
			text = "for worker " + one.Name + " to run"
		}
		if one.Detail != "" {
			text += ", " + one.Detail
		}
		tone := console.ToneSame
		switch one.Action {
		case bootstrap.ActionCreate:
			tone = console.ToneNew
		case bootstrap.ActionUpdate, bootstrap.ActionRecover, bootstrap.ActionDelete, bootstrap.ActionPurge, bootstrap.ActionWait:
			tone = console.ToneChanged
		}
		section.Rows = append(section.Rows, console.PanelRow{Mark: string(one.Action), Text: text, Tone: tone})
	}
	panel := console.Panel{Title: fmt.Sprintf(title, plan.Request.ResourceGroup)}
	if len(section.Rows) > 0 {
		panel.Sections = append(panel.Sections, section)
	}
	return panel
}

// finish says what was made and what comes next.
func (r *run) finish(result bootstrap.Result) error {
	outcome := "made"
	if len(result.Changed) == 0 {
		outcome = "unchanged"
	}
	if r.prefect.WantsJSON() {
		return r.a.Out.JSON(view{r.planView(r.confirmed), &resultView{
			Outcome: outcome, Changed: append([]bootstrap.Kind{}, result.Changed...), KeyVault: result.KeyVault, KeyVaultURI: result.KeyVaultURI,
			Identity: result.Identity, Subnet: result.Subnet, Worker: result.Worker, WorkerLacks: result.WorkerLacks, Outputs: result.Outputs,
		}})
	}
	if outcome == "unchanged" {
		r.a.Say.Success("nothing was changed: the environment is ready")
	} else {
		r.a.Say.Success("the environment is ready")
	}
	for _, line := range []struct{ what, value string }{
		{"key vault", result.KeyVaultURI}, {"identity that reads its secrets", lastPart(result.Identity)}, {"subnet for jobs", subnetName(result.Subnet)},
	} {
		if line.value != "" {
			r.a.Say.Line("%s: %s", line.what, line.value)
		}
	}
	if result.KeyVault != "" {
		r.a.Out.Line("export KV_NAME=%s", result.KeyVault) // alone on standard output, for eval
	}
	r.next(result)
	return nil
}

// lastPart is the name in an ARM id, which would be longer than a line.
func lastPart(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }

// subnetName is NETWORK/SUBNET for the ARM id of a subnet; empty for none.
func subnetName(id string) string {
	network, subnet, ok := strings.Cut(id, "/subnets/")
	if !ok {
		return ""
	}
	return lastPart(network) + "/" + subnet
}

// earlierWorker is the worker of an earlier run that goes on beside --no-worker; empty: there is none.
func (r *run) earlierWorker() string {
	for _, one := range r.confirmed.Resources {
		if r.f.noWorker && one.Kind == bootstrap.KindWorker {
			return one.Name
		}
	}
	return ""
}

// hintAtRights says how jobs get started: the worker's identity may read secrets alone. An agent needs nothing more, because
// each of Prefect 2's blocks has credentials of its own.
func (r *run) hintAtRights(result bootstrap.Result) {
	switch {
	case r.f.pool == "":
		r.a.Hint(r.cmd, "{} makes a principal that starts jobs", cmdutil.CreateServicePrincipal(r.f.group))
	case r.poolSignsIn || len(result.WorkerLacks) == 0:
	case r.poolThere:
		r.a.Say.Warning("the worker cannot start jobs yet: its identity has no right to, and the pool has no credentials")
		r.a.Hint(r.cmd, "{} makes credentials", cmdutil.CreateCredentials(r.f.group))
		r.a.Hint(r.cmd, "{} gives them to the pool", cmdutil.GiveCredentials(r.f.pool))
	default:
		r.a.Say.Warning("the worker's identity has no right to start jobs: they need the credentials of the work pool")
		r.a.Hint(r.cmd, "{} makes a principal that starts jobs", cmdutil.CreateServicePrincipal(r.f.group))
	}
}

// next says what can be done now.
func (r *run) next(result bootstrap.Result) {
	if r.f.template != "" {
		return
	}
	missing := !slices.ContainsFunc(r.confirmed.Resources, func(one bootstrap.Resource) bool {
		return one.Kind == bootstrap.KindSecret && one.Name == bootstrap.SecretAPIURL
	})
	switch {
	case result.Worker != "" && r.f.queue != "":
		r.a.Say.Status("the agent polls queue " + r.f.queue)
	case result.Worker != "":
		r.a.Say.Status("the worker polls work pool " + r.f.pool)
	case r.earlierWorker() != "":
		r.a.Say.Status("worker " + r.earlierWorker() + " goes on: an earlier run made it, and --no-worker does not delete it")
	case missing:
		r.a.Say.Status("no worker was made, and the key vault got no " + bootstrap.SecretAPIURL + ": give --prefect-api-url for it")
	}
	if result.Worker != "" {
		r.a.Hint(r.cmd, "{} shows what it prints", cmdutil.FollowJob([]string{"--resource-group", r.f.group}, result.Worker))
	}
	if r.poolThere {
		r.a.Hint(r.cmd, "{} shows the pool", cmdutil.InspectPool(r.f.pool))
	}
	r.hintAtRights(result)
	r.a.Hint(r.cmd, "{} tells flows where the key vault is", cmdutil.SaveVaultAddress(strings.TrimSuffix(result.KeyVaultURI, "/")))
}
