package provision

import (
	"fmt"
	"sync"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/console"
	"github.com/pacific-aci/pacific/internal/steps"
	"github.com/pacific-aci/pacific/provision"
)

// stage is what Prefect's provisioner counts as one step; some are several of ours.
type stage struct {
	heading string
	kinds   []provision.Kind
}

// stagesOf are Prefect's steps: seven, or six where the credentials block is there.
func stagesOf(plan provision.Plan) []stage {
	role := "Contributor"
	if plan.Request.Role == provision.RoleLeast {
		role = "Pacific's worker"
	}
	secret := []stage{
		{"Generating secret for app registration", []provision.Kind{provision.KindSecret}},
		{"Creating ACI credentials block", []provision.Kind{provision.KindCredentials}},
	}
	for _, one := range plan.Resources {
		if one.Kind == provision.KindCredentials && one.Action == provision.ActionKeep {
			secret = []stage{{"Reading ACI credentials block", []provision.Kind{provision.KindSecret, provision.KindCredentials}}}
		}
	}
	list := []stage{
		{"Creating resource group", []provision.Kind{provision.KindGroup}},
		{"Creating app registration", []provision.Kind{provision.KindApplication}},
	}
	return append(append(list, secret...),
		stage{"Assigning " + role + " role to service account", []provision.Kind{provision.KindPrincipal, provision.KindRole}},
		stage{"Creating Azure Container Registry (this may take a few minutes)", []provision.Kind{provision.KindRegistry, provision.KindLogin, provision.KindNamespace}},
		stage{"Creating identity", []provision.Kind{provision.KindIdentity, provision.KindPull}},
	)
}

// progress tells of a run: a heading for each step, what came of it, and what is waited for.
type progress struct {
	*cmdutil.Doing
	a *cmdutil.App

	mu     sync.Mutex
	stages []stage
	// at is the stage whose heading was written; -1: none yet.
	at int
	// changed are the kinds of what was made or changed, in order.
	changed []provision.Kind
}

func newProgress(a *cmdutil.App) *progress { return &progress{Doing: a.NewDoing(), a: a, at: -1} }

// begin is called before the first step of a plan that is carried out.
func (p *progress) begin(plan provision.Plan) { p.stages = stagesOf(plan) }

// report is told of each event of the run.
func (p *progress) report(e steps.Event) {
	kind := provision.Kind(e.Step)
	switch e.Kind {
	case steps.Checking:
		p.head(kind)
	case steps.Doing:
		p.Show(doingWords(kind, e))
	case steps.Unchanged:
		if kind != provision.KindTemplate {
			p.a.Say.Outcome(console.ToneSame, thereWords(kind, e))
		}
	case steps.Done:
		p.Stop()
		p.mu.Lock()
		p.changed = append(p.changed, kind)
		p.mu.Unlock()
		if kind != provision.KindTemplate { // it counts once the pool is written
			p.a.Say.Outcome(console.ToneNew, doneWords(kind, e))
		}
	case steps.Failed:
		p.Stop()
	}
}

// head writes the heading of the stage that a kind belongs to, unless that has been done.
func (p *progress) head(kind provision.Kind) {
	for i, stage := range p.stages {
		for _, one := range stage.kinds {
			if one == kind && i > p.at {
				p.at = i
				p.a.Say.Heading(fmt.Sprintf("[%d/%d] %s", i+1, len(p.stages), stage.heading))
			}
		}
	}
}

// doingWords are what goes on in a step.
func doingWords(kind provision.Kind, e steps.Event) string {
	switch kind {
	case provision.KindLogin:
		return "signing in to registry " + e.Text
	case provision.KindRole, provision.KindPull:
		return "assigning role " + e.Text
	case provision.KindNamespace:
		return "setting the docker build namespace"
	}
	if e.State == steps.Different {
		return fmt.Sprintf("updating %s %s", kind, e.Text)
	}
	return fmt.Sprintf("creating %s %s", kind, e.Text)
}

// thereWords say that a step had nothing to do.
func thereWords(kind provision.Kind, e steps.Event) string {
	switch kind {
	case provision.KindRole:
		return "the service principal already has the role " + e.Text
	case provision.KindPull:
		return "role " + e.Text + " is already assigned"
	case provision.KindNamespace:
		return "docker build namespace is already " + e.Text
	case provision.KindSecret:
		return "the secret in credentials block " + e.Text + " is still valid"
	}
	return fmt.Sprintf("%s %s already exists", kind, e.Text)
}

// doneWords are what a step has done.
func doneWords(kind provision.Kind, e steps.Event) string {
	switch kind {
	case provision.KindLogin:
		return "logged into registry " + e.Text
	case provision.KindRole:
		return fmt.Sprintf("role %s assigned to the service principal", e.Text)
	case provision.KindPull:
		return "role " + e.Text + " assigned"
	case provision.KindNamespace:
		return "docker build namespace set to " + e.Text
	case provision.KindSecret:
		return "secret " + e.Text + " generated"
	}
	if e.State == steps.Different {
		return fmt.Sprintf("%s %s updated", kind, e.Text)
	}
	return fmt.Sprintf("%s %s created", kind, e.Text)
}
