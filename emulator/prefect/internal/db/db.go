// Package db is what the emulated Prefect API remembers: the records of flows, deployments, runs, pools, queues, workers,
// limits and logs, and what finds them, under one lock. It decides nothing and tells nobody: that is for the rooms above.
// Field names on the wire are those of a server of 3.x. Make a DB with New; a handler of package api holds the lock
// already.
package db

import (
	"encoding/json"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
)

// DB is everything. Its fields may be touched only while the lock is held.
type DB struct {
	sync.Mutex

	Flows       Table[Flow]
	Deployments Table[Deployment]
	FlowRuns    Table[FlowRun]
	TaskRuns    Table[TaskRun]
	WorkPools   Table[WorkPool]
	WorkQueues  Table[WorkQueue]
	Workers     Table[Worker]

	Variables           Table[Variable]
	Artifacts           Table[Artifact]
	ArtifactCollections Table[ArtifactCollection]
	// Inputs are those of each flow run, oldest first.
	Inputs map[uuid.UUID][]*FlowRunInput

	ConcurrencyLimits Table[ConcurrencyLimit]
	Leases            Table[Lease]

	// Logs are the lines of each flow run, those of none under the zero id; each list is by time.
	Logs map[uuid.UUID][]*Log

	// runKeys finds flow runs by their idempotency keys.
	runKeys map[runKey]uuid.UUID
	// taskKeys finds task runs by their keys, tasksOf those of a flow run.
	taskKeys map[taskKey][]*TaskRun
	tasksOf  map[uuid.UUID]*Table[TaskRun]

	// BlockDocumentData is a block document's data with its secrets masked, false if there is no such document; the room of
	// blocks sets it.
	BlockDocumentData func(uuid.UUID) (json.RawMessage, bool)
	// Emit publishes an event; the room of events sets it.
	Emit func(Event)
	// Deferred takes a task run that was scheduled for a task worker; the room of flowdata sets it.
	Deferred func(*TaskRun)
	// Wake asks that what time makes due is looked at, at this moment or a little later; orchestration.Services sets it.
	Wake func(at time.Time)
}

// New is an empty DB, whose hooks do nothing yet.
func New() *DB {
	return &DB{
		Inputs:            map[uuid.UUID][]*FlowRunInput{},
		Logs:              map[uuid.UUID][]*Log{},
		runKeys:           map[runKey]uuid.UUID{},
		taskKeys:          map[taskKey][]*TaskRun{},
		tasksOf:           map[uuid.UUID]*Table[TaskRun]{},
		BlockDocumentData: func(uuid.UUID) (json.RawMessage, bool) { return nil, false },
		Emit:              func(Event) {},
		Deferred:          func(*TaskRun) {},
		Wake:              func(time.Time) {},
	}
}

// BlockDocumentExists reports whether there is a block document.
func (d *DB) BlockDocumentExists(id uuid.UUID) bool {
	_, ok := d.BlockDocumentData(id)
	return ok
}

// Base is what every record begins with.
type Base struct {
	ID      uuid.UUID `json:"id"`
	Created api.Time  `json:"created"`
	Updated api.Time  `json:"updated"`
}

// NewBase is for a record that is made now.
func NewBase() Base {
	now := api.Now()
	return Base{ID: uuid.New(), Created: now, Updated: now}
}

// Touch notes a change.
func (b *Base) Touch() { b.Updated = api.Now() }

// Event is something that happened to a resource.
type Event struct {
	ID       uuid.UUID           `json:"id"`
	Occurred api.Time            `json:"occurred"`
	Event    string              `json:"event"`
	Resource map[string]string   `json:"resource"`
	Related  []map[string]string `json:"related"`
	Payload  json.RawMessage     `json:"payload"`
	Follows  *uuid.UUID          `json:"follows"`
	Received api.Time            `json:"received"`
}

// Log is a line.
type Log struct {
	Base
	Name      string     `json:"name"`
	Level     int        `json:"level"`
	Message   string     `json:"message"`
	Timestamp api.Time   `json:"timestamp"`
	FlowRunID *uuid.UUID `json:"flow_run_id"`
	TaskRunID *uuid.UUID `json:"task_run_id"`
	// Number tells lines of the same time apart: it is the order in which they came.
	Number int `json:"-"`
}

// Flow is a flow's name.
type Flow struct {
	Base
	Name   string         `json:"name"`
	Tags   []string       `json:"tags"`
	Labels map[string]any `json:"labels"`
}

// WorkPool is a pool as it is kept; the room of work pools adds what is computed.
type WorkPool struct {
	Base
	Name             string
	Description      *string
	Type             string
	BaseJobTemplate  json.RawMessage
	IsPaused         bool
	ConcurrencyLimit *int
	DefaultQueueID   uuid.UUID
	Storage          json.RawMessage
	// Ready is whether a worker sends heartbeats: the status when not paused.
	Ready bool
}

// WorkQueue is a queue of a pool.
type WorkQueue struct {
	Base
	Name             string
	Description      string
	IsPaused         bool
	ConcurrencyLimit *int
	Priority         int
	WorkPoolID       uuid.UUID
	Filter           json.RawMessage
	LastPolled       api.Time
	// Ready is whether somebody has polled it within the last minute.
	Ready bool
}

// Worker is a worker that has sent a heartbeat.
type Worker struct {
	Base
	Name          string
	WorkPoolID    uuid.UUID
	LastHeartbeat api.Time
	// Interval of its heartbeats in seconds; nil if it never said.
	Interval *int
}

// AgentPool is the pool that queues without a pool belong to.
const AgentPool = "default-agent-pool"

// Pool finds a pool by its name; nil if there is none.
func (d *DB) Pool(name string) *WorkPool {
	return d.WorkPools.Find(func(p *WorkPool) bool { return p.Name == name })
}

// Queue finds a pool's queue by its name; nil if there is none.
func (d *DB) Queue(pool uuid.UUID, name string) *WorkQueue {
	return d.WorkQueues.Find(func(q *WorkQueue) bool { return q.WorkPoolID == pool && q.Name == name })
}
