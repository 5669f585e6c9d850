package provision

import (
	"context"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/console"
	"github.com/pacific-aci/pacific/provision"
)

// The answers to the first question, in the order in which they are shown.
const (
	answerProceed = iota
	answerCustomise
	answerStop
)

var answers = []string{
	"Yes, proceed with infrastructure provisioning with default resource names",
	"Customize resource names",
	"Do not proceed with infrastructure provisioning",
}

// confirm shows a plan and asks about it. Names that are changed make a new plan, which is shown again.
//
//	plan ── nothing to change, or --yes ───────────────▶ carried out
//	  │
//	question ── proceed ───────────────────────────────▶ carried out
//	  │  └── stop ─────────────────────────────────────▶ declined
//	names ── as they were ─▶ the same plan ─┐
//	  └── changed ─▶ the new plan ──────────┴▶ yes or no ▶ carried out or declined
func (r *run) confirm(ctx context.Context, plan provision.Plan) (provision.Request, error) {
	r.confirmed = plan
	r.warnOfUnused(plan)
	switch {
	case !r.changes(plan):
		r.progress.begin(plan)
		return plan.Request, nil
	case r.f.yes:
		r.a.Say.Panel(r.panel(plan))
		r.progress.begin(plan)
		return plan.Request, nil
	case r.prompts == nil:
		r.a.Say.Panel(r.panel(plan))
		r.a.Say.Error("provisioning work pool "+r.pool.Name+": cannot ask for confirmation: standard input and standard error are not terminals",
			cmdutil.Advice("{} makes it", cmdutil.Again(r.cmd)))
		return provision.Request{}, cmdutil.Exit(cmdutil.ExitDeclined)
	}
	r.a.Say.Panel(r.panel(plan))
	r.hintAtRole(plan)
	if r.customised {
		return r.yesOrNo(ctx, plan)
	}
	choice := console.Choice{Title: "Proceed with infrastructure provisioning with default resource names?"}
	for _, answer := range answers {
		choice.Rows = append(choice.Rows, []string{answer})
	}
	answer, err := r.prompts.Select(ctx, choice)
	switch {
	case err != nil:
		return provision.Request{}, err
	case answer == answerStop:
		return provision.Request{}, provision.ErrDeclined
	case answer == answerProceed:
		r.progress.begin(plan)
		return plan.Request, nil
	}
	request, err := r.customise(ctx, plan.Request)
	if err != nil {
		return provision.Request{}, err
	}
	r.customised = true
	if request == plan.Request {
		r.a.Say.Panel(r.panel(plan))
		return r.yesOrNo(ctx, plan)
	}
	return request, nil
}

func (r *run) yesOrNo(ctx context.Context, plan provision.Plan) (provision.Request, error) {
	yes, err := r.prompts.Confirm(ctx, "Proceed with infrastructure provisioning?")
	switch {
	case err != nil:
		return provision.Request{}, err
	case !yes:
		return provision.Request{}, provision.ErrDeclined
	}
	r.progress.begin(plan)
	return plan.Request, nil
}

// customise asks for the names, in the order of Prefect's provisioner.
func (r *run) customise(ctx context.Context, request provision.Request) (provision.Request, error) {
	names := &request.Names
	registry := prompt{"Please enter a prefix for the Azure Container Registry", &names.RegistryPrefix, provision.CheckRegistryPrefix}
	if names.Registry != "" {
		registry = prompt{"Please enter the name of the Azure Container Registry", &names.Registry, provision.CheckRegistry}
	}
	for _, p := range []prompt{
		{"Please enter a name for the resource group", &names.ResourceGroup, provision.CheckResourceGroup},
		{"Please enter a name for the app registration", &names.Application, provision.CheckApplication},
		registry,
		{"Please enter a name for the identity (used for ACR access)", &names.Identity, provision.CheckIdentity},
		{"Please enter a name for the ACI credentials block", &names.CredentialsBlock, provision.CheckCredentialsBlock},
	} {
		answer, err := r.prompts.Input(ctx, console.Question{Title: p.title, Default: *p.name, Check: p.check})
		if err != nil {
			return request, err
		}
		*p.name = answer
	}
	return request, nil
}

// prompt asks for one name.
type prompt struct {
	title string
	name  *string
	check func(string) error
}
