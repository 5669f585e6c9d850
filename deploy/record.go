package deploy

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

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

// forget deletes the folders that no run can be loading any more: all but the one in use, and the one before.
func (p *Plan) forget(ctx context.Context) error {
	b := newBlobs(p.place)
	var old []recordFolder
	if err := p.change(ctx, b, func(r *record) { old = p.outdated(r.Folders) }); err != nil {
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

// outdated are the folders but for the one in use now and the one that was in use before. That one is the last in the record,
// unless the deployment had gone back to older code, or a deploy that has failed began another folder.
func (p *Plan) outdated(folders []recordFolder) []recordFolder {
	called := func(name string) func(recordFolder) bool {
		return func(f recordFolder) bool { return f.Name == name }
	}
	old := slices.DeleteFunc(slices.Clone(folders), called(p.folder()))
	if before := slices.IndexFunc(old, called(p.folderBefore())); before >= 0 {
		return slices.Delete(old, before, before+1)
	}
	return old[:max(0, len(old)-1)]
}

// folderBefore is the folder that the deployment loaded its code from when the plan was made; empty if it had none in this
// storage.
func (p *Plan) folderBefore() string {
	if p.existing == nil {
		return ""
	}
	if p.byBlock() {
		return p.existing.Path
	}
	for _, step := range p.existing.PullSteps {
		inputs, _ := step[pullStep].(map[string]any)
		if folder, ok := inputs["folder"].(string); ok {
			return strings.TrimPrefix(strings.TrimPrefix(folder, p.place.folder), "/")
		}
	}
	return ""
}
