package bootstrap

import (
	"cmp"
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate"
	"github.com/pacific-aci/pacific/bootstrap"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/config"
	"github.com/spf13/cobra"
)

// run is one call of the command.
type run struct {
	a        *cmdutil.App
	cmd      *cobra.Command
	f        flags
	prefect  cmdutil.PrefectConfig
	settings *config.Config
	// subscription is where all of it is made.
	subscription string
	progress     *progress
	// confirmed is the plan that is carried out.
	confirmed bootstrap.Plan
	// poolThere: the work pool is on the server of Prefect's settings. poolSignsIn: its template has credentials to start jobs with.
	poolThere, poolSignsIn bool
	// began: the plan is being carried out.
	began bool
}

func runBootstrap(a *cmdutil.App, cmd *cobra.Command, f flags) error {
	if f.print {
		return printTemplate(a, cmd)
	}
	if err := f.check(cmd); err != nil {
		return err
	}
	r := &run{a: a, cmd: cmd, f: f, progress: newProgress(a)}
	err := r.run(cmd.Context())
	r.progress.Stop()
	return r.explain(err)
}

// printTemplate prints the template as it is shipped: az deploys it too.
func printTemplate(a *cmdutil.App, cmd *cobra.Command) error {
	for _, other := range append([]string{"template", "parameters", "destroy", "purge", "plan", "yes"}, ofOurs...) {
		if cmd.Flags().Changed(other) {
			return cmdutil.Usage("--print-template and --"+other+" cannot be used together", "--print-template prints our template as it is, and does nothing else")
		}
	}
	a.Out.Line("%s", strings.TrimRight(string(bootstrap.Template()), "\n"))
	return nil
}

func (r *run) run(ctx context.Context) error {
	var err error
	if r.prefect, err = r.a.PrefectConfig(r.cmd); err != nil {
		return err
	}
	if r.settings, err = r.a.Settings(r.cmd); err != nil {
		return err
	}
	request, err := r.request(ctx)
	if err != nil {
		return err
	}
	cloud, err := r.a.Cloud(ctx, r.settings)
	if err != nil {
		return err
	}
	if r.subscription, err = r.a.Subscription(ctx, cloud, r.settings); err != nil {
		return err
	}
	request.Subscription, request.Tenant = r.subscription, r.settings.Get("tenant-id")
	b, err := bootstrap.New(bootstrap.Options{
		Cloud: cloud, Request: request, Report: r.progress.report, Waiting: r.progress.Waits,
		Confirm: func(ctx context.Context, plan bootstrap.Plan) error { return r.confirm(ctx, plan) },
	})
	if err != nil {
		return err
	}
	if r.f.destroy {
		return r.destroy(ctx, b)
	}
	if r.f.plan {
		plan, err := b.Plan(ctx)
		if len(plan.Resources) > 0 {
			if err := r.showPlan(plan); err != nil {
				return err
			}
		}
		return err
	}
	result, err := b.Bootstrap(ctx)
	if err != nil {
		return err
	}
	return r.finish(result)
}

// request is what the flags and the settings say.
func (r *run) request(ctx context.Context) (bootstrap.Request, error) {
	request := bootstrap.Request{ResourceGroup: r.f.group, NamePrefix: r.f.prefix, KeyVault: r.f.vault, Image: r.f.image, WorkPool: r.f.pool, Queue: r.f.queue}
	location := r.settings.Value("location")
	if location.Origin == config.FromFlag {
		request.Location = location.Value
	}
	request.DefaultLocation = cmp.Or(location.Value, bootstrap.DefaultLocation)
	var err error
	switch {
	case r.f.destroy:
	case r.f.template != "":
		err = r.readTemplate(ctx, &request)
	default:
		request.Secrets, err = r.readSecrets(ctx)
	}
	return request, err
}

// maxTemplate is what ARM takes.
const maxTemplate = 4 << 20

// readTemplate reads a template of the caller's, and its parameters.
func (r *run) readTemplate(ctx context.Context, request *bootstrap.Request) error {
	if strings.EqualFold(filepath.Ext(r.f.template), ".bicep") {
		return cmdutil.Usage(r.f.template+" is Bicep, not an ARM template", "compile it with bicep build, and give the JSON")
	}
	text, err := r.a.ReadInput(ctx, "--template", r.f.template, maxTemplate)
	if err != nil {
		return err
	}
	if request.Template, err = armtemplate.Parse(text); err != nil {
		return &bootstrap.TemplateError{Err: err}
	}
	base := filepath.Base(r.f.template)
	request.TemplateName, request.Commented = strings.TrimSuffix(base, filepath.Ext(base)), !json.Valid(text)
	if r.f.parameters == "" {
		return nil
	}
	if text, err = r.a.ReadInput(ctx, "--parameters", r.f.parameters, maxTemplate); err != nil {
		return err
	}
	if request.Parameters, err = armtemplate.ParseParameters(text); err != nil {
		return cmdutil.ParametersError(r.f.parameters, err)
	}
	return nil
}

// confirm shows a plan and asks about it.
func (r *run) confirm(ctx context.Context, plan bootstrap.Plan) error {
	r.confirmed = plan
	if plan.Changes() {
		r.a.Say.Panel(r.panel(plan))
	}
	r.warn(plan)
	if plan.Changes() {
		question := "make this environment in resource group " + plan.Request.ResourceGroup
		if r.f.destroy {
			question = "delete this from resource group " + plan.Request.ResourceGroup
		}
		if r.f.destroy && slices.ContainsFunc(plan.Resources, func(one bootstrap.Resource) bool {
			return one.Kind == bootstrap.KindGroup && one.Action == bootstrap.ActionDelete
		}) {
			question = "delete resource group " + plan.Request.ResourceGroup + " with all of this"
		}
		if err := r.a.Confirm(ctx, r.cmd, question, r.f.yes); err != nil {
			return err
		}
	}
	r.began = true
	return nil
}
