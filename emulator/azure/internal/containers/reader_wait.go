package containers

import (
	"sync"
	"time"
)

const (
	// maxAhead is how much a container may have written that a reader it waits for has not taken.
	maxAhead = 256 << 10
	// firstReader is how long it waits for its first reader.
	firstReader = 10 * time.Second
	// lastReader is how long it waits once it is being stopped: a reader that takes nothing must not hold that up.
	lastReader = 2 * time.Second
)

// A readerWait makes a container wait for the readers of its output, so that nothing is lost in one process:
//
//	no reader yet ── attached, or firstReader passed ──▶ waiting while a reader is maxAhead behind ──▶ over
//	                                                                        the container is stopped: after lastReader
//
// Its fields are guarded by the log's mutex.
type readerWait struct {
	changed *sync.Cond
	came    bool // a reader has attached, or none did in time
	over    bool // the container waits no more
	timer   *time.Timer
}

// awaitReaders makes l wait from now on.
func (l *containerLog) awaitReaders() {
	w := &readerWait{changed: sync.NewCond(&l.mu)}
	l.waits = w
	w.timer = time.AfterFunc(firstReader, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		w.attached()
	})
}

// waitForReaders returns when every reader can take more. mu is held, and free while it waits.
func (l *containerLog) waitForReaders() {
	for w := l.waits; !w.over && (!w.came || l.behind()); {
		w.changed.Wait()
	}
}

// behind reports whether a reader has as much to take as may wait for it.
func (l *containerLog) behind() bool {
	for s := range l.subs {
		if len(s.buf) >= maxAhead {
			return true
		}
	}
	return false
}

// attached notes that there is a reader.
func (w *readerWait) attached() {
	if w != nil {
		w.came = true
		w.timer.Stop()
		w.changed.Broadcast()
	}
}

// moved notes that a reader took something, or left.
func (w *readerWait) moved() {
	if w != nil {
		w.changed.Broadcast()
	}
}

// release ends all waiting.
func (w *readerWait) release() {
	if w != nil {
		w.over = true
		w.timer.Stop()
		w.changed.Broadcast()
	}
}

// stopWaiting ends the wait for readers in a moment, because the container is being stopped; now: at once.
func (l *containerLog) stopWaiting(now bool) {
	if l.waits == nil {
		return
	}
	end := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.waits.release()
	}
	if now {
		end()
	} else {
		time.AfterFunc(lastReader, end)
	}
}
