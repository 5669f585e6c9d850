package flowdata

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/filter"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/view"
)

func (h *handlers) registerArtifacts(r *api.Router) {
	r.Handle("POST /artifacts/", h.createArtifact)
	r.Handle("GET /artifacts/{id}", h.readArtifact)
	r.Handle("PATCH /artifacts/{id}", h.updateArtifact)
	r.Handle("DELETE /artifacts/{id}", h.deleteArtifact)
	r.Handle("GET /artifacts/{key}/latest", h.readLatestArtifact)
	r.Handle("POST /artifacts/filter", h.listArtifacts)
	r.Handle("POST /artifacts/count", h.countArtifacts)
	r.Handle("POST /artifacts/latest/filter", h.listCollections)
	r.Handle("POST /artifacts/latest/count", h.countCollections)
}

var noArtifact = api.Problem(http.StatusNotFound, "Artifact not found.")

// artifactKey is the name under which an artifact has versions.
type artifactKey string

var artifactKeyForm = regexp.MustCompile(`^[a-z0-9-]*$`)

// Check refuses other characters.
func (k artifactKey) Check() string {
	if !artifactKeyForm.MatchString(string(k)) {
		return "Artifact key must only contain lowercase letters, numbers, and dashes."
	}
	return ""
}

// maxMetadata is how many characters of a metadata value are kept.
const maxMetadata = 500

// cutMetadata shortens long values as the server does.
func cutMetadata(m map[string]string) map[string]string {
	for key, value := range m {
		if utf8.RuneCountInString(value) > maxMetadata {
			m[key] = string([]rune(value)[:maxMetadata]) + "..."
		}
	}
	return m
}

func (h *handlers) createArtifact(r *api.Request) (api.Reply, error) {
	var body struct {
		Key         *artifactKey       `json:"key"`
		Type        *string            `json:"type"`
		Description *string            `json:"description"`
		Data        json.RawMessage    `json:"data"`
		Metadata    *map[string]string `json:"metadata_"`
		FlowRunID   *uuid.UUID         `json:"flow_run_id"`
		TaskRunID   *uuid.UUID         `json:"task_run_id"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	a := &db.Artifact{
		Base: db.NewBase(), Key: (*string)(body.Key), Type: body.Type, Description: body.Description, Data: body.Data,
		FlowRunID: body.FlowRunID, TaskRunID: body.TaskRunID,
	}
	if body.Metadata != nil {
		a.Metadata = cutMetadata(*body.Metadata)
	}
	h.db.Artifacts.Put(a.ID, a)
	if a.Key != nil {
		h.makeLatest(a)
	}
	return api.Created(a)
}

func (h *handlers) collection(key string) *db.ArtifactCollection {
	return h.db.ArtifactCollections.Find(func(c *db.ArtifactCollection) bool { return *c.Key == key })
}

// makeLatest makes an artifact the latest of its key. The server writes only what the artifact says, so an older
// one's other fields stay.
func (h *handlers) makeLatest(a *db.Artifact) {
	c := h.collection(*a.Key)
	if c == nil {
		c = &db.ArtifactCollection{Artifact: *a, LatestID: a.ID}
		c.Base = db.NewBase()
		h.db.ArtifactCollections.Put(c.ID, c)
		view.EmitArtifactCollection(h.db, c, "created")
		return
	}
	c.Show(a)
	c.Touch()
	view.EmitArtifactCollection(h.db, c, "updated")
}

func (h *handlers) readArtifact(r *api.Request) (api.Reply, error) {
	a, err := pathID(r, &h.db.Artifacts, noArtifact)
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(a)
}

func (h *handlers) readLatestArtifact(r *api.Request) (api.Reply, error) {
	c := h.collection(r.Path("key"))
	if c == nil {
		return api.Reply{}, noArtifact
	}
	return api.OK(c.Artifact)
}

func (h *handlers) updateArtifact(r *api.Request) (api.Reply, error) {
	var body struct {
		Data        api.Optional[json.RawMessage]    `json:"data"`
		Description api.Optional[*string]            `json:"description"`
		Metadata    api.Optional[*map[string]string] `json:"metadata_"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	a, err := pathID(r, &h.db.Artifacts, noArtifact)
	if err != nil {
		return api.Reply{}, err
	}
	changed := []*db.Artifact{a}
	if a.Key != nil {
		if c := h.collection(*a.Key); c != nil && c.LatestID == a.ID {
			changed = append(changed, &c.Artifact)
		}
	}
	for _, row := range changed {
		body.Data.Apply(&row.Data)
		body.Description.Apply(&row.Description)
		if body.Metadata.Given {
			row.Metadata = nil
			if body.Metadata.Value != nil {
				row.Metadata = cutMetadata(*body.Metadata.Value)
			}
		}
		row.Touch()
	}
	return api.NoContent()
}

// deleteArtifact makes the one before the latest of its key, if it was the latest itself.
func (h *handlers) deleteArtifact(r *api.Request) (api.Reply, error) {
	a, err := pathID(r, &h.db.Artifacts, noArtifact)
	if err != nil {
		return api.Reply{}, err
	}
	h.db.Artifacts.Delete(a.ID)
	if a.Key == nil {
		return api.NoContent()
	}
	c := h.collection(*a.Key)
	if c == nil || c.LatestID != a.ID {
		return api.NoContent()
	}
	for before := range h.db.Artifacts.Backward() {
		if before.Key != nil && *before.Key == *a.Key {
			c.Show(before)
			c.Created, c.Updated = before.Created, before.Updated
			view.EmitArtifactCollection(h.db, c, "updated")
			return api.NoContent()
		}
	}
	view.EmitArtifactCollection(h.db, c, "deleted")
	h.db.ArtifactCollections.Delete(c.ID)
	return api.NoContent()
}

// artifactSort is an order of artifacts and of their collections.
type artifactSort string

// Values lists the orders.
func (artifactSort) Values() []string {
	return []string{"CREATED_DESC", "UPDATED_DESC", "ID_DESC", "KEY_DESC", "KEY_ASC"}
}

func (s artifactSort) compare(a, b *db.Artifact) int {
	switch s {
	case "CREATED_DESC":
		return b.Created.Compare(a.Created.Time)
	case "UPDATED_DESC":
		return b.Updated.Compare(a.Updated.Time)
	case "KEY_DESC":
		return compareKeys(b.Key, a.Key)
	case "KEY_ASC":
		return compareKeys(a.Key, b.Key)
	}
	return slices.Compare(b.ID[:], a.ID[:])
}

// listBody is the body of a request for artifacts; F is their criteria.
type listBody[F any] struct {
	api.Loose
	api.Page
	filter.Query
	Artifacts *F           `json:"artifacts"`
	Sort      artifactSort `json:"sort"`
}

func readList[F any](r *api.Request) (listBody[F], error) {
	body := listBody[F]{Sort: "ID_DESC"}
	return body, r.Decode(&body)
}

func (h *handlers) matchingArtifacts(body listBody[filter.Artifact]) []*db.Artifact {
	match := body.MatchArtifacts(h.db, body.Artifacts)
	return slices.DeleteFunc(slices.Collect(h.db.Artifacts.All()), func(a *db.Artifact) bool { return !match(a) })
}

func (h *handlers) matchingCollections(body listBody[filter.ArtifactCollection]) []*db.ArtifactCollection {
	match := body.MatchArtifactCollections(h.db, body.Artifacts)
	return slices.DeleteFunc(slices.Collect(h.db.ArtifactCollections.All()), func(c *db.ArtifactCollection) bool { return !match(c) })
}

func (h *handlers) listArtifacts(r *api.Request) (api.Reply, error) {
	body, err := readList[filter.Artifact](r)
	if err != nil {
		return api.Reply{}, err
	}
	return list(h.matchingArtifacts(body), body.Sort.compare, body.Page)
}

func (h *handlers) listCollections(r *api.Request) (api.Reply, error) {
	body, err := readList[filter.ArtifactCollection](r)
	if err != nil {
		return api.Reply{}, err
	}
	compare := func(a, b *db.ArtifactCollection) int { return body.Sort.compare(&a.Artifact, &b.Artifact) }
	return list(h.matchingCollections(body), compare, body.Page)
}

func (h *handlers) countArtifacts(r *api.Request) (api.Reply, error) {
	body, err := readList[filter.Artifact](r)
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(len(h.matchingArtifacts(body)))
}

func (h *handlers) countCollections(r *api.Request) (api.Reply, error) {
	body, err := readList[filter.ArtifactCollection](r)
	if err != nil {
		return api.Reply{}, err
	}
	return api.OK(len(h.matchingCollections(body)))
}
