// Package orchestration decides what becomes of a state that somebody proposes for a flow run or a task run, by the
// rules of a server of 3.x, and proposes those states that a server proposes itself when their time has come. Make the
// Rules with New; Set and SetTask are for the rooms, Register adds the routes. [Services] do what time makes due, and
// [ScheduleRuns] makes the runs of one deployment's schedules for a route that asks for them.
package orchestration

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// Rules are the server's, over its records. Its methods want the records' lock.
type Rules struct {
	db *db.DB
	// cache is the completed states of task runs by cache key, newest last.
	cache map[string][]cached
	// cleanups is when to look again at flow runs that are cancelled or about to be.
	cleanups map[uuid.UUID]time.Time
}

// New makes the rules.
func New(d *db.DB) *Rules {
	return &Rules{db: d, cache: map[string][]cached{}, cleanups: map[uuid.UUID]time.Time{}}
}

// Status is what became of a proposal.
type Status string

// The four answers.
const (
	Accept Status = "ACCEPT"
	Reject Status = "REJECT"
	Abort  Status = "ABORT"
	Wait   Status = "WAIT"
)

// Result is the reply to set_state. State is the run's state afterwards, nil if it has none.
type Result struct {
	State   *db.State `json:"state"`
	Status  Status    `json:"status"`
	Details Details   `json:"details"`
	// New says that the state was written now, which is what 201 tells.
	New bool `json:"-"`
}

// Details say why.
type Details struct {
	Status Status
	Reason string
	// DelaySeconds is for Wait.
	DelaySeconds int
}

// MarshalJSON writes the fields that details of this kind have, and no others.
func (d Details) MarshalJSON() ([]byte, error) {
	fields := map[string]any{"type": strings.ToLower(string(d.Status)) + "_details"}
	if d.Status != Accept {
		fields["reason"] = d.Reason
	}
	if d.Status == Wait {
		fields["delay_seconds"] = d.DelaySeconds
	}
	return json.Marshal(fields)
}

// StateCreate is a state as requests propose it.
type StateCreate struct {
	Type    db.StateType    `json:"type" req:"true"`
	Name    *string         `json:"name"`
	Message *string         `json:"message"`
	Data    json.RawMessage `json:"data"`
	Details db.StateDetails `json:"state_details"`
}

// State makes the state: with the type's name and, if it is scheduled, a scheduled time, where the request says neither.
func (s StateCreate) State() db.State {
	state := db.State{ID: uuid.New(), Type: s.Type, Timestamp: api.Now(), Message: s.Message, Data: s.Data, Details: s.Details}
	if state.Details.Deferred == nil {
		state.Details.Deferred = new(false)
	}
	if s.Name != nil {
		state.Name = *s.Name
	} else {
		state.Name = s.Type.DefaultName()
	}
	if s.Type == db.Scheduled && state.Details.ScheduledTime.IsZero() {
		state.Details.ScheduledTime = state.Timestamp
	}
	return state
}

// NewState is a state of the server's own, with the type's name.
func NewState(t db.StateType, message string) db.State {
	s := StateCreate{Type: t}
	if message != "" {
		s.Message = &message
	}
	return s.State()
}

// proposal is a state with what is known of who proposes it.
type proposal struct {
	State db.State
	Force bool
	// Client is the version of Prefect's own client, from its user agent; empty for others. Leases depend on it.
	Client string
}
