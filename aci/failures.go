package aci

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// What is read of the output of a container that failed.
const (
	failureLines   = 10
	failureReading = 10 * time.Second // for each container
)

// The roles of a container in its group.
const (
	RoleMain    = "main"
	RoleInit    = "init"
	RoleSidecar = "sidecar"
)

// A ContainerError is one container of a group that failed: an init container or a side-car that ended with another
// exit code than 0 or never ran, or the main container where the cause is not its program's own.
type ContainerError struct {
	// Container is its name, Role what it is in the group.
	Container string `json:"container"`
	Role      string `json:"role"`
	// ExitCode is its own, nil where there is none. Detail is Azure's detailStatus.
	ExitCode *int   `json:"exitCode"`
	Detail   string `json:"detail,omitempty"`
	// Event is Azure's last warning about it; nil if there is none.
	Event *PlatformEvent `json:"event,omitempty"`
	// Lines are the last of its output, at most ten, without their newlines. They are read before the group is deleted.
	Lines []string `json:"lines,omitempty"`
	// Cause says what is wrong where that can be told: a script with Windows line ends, a missing interpreter.
	Cause string `json:"cause,omitempty"`
}

// Error is one line, without the output.
func (e *ContainerError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q ", map[string]string{RoleMain: "container", RoleInit: "init container", RoleSidecar: "side-car container"}[e.Role], e.Container)
	if e.ExitCode != nil {
		fmt.Fprintf(&b, "ended with exit code %d", *e.ExitCode)
	} else {
		b.WriteString("does not run")
	}
	if e.Detail != "" && e.Detail != "Error" {
		fmt.Fprintf(&b, " (%s)", e.Detail)
	}
	if e.Cause != "" {
		b.WriteString(": " + e.Cause)
	}
	if e.Event != nil {
		fmt.Fprintf(&b, "; last event: %s: %s", e.Event.Name, strings.Join(strings.Fields(e.Event.Message), " "))
	}
	return b.String()
}

// noteFailures finds the containers that failed by themselves, and tells each once. After a stop everything ends, and
// nothing of it is a failure.
func (w *watch) noteFailures(g *Group) {
	if w.isStopping() || w.mode == modeFollow {
		return
	}
	w.seen.failures = map[string]*ContainerError{}
	for _, c := range g.all() {
		e := c.failure(w.role(g, c))
		if e == nil {
			continue
		}
		w.seen.failures[c.Name] = e
		// The main container's end has an event of its own, and one that does not run yet may still.
		if e.ExitCode != nil && e.Role != RoleMain && !w.seen.reported[c.Name] {
			if w.seen.reported == nil {
				w.seen.reported = map[string]bool{}
			}
			w.seen.reported[c.Name] = true
			w.emit(Event{Kind: EventContainerFailed, ExitCode: e.ExitCode, Err: e})
		}
	}
}

func (w *watch) role(g *Group, c *Container) string {
	switch {
	case slices.ContainsFunc(g.InitContainers, func(i Container) bool { return i.Name == c.Name }):
		return RoleInit
	case c.Name == w.res.Container:
		return RoleMain
	}
	return RoleSidecar
}

// failure is why a container failed or does not run; nil if it does, or ended well.
func (c *Container) failure(role string) *ContainerError {
	e := &ContainerError{Container: c.Name, Role: role}
	for _, event := range c.Events {
		if !strings.EqualFold(event.Type, "Normal") && event.Type != "" {
			e.Event = &event
		}
	}
	code, ended := c.ended()
	waiting := c.Current == nil || c.Current.State.Waiting()
	if c.Current != nil {
		e.Detail = c.Current.Detail
	}
	switch {
	case ended && (code == nil || *code == 0):
		return nil
	case ended:
		e.ExitCode = code
	case waiting && c.Previous != nil && c.Previous.ExitCode != nil && *c.Previous.ExitCode != 0:
		e.ExitCode = c.Previous.ExitCode
	case waiting && e.Event != nil:
	default:
		return nil
	}
	e.Cause = cause(e.ExitCode, e.Detail, eventMessage(e.Event))
	return e
}

func eventMessage(e *PlatformEvent) string {
	if e == nil {
		return ""
	}
	return e.Message
}

// failures are the containers that failed, in the order of the group. The main container is among them if it never
// ran, or if its end has a cause that its own output may not tell.
func (w *watch) failures() []*ContainerError {
	if w.seen.group == nil {
		return nil
	}
	var list []*ContainerError
	for _, c := range w.seen.group.all() {
		if e := w.seen.failures[c.Name]; e != nil && (e.Role != RoleMain || e.ExitCode == nil || e.Cause != "" || mayBeScript(*e.ExitCode)) {
			list = append(list, e)
		}
	}
	return list
}

// diagnose reads the last lines of the containers that failed, while there is something to read.
func (w *watch) diagnose(ctx context.Context) {
	for _, e := range w.failures() {
		if e.ExitCode == nil {
			continue // it has no output
		}
		within, cancel := context.WithTimeout(ctx, failureReading)
		content, err := w.c.readLogs(within, logRequest{group: w.name, container: e.Container, tail: failureLines})
		cancel()
		if err != nil {
			w.c.log.DebugContext(ctx, "reading the output of a container that failed", "group", w.name, "container", e.Container, "error", err)
			continue
		}
		e.Lines = lastLines(content)
		if e.Cause == "" {
			e.Cause = cause(e.ExitCode, strings.Join(e.Lines, "\n"))
		}
	}
	for _, e := range w.failures() {
		if e.Role != RoleMain || e.Cause != "" || e.ExitCode == nil {
			w.res.Failures = append(w.res.Failures, e)
		}
	}
}

// lastLines are the last lines of a log read, without Azure's times.
func lastLines(content []byte) []string {
	lines := strings.Split(strings.TrimRight(string(content), "\n"), "\n")
	lines = lines[max(len(lines)-failureLines, 0):]
	for i, line := range lines {
		if at, text, ok := strings.Cut(line, " "); ok {
			if _, err := time.Parse(time.RFC3339Nano, at); err == nil {
				lines[i] = text
			}
		}
	}
	if len(lines) == 1 && lines[0] == "" {
		return nil
	}
	return lines
}

// mayBeScript reports an exit code that shells and container runtimes use for a program that cannot be run.
func mayBeScript(code int) bool { return code == 126 || code == 127 || code == 128 }

// windowsEnds finds a carriage return in an error message: as a control character or as ^M or \r, which is how shells
// and env print it.
var windowsEnds = regexp.MustCompile(`(?i)(\r|\^M|\\r|\\x0d)['’"]?[:\s]+.{0,40}(not found|no such file|bad interpreter|command not found)`)

// cause says what is wrong with a program that could not be run, going by its exit code and by what the platform and
// its output say; empty if nothing of it tells.
func cause(code *int, texts ...string) string {
	all := strings.Join(texts, "\n")
	lower := strings.ToLower(all)
	unstarted := code == nil || mayBeScript(*code)
	switch {
	case unstarted && windowsEnds.MatchString(all):
		return "a script has Windows line ends (CRLF), so that its interpreter or its commands are not found; save it with Unix line ends (LF)"
	case strings.Contains(lower, "exec format error"):
		return "the program cannot be run on this platform: a script without a first line such as #!/bin/sh, or a binary for another architecture"
	case unstarted && strings.Contains(lower, "bad interpreter"):
		return "the interpreter that the script's first line (#!) names is not in the image"
	case unstarted && execNotFound.MatchString(lower):
		return "the program, or the interpreter that its first line (#!) names, is not in the image; a script with Windows line ends (CRLF) fails in the same way"
	case unstarted && strings.Contains(lower, "permission denied"):
		return "the program is there but may not be run; it needs the execute permission (chmod +x)"
	}
	return ""
}

// execNotFound is how container runtimes and shells say that a program, or a script's interpreter, is not there.
var execNotFound = regexp.MustCompile(`exec:? .*(no such file or directory|not found)|executable file not found`)
