package aci

import (
	"maps"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
)

// The tags that Pacific puts on its container groups. By them a group is found again, adopted and reaped. They are facts
// and not locks, since ACI cannot change a tag on a condition. Times are RFC 3339 in UTC.
const (
	// TagPrefix begins the names of all of them.
	TagPrefix = "pacific-"
	// TagManaged is "true" on every group that Pacific made. Pacific deletes nothing that lacks it.
	TagManaged = "pacific-managed"
	// TagCreated is when the group was requested.
	TagCreated = "pacific-created"
	// TagDeadline is when the job must have ended; absent if it may run for ever.
	TagDeadline = "pacific-deadline"
	// TagWatchedUntil is the job's lease: until when somebody has promised to watch it. The watcher renews it; once it has
	// passed, the watcher is dead and the group was left behind. Absent on a detached job, which nobody promised to watch.
	TagWatchedUntil = "pacific-watched-until"
	// TagContainer names the main container.
	TagContainer = "pacific-container"
	// TagKeep is the job's Keep, absent for never.
	TagKeep = "pacific-keep"
	// TagOwner says who watches the job. It is the caller's, through Job.Tags.
	TagOwner = "pacific-owner"
	// TagAttempt numbers the attempts at one piece of work, from 1. It is the caller's, through Job.Tags: with it, Create
	// returns the group of the same attempt instead of an [*ExistsError].
	TagAttempt = "pacific-attempt"
)

// tags lays the job's tags over base's, and Pacific's own over both.
func (j Job) tags(base map[string]*string) map[string]*string {
	tags := maps.Clone(base)
	if tags == nil {
		tags = map[string]*string{}
	}
	for name, value := range j.Tags {
		deleteFold(tags, name)
		tags[name] = new(value)
	}
	own := map[string]string{TagManaged: "true", TagContainer: j.mainContainer()}
	if j.Keep != "" && j.Keep != KeepNever {
		own[TagKeep] = string(j.Keep)
	}
	for _, name := range []string{TagManaged, TagContainer, TagKeep, TagCreated, TagDeadline, TagWatchedUntil, TagToken} {
		deleteFold(tags, name)
		if value, ok := own[name]; ok {
			tags[name] = new(value)
		}
	}
	return tags
}

// stamp puts the tags on group that depend on the time of the request.
func (j Job) stamp(group *armcontainerinstance.ContainerGroup, now time.Time) {
	if group.Tags == nil {
		group.Tags = map[string]*string{}
	}
	group.Tags[TagCreated] = new(now.UTC().Format(time.RFC3339))
	if j.Timeout > 0 {
		group.Tags[TagDeadline] = new(now.Add(j.Timeout).UTC().Format(time.RFC3339))
	}
}

// deleteFold deletes name from tags in every case: Azure ignores case in tag names.
func deleteFold(tags map[string]*string, name string) {
	maps.DeleteFunc(tags, func(have string, _ *string) bool { return strings.EqualFold(have, name) })
}
