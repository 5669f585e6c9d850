package deploy

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// record is what was sent of one deployment, kept beside its folders: Azure would have to list them otherwise.
type record struct {
	// Folders are in the order in which they were begun, with the files in them.
	Folders []recordFolder `json:"folders"`
}

type recordFolder struct {
	Name  string   `json:"name"`
	Files []string `json:"files"`
	// Begun is when a deploy noted the folder. Used: the deployment was told of it.
	Begun time.Time `json:"begun,omitzero"`
	Used  bool      `json:"used,omitempty"`
	// Deleting is when a deploy began to delete it; zero for none.
	Deleting time.Time `json:"deleting,omitzero"`
}

const (
	// longestDeploy is after how long a deploy that has not told the deployment of its folder is taken for one that failed.
	longestDeploy = time.Hour
	// longestDelete is after how long a deploy that deletes a folder is taken for dead.
	longestDelete = 10 * time.Minute
)

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

// remember notes a folder before anything is sent to it, so that none is ever without a note, and no other deploy deletes it.
func (p *Plan) remember(ctx context.Context, b *blobs) error {
	name, now, goes := p.folder(), time.Now().UTC(), false
	err := p.change(ctx, b, func(r *record) {
		at := slices.IndexFunc(r.Folders, called(name))
		if goes = at >= 0 && now.Sub(r.Folders[at].Deleting) < longestDelete; goes {
			return
		}
		r.Folders = slices.DeleteFunc(r.Folders, called(name))
		r.Folders = append(r.Folders, recordFolder{Name: name, Files: sent(p.d.Code.Files), Begun: now})
	})
	if err == nil && goes {
		return invalid("deploy once more in a moment", "another deploy is deleting the code that this one would use again, %s", name)
	}
	return err
}

// forget deletes the folders that no run can be loading any more: all but the one in use, the one before, and those of
// deploys that are under way. The record says which are being deleted, so that no deploy takes one of them up.
func (p *Plan) forget(ctx context.Context) error {
	b, now := newBlobs(p.place), time.Now().UTC()
	var old []recordFolder
	err := p.change(ctx, b, func(r *record) {
		if own := slices.IndexFunc(r.Folders, called(p.folder())); own >= 0 {
			r.Folders[own].Used = true
		}
		old = p.outdated(r.Folders, now)
		for _, folder := range old {
			r.Folders[slices.IndexFunc(r.Folders, called(folder.Name))].Deleting = now
		}
	})
	if err != nil || len(old) == 0 {
		return err
	}
	for _, folder := range old {
		for _, file := range folder.Files {
			if err := b.remove(ctx, p.place.below(folder.Name+"/"+file)); err != nil {
				return err
			}
		}
	}
	return p.change(ctx, b, func(r *record) {
		r.Folders = slices.DeleteFunc(r.Folders, func(f recordFolder) bool {
			return !f.Deleting.IsZero() && slices.ContainsFunc(old, called(f.Name))
		})
	})
}

// outdated are the folders that were noted before the one in use now, without the one that was in use before. That one is the
// last of them, unless the deployment had gone back to older code, or a deploy that has failed began another folder. What
// was noted later is of a deploy that is under way.
func (p *Plan) outdated(folders []recordFolder, now time.Time) []recordFolder {
	own := slices.IndexFunc(folders, called(p.folder()))
	old := slices.Clone(folders[:max(0, own)])
	if before := slices.IndexFunc(old, called(p.folderBefore())); before >= 0 {
		old = slices.Delete(old, before, before+1)
	} else {
		old = old[:max(0, len(old)-1)]
	}
	return slices.DeleteFunc(old, func(f recordFolder) bool { return !f.Used && now.Sub(f.Begun) < longestDeploy })
}

// called finds a folder by its name.
func called(name string) func(recordFolder) bool {
	return func(f recordFolder) bool { return f.Name == name }
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
