package filter

import (
	"slices"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// Variable is criteria for variables.
type Variable struct {
	Operator api.Operator `json:"operator"`
	ID       *AnyID       `json:"id"`
	Name     *Names       `json:"name"`
	Tags     *PlainTags   `json:"tags"`
}

// Match reports whether a variable fits; a nil filter fits all.
func (f *Variable) Match(v *db.Variable) bool {
	if f == nil {
		return true
	}
	var t tally
	given(&t, f.ID, v.ID)
	given(&t, f.Name, v.Name)
	given(&t, f.Tags, v.Tags)
	return t.under(f.Operator)
}

// Keys are criteria for an artifact's key, which may be missing.
type Keys struct {
	Any    *[]string `json:"any_"`
	Like   *string   `json:"like_"`
	Exists *bool     `json:"exists_"`
}

func (f *Keys) match(key *string) bool {
	switch {
	case f.Any != nil && (key == nil || !among(f.Any, *key)):
		return false
	case f.Like != nil && *f.Like != "" && (key == nil || !api.Like(*key, *f.Like)):
		return false
	}
	return f.Exists == nil || *f.Exists == (key != nil)
}

// OptionalID is a criterion for an id that may be missing.
type OptionalID struct {
	Any *[]uuid.UUID `json:"any_"`
}

func (f *OptionalID) match(id *uuid.UUID) bool {
	return f.Any == nil || id != nil && slices.Contains(*f.Any, *id)
}

// ofArtifact is the criteria that artifacts and their collections share.
type ofArtifact struct {
	Key       *Keys       `json:"key"`
	FlowRunID *OptionalID `json:"flow_run_id"`
	TaskRunID *OptionalID `json:"task_run_id"`
	Type      *Texts      `json:"type"`
}

func (f *ofArtifact) add(t *tally, a *db.Artifact) {
	given(t, f.Key, a.Key)
	given(t, f.FlowRunID, a.FlowRunID)
	given(t, f.TaskRunID, a.TaskRunID)
	given(t, f.Type, a.Type)
}

// Artifact is criteria for artifacts.
type Artifact struct {
	ofArtifact
	Operator api.Operator `json:"operator"`
	ID       *AnyID       `json:"id"`
}

func (f *Artifact) match(a *db.Artifact) bool {
	if f == nil {
		return true
	}
	var t tally
	given(&t, f.ID, a.ID)
	f.add(&t, a)
	return t.under(f.Operator)
}

// ArtifactCollection is criteria for the latest artifacts of their keys.
type ArtifactCollection struct {
	ofArtifact
	Operator api.Operator `json:"operator"`
	LatestID *AnyID       `json:"latest_id"`
}

func (f *ArtifactCollection) match(c *db.ArtifactCollection) bool {
	if f == nil {
		return true
	}
	var t tally
	given(&t, f.LatestID, c.LatestID)
	f.add(&t, &c.Artifact)
	return t.under(f.Operator)
}

// MatchArtifacts gives the function that says which artifacts match f and belong to runs that match q.
func (q Query) MatchArtifacts(d *db.DB, f *Artifact) func(*db.Artifact) bool {
	belongs := q.ownedByRuns(d)
	return func(a *db.Artifact) bool { return f.match(a) && belongs(a) }
}

// MatchArtifactCollections gives the function that says which latest artifacts match f and belong to runs that match q.
func (q Query) MatchArtifactCollections(d *db.DB, f *ArtifactCollection) func(*db.ArtifactCollection) bool {
	belongs := q.ownedByRuns(d)
	return func(c *db.ArtifactCollection) bool { return f.match(c) && belongs(&c.Artifact) }
}

// ownedByRuns gives the function that reports whether the flow run and the task run of an artifact match, as far as the
// query asks for either.
func (q Query) ownedByRuns(d *db.DB) func(*db.Artifact) bool {
	ofFlowRun := q
	ofFlowRun.TaskRuns = nil
	flowRuns, subflow := ofFlowRun.MatchFlowRuns(d), parentTasks(d)
	asksFlowRun := q.Flows != nil || q.FlowRuns != nil || q.Deployments != nil
	return func(a *db.Artifact) bool {
		if asksFlowRun {
			if run := d.FlowRuns.Pointed(a.FlowRunID); run == nil || !flowRuns(run) {
				return false
			}
		}
		if q.TaskRuns == nil {
			return true
		}
		run := d.TaskRuns.Pointed(a.TaskRunID)
		return run != nil && q.TaskRuns.match(run, subflow)
	}
}
