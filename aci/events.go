package aci

import "time"

// An Event is one step in the progress of a call, sent to Job.Events and the like as it happens. It carries facts, and
// leaves the words to whoever shows them.
type Event struct {
	// Time is when it happened, by this machine's clock.
	Time time.Time
	// Kind says which of the fields below are set.
	Kind EventKind
	// Group is the container group's name.
	Group string
	// Phase is the phase reached (EventPhase).
	Phase Phase
	// Since is when the phase was reached, by Azure's clock, if that was before the watch began, as it may be in
	// [Client.Wait]; else zero. Of several such phases only the last is told, and none of a job that has ended.
	Since time.Time
	// Platform is ACI's own event (EventPlatform).
	Platform *PlatformEvent
	// Warning is about the job's definition (EventWarning).
	Warning *Warning
	// Gap is where output was lost (EventGap).
	Gap *Gap
	// Wait is the time until the next try (EventRetry, EventViewLost, EventViewRefused, EventRenewFailed), or the longest
	// time that it may take (EventSettling).
	Wait time.Duration
	// ExitCode is the container's (EventFinished, EventRestarted, EventContainerFailed); nil if there is none.
	ExitCode *int
	// Err is why. It is set for EventRetry, EventViewLost, EventViewRefused, EventRenewFailed, EventAttachBlocked,
	// EventOutputFailed, EventContainerFailed, EventStopFailed, EventLeft and EventCleanupFailed, and where there is a cause for
	// EventDetached and EventStopping.
	Err error
}

// An EventKind says what an [Event] tells.
type EventKind string

// The kinds of event. More may come; skip those you do not know.
const (
	// EventWarning: something in the definition is allowed but seldom meant.
	EventWarning EventKind = "warning"
	// EventPhase: the job reached a phase.
	EventPhase EventKind = "phase"
	// EventPlatform: ACI reported something about the group or one of its containers.
	EventPlatform EventKind = "platform"
	// EventRetry: a request is tried again after Wait.
	EventRetry EventKind = "retry"
	// EventSettling: a request that was sent may still make the group. It is waited for, and what it makes is deleted.
	EventSettling EventKind = "settling"
	// EventAttached and EventDetached: live output began, or ended. Log reads go on. In [Client.Exec], EventAttached is sent
	// when the session is open.
	EventAttached EventKind = "attached"
	EventDetached EventKind = "detached"
	// EventAttachBlocked: there will be no live output. Log reads bring the output some seconds late. It is sent once.
	EventAttachBlocked EventKind = "attachBlocked"
	// EventOutputFailed: Job.Output failed, or blocked for too long. The job goes on without it.
	EventOutputFailed EventKind = "outputFailed"
	// EventViewLost: Azure gave no answer about the group. EventViewRefused: Azure, or a proxy before it, refused to show
	// the group. EventViewBack: the group can be read again. None of them affects the job.
	EventViewLost    EventKind = "viewLost"
	EventViewRefused EventKind = "viewRefused"
	EventViewBack    EventKind = "viewBack"
	// EventRenewFailed: the tag that says who watches the job could not be renewed. It is sent once, and the renewal is
	// tried again. If no renewal succeeds for half an hour, [Client.Reap] takes the job for left behind.
	EventRenewFailed EventKind = "renewFailed"
	// EventGap: output was lost.
	EventGap EventKind = "gap"
	// EventContainerFailed: an init container or a side-car failed; Err is a *ContainerError.
	EventContainerFailed EventKind = "containerFailed"
	// EventRestarted: the container was started again though its policy is Never. ExitCode is that of its first run.
	EventRestarted EventKind = "restarted"
	// EventStopping: the group is being stopped. EventStopFailed: Azure did not stop it; Err is why. The containers then get
	// no time to end by themselves: what follows, a delete mostly, ends them.
	EventStopping   EventKind = "stopping"
	EventStopFailed EventKind = "stopFailed"
	// EventFinished: the main container ended.
	EventFinished EventKind = "finished"
	// EventDeleting, EventDeleted, EventKept, EventLeft, EventCleanupFailed: what became of the group. EventKept: it stays
	// as Job.Keep says. EventLeft: it stays because it could not be read, or because the caller detached.
	EventDeleting      EventKind = "deleting"
	EventDeleted       EventKind = "deleted"
	EventKept          EventKind = "kept"
	EventLeft          EventKind = "left"
	EventCleanupFailed EventKind = "cleanupFailed"
)

// A PlatformEvent is one of ACI's own events, such as Pulling, Pulled, Created, Started, Killing or BackOff.
type PlatformEvent struct {
	// Name and Message are ACI's words; Type is Normal or Warning.
	Name    string `json:"name"`
	Type    string `json:"type,omitempty"`
	Message string `json:"message,omitempty"`
	// Container is empty for an event of the group.
	Container string `json:"container,omitempty"`
	// Count, First and Last: how often it happened, and when.
	Count int       `json:"count,omitempty"`
	First time.Time `json:"first,omitzero"`
	Last  time.Time `json:"last,omitzero"`
}
