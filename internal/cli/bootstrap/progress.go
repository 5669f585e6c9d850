package bootstrap

import (
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/bootstrap"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/console"
	"github.com/pacific-aci/pacific/internal/steps"
)

// progress tells of a run: what is being done, what came of it, and what is waited for.
type progress struct {
	*cmdutil.Doing
	a *cmdutil.App
	// changed are the names of the steps that did something; kept is what a destroy had to leave against its plan.
	changed, kept []string
	// held are the vaults that were to be purged and were not, with the reasons.
	held []string
}

func newProgress(a *cmdutil.App) *progress { return &progress{Doing: a.NewDoing(), a: a} }

// report is told of each event of the run.
func (p *progress) report(e steps.Event) {
	kind, _, _ := strings.Cut(e.Step, ": ")
	words := stepTexts[bootstrap.Kind(kind)]
	if e.Kind == steps.Undoing {
		words = undoTexts[bootstrap.Kind(kind)]
	}
	switch e.Kind {
	case steps.Doing:
		p.Show(fill(words.doing, "making %s", kind, e.Text))
	case steps.Undoing:
		p.Show(fill(words.doing, "deleting %s", kind, e.Text))
	case steps.Noted:
		p.GoesOn(e.Text)
		p.a.Say.Status(e.Text)
	case steps.Unchanged:
		if words.there != "" {
			p.a.Say.Outcome(console.ToneSame, fill(words.there, "", kind, e.Text))
		}
	case steps.Done:
		p.Stop()
		p.changed = append(p.changed, e.Step)
		p.a.Say.Outcome(console.ToneNew, fill(words.done, "%s is there", kind, e.Text))
	case steps.Undone:
		p.Stop()
		p.changed = append(p.changed, e.Step)
		p.a.Say.Outcome(console.ToneChanged, undone(kind, e.Text))
	case steps.Kept:
		p.Stop()
		if e.Err != nil {
			if bootstrap.Kind(kind) == bootstrap.KindVault || bootstrap.Kind(kind) == bootstrap.KindDeletedVault {
				p.held = append(p.held, fmt.Sprintf("key vault %s: %v", e.Text, e.Err))
				break
			}
			p.kept = append(p.kept, kind+" "+e.Text)
			p.a.Say.Outcome(console.ToneSame, fmt.Sprintf("%s %s stays: %v", kind, e.Text, e.Err))
		}
	case steps.Failed:
		p.Stop()
	}
}

// undone says what was deleted.
func undone(kind, name string) string {
	return fill(undoTexts[bootstrap.Kind(kind)].done, "%s deleted", kind, name)
}

// fill puts the name of a thing into its words, or its kind and name into the general ones.
func fill(words, otherwise, kind, name string) string {
	if words == "" {
		return fmt.Sprintf(otherwise, kind+" "+name)
	}
	if strings.Contains(words, "%s") {
		return fmt.Sprintf(words, name)
	}
	return words
}

// undoTexts are what a step of a destroy is doing and has done, where that is not to delete.
var undoTexts = map[bootstrap.Kind]struct{ doing, done, there string }{
	bootstrap.KindDeletedVault: {"purging key vault %s", "key vault %s purged", ""},
}

// stepTexts are what a step is doing, what it has done, and that it had nothing to do.
var stepTexts = map[bootstrap.Kind]struct{ doing, done, there string }{
	bootstrap.KindGroup:        {"creating resource group %s", "resource group %s created", "resource group %s already exists"},
	bootstrap.KindProviders:    {"registering %s", "%s registered", ""},
	bootstrap.KindDeletedVault: {"recovering key vault %s", "key vault %s recovered", ""},
	bootstrap.KindDeployment:   {"deploying the template as %s (this may take a few minutes)", "template deployed as %s", "everything in the template is there"},
	bootstrap.KindRunning:      {"waiting for worker %s", "worker %s runs", "worker %s runs"},
}
