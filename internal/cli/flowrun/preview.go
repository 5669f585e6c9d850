package flowrun

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/config"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
	"github.com/spf13/cobra"
)

func newPreview(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "preview RUN",
		Aliases: []string{"inspect"},
		Short:   "Show the container group that a flow run would get",
		Long: `Preview prints the container group that a worker would make of a flow run, as
Azure's JSON with secrets masked, and on standard error where each value comes
from: the run, the deployment, the default of a pool's variable, the pool's own
job configuration, or Pacific. RUN is the run's id, or its name. Nothing is sent
to Azure.

It shows the attempt that the run is at, or the next one if it is scheduled. The
place where neither the run nor its pool says where is that of --subscription,
--resource-group and --location, as for a worker with the same settings; without
a region, Azure takes that of the resource group. The worker's name is left out,
and {{ $NAME }} is this command's own environment.`,
		Example: cmdutil.Lines(
			"pacific flow-run preview frisky-fox",
			"pacific flow-run preview frisky-fox --resource-group jobs --location eastus",
			"pacific flow-run preview frisky-fox 2>/dev/null | jq .properties.containers",
			"pacific flow-run preview --output json frisky-fox | jq -c '.origins[]'",
		),
		Args:              runs(1),
		ValidArgsFunction: cmdutil.CompleteArgs(a.FlowRunNames(), 1),
		RunE:              func(cmd *cobra.Command, args []string) error { return runPreview(a, cmd, args[0]) },
	}
	a.AddPrefectFlags(cmd)
	cmdutil.AddSettings(cmd, "subscription", "resource-group", "location")
	return cmd
}

// previewView is a run's container group in JSON.
type previewView struct {
	FlowRun  string `json:"flowRun"`
	Name     string `json:"name"`
	WorkPool string `json:"workPool"`
	// Attempt numbers the container groups of the run, from 1.
	Attempt int `json:"attempt"`
	// ResourceGroup is empty if it is the worker's own, and Location if it is that of the resource group.
	ResourceGroup string `json:"resourceGroup"`
	Location      string `json:"location"`
	// Infrastructure is what Prefect keeps to find the container group again.
	Infrastructure string               `json:"infrastructure"`
	ContainerGroup json.RawMessage      `json:"containerGroup"`
	Origins        []jobtemplate.Origin `json:"origins"`
	Warnings       []string             `json:"warnings"`
}

func runPreview(a *cmdutil.App, cmd *cobra.Command, given string) error {
	ctx := cmd.Context()
	p, err := a.OpenPrefect(cmd)
	if err != nil {
		return err
	}
	run, err := find(ctx, p.Client, given)
	if err != nil {
		return err
	}
	work, err := worker.Load(ctx, p.Client, run)
	if err != nil {
		return err
	}
	if err := servedPool(work.Pool); err != nil {
		return err
	}
	settings, err := a.Settings(cmd)
	if err != nil {
		return err
	}
	prepared, origins, err := work.Explain(ctx, worker.PrepareOptions{Attempt: worker.AttemptOf(run), ResourceGroupID: workersPlace(settings), LookupEnv: a.Env.LookupEnv})
	if err != nil {
		return err
	}
	leaveOutPlace(prepared, origins)
	group, err := aci.Preview(prepared.Job, settings.Get("location"))
	if err != nil {
		return err
	}
	var where struct{ Location string }
	if err := json.Unmarshal(group, &where); err != nil {
		return err
	}
	warnings, err := warningsOf(prepared)
	if err != nil {
		return err
	}
	if p.WantsJSON() {
		return a.Out.JSON(previewView{
			FlowRun: string(run.ID), Name: run.Name, WorkPool: run.WorkPoolName, Attempt: prepared.Attempt,
			ResourceGroup: prepared.ResourceGroup, Location: where.Location,
			Infrastructure: prepared.Identifier, ContainerGroup: group, Origins: origins, Warnings: warnings,
		})
	}
	for _, warning := range warnings {
		a.Say.Warning(warning)
	}
	a.Say.Status(placeWords(prepared, where.Location))
	a.Out.Line("%s", strings.TrimRight(string(group), "\n"))
	showOrigins(a, origins)
	return nil
}

// servedPool refuses a pool whose runs no worker of ours starts, so that there is no container group to show.
func servedPool(pool prefect.WorkPool) error {
	switch pool.Type {
	case jobtemplate.TypeWorker, jobtemplate.TypePush:
		return nil
	case worker.TypeAgent:
		return cmdutil.WithHint(fmt.Errorf("work pool %q is for agents: what its runs start is in the infrastructure block of their deployment", pool.Name),
			"{} lists the blocks; {} shows the job of one that is called NAME", cmdutil.ListBlocksOf(jobBlock), cmdutil.ShowBlockJob(jobBlock+"/NAME"))
	}
	return &worker.PoolTypeError{Pool: pool.Name, Type: pool.Type}
}

// jobBlock is the slug of the blocks that describe container jobs.
const jobBlock = "azure-container-instance-job"

// unknownPlace stands for what only the worker knows of its place. No resource group and no subscription can have this name.
const unknownPlace = "*"

// workersPlace is the resource group of a worker with these settings, which takes what a pool leaves open.
func workersPlace(settings *config.Config) string {
	subscription := settings.Get("subscription")
	if !cmdutil.IsID(subscription) { // a name, whose id Azure would have to tell
		subscription = ""
	}
	return cmdutil.GroupID(cmp.Or(subscription, unknownPlace), cmp.Or(settings.Get("resource-group"), unknownPlace))
}

// placeWords says which attempt is shown, and where it would be.
func placeWords(p *worker.Prepared, location string) string {
	group, region := "the worker's own resource group", "the resource group's region"
	if p.ResourceGroup != "" {
		group = "resource group " + p.ResourceGroup
	}
	if location != "" {
		region = location
	}
	return fmt.Sprintf("attempt %d, in %s and in %s", p.Attempt, group, region)
}

// leaveOutPlace takes what stands for the worker's own place out again.
func leaveOutPlace(prepared *worker.Prepared, origins []jobtemplate.Origin) {
	left := map[string]bool{"resource_group_name": prepared.ResourceGroup == unknownPlace, "subscription_id": prepared.SubscriptionID == unknownPlace}
	if left["resource_group_name"] {
		prepared.ResourceGroup = ""
	}
	for i := range origins {
		if left[origins[i].Field] {
			origins[i].From = jobtemplate.LayerPacific
		}
	}
}

// warningsOf are those of the translation and of the container group, and that the container may not reach the API.
func warningsOf(p *worker.Prepared) ([]string, error) {
	all := append([]string{}, p.Warnings...)
	_, warnings, err := p.Job.ContainerGroup("")
	if err != nil {
		return nil, err
	}
	for _, w := range warnings {
		all = append(all, w.String())
	}
	if address := p.Job.Env["PREFECT_API_URL"]; onThisMachine(address) {
		all = append(all, fmt.Sprintf("PREFECT_API_URL is %s, which in a container in Azure is the container itself", address))
	}
	return all, nil
}

// onThisMachine reports whether an address means this machine wherever it is used.
func onThisMachine(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// showOrigins prints the table of origins beside the JSON. Of what nobody set, the image, the command and the variables are
// shown: Pacific gives them. The rest is empty.
func showOrigins(a *cmdutil.App, origins []jobtemplate.Origin) {
	var rows [][]string
	for _, o := range origins {
		if o.From != jobtemplate.LayerPacific || strings.HasPrefix(o.Field, "env[") || o.Field == "image" || o.Field == "command" {
			rows = append(rows, []string{o.Field, string(o.From), strings.Join(o.Through, ", ")})
		}
	}
	a.Say.List([]string{"VALUE", "FROM", "THROUGH"}, rows)
}
