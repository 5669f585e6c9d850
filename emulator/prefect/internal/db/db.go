// Package db is what the emulated Prefect API remembers: the records of flows, deployments, runs, pools, queues and
// workers, under one lock. Field names on the wire are those of a server of 3.x. Make a DB with New; a handler of
// package api holds the lock already.
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

	ConcurrencyLimits Table[ConcurrencyLimit]
	Leases            Table[Lease]

	// runKeys finds flow runs by their idempotency keys.
	runKeys map[runKey]uuid.UUID
	// taskKeys finds task runs by their keys, tasksOf those of a flow run.
	taskKeys map[taskKey][]*TaskRun
	tasksOf  map[uuid.UUID]*Table[TaskRun]

	// BlockDocumentData is a block document's data with its secrets masked; the room of blocks sets it.
	BlockDocumentData func(uuid.UUID) (json.RawMessage, bool)
	// BlockDocumentExists tells whether there is a block document; the room of blocks sets it.
	BlockDocumentExists func(uuid.UUID) bool
	// ForgetLogs drops the logs of a flow run that is deleted; the room of logs sets it.
	ForgetLogs func(flowRun uuid.UUID)
	// Emit publishes an event; the room of events sets it.
	Emit func(Event)
	// Wake asks that what time makes due is looked at, at this moment or a little later; the room of services sets it.
	Wake func(at time.Time)
}

// New is an empty DB, whose hooks do nothing yet.
func New() *DB {
	return &DB{
		runKeys:             map[runKey]uuid.UUID{},
		taskKeys:            map[taskKey][]*TaskRun{},
		tasksOf:             map[uuid.UUID]*Table[TaskRun]{},
		BlockDocumentData:   func(uuid.UUID) (json.RawMessage, bool) { return nil, false },
		BlockDocumentExists: func(uuid.UUID) bool { return false },
		ForgetLogs:          func(uuid.UUID) {},
		Emit:                func(Event) {},
		Wake:                func(time.Time) {},
	}
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
