package job

import (
	"context"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

// handedOn are the settings of Prefect's that a job of a block gets, as a job that Prefect's own class starts does. The
// others are about this machine, such as the folder of its profiles.
var handedOn = []string{"PREFECT_API_URL", "PREFECT_API_KEY", "PREFECT_API_AUTH_STRING"}

// fromBlock makes --block's job the one that the flags are laid over, and its account the one that counts where no flag
// says otherwise. Without --block it does nothing.
func fromBlock(a *cmdutil.App, cmd *cobra.Command, in *runInput) error {
	f := in.flags
	switch {
	case !in.given("block") && in.given("profile"):
		return cmdutil.Usage("--profile needs --block: no other job uses Prefect's settings", "")
	case !in.given("block"):
		return nil
	case f.file != "":
		return cmdutil.Usage("--block and --file cannot be used together: each is a whole job", "leave one of the two out; other flags are laid over either")
	}
	path, err := cmdutil.ParseBlockPath("--block", f.block, cmdutil.SlugACIJob)
	if err != nil {
		return err
	}
	p, err := a.OpenPrefect(cmd)
	if err != nil {
		return err
	}
	plan, err := blockPlan(cmd.Context(), p, path, in.command)
	if err != nil {
		return err
	}
	in.block = plan
	for _, warning := range plan.Warnings {
		a.Say.Warning(warning)
	}
	if f.local {
		if !f.quiet {
			a.Say.Status("--local: the block's credentials, subscription and resource group are not used")
		}
		return nil
	}
	in.settings, err = a.SettingsOver(cmd, blockSettings(plan, in.given))
	return err
}

// blockPlan reads the block with those that it refers to, and makes its job.
func blockPlan(ctx context.Context, p *cmdutil.Prefect, path cmdutil.BlockPath, command []string) (*jobtemplate.Plan, error) {
	version, err := p.Client.ServerVersion(ctx)
	if err != nil {
		return nil, err
	}
	var block prefect.AzureContainerInstanceJob
	if _, err := p.Client.LoadBlock(ctx, path.Name, &block); err != nil {
		return nil, cmdutil.BlockError(err, path)
	}
	if len(command) > 0 {
		block.Command = command // before the job is made: the entrypoint is only put before a command
	}
	input := jobtemplate.Input{Version: version, Settings: map[string]string{}}
	for _, name := range handedOn {
		input.Settings[name] = p.Settings.Text(name)
	}
	// The server has put the blocks that this one refers to in their places. It leaves a reference that was not saved as
	// one, such as one within a value.
	input.Lookups.Block = func(ctx context.Context, key jobtemplate.BlockKey) (map[string]any, error) {
		document, err := p.Client.BlockDocument(ctx, key.ID, prefect.IncludeSecrets)
		return document.Data, err
	}
	plan, err := jobtemplate.FromBlock(ctx, block, input)
	if err != nil {
		return nil, &cmdutil.BlockJobError{Err: err, Name: path.String()}
	}
	return plan, nil
}

// blockSettings are the settings that a block gives: where its container group is made and, unless a flag says how to
// sign in, as whom. Only flags win over a block, as over a --file.
func blockSettings(plan *jobtemplate.Plan, given func(string) bool) map[string]string {
	over := map[string]string{"resource-group": plan.ResourceGroup, "subscription": string(plan.SubscriptionID)}
	own := plan.Credentials
	if own.ClientSecret == "" || given("credential") || given("tenant-id") || given("client-id") {
		return over
	}
	over["credential"], over["tenant-id"], over["client-id"] = "client-secret", own.TenantID, own.ClientID
	over["client-secret"] = string(own.ClientSecret)
	if plan.Authority != "" {
		over["authority"] = plan.Authority
	}
	return over
}
