package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/pacific-aci/pacific/prefect"
)

// Markdown shows text on the page of the run that ctx belongs to, as the latest version of key. A key is of small letters, digits
// and dashes; an empty one belongs to this run alone. Without a server it does nothing.
func Markdown(ctx context.Context, key, text string) error {
	return leaveArtifact(ctx, prefect.ArtifactCreate{Key: key, Type: "markdown", Data: text})
}

// Link shows a link as [Markdown] shows a text.
func Link(ctx context.Context, key, text, url string) error {
	return Markdown(ctx, key, fmt.Sprintf("[%s](%s)", text, url)) // as Prefect's client does
}

// Table shows rows as [Markdown] shows a text: structs or maps that JSON has objects for, one a row.
func Table[Row any](ctx context.Context, key string, rows []Row) error {
	if rows == nil {
		rows = []Row{}
	}
	text, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("writing table %q: %w", key, err)
	}
	return leaveArtifact(ctx, prefect.ArtifactCreate{Key: key, Type: "table", Data: string(text)}) // JSON as a text
}

func leaveArtifact(ctx context.Context, create prefect.ArtifactCreate) error {
	s := scopeOf(ctx)
	if s.flow == nil || s.flow.session == nil {
		return nil
	}
	_, err := s.flow.session.client.CreateArtifact(ctx, s.own(create))
	return err
}

func (s scope) own(create prefect.ArtifactCreate) prefect.ArtifactCreate {
	create.FlowRunID = s.flow.id
	if s.task != nil {
		create.TaskRunID = s.task.run.ID
	}
	return create
}

// progress are the bars of one flow run by their keys.
type progress struct {
	mu   sync.Mutex
	bars map[string]prefect.ID
}

// Progress shows a bar on the page of the run that ctx belongs to, and moves it with every further call with its key in the same
// flow run. part is how much of whole is done. Without a server it does nothing.
func Progress(ctx context.Context, key string, part, whole int) error {
	if whole <= 0 || part < 0 {
		return errors.New("progress needs a whole of more than 0, and a part that is not less than 0")
	}
	s := scopeOf(ctx)
	if s.flow == nil || s.flow.session == nil {
		return nil
	}
	percent := min(100, 100*float64(part)/float64(whole))
	client, p := s.flow.session.client, &s.flow.progress
	p.mu.Lock() // over the call too: two first calls must not make two bars
	defer p.mu.Unlock()
	if id, ok := p.bars[key]; ok {
		return client.UpdateArtifact(ctx, id, percent)
	}
	made, err := client.CreateArtifact(ctx, s.own(prefect.ArtifactCreate{Key: key, Type: "progress", Data: percent}))
	if err != nil {
		return err
	}
	if p.bars == nil {
		p.bars = map[string]prefect.ID{}
	}
	p.bars[key] = made.ID
	return nil
}
