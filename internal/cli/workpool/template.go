package workpool

import (
	"fmt"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/suggest"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

// templateKinds are the types of which Pacific has a template.
var templateKinds = []string{jobtemplate.TypeWorker, jobtemplate.TypePush}

func newTemplate(a *cmdutil.App) *cobra.Command {
	var kind string
	var defaults defaultFlags
	cmd := &cobra.Command{
		Use:   "template --type T",
		Short: "Print the base job template of a type of work pool",
		Long: `Template prints the base job template of new pools of a type as JSON, to be
edited and given to create or update with --base-job-template. It fits the
server's version of Prefect, or Prefect 3 if no server is set.

--set, --credentials, --resource-group and --subscription write defaults into
it.`,
		Example: cmdutil.Lines(
			"pacific work-pool template --type azure-container-instance > template.json",
			`pacific work-pool template --type azure-container-instance --set cpu=2 \`,
			`    --resource-group jobs`,
		),
		Args: cmdutil.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runTemplate(a, cmd, kind, defaults) },
	}
	cmd.Flags().StringVar(&kind, "type", "", "`type` of the pool: azure-container-instance or azure-container-instance:push")
	cmdutil.Must(cmd.RegisterFlagCompletionFunc("type", cobra.FixedCompletions(templateKinds, cobra.ShellCompDirectiveNoFileComp)))
	defaults.add(a, cmd)
	a.AddPrefectFlags(cmd)
	return cmd
}

func runTemplate(a *cmdutil.App, cmd *cobra.Command, kind string, defaults defaultFlags) error {
	if !cmdutil.ServedByPacific(kind) {
		return noTemplate(kind)
	}
	if err := defaults.read(cmd); err != nil {
		return err
	}
	c, err := a.PrefectConfig(cmd)
	if err != nil {
		return err
	}
	var p *cmdutil.Prefect
	var version prefect.Version
	if c.Settings.Text("PREFECT_API_URL") != "" {
		if p, err = a.OpenPrefect(cmd); err != nil {
			return err
		}
		if version, err = p.Client.ServerVersion(cmd.Context()); err != nil {
			a.Say.Warning(fmt.Sprintf("%v: this is the template for Prefect 3", err))
		}
	}
	template, err := jobtemplate.BaseJobTemplate(kind, version)
	if err == nil && servedByWorker(p, kind) {
		template, err = inWorkersPlace(template)
	}
	if err != nil {
		return err
	}
	if template, err = defaults.apply(cmd.Context(), p, template); err != nil {
		return err
	}
	if c.WantsJSON() {
		return a.Out.JSON(template)
	}
	a.Out.Line("%s", indented(template))
	return nil
}

func noTemplate(kind string) error {
	hint := "types: " + templateKinds[0] + ", " + templateKinds[1]
	if kind == "" {
		return cmdutil.Usage("--type is missing", hint)
	}
	return cmdutil.Usage(fmt.Sprintf("Pacific has no template for pools of type %q", kind), suggest.Hint(kind, templateKinds, hint))
}
