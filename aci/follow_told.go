package aci

import (
	"sync"
	"time"
)

// signal is what a follower tells the watch.
type signal int

const (
	signalAttached signal = iota
	signalDetached
	signalOutput    // the container runs, or has run
	signalRestarted // it seems to have been started again
)

// sighting is what one read of the group shows of the container.
type sighting struct {
	running  bool
	restarts int
	discard  bool // the container runs a second time though its policy is Never: this run's output is not the job's
}

// finish tells a follower to copy the last output and end.
type finish struct {
	ended    bool            // the container has ended, so the live stream will end by itself
	drain    time.Duration   // how long the stream may stay silent if ended, or go on at all if not, before it is closed
	patience time.Duration   // how long the last log read is tried
	giveUp   <-chan struct{} // closed when the caller's context has ended: a writer that blocks is then given up
	never    bool            // the container is not known to have run, so there may be no output
	gone     bool            // the group is gone, and its output with it
}

// told is what the watch has told a follower.
type told struct {
	finish chan finish
	news   chan struct{} // there is a new sighting

	mu        sync.Mutex
	sighting  sighting // the last one
	sightings int      // how many showed the container running

	// The rest is the follower's own: what it has made of the sightings.
	ran      bool // the container was seen running
	restarts int
	discard  bool
	proofAt  int // this many sightings prove that the container still ran after the first log read; 0: no proof is needed
}

func newTold() told { return told{finish: make(chan finish, 1), news: make(chan struct{}, 1)} }

// saw gives the follower a sighting. The watch calls it, so it must not block.
func (f *follower) saw(s sighting) {
	t := &f.told
	t.mu.Lock()
	s.discard = s.discard || t.sighting.discard
	t.sighting = s
	if s.running {
		t.sightings++
	}
	t.mu.Unlock()
	poke(t.news)
}

// take is the last sighting and how many there were.
func (t *told) take() (sighting, int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sighting, t.sightings
}

// observe acts on a sighting, the n-th of the running container.
func (f *follower) observe(s sighting, n int) {
	t := &f.told
	if s.restarts > t.restarts {
		t.restarts = s.restarts
		f.restarted(s.discard)
	}
	if !s.running || t.discard {
		return
	}
	t.ran = true
	// One sighting may be of a read that was under way when the log was read. The next one was asked for after it.
	if t.proofAt > 0 && n >= t.proofAt {
		f.merger.Running()
	}
	if f.stream.state == streamEnded {
		f.stream.state = streamIdle
	}
	f.attachSoon(0)
	f.pollSoon(f.polls.pace)
}

// restarted goes over to the output of a new run. discard: the job ended with the first run, and most of what the new
// run prints was printed before, so nothing more is written.
func (f *follower) restarted(discard bool) {
	if discard {
		if !f.merger.Complete() {
			f.sayGap(Gap{From: f.merger.Last(), Reason: "the container was started again; the last of its first output could not be read"})
		}
		f.told.discard = true
		f.stream.breakOff()
		f.stream.state = streamBlocked
		return
	}
	if f.merger.Untouched() {
		return // the restart was before this follower began
	}
	f.stream.breakOff()
	f.merger.Restarted()
	f.polls.since = 0
	f.pollSoon(0)
}
