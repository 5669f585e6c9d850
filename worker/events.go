package worker

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/pacific-aci/pacific/prefect"
)

const (
	// maxQueuedEvents bounds the memory that a server without an answer may cost. The oldest events go first.
	maxQueuedEvents = 10_000
	// eventBatch is how many events one request carries at most. The server takes 1.5 MB for each of them.
	eventBatch = 100
	// eventInterval is how long an event waits for others.
	eventInterval = time.Second
	// maxEventPause is the longest pause between two attempts to reach the server.
	maxEventPause = time.Minute
	// followsWithin is how close an event must be to the one before it to be tied to it, as Prefect's client has it. The
	// server would otherwise hold the later one back while it looks for the earlier one.
	followsWithin = 5 * time.Minute
)

// feedConfig says who reports to Prefect's event feed.
type feedConfig struct {
	client *prefect.Client
	log    *slog.Logger
	// name and kind are the worker's name and type.
	name, kind string
	// poolID and pool are the work pool's id and name; empty for an agent without one.
	poolID prefect.ID
	pool   string
}

// feed reports what happens to Prefect's event feed, in order, from a goroutine of its own. No method waits for the
// server, and a nil feed reports nothing. Events are a courtesy: what cannot be sent is logged once and never affects a
// run.
type feed struct {
	feedConfig
	wake    chan struct{}
	closing chan struct{}
	done    chan struct{}

	mu     sync.Mutex
	queue  []prefect.Event
	off    bool // the server takes no events
	start  earlier
	warned bool
}

// newFeed starts a feed, which ends with [feed.close] or with ctx.
func newFeed(ctx context.Context, c feedConfig) *feed {
	f := &feed{feedConfig: c, wake: make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{})}
	go f.loop(ctx)
	return f
}

// started reports that the worker serves its pool.
func (f *feed) started() {
	if f == nil {
		return
	}
	e := f.workerEvent("started", f.pools())
	e.ID = newEventID()
	f.start = earlierOf(e)
	f.publish(e)
}

// stopped reports that the worker has ended.
func (f *feed) stopped() {
	if f == nil {
		return
	}
	f.publish(follow(f.workerEvent("stopped", f.pools()), f.start))
}

// close sends what is left, as long as ctx allows, and ends the feed.
func (f *feed) close(ctx context.Context) {
	if f == nil {
		return
	}
	f.mu.Lock()
	select {
	case <-f.closing:
	default:
		close(f.closing)
	}
	f.mu.Unlock()
	select {
	case <-f.done:
	case <-ctx.Done():
	}
}

// resource is the worker, as Prefect names it.
func (f *feed) resource() prefect.Resource {
	r := prefect.NewResource("prefect.worker."+f.kind+"."+slug(f.name), f.name)
	r["prefect.worker-type"] = f.kind
	return r
}

// pools is the work pool as a related resource.
func (f *feed) pools() []prefect.Resource {
	if f.poolID == "" {
		return nil
	}
	return []prefect.Resource{prefect.NewResource("prefect.work-pool."+string(f.poolID), f.pool).As("work-pool")}
}

// workerEvent is an event of the worker's own.
func (f *feed) workerEvent(name string, related []prefect.Resource) prefect.Event {
	return prefect.Event{Event: "prefect.worker." + name, Occurred: prefect.At(time.Now()), Resource: f.resource(), Related: related}
}

// publish queues an event.
func (f *feed) publish(e prefect.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.off {
		return
	}
	if e.ID == "" {
		e.ID = newEventID()
	}
	if len(f.queue) >= maxQueuedEvents {
		f.queue = append(f.queue[:0], f.queue[1:]...)
	}
	f.queue = append(f.queue, e)
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// loop sends what is queued, until the feed is closed.
func (f *feed) loop(ctx context.Context) {
	defer close(f.done)
	pause := eventInterval
	for {
		select {
		case <-f.wake:
		case <-f.closing:
			f.sendAll(ctx)
			return
		case <-ctx.Done():
			return
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-f.closing:
			timer.Stop()
			f.sendAll(ctx)
			return
		case <-ctx.Done():
			timer.Stop()
			return
		}
		if f.sendAll(ctx) {
			pause = eventInterval
			continue
		}
		pause = min(2*pause, maxEventPause)
		select {
		case f.wake <- struct{}{}:
		default:
		}
	}
}

// sendAll sends the queue and reports whether nothing is left of it to be sent later.
func (f *feed) sendAll(ctx context.Context) bool {
	for {
		f.mu.Lock()
		batch := append([]prefect.Event(nil), f.queue[:min(len(f.queue), eventBatch)]...)
		f.mu.Unlock()
		if len(batch) == 0 {
			return true
		}
		err := f.client.CreateEvents(ctx, batch)
		switch {
		case err == nil, errors.Is(err, prefect.ErrInvalid):
		case errors.Is(err, prefect.ErrUnsupported):
			f.mu.Lock()
			f.off, f.queue = true, nil
			f.mu.Unlock()
			return true
		default:
			f.warn(ctx, err)
			return false
		}
		if err != nil {
			f.log.WarnContext(ctx, "the server refused events", "events", len(batch), "error", err)
		}
		f.mu.Lock()
		f.queue = f.sent(batch)
		f.mu.Unlock()
	}
}

// sent is the queue without the batch, of which some may have made room for newer events in the meantime.
func (f *feed) sent(batch []prefect.Event) []prefect.Event {
	last := batch[len(batch)-1].ID
	for i := range f.queue[:min(len(f.queue), eventBatch)] {
		if f.queue[i].ID == last {
			return append([]prefect.Event(nil), f.queue[i+1:]...)
		}
	}
	return f.queue
}

// warn logs the first failure to send; others may be many.
func (f *feed) warn(ctx context.Context, err error) {
	if f.warned || ctx.Err() != nil {
		return
	}
	f.warned = true
	f.log.WarnContext(ctx, "events cannot be sent at the moment; trying again", "error", err)
}

// earlier is what a later event needs to know of one: a run may last for days, and the rest of the event is large.
type earlier struct {
	id prefect.ID
	at time.Time
}

// earlierOf is of an event that has its id and its time.
func earlierOf(e prefect.Event) earlier { return earlier{e.ID, e.Occurred.Time} }

// follow ties an event to the one before it where both are close enough in time.
func follow(e prefect.Event, before earlier) prefect.Event {
	if apart := e.Occurred.Sub(before.at).Abs(); before.id != "" && apart < followsWithin {
		e.Follows = before.id
	}
	return e
}

// slug is a name as part of a resource's id: lower-case letters and digits with hyphens between them.
func slug(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(words, "-")
}
