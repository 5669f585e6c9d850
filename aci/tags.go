package aci

// The tags that Pacific puts on its container groups. They are facts, by which a group is found again, adopted and
// reaped; they are no lock, since ACI cannot change a tag on a condition. Times are RFC 3339 in UTC.
const (
	// TagPrefix begins the names of all of them.
	TagPrefix = "pacific-"
	// TagManaged is "true" on every group that Pacific made. Pacific deletes nothing that lacks it.
	TagManaged = "pacific-managed"
	// TagCreated is when the group was requested.
	TagCreated = "pacific-created"
	// TagDeadline is when the job must have ended; absent where it may last for ever.
	TagDeadline = "pacific-deadline"
	// TagContainer names the main container.
	TagContainer = "pacific-container"
	// TagKeep is the job's Keep, absent for never.
	TagKeep = "pacific-keep"
	// TagOwner says who watches the job. It is the caller's, through Job.Tags.
	TagOwner = "pacific-owner"
	// TagAttempt counts the tries of one piece of work, from 1. It is the caller's, through Job.Tags.
	TagAttempt = "pacific-attempt"
)
