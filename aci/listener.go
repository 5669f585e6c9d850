package aci

import (
	"context"
	"sync"
	"time"
)

const (
	// mostEvents is how many events wait for a listener that is behind; beyond it the oldest are dropped.
	mostEvents = 1000
	// listenerPatience is how long the end of a call waits for a listener that takes nothing.
	listenerPatience = 10 * time.Second
)

// listener passes the events of one call to its caller, in order and one at a time, on a goroutine of its own. A caller
// that blocks in tell holds up neither the decisions about its job nor any other job. The goroutine ends when it has nothing to
// tell: most of a job's time there is nothing, and a process may watch thousands.
type listener struct {
	tell func(Event)

	mu    sync.Mutex
	queue []Event
	told  int
	// idle is closed when the goroutine has ended; nil: there is none.
	idle  chan struct{}
	ended bool
}

type listenerKey struct{}

// withEvents returns a context whose events go to tell. The second result must be called at the end of the call: it waits
// until all events were passed on, but not for a tell that blocks. A nil tell changes nothing, so that a call inside
// another one reports to the outer one's listener.
func withEvents(ctx context.Context, tell func(Event)) (context.Context, func()) {
	if tell == nil {
		return ctx, func() {}
	}
	l := &listener{tell: tell}
	return context.WithValue(ctx, listenerKey{}, l), l.close
}

// emit sends an event about one group to the listener of ctx, if it has one.
func (c *Client) emit(ctx context.Context, group string, e Event) {
	if l, ok := ctx.Value(listenerKey{}).(*listener); ok {
		e.Time, e.Group = time.Now(), group
		l.add(e)
	}
}

func (l *listener) add(e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	if len(l.queue) >= mostEvents {
		l.queue = l.queue[1:]
	}
	l.queue = append(l.queue, e)
	if l.idle == nil {
		l.idle = make(chan struct{})
		go l.run(l.idle)
	}
}

// run passes on what is queued.
func (l *listener) run(idle chan struct{}) {
	defer close(idle)
	for e, ok := l.next(); ok; e, ok = l.next() {
		l.tell(e)
	}
}

// next takes one event off the queue. If there is none, the goroutine is to end.
func (l *listener) next() (e Event, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 {
		l.queue, l.idle = nil, nil
		return Event{}, false
	}
	e, l.queue = l.queue[0], l.queue[1:]
	l.told++
	return e, true
}

// close waits until all events were passed on, or until tell has blocked for listenerPatience.
func (l *listener) close() {
	l.mu.Lock()
	l.ended = true
	before, idle := l.told, l.idle
	l.mu.Unlock()
	if idle == nil {
		return
	}
	for {
		timer := time.NewTimer(listenerPatience)
		select {
		case <-idle:
			timer.Stop()
			return
		case <-timer.C:
		}
		l.mu.Lock()
		stuck := l.told == before
		before = l.told
		if stuck {
			l.queue = nil
		}
		l.mu.Unlock()
		if stuck {
			return
		}
	}
}
