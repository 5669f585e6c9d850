package db

import (
	"encoding/json"

	"github.com/google/uuid"
)

// Variable is a named value that flows read.
type Variable struct {
	Base
	Name  string          `json:"name"`
	Value json.RawMessage `json:"value"`
	Tags  []string        `json:"tags"`
}

// Artifact is what a run shows people: a table, a link, some Markdown. As the latest one of a key it is an
// [ArtifactCollection] too.
type Artifact struct {
	Base
	Key         *string           `json:"key"`
	Type        *string           `json:"type"`
	Description *string           `json:"description"`
	Data        json.RawMessage   `json:"data"`
	Metadata    map[string]string `json:"metadata_"`
	FlowRunID   *uuid.UUID        `json:"flow_run_id"`
	TaskRunID   *uuid.UUID        `json:"task_run_id"`
}

// ArtifactCollection is the latest artifact of a key. Its embedded artifact has an id of its own, the collection's.
type ArtifactCollection struct {
	Artifact
	LatestID uuid.UUID `json:"latest_id"`
}

// FlowRunInput is a value that somebody sent to a flow run.
type FlowRunInput struct {
	Base
	FlowRunID uuid.UUID `json:"flow_run_id"`
	Key       string    `json:"key"`
	Value     string    `json:"value"`
	Sender    *string   `json:"sender"`
}

// Input finds a flow run's input by its key; nil if there is none.
func (d *DB) Input(run uuid.UUID, key string) *FlowRunInput {
	for _, i := range d.Inputs[run] {
		if i.Key == key {
			return i
		}
	}
	return nil
}

// Show makes a the latest artifact of the collection, which keeps its own id and times.
func (c *ArtifactCollection) Show(a *Artifact) {
	base := c.Base
	c.Artifact, c.LatestID = *a, a.ID
	c.Base = base
}
