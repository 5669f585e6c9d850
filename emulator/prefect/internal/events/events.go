// Package events is the part of the emulated Prefect API for events and logs, by HTTP and by websocket: what clients send,
// and what the other rooms publish with db.DB's Emit. Call Register.
package events

import (
	"encoding/json"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// Register adds the room's routes and takes over Emit.
func Register(r *api.Router, d *db.DB) {
	s := &store{db: d, seen: map[uuid.UUID]struct{}{}}
	d.Emit = s.emit
	r.Handle("POST /events", s.create)
	r.Handle("POST /events/filter", s.filter)
	r.Handle("GET /events/filter/next", s.filterNext)
	r.HandleSocket("GET /events/in", s.socketIn)
	r.HandleSocket("GET /events/out", s.socketOut)
	r.Handle("POST /logs/", s.createLogs)
	r.Handle("POST /logs/filter", s.filterLogs)
	r.HandleSocket("GET /logs/out", s.logsOut)
	r.Handle("GET /flow_runs/{id}/logs/download", s.downloadLogs)
}

// maxEvents is how many events are remembered; the oldest are forgotten. The server forgets by age, after a week.
const maxEvents = 20_000

// store is the events; the logs are with the records, whose flow runs take them along. Its fields want the records' lock.
type store struct {
	db *db.DB
	// events are in the order in which they came; seen are their ids.
	events []*db.Event
	seen   map[uuid.UUID]struct{}
	feed   feed[*db.Event]
	// lines is how many log lines have come.
	lines   int
	logFeed feed[*db.Log]
}

// emit publishes an event of the server's own.
func (s *store) emit(e db.Event) {
	if e.ID == (uuid.UUID{}) {
		e.ID = uuid.New()
	}
	if e.Occurred.IsZero() {
		e.Occurred = api.Now()
	}
	s.receive(&e)
}

// receive keeps an event and gives it to those who listen. One that came before is left out: clients repeat requests
// whose reply they have not seen.
func (s *store) receive(e *db.Event) {
	if _, known := s.seen[e.ID]; known {
		return
	}
	e.Received = api.Now()
	if e.Related == nil {
		e.Related = []map[string]string{}
	}
	if e.Payload == nil {
		e.Payload = json.RawMessage("{}")
	}
	s.seen[e.ID] = struct{}{}
	s.events = append(s.events, e)
	if len(s.events) > maxEvents+maxEvents/4 {
		for _, old := range s.events[:len(s.events)-maxEvents] {
			delete(s.seen, old.ID)
		}
		s.events = append([]*db.Event(nil), s.events[len(s.events)-maxEvents:]...)
	}
	s.record(e)
	s.feed.publish(e)
}

// backlog is how much may wait for one listener; what comes on top of it is dropped. A server lets 256 wait, but behind a
// queue of 10,000 that it empties meanwhile; here a whole request is published at once.
const backlog = 10_000

// feed gives what is published to all who listen. Nobody waits for a slow one.
type feed[T any] struct{ readers map[*reader[T]]struct{} }

// reader is one listener.
type reader[T any] struct {
	items chan T
	wants func(T) bool
}

// join adds a listener; leave removes it.
func (f *feed[T]) join(wants func(T) bool) *reader[T] {
	r := &reader[T]{make(chan T, backlog), wants}
	if f.readers == nil {
		f.readers = map[*reader[T]]struct{}{}
	}
	f.readers[r] = struct{}{}
	return r
}

func (f *feed[T]) leave(r *reader[T]) { delete(f.readers, r) }

func (f *feed[T]) publish(item T) {
	for r := range f.readers {
		if !r.wants(item) {
			continue
		}
		select {
		case r.items <- item:
		default:
		}
	}
}
