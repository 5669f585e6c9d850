package aci

import (
	"io"
	"sync/atomic"
	"time"

	"github.com/pacific-aci/pacific/aci/internal/logmerge"
)

// The groups of fields of a [watch]. All but what limits holds changes while it runs, in its turns alone.

// outputWanted is what the caller wants to see of the output.
type outputWanted struct {
	to    io.Writer // nil: the output is not read
	gap   func(Gap)
	merge logmerge.Options
}

// limits are the times that the caller and Azure set.
type limits struct {
	poll      time.Duration // the longest wait between two reads; 0: the schedule alone decides
	grace     time.Duration // how long a stop may take
	requested time.Time     // when the group was first asked for
	accepted  time.Time     // when Azure took our PUT; zero: somebody else made the group
	putUntil  time.Time     // a PUT whose answer was lost may take effect until then, and restarts the containers
	placeBy   time.Time     // when a machine must have been found; zero: startBy alone counts
	startBy   time.Time     // when the container must run
	deadline  time.Time     // when it must have ended; zero: never
}

// heard is what the caller hears of the job elsewhere than from Azure.
type heard struct {
	alive func() bool // see [WaitOptions]; may be nil
	look  atomic.Bool // [Watching.Look] was called
}

// view is how well the group can be read, and when it is read next.
type view struct {
	state   viewState
	since   time.Time // when the refusals began
	said    bool      // the caller knows that the view is lost or refused
	missing int       // 404s and foreign groups since our group was last found
	absent  time.Time // when the first of them came

	attached bool          // a live stream is open
	vouched  bool          // a live stream or the caller has told once that the job runs: the waits need not grow slowly
	wait     time.Duration // the schedule's next wait; it doubles
	reading  bool          // a read is under way
	readAt   alarm
	reads    chan groupRead
}

// seen is what the reads have shown of the group.
type seen struct {
	token    string                     // of our group
	group    *Group                     // as last read; nil: not yet
	at       time.Time                  // when that was
	before   bool                       // what is observed happened before the watch began
	told     map[string]int             // the platform events that were passed on, with their counts
	events   []PlatformEvent            // all of the last read
	runs     runs                       // whether the container was started again
	dead     int                        // reads in a row by which the group will never run
	initRan  bool                       // an init container has run
	failures map[string]*ContainerError // by container
	reported map[string]bool            // containers whose failure was passed on
}

// stopping is why the group is being stopped, and for how much longer.
type stopping struct {
	why    Outcome // empty: it is not being stopped
	by     alarm
	asking bool       // Azure was asked to stop it and has not answered
	done   chan error // its answer; nil: it was not asked
}

// ending is how a watch ended, and in what state it leaves the group.
type ending struct {
	outcome Outcome
	reason  string
	err     error // for the caller of Run or Wait; nil where the result says it all
	failed  bool  // provisioning failed: Run may try again
	gone    bool  // our group does not exist any more
	foreign bool  // and another group has its name
	leave   bool  // our group must be neither stopped nor deleted
}
