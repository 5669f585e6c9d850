package aci

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrTimeout: Job.Timeout was reached before anything was sent. Later on it is [OutcomeTimedOut].
var ErrTimeout = errors.New("the job's timeout was reached")

// ErrNotFound is wrapped where the container group does not exist.
var ErrNotFound = errors.New("no such container group")

// ErrAlreadyEnded is wrapped by [Client.Kill] for a job that had ended before.
var ErrAlreadyEnded = errors.New("the container had already ended")

// ErrNotManaged is wrapped by [Client.Kill] for a group without Pacific's tag.
var ErrNotManaged = errors.New("it was not made by Pacific, so it is left alone")

// An ExistsError is returned by [Client.Create] and [Client.Run] if another job has the name.
type ExistsError struct {
	// Group is the group that is there.
	Group Group
}

// Error names the group and says when it was made.
func (e *ExistsError) Error() string {
	return fmt.Sprintf("container group %q already exists (created %s)", e.Group.Name, orUnknown(e.Group.Created))
}

// A StartError is why a job never ran. It wraps an *azure.Error if Azure gave the reason.
type StartError struct {
	// Name is the group's name.
	Name string
	// Phase is the last phase that was reached: requested (Azure refused, or found no machine), placed, pulling, or pulled.
	Phase Phase
	// Timeout is how long the start took until it was given up; 0 if Azure refused it.
	Timeout time.Duration
	// Tries is how often the group was sent to Azure.
	Tries int
	// Events are Azure's own, of the last try. Containers are those that failed or do not run.
	Events     []PlatformEvent
	Containers []*ContainerError
	// Err is the reason.
	Err error
}

// Error gives the reason, then Azure's events, as one line.
func (e *StartError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "starting container group %q: ", e.Name)
	if e.Timeout > 0 {
		fmt.Fprintf(&b, "not running after %s, it got as far as %q", e.Timeout, e.Phase)
	}
	if e.Err != nil {
		if e.Timeout > 0 {
			b.WriteString(": ")
		}
		b.WriteString(e.Err.Error())
	}
	if e.Tries > 1 {
		fmt.Fprintf(&b, " (tried %d times)", e.Tries)
	}
	for _, c := range e.Containers {
		b.WriteString("; " + c.Error())
	}
	if text := eventText(e.Events); text != "" {
		b.WriteString("; events: " + text)
	}
	return b.String()
}

// Unwrap returns the reason.
func (e *StartError) Unwrap() error { return e.Err }

// A WatchError is why a watch was given up: Azure, or a proxy before it, refused for minutes to show the group. It says
// nothing about the job. The group was left as it is, may still run, and can be watched again with [Client.Wait]. It wraps
// an *azure.Error if Azure gave the reason.
type WatchError struct {
	// Name is the group's name, ResourceGroup where it is.
	Name, ResourceGroup string
	// Lasted is for how long there were only refusals.
	Lasted time.Duration
	// Err is the last of them.
	Err error
}

// Error gives the reason and what is known of the group.
func (e *WatchError) Error() string {
	return fmt.Sprintf("watching container group %q: refused for %s: %v; the group was left as it is and may still run", e.Name, e.Lasted, e.Err)
}

// Unwrap returns the last refusal.
func (e *WatchError) Unwrap() error { return e.Err }

// orUnknown is a time in words, for one that may not be known.
func orUnknown(t time.Time) string {
	if t.IsZero() {
		return "at an unknown time"
	}
	return t.UTC().Format(time.RFC3339)
}

// eventText is the last five warnings as one line; if there are no warnings, the last five events.
func eventText(events []PlatformEvent) string {
	var warnings []PlatformEvent
	for _, e := range events {
		if e.Type != "" && e.Type != "Normal" {
			warnings = append(warnings, e)
		}
	}
	if warnings == nil {
		warnings = events
	}
	var parts []string
	for _, e := range warnings[max(len(warnings)-5, 0):] {
		parts = append(parts, e.Name+": "+strings.Join(strings.Fields(e.Message), " "))
	}
	return strings.Join(parts, "; ")
}
