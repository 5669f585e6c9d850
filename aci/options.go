package aci

import (
	"io"
	"time"
)

// WaitOptions says how an existing group is watched. The zero value watches it to its end, without its output, and
// deletes it then, unless its tags say otherwise.
type WaitOptions struct {
	// Output gets the container's output as it comes, from the beginning of what Azure still has. Nil: it is not read.
	Output io.Writer
	// Events gets the progress of the job, as in [Job]. Nil: nobody listens.
	Events func(Event)
	// PollInterval, StopGrace: as in [Job].
	PollInterval time.Duration
	StopGrace    time.Duration
	// StartTimeout is counted from the group's creation, as in [Job].
	StartTimeout time.Duration
	// Deadline is when the job is stopped. Zero: the group's own deadline tag, if it has one.
	Deadline time.Time
	// Keep says whether the group stays. Empty: what the group's tag says, else never.
	Keep Keep
	// Detach leaves the group alone when the context ends (a worker that restarts); otherwise it is stopped and deleted.
	Detach bool
}

// LogOptions says which output is wanted. The zero value of all but Output gives what Azure has now.
type LogOptions struct {
	// Output gets the lines. Required.
	Output io.Writer
	// Container is which container's. Empty: the main container.
	Container string
	// Follow goes on until the container has ended.
	Follow bool
	// Tail gives only that many last lines of what Azure has at the beginning. 0: all.
	Tail int
	// Timestamps puts Azure's time and a blank before each line. Live output has no times, so that lines then come by
	// polling, within 5 seconds.
	Timestamps bool
	// Gap is told where output was lost. May be nil.
	Gap func(Gap)
	// Events gets what the call waits for, as in [Job]. Nil: nobody listens.
	Events func(Event)
}

// ExecOptions is a further command in a running container.
type ExecOptions struct {
	// Command is one string; ACI splits it at blanks and knows no quotes. Required.
	Command string
	// Container is where it runs. Empty: the main container.
	Container string
	// Stdin is sent to it, and Ctrl-D at its end; nil sends nothing. Output gets what it prints, both streams in one; nil discards.
	Stdin  io.Reader
	Output io.Writer
	// Rows and Cols are the terminal's size. Zero: 24 × 80. ACI always makes a terminal and cannot change its size later.
	Rows, Cols int
	// Events gets what the call waits for, as in [Job]. Nil: nobody listens.
	Events func(Event)
}

// KillOptions says how a job is ended. The zero value deletes at once what Pacific made.
type KillOptions struct {
	// Grace is how long the container may take to end by itself. Zero: it is deleted at once.
	Grace time.Duration
	// Force ends groups too that Pacific did not make.
	Force bool
	// Events gets what the call waits for, as in [Job]. Nil: nobody listens.
	Events func(Event)
}

// ListOptions narrows a list. The zero value gives every group of the resource group that Pacific made.
type ListOptions struct {
	// All gives groups that Pacific did not make too.
	All bool
	// Tags must all be there with these values. An empty value: any value.
	Tags map[string]string
	// Events gets what the call waits for, as in [Job]. Nil: nobody listens.
	Events func(Event)
}

// ReapOptions says which leftovers are deleted. The zero value finds groups that are some minutes past their deadline
// tag, and deletes nothing.
type ReapOptions struct {
	// OlderThan finds groups made at least so long ago too, ended or not, except those that somebody still watches. Zero:
	// age does not count.
	OlderThan time.Duration
	// Ended finds groups whose main container ended some minutes ago, or that Azure gave up on (one more read for each
	// group), except those that are to be kept or that somebody still watches.
	Ended bool
	// Unwatched finds groups that run though whoever watched them has gone, as a kill -9 leaves them: the time of
	// [TagWatchedUntil] has passed. It finds no job that was detached, and none that is always to be kept.
	Unwatched bool
	// Tags must all be there, as in [ListOptions].
	Tags map[string]string
	// Delete deletes what is found. False: only says what would be.
	Delete bool
	// Events gets what the call waits for, as in [Job]. Nil: nobody listens.
	Events func(Event)
}

// A Reaped is one group that [Client.Reap] found.
type Reaped struct {
	Group Group
	// Reason says why it is a leftover.
	Reason string
	// Deleted reports that it is gone; Err is why it could not be deleted.
	Deleted bool
	Err     error
	// LeftAlone is why it was not deleted on purpose: what was found to be a leftover was none any more.
	LeftAlone string
}

// A Usage is how much of a limit of the region is used.
type Usage struct {
	// Name is Azure's name, such as ContainerGroups or StandardCores; Unit is Count.
	Name  string `json:"name"`
	Unit  string `json:"unit,omitempty"`
	Used  int    `json:"used"`
	Limit int    `json:"limit"`
}

// EventOutputFailed: Job.Output took no more, Err says why. The job goes on without it.
const EventOutputFailed EventKind = "outputFailed"

// EventSettling: a request that was sent may still make the group. What it makes is waited for, Wait at most, and
// deleted.
const EventSettling EventKind = "settling"
