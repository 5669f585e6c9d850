package prefect

import (
	"context"
	"net/http"
)

// Artifact is something that a run leaves for people to look at. Those with a Key are versions of one thing.
type Artifact struct {
	ID      ID   `json:"id"`
	Created Time `json:"created"`
	Updated Time `json:"updated"`
	// Key is of small letters, digits and dashes. Empty: it belongs to its run alone.
	Key string `json:"key"`
	// Type is markdown, table, progress, image, or another.
	Type        string `json:"type"`
	Description string `json:"description"`
	// Data is what is shown: a text, numbers as encoding/json.Number, or any JSON.
	Data      any `json:"data"`
	FlowRunID ID  `json:"flow_run_id"`
	TaskRunID ID  `json:"task_run_id"`
}

// ArtifactCreate describes an artifact. Its fields are those of [Artifact].
type ArtifactCreate struct {
	Key         string `json:"key,omitempty"`
	Type        string `json:"type,omitempty"`
	Description string `json:"description,omitempty"`
	Data        any    `json:"data"`
	FlowRunID   ID     `json:"flow_run_id,omitzero"`
	TaskRunID   ID     `json:"task_run_id,omitzero"`
}

// CreateArtifact makes an artifact, as the latest of its key. An answer that was lost may leave a second one with the same
// contents, as with Prefect's client.
func (c *Client) CreateArtifact(ctx context.Context, create ArtifactCreate) (Artifact, error) {
	return do(ctx, c, request[Artifact]{doing: "creating artifact " + create.Key, method: http.MethodPost, path: "/artifacts/", body: create})
}

// UpdateArtifact gives an artifact new data. Servers of 2.20 answer [ErrNotFound] for one without a key.
func (c *Client) UpdateArtifact(ctx context.Context, id ID, data any) error {
	_, err := do(ctx, c, request[none]{
		doing: "updating artifact " + string(id), method: http.MethodPatch, path: pathf("/artifacts/%s", string(id)), body: map[string]any{"data": data},
	})
	return err
}

// LatestArtifact reads the latest artifact of a key; [ErrNotFound] if there is none. Its ID is that of the key, under which the
// server keeps a copy, and not that of the artifact.
func (c *Client) LatestArtifact(ctx context.Context, key string) (Artifact, error) {
	return do(ctx, c, request[Artifact]{doing: "reading artifact " + key, method: http.MethodGet, path: pathf("/artifacts/%s/latest", key)})
}
