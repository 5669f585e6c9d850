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

// sighting is what one read of the group tells about the container.
type sighting struct {
	running  bool
	restarts int
	// discard: a restart was not to be. The job's output ended with the first run.
	discard bool
}

// finish ends a follower.
type finish struct {
	ended    bool            // the container has ended, so that the live stream comes to an end too
	drain    time.Duration   // how long that may bring nothing before it is broken off, or go on if it has not ended
	patience time.Duration   // with the last log read
	giveUp   <-chan struct{} // closed when the caller has gone: a writer that takes nothing is not waited for
	never    bool            // the container never ran, as far as is known: there may be no output
	gone     bool            // the group is gone, and so is its output
}

// told is what the watch has told a follower.
type told struct {
	finish chan finish
	news   chan struct{} // there is a new sighting

	mu        sync.Mutex
	sighting  sighting
	sightings int // of the running container

	ran      bool // it was seen running
	restarts int
	discard  bool
	proofAt  int // so many sightings prove that the container ran after the first log read; 0: nothing to prove
}

func newTold() told { return told{finish: make(chan finish, 1), news: make(chan struct{}, 1)} }

// saw tells the follower what the watch has read. It does not block.
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

// observe takes a sighting.
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
	// A read of the group that was asked for after another was answered is the second one.
	if t.proofAt > 0 && n >= t.proofAt {
		f.merger.Running()
	}
	if f.stream.state == streamEnded {
		f.stream.state = streamIdle
	}
	f.attachSoon(0)
	f.pollSoon(f.polls.pace)
}

// restarted leaves the output of the earlier run behind. A second run that was not to be is not shown: what it prints
// has most likely been printed before.
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
		return // it was so before we came
	}
	f.stream.breakOff()
	f.merger.Restarted()
	f.polls.since = 0
	f.pollSoon(0)
}
