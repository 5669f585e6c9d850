package deploy

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
)

// parallel is how many files are asked for, or sent, at once.
const parallel = 8

// each does something with every file, some at once, and stops at the first error.
func each(ctx context.Context, files []File, do func(context.Context, File) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var group sync.WaitGroup
	turns := make(chan struct{}, parallel)
	for _, f := range files {
		select {
		case turns <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		group.Go(func() {
			defer func() { <-turns }()
			if err := do(ctx, f); err != nil {
				cancel(err)
			}
		})
	}
	group.Wait()
	return context.Cause(ctx)
}

// missingFiles are the files of the code that are not in the folder with their content.
func (p *Plan) missingFiles(ctx context.Context) ([]File, error) {
	b, folder := newBlobs(p.place), p.place.below(p.folder())
	var mu sync.Mutex
	var unsent []File
	err := each(ctx, p.d.Code.Files, func(ctx context.Context, f File) error {
		has, err := b.has(ctx, folder+"/"+f.Path, f)
		if err == nil && !has {
			mu.Lock()
			defer mu.Unlock()
			unsent = append(unsent, f)
		}
		return err
	})
	slices.SortFunc(unsent, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return unsent, err
}

// sendCode sends what is missing.
func (p *Plan) sendCode(ctx context.Context) (Step, error) {
	b, folder := newBlobs(p.place), p.place.below(p.folder())
	step := Step{Object: "code", Action: Keep, Name: p.place.container + "/" + folder}
	if len(p.unsent) == 0 && p.folderBefore() == p.folder() {
		return step, nil
	}
	if err := p.remember(ctx, b); err != nil {
		return step, err
	}
	p.remembered = true
	if len(p.unsent) < len(p.d.Code.Files) { // until it was noted, another deploy could delete the folder
		var err error
		if p.unsent, err = p.missingFiles(ctx); err != nil {
			return step, err
		}
	}
	if len(p.unsent) == 0 {
		return step, nil
	}
	step.Action = Create
	err := each(ctx, p.unsent, func(ctx context.Context, f File) error {
		content, err := p.d.Code.open(f)
		if err != nil {
			return err
		}
		defer content.Close()
		if info, err := content.Stat(); err == nil && info.Size() != f.Size {
			return changed(f, nil)
		}
		return b.send(ctx, folder+"/"+f.Path, f, content)
	})
	for _, f := range p.unsent {
		step.Files++
		step.Bytes += f.Size
	}
	return step, err
}

// cutBlock takes TYPE/NAME apart.
func cutBlock(path string) (slug, name string, ok bool) {
	slug, name, ok = strings.Cut(path, "/")
	return slug, name, ok && slug != "" && name != "" && !strings.Contains(name, "/")
}

// slug is a name as the part of a path: what reads well of it.
func slug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() == 60 {
			break
		}
	}
	if text := strings.Trim(b.String(), "-"); text != "" {
		return text
	}
	return "flow"
}

var errNoAzure = errors.New("sending code needs a way to Azure, and none is given")
