package deploy

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/prefect"
)

// A Result is what [Plan.Apply] did.
type Result struct {
	// Steps are those of the plan as they were done.
	Steps []Step
	// Deployment is as the server has it now.
	Deployment prefect.Deployment
	FlowID     prefect.ID
}

// Apply does what the plan says, in the order of its steps, and tells done of each. done may be nil. It is safe to repeat: what
// is there already is left alone.
//
// The deployment is told of the new code after all of it was sent, so a run gets either the old code or the new. Code
// that the deployment had before stays for runs that are loading it, and is deleted when it is replaced again.
func (p *Plan) Apply(ctx context.Context, done func(Step)) (*Result, error) {
	r := &Result{}
	step := func(s Step) {
		r.Steps = append(r.Steps, s)
		if done != nil {
			done(s)
		}
	}
	flow, err := p.clients.Prefect.CreateFlow(ctx, prefect.FlowCreate{Name: p.d.Flow.Name})
	if err != nil {
		return r, err
	}
	r.FlowID = flow.ID
	asPlanned := p.flow == flow.ID
	p.flow = flow.ID
	step(p.Steps[0])
	if p.place != nil {
		if !asPlanned {
			if p.unsent, err = p.missingFiles(ctx); err != nil {
				return r, err
			}
		}
		s, err := p.sendCode(ctx)
		if err != nil {
			return r, err
		}
		step(s)
	}
	last := p.Steps[len(p.Steps)-1]
	if r.Deployment, err = p.register(ctx, last.Action == Keep && asPlanned); err != nil {
		return r, err
	}
	step(last)
	if p.place != nil && len(p.unsent) > 0 {
		return r, p.forget(ctx)
	}
	return r, nil
}

// register writes the deployment, or reads it if nothing of it changes: each write deletes the runs that are scheduled ahead.
func (p *Plan) register(ctx context.Context, unchanged bool) (prefect.Deployment, error) {
	if unchanged {
		return *p.existing, nil
	}
	want := p.desired()
	p.Deployment = want
	client := p.clients.Prefect
	made, err := client.CreateDeployment(ctx, want)
	if err != nil {
		return made, err
	}
	left := differences(made, want)
	if p.existing == nil || len(left) == 0 {
		return made, nil
	}
	// What is left out of a request stays as it was.
	if err := p.empty(ctx, made.ID, left); err != nil {
		return made, err
	}
	return client.Deployment(ctx, made.ID)
}

// empty clears fields that the deployment has no more.
func (p *Plan) empty(ctx context.Context, id prefect.ID, fields []string) error {
	want, update := p.desired(), prefect.DeploymentUpdate{}
	var stuck []string
	for _, field := range fields {
		switch field {
		case "description":
			update.Description = prefect.Set(want.Description)
		case "tags":
			update.Tags = prefect.Set(append([]string{}, want.Tags...))
		case "parameters":
			update.Parameters = prefect.Set(orEmpty(want.Parameters))
		case "job_variables":
			update.JobVariables = prefect.Set(orEmpty(want.JobVariables))
		case "schedules":
			update.Schedules = prefect.Set(want.Schedules)
		case "path":
			update.Path = prefect.Null[string]()
		case "storage_document_id":
			update.StorageDocumentID = prefect.Null[prefect.ID]()
		case "infrastructure_document_id":
			update.InfrastructureDocumentID = prefect.Null[prefect.ID]()
		case "pull_steps":
			if p.version.Major < 3 {
				stuck = append(stuck, field)
				continue
			}
			update.PullSteps = prefect.Set(orNone(want.PullSteps))
		default:
			stuck = append(stuck, field)
		}
	}
	if len(stuck) > 0 {
		return &InvalidError{
			Problem: fmt.Sprintf("Prefect %s does not take a change of %s in a deployment that is there", p.version, strings.Join(stuck, ", ")),
			hint:    "delete the deployment first, or give this one another name",
		}
	}
	return p.clients.Prefect.UpdateDeployment(ctx, id, update)
}

// record is what was sent of one deployment, kept beside its folders: Azure would have to list them otherwise.
type record struct {
	// Folders are in the order in which they were begun, with the files in them.
	Folders []recordFolder `json:"folders"`
}

type recordFolder struct {
	Name  string   `json:"name"`
	Files []string `json:"files"`
}

// recordName is the blob with the record.
func (p *Plan) recordName() string {
	return p.place.below(p.home() + "/" + (&Tree{}).digest(string(p.flow), p.d.Name) + ".json")
}

// change reads the record, changes it and writes it back, once more if another deploy does the same.
func (p *Plan) change(ctx context.Context, b *blobs, change func(*record)) error {
	const tries = 5
	for range tries {
		text, tag, err := b.read(ctx, p.recordName())
		if err != nil {
			return err
		}
		var r record
		if text != nil && json.Unmarshal(text, &r) != nil {
			r = record{} // not ours, or cut off: what it knew is not deleted then
		}
		change(&r)
		changed, err := json.Marshal(r)
		if err != nil {
			return err
		}
		if string(changed) == string(text) {
			return nil
		}
		if ok, err := b.write(ctx, p.recordName(), changed, tag); ok || err != nil {
			return err
		}
	}
	return fmt.Errorf("the record %s keeps changing: another deploy of %s is under way", p.recordName(), p.d.Name)
}

// remember notes a folder before anything is sent to it, so that none is ever without a note.
func (p *Plan) remember(ctx context.Context, b *blobs) error {
	name := p.folder()
	return p.change(ctx, b, func(r *record) {
		r.Folders = slices.DeleteFunc(r.Folders, func(f recordFolder) bool { return f.Name == name })
		r.Folders = append(r.Folders, recordFolder{name, sent(p.d.Code.Files)})
	})
}

// kept is how many folders of one deployment stay: the one in use, and the one before, which a run may still be loading.
const kept = 2

// forget deletes the folders that no run can be loading any more.
func (p *Plan) forget(ctx context.Context) error {
	b := newBlobs(p.place)
	var old []recordFolder
	if err := p.change(ctx, b, func(r *record) {
		old = append([]recordFolder{}, r.Folders[:max(0, len(r.Folders)-kept)]...)
	}); err != nil {
		return err
	}
	for _, folder := range old {
		for _, file := range folder.Files {
			if err := b.remove(ctx, p.place.below(folder.Name+"/"+file)); err != nil {
				return err
			}
		}
	}
	if len(old) == 0 {
		return nil
	}
	return p.change(ctx, b, func(r *record) {
		r.Folders = slices.DeleteFunc(r.Folders, func(f recordFolder) bool {
			return slices.ContainsFunc(old, func(o recordFolder) bool { return o.Name == f.Name })
		})
	})
}
