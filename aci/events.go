package aci

import "time"

// An Event is progress of a job, given to Job.Events as it happens. It carries facts; the words are the reader's.
type Event struct {
	// Time is when this machine saw it.
	Time time.Time
	// Kind says which of the fields below are set.
	Kind EventKind
	// Group is the container group's name.
	Group string
	// Phase is the phase reached (EventPhase).
	Phase Phase
	// Platform is ACI's own event (EventPlatform).
	Platform *PlatformEvent
	// Warning is about the job's definition (EventWarning).
	Warning *Warning
	// Gap is where output was lost (EventGap).
	Gap *Gap
	// Wait is the time until the next try (EventRetry, EventViewLost, EventViewRefused, EventRenewFailed).
	Wait time.Duration
	// ExitCode is the container's (EventFinished, EventContainerFailed), nil if there is none.
	ExitCode *int
	// Err is why (EventRetry, EventViewLost, EventViewRefused, EventDetached, EventStopping, EventContainerFailed,
	// EventLeft, EventCleanupFailed, EventRenewFailed).
	Err error
}

// An EventKind says what an [Event] tells.
type EventKind string

// The kinds of event. More may come; skip those you do not know.
const (
	// EventWarning: the definition has something that is seldom meant.
	EventWarning EventKind = "warning"
	// EventPhase: the job reached a phase.
	EventPhase EventKind = "phase"
	// EventPlatform: ACI reported something about the group or one of its containers.
	EventPlatform EventKind = "platform"
	// EventRetry: a request is tried again after Wait.
	EventRetry EventKind = "retry"
	// EventAttached and EventDetached: live output began, or broke off (polling goes on).
	EventAttached EventKind = "attached"
	EventDetached EventKind = "detached"
	// EventAttachBlocked: live output cannot be had, Err says why. It is told once; log reads bring the output, some
	// seconds late.
	EventAttachBlocked EventKind = "attachBlocked"
	// EventViewLost: Azure could not be asked. EventViewRefused: Azure, or something before it, refused to tell of the
	// group (Err). EventViewBack: it can be seen again. None of it affects the job.
	EventViewLost    EventKind = "viewLost"
	EventViewRefused EventKind = "viewRefused"
	EventViewBack    EventKind = "viewBack"
	// EventRenewFailed: Azure could not be told that the job is still watched, Err says why. It is told once and tried
	// again; where it never succeeds, [Client.Reap] takes the job for left behind. None of it affects the job itself.
	EventRenewFailed EventKind = "renewFailed"
	// EventGap: output was lost.
	EventGap EventKind = "gap"
	// EventContainerFailed: an init container or a side-car failed; Err is a *ContainerError.
	EventContainerFailed EventKind = "containerFailed"
	// EventRestarted: the container was started again though its policy is Never.
	EventRestarted EventKind = "restarted"
	// EventStopping: the group is being stopped, Err says why.
	EventStopping EventKind = "stopping"
	// EventFinished: the main container ended.
	EventFinished EventKind = "finished"
	// EventDeleting, EventDeleted, EventKept, EventLeft, EventCleanupFailed: what became of the group. EventLeft: it was
	// left as it is, Err says why.
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
