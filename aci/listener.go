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
// that blocks in tell holds up neither the decisions about its job nor any other job.
type listener struct {
	tell func(Event)
	wake chan struct{} // an event, or the end
	done chan struct{}

	mu    sync.Mutex
	queue []Event
	told  int
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
	l := &listener{tell: tell, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go l.run()
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
	poke(l.wake)
}

func (l *listener) run() {
	defer close(l.done)
	for range l.wake {
		for {
			e, ok, ended := l.next()
			if !ok && ended {
				return
			}
			if !ok {
				break
			}
			l.tell(e)
		}
	}
}

// next takes one event off the queue. ended: no more will come.
func (l *listener) next() (e Event, ok, ended bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 {
		return Event{}, false, l.ended
	}
	e, l.queue = l.queue[0], l.queue[1:]
	l.told++
	return e, true, l.ended
}

// close waits until all events were passed on, or until tell has blocked for listenerPatience.
func (l *listener) close() {
	l.mu.Lock()
	l.ended = true
	before := l.told
	l.mu.Unlock()
	poke(l.wake)
	for {
		timer := time.NewTimer(listenerPatience)
		select {
		case <-l.done:
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
