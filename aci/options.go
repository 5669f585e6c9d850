package aci

import (
	"context"
	"io"
	"time"
)

// WaitOptions are the options of [Client.Wait] and [Client.Watch]. The zero value watches the group to its end without reading its output, and
// then deletes it, unless its tags say otherwise.
type WaitOptions struct {
	// Output gets the container's output as it comes, from the beginning of what Azure still has. Nil: output is not read.
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
	// Detach leaves the group running when the context ends, for a worker that restarts. Otherwise the group is then stopped
	// and deleted.
	Detach bool
	// Seen is the group as [Client.Create] returned it just now, which saves the first read. Nil: the group is read.
	Seen *Group
	// Alive reports whether the job itself has told somebody just now that it runs, such as a server that would tell of its end
	// too. While it does, a container that was seen running is read every two minutes, as beside a live stream, and so its end
	// is noticed within two minutes if nobody tells of it. Nil: nobody is told, and the longest wait is 30 seconds.
	Alive func() bool
}

// LogOptions are the options of [Client.Logs]. With Output alone, Logs writes what Azure has now.
type LogOptions struct {
	// Output gets the lines. Required.
	Output io.Writer
	// Container is the container's name. Empty: the main container.
	Container string
	// Follow goes on until the container has ended. False: what Azure has now.
	Follow bool
	// Tail is how many of the last lines that Azure has at the beginning are written. 0: all.
	Tail int
	// Timestamps puts Azure's time and a space before each line. The live stream has no times, so lines then come from log
	// reads, up to 5 seconds late.
	Timestamps bool
	// Gap is called for each place where output was lost. Nil: nobody is told.
	Gap func(Gap)
	// Events gets what the call waits for, as in [Job]. Nil: nobody listens.
	Events func(Event)
}

// ExecOptions are the options of [Client.Exec]. Command is required.
type ExecOptions struct {
	// Command is the program and its arguments in one string. ACI splits it at spaces and knows no quotes. Required.
	Command string
	// Container is where the command runs. Empty: the main container.
	Container string
	// Stdin is sent to the command, and Ctrl-D after it. Nil: nothing is sent.
	Stdin io.Reader
	// Output gets standard output and standard error of the command in one stream. Nil: they are discarded.
	Output io.Writer
	// Rows and Cols are the size of the terminal. Zero: 24 and 80. ACI cannot change the size later.
	Rows, Cols int
	// Events gets what the call waits for, as in [Job]. Nil: nobody listens.
	Events func(Event)
}

// KillOptions are the options of [Client.Kill]. The zero value deletes the group at once, if Pacific made it.
type KillOptions struct {
	// Grace is how long the container may take to end after SIGTERM. Zero: the group is deleted without a stop.
	Grace time.Duration
	// Force also ends a group that Pacific did not make.
	Force bool
	// Turn is called right before the group is deleted, after a stop, and may wait: Azure limits how many groups are deleted in
	// five minutes. An error of it ends the call. Nil: there is no wait.
	Turn func(context.Context) error
	// Ended is called before Turn if the containers are known to have ended by then: before the call, or by its stop. Nil: nobody
	// is told.
	Ended func()
	// Events gets what the call waits for, as in [Job]. Nil: nobody listens.
	Events func(Event)
}

// ListOptions are the options of [Client.List]. The zero value lists every group that Pacific made.
type ListOptions struct {
	// All lists groups that Pacific did not make too.
	All bool
	// Subscription lists the groups of all resource groups of the subscription, by name and then by id. That takes a right to
	// read container groups of the whole subscription. What [Client.In] gives can do something with those elsewhere.
	Subscription bool
	// Tags are the tags that a group must have, with these values. An empty value stands for any. Nil: every group.
	Tags map[string]string
	// Events gets what the call waits for, as in [Job]. Nil: nobody listens.
	Events func(Event)
}

// ReapOptions are the options of [Client.Reap]. The zero value finds the groups that are some minutes past their deadline,
// and deletes nothing. OlderThan, Ended and Unwatched each find more.
type ReapOptions struct {
	// OlderThan finds groups that were made at least this long ago, whether their job has ended or not, except those that
	// somebody watches. Zero: age does not count.
	OlderThan time.Duration
	// Ended finds groups whose main container ended some minutes ago, or that Azure gave up on, except those that should
	// be kept or that somebody watches. It costs one read for each group.
	Ended bool
	// Unwatched finds groups that run though their watcher died, for example by kill -9: the time in [TagWatchedUntil] has
	// passed. It finds neither detached jobs nor those that are always kept.
	Unwatched bool
	// Tags are the tags that a group must have, as in [ListOptions].
	Tags map[string]string
	// Known is called once, with the groups that have the tags, for what the caller knows about them, by name. It comes
	// before the other options. A group that is not in the map is judged by them alone. Nil: the caller knows nothing.
	Known func(context.Context, []Group) (map[string]Knowledge, error)
	// Delete deletes what is found. False: nothing is deleted.
	Delete bool
	// Turn is called before each group is deleted, and may wait, as in [KillOptions]. Its error is that of the group. Nil: it does
	// not wait.
	Turn func(context.Context, *Group) error
	// Events gets what the call waits for, as in [Job]. Nil: nobody listens.
	Events func(Event)
}

// Knowledge is what the caller of [Client.Reap] knows about a group that Azure does not. The zero value is nothing.
type Knowledge struct {
	// Leftover says why the group is one, whether its container runs or not. Empty: the caller cannot tell.
	Leftover string
	// Spare leaves the group alone, whatever else is known. Somebody may be about to delete it, or wants to keep it.
	Spare bool
}

// A Reaped is one group that [Client.Reap] found.
type Reaped struct {
	// Group is the group as it was found.
	Group Group
	// Reason says why it is a leftover.
	Reason string
	// Deleted reports whether it was deleted; Err is why it could not be, nil if it was or nobody asked.
	Deleted bool
	Err     error
	// LeftAlone is why it was not deleted after all: when it was read again, it was not a leftover any more.
	LeftAlone string
}

// A Usage is one of the region's limits, and how much of it is used.
type Usage struct {
	// Name is Azure's name, such as ContainerGroups or StandardCores; Unit is Count.
	Name  string `json:"name"`
	Unit  string `json:"unit,omitempty"`
	Used  int    `json:"used"`
	Limit int    `json:"limit"`
}
