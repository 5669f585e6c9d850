package provision

import (
	"fmt"
	"slices"

	"github.com/pacific-aci/pacific/internal/console"
	"github.com/pacific-aci/pacific/provision"
)

// kindPool is the work pool itself, which is written last, with the new template.
const kindPool provision.Kind = "work pool"

// resources are those of the plan, and the pool. A new pool is created with its template.
func (r *run) resources(plan provision.Plan) []provision.Resource {
	if r.f.destroy && !r.pool.Exists {
		return plan.Resources
	}
	pool := provision.Resource{Kind: kindPool, Name: r.pool.Name, Action: provision.ActionCreate, Detail: "of type " + r.pool.Type}
	if r.pool.Exists {
		pool.Action, pool.Detail = provision.ActionKeep, ""
	}
	all := append(slices.Clone(plan.Resources), pool)
	for i, one := range all {
		if one.Kind == provision.KindTemplate && !r.pool.Exists {
			one.Action = provision.ActionCreate
			all = append(slices.Delete(all, i, i+1), one)
			break
		}
	}
	return all
}

// panel shows a plan: what happens to each resource, by where it is.
func (r *run) panel(plan provision.Plan) console.Panel {
	azure := console.PanelSection{Heading: fmt.Sprintf("Updates in subscription: %s (%s)", plan.Request.SubscriptionName, plan.Request.Subscription)}
	prefect := console.PanelSection{Heading: "Updates in Prefect workspace: " + r.p.Client.URL()}
	machine := console.PanelSection{Heading: "Updates on this machine"}
	for _, one := range r.resources(plan) {
		section := &azure
		switch one.Kind {
		case provision.KindCredentials, provision.KindTemplate, kindPool:
			section = &prefect
		case provision.KindLogin, provision.KindNamespace:
			section = &machine
		}
		section.Rows = append(section.Rows, row(one))
	}
	if r.keptForLocal {
		machine.Rows = append(machine.Rows, console.PanelRow{Mark: string(provision.ActionKeep),
			Text: "docker's sign-in and the docker build namespace: a registry of a local Azure exists only there", Tone: console.ToneSame})
	}
	title := "Provisioning infrastructure for your work pool %s will require:"
	if r.f.destroy {
		title = "Deleting what was provisioned for your work pool %s will require:"
		prefect.Rows = append(prefect.Rows, console.PanelRow{Mark: "note", Text: "pools of other workspaces and servers cannot be seen", Tone: console.ToneSame})
	} else if r.verifies(r.changes(plan)) {
		azure.Rows = append(azure.Rows, console.PanelRow{Mark: "run", Text: "a short container, to verify that runs can start", Tone: console.ToneNew})
	}
	panel := console.Panel{Title: fmt.Sprintf(title, r.pool.Name)}
	for _, section := range []console.PanelSection{azure, prefect, machine} {
		if len(section.Rows) > 0 {
			panel.Sections = append(panel.Sections, section)
		}
	}
	return panel
}

func row(one provision.Resource) console.PanelRow {
	text := fmt.Sprintf("%s: %s", one.Kind, one.Name)
	switch {
	case one.Detail == "" || one.Detail == provision.DetailAbsent && one.Kind == provision.KindNamespace: // its name says it
	case one.Detail == provision.DetailAbsent && one.Kind == provision.KindLogin:
		text += ", docker is not signed in"
	default:
		text += ", " + one.Detail
	}
	tone := console.ToneSame
	switch one.Action {
	case provision.ActionCreate:
		tone = console.ToneNew
	case provision.ActionUpdate, provision.ActionDelete:
		tone = console.ToneChanged
	}
	return console.PanelRow{Mark: string(one.Action), Text: text, Tone: tone}
}
