package provision

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/config"
	"github.com/pacific-aci/pacific/internal/console"
	"github.com/pacific-aci/pacific/internal/steps"
	"github.com/pacific-aci/pacific/internal/suggest"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/provision"
	"github.com/spf13/cobra"
)

// run is one call of the command.
type run struct {
	a        *cmdutil.App
	cmd      *cobra.Command
	p        *cmdutil.Prefect
	f        flags
	settings *config.Config
	version  prefect.Version
	// prompts asks a person; nil: nobody is asked.
	prompts *console.Prompter
	pool    cmdutil.PoolToProvision
	// keptForLocal: docker's configuration and the profile stay as they are because Azure is one on this machine.
	keptForLocal bool
	// confirmed is the plan that is carried out.
	confirmed provision.Plan
	// customised: the names were changed at the prompts.
	customised bool
	progress   *progress
	// verifying: the verification has begun.
	verifying bool
	// verified is the proof that runs can start; nil: none was asked for.
	verified *provision.Verified
}

func newRun(a *cmdutil.App, cmd *cobra.Command, p *cmdutil.Prefect, f flags) *run {
	r := &run{a: a, cmd: cmd, p: p, f: f}
	if a.Asks() && !f.yes && !f.plan {
		r.prompts = a.Prompter()
	}
	r.progress = newProgress(a)
	return r
}

// provision shows the plan, and carries it out if that is wanted.
func (r *run) provision(pool cmdutil.PoolToProvision) error {
	r.pool = pool
	ctx := r.cmd.Context()
	var err error
	if r.settings, err = r.a.Settings(r.cmd); err != nil {
		return err
	}
	r.keepMachine()
	if err := r.checkProfile(); err != nil {
		return err
	}
	if r.version, err = r.p.Client.ServerVersion(ctx); err != nil {
		return err
	}
	if err := r.takeNames(); err != nil {
		return err
	}
	o, err := r.open(ctx)
	if err != nil {
		return r.interrupted(err)
	}
	if r.f.destroy {
		return r.destroy(ctx, o)
	}
	p := provision.New(o)
	if r.f.plan {
		plan, err := p.Plan(ctx, pool.Name, pool.Template)
		if err != nil {
			return r.explain(err)
		}
		if err := r.showPlan(plan); err != nil {
			return err
		}
		return r.explain(p.CheckRights(ctx, plan))
	}
	template, err := p.Provision(ctx, pool.Name, pool.Template)
	r.progress.Stop()
	if err != nil {
		return r.explain(err)
	}
	if r.saves() {
		if err := pool.Save(template); err != nil {
			return r.explain(err)
		}
	}
	if changed := len(r.changed()) > 0; r.verifies(changed) {
		if r.verified, err = r.verify(ctx, o, template); err != nil {
			return r.explain(err)
		}
	}
	return r.finish(template)
}

// saves reports whether the pool has to be written.
func (r *run) saves() bool {
	return !r.pool.Exists || slices.ContainsFunc(r.confirmed.Resources, func(one provision.Resource) bool {
		return one.Kind == provision.KindTemplate && one.Action != provision.ActionKeep
	}) || slices.Contains(r.progress.changed, provision.KindTemplate)
}

// explain says what to do about an error of provisioning.
func (r *run) explain(err error) error {
	if err == nil {
		return nil
	}
	if ended := r.signalled(err); ended != nil {
		return ended
	}
	if errors.Is(err, provision.ErrDeclined) {
		r.a.Say.Status("nothing was changed")
		return cmdutil.Exit(cmdutil.ExitDeclined)
	}
	if e, ok := errors.AsType[*provision.TemplateError](err); ok {
		return cmdutil.WithHint(fmt.Errorf("provisioning work pool %s: %w", r.pool.Name, e),
			"{} prints a template that has all of them", cmdutil.ShowPoolTemplate(r.pool.Type))
	}
	if e, ok := errors.AsType[*provision.NameError](err); ok {
		return cmdutil.Usage(e.Error(), "see {}", cmdutil.Help(r.cmd))
	}
	if e, ok := errors.AsType[*provision.LocationError](err); ok {
		return r.unknownLocation(e)
	}
	if e, ok := errors.AsType[*provision.ElsewhereError](err); ok {
		return cmdutil.Usage(e.Error(), "leave out --location, or name another --resource-group")
	}
	_, lacksRights := errors.AsType[*provision.RightsError](err)
	if _, disabled := errors.AsType[*provision.DisabledError](err); disabled || lacksRights {
		return fmt.Errorf("provisioning work pool %s: %w", r.pool.Name, err)
	}
	if e, ok := errors.AsType[*steps.Error](err); ok {
		if len(r.progress.changed) > 0 {
			r.a.Say.Status(makeTheRest)
		}
		if hint := provision.RightsHint(provision.Kind(e.Step)); hint != "" && provision.Forbidden(err) {
			return cmdutil.WithHint(err, hint)
		}
	}
	return r.interrupted(err)
}

// unknownLocation asks whether another region was meant.
func (r *run) unknownLocation(e *provision.LocationError) error {
	list := "regions with container groups: " + strings.Join(e.Known, ", ")
	return cmdutil.Usage(e.Error(), suggest.Hint(e.Location, e.Known, list))
}

// request is what the flags say.
func (r *run) request() provision.Request {
	names := r.f.names
	if names.Registry != "" {
		names.RegistryPrefix = provision.DefaultRegistryPrefix // it is not used
	}
	return provision.Request{
		Names: names, Role: roles[r.f.role], SecretLifetime: time.Duration(r.f.lifetime), SkipLogin: r.f.skipLogin,
	}
}

// defaults are what a template refers to.
type defaults struct {
	// subscription and block are ids, identity is a resource id, server a host.
	subscription, group, server, identity, block string
}

// defaultsOf reads the defaults that were written into a template.
func defaultsOf(template json.RawMessage) defaults {
	var t struct {
		Variables struct {
			Properties struct {
				Subscription struct{ Default string } `json:"subscription_id"`
				Group        struct{ Default string } `json:"resource_group_name"`
				Image        struct {
					Default struct {
						Server   string `json:"registry_url"`
						Identity string
					}
				} `json:"image_registry"`
				Credentials struct {
					Default struct {
						Ref struct {
							ID string `json:"block_document_id"`
						} `json:"$ref"`
					}
				} `json:"aci_credentials"`
			}
		}
	}
	if json.Unmarshal(template, &t) != nil {
		return defaults{}
	}
	p := t.Variables.Properties
	return defaults{
		subscription: p.Subscription.Default, group: p.Group.Default, server: p.Image.Default.Server, identity: p.Image.Default.Identity,
		block: p.Credentials.Default.Ref.ID,
	}
}
