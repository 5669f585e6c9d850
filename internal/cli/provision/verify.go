package provision

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/image"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/console"
	"github.com/pacific-aci/pacific/internal/steps"
	"github.com/pacific-aci/pacific/provision"
)

// verifyFor bounds a verification. Azure's own documentation gives role assignments up to ten minutes.
const verifyFor = 15 * time.Minute

// verifies reports whether a container is to be started at the end: where something was changed, or where that was asked for.
func (r *run) verifies(changed bool) bool {
	return r.f.verify && (changed || r.cmd.Flags().Changed("verify"))
}

// verify proves that runs of the pool can start. It says what is missing if they cannot.
func (r *run) verify(ctx context.Context, o provision.Options, template []byte) (*provision.Verified, error) {
	ctx, cancel := context.WithTimeout(ctx, verifyFor)
	defer cancel()
	r.verifying = true
	pusher, err := r.pusher(ctx)
	if err != nil {
		return nil, err
	}
	o.Request = r.confirmed.Request
	r.a.Say.Heading("Verifying")
	r.progress.Show("running a container with what was made")
	defer r.progress.Stop()
	defer context.AfterFunc(ctx, func() {
		if signal, ok := errors.AsType[*cmdutil.SignalError](context.Cause(ctx)); ok {
			r.progress.GoesOn(signal.Error() + ": deleting the container; press Ctrl-C again to quit without cleaning up")
		}
	})()
	done, err := provision.New(o).Verify(ctx, r.pool.Name, template, provision.VerifyOptions{
		Push: func(ctx context.Context, reference string, content v1.Image) error {
			_, err := pusher.Push(ctx, reference, content)
			return err
		},
		Open:    r.openAs,
		Waiting: r.progress.Waits,
	})
	r.progress.Stop()
	if err != nil && r.cmd.Context().Err() == nil {
		r.a.Say.Status(verifyAgain)
	}
	if err != nil {
		return nil, fmt.Errorf("verifying work pool %s: %w", r.pool.Name, err)
	}
	r.a.Say.Outcome(console.ToneNew, fmt.Sprintf("verified: a container started from an image in the registry, and was deleted (%s)", done.Took.Round(time.Second)))
	return done, nil
}

// pusher sends images as the one who runs the command.
func (r *run) pusher(ctx context.Context) (*image.Client, error) {
	cloud, err := r.a.Cloud(ctx, r.settings)
	if r.f.via == viaAz {
		cloud, err = r.a.CloudAs(ctx, r.settings, azure.CredentialOptions{Method: azure.MethodAzureCLI})
	}
	if err != nil {
		return nil, err
	}
	return image.NewClient(image.Options{Cloud: cloud}), nil
}

// openAs is Azure as the pool's application sees it.
func (r *run) openAs(ctx context.Context, tenant, clientID, secret string) (*azure.Cloud, error) {
	return r.a.CloudAs(ctx, r.settings, azure.CredentialOptions{
		Method: azure.MethodClientSecret, TenantID: tenant, ClientID: clientID, ClientSecret: secret, Authority: r.settings.Get("authority"),
	})
}

// destroy shows what would be deleted and what would stay, and deletes it if that is wanted.
func (r *run) destroy(ctx context.Context, o provision.Options) error {
	o.Confirm, o.Report = r.confirmDestroy, r.progress.reportDestroy
	p := provision.New(o)
	if r.f.plan {
		plan, err := p.PlanDestroy(ctx, r.pool.Name, r.pool.Template)
		if err != nil {
			return r.explain(err)
		}
		return r.showDestroyPlan(plan)
	}
	template, err := p.Destroy(ctx, r.pool.Name, r.pool.Template)
	r.progress.Stop()
	if err != nil {
		return r.explain(err)
	}
	if r.pool.Exists && r.deletes(r.confirmed) {
		if err := r.pool.Save(template); err != nil {
			return r.explain(err)
		}
	}
	switch {
	case r.deletes(r.confirmed):
		r.a.Say.Success("deleted what was provisioned for work pool " + r.pool.Name)
	case stays(r.confirmed):
		r.a.Say.Success("nothing was deleted; --plan shows what stays and why")
	default:
		r.a.Say.Success("nothing was deleted: nothing is left that was provisioned for work pool " + r.pool.Name)
	}
	if r.pool.Exists {
		r.a.Hint(r.cmd, "the pool itself is still there; {} deletes it", cmdutil.DeletePool(r.pool.Name))
	}
	if r.p.WantsJSON() {
		return r.a.Out.JSON(view{Plan: r.planView(r.confirmed), Result: &resultView{Outcome: "destroyed", Changed: append([]provision.Kind{}, r.progress.changed...)}})
	}
	return nil
}

// deletes reports whether a plan changes anything; the template of a pool that is not there does not count.
func (r *run) deletes(plan provision.Plan) bool {
	for _, one := range plan.Resources {
		if one.Action == provision.ActionDelete || one.Action == provision.ActionUpdate && r.pool.Exists {
			return true
		}
	}
	return false
}

// stays reports whether something is there that a destroy keeps.
func stays(plan provision.Plan) bool {
	return slices.ContainsFunc(plan.Resources, func(one provision.Resource) bool {
		return one.Action == provision.ActionKeep && one.Detail != provision.DetailAbsent
	})
}

func (r *run) showDestroyPlan(plan provision.Plan) error {
	if r.p.WantsJSON() {
		return r.a.Out.JSON(view{Plan: r.planView(plan)})
	}
	r.a.Out.Panel(r.panel(plan))
	return nil
}

// confirmDestroy shows the plan and asks.
func (r *run) confirmDestroy(ctx context.Context, plan provision.Plan) (provision.Request, error) {
	r.confirmed = plan
	deletes := r.deletes(plan)
	if deletes || stays(plan) {
		r.a.Say.Panel(r.panel(plan))
	}
	if !deletes {
		return plan.Request, nil
	}
	question := "delete what was provisioned for work pool " + r.pool.Name
	return plan.Request, r.a.Confirm(ctx, r.cmd, question, r.f.yes)
}

// reportDestroy is told of each event of an undo.
func (p *progress) reportDestroy(e steps.Event) {
	kind := provision.Kind(e.Step)
	switch e.Kind {
	case steps.Undoing:
		p.Show(fmt.Sprintf("deleting %s %s", kind, e.Text))
	case steps.Undone:
		p.Stop()
		p.mu.Lock()
		p.changed = append(p.changed, kind)
		p.mu.Unlock()
		if kind != provision.KindTemplate {
			p.a.Say.Outcome(console.ToneNew, undoneWords(kind, e.Text))
		}
	case steps.Kept:
		p.Stop()
		if e.Err != nil { // it was to be deleted
			p.a.Say.Outcome(console.ToneSame, fmt.Sprintf("%s %s stays: %s", kind, e.Text, e.Err))
		}
	case steps.Failed:
		p.Stop()
	}
}

// undoneWords are what an undo has done.
func undoneWords(kind provision.Kind, text string) string {
	switch kind {
	case provision.KindRole:
		return fmt.Sprintf("role %s removed from the service principal", text)
	case provision.KindPull:
		return "role " + text + " removed"
	case provision.KindLogin:
		return "logged out of registry " + text
	case provision.KindNamespace:
		return "docker build namespace " + text + " removed"
	}
	return fmt.Sprintf("%s %s deleted", kind, text)
}
