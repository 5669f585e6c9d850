package prefect

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
)

// Everything that differs between a 3.x server, a 2.20 server and Prefect Cloud is in this file.

// Version is the release of a Prefect server. Prefect Cloud has none and counts as the newest 3.x.
type Version struct {
	Major, Minor, Patch int
	// Text is what the server said, such as "3.8.8" or "2.20.26"; "cloud" for Prefect Cloud.
	Text string
}

// String is the server's own text.
func (v Version) String() string { return v.Text }

// AtLeast compares with a release; Prefect Cloud is newer than all of 3.
func (v Version) AtLeast(major, minor, patch int) bool {
	for _, pair := range [][2]int{{v.Major, major}, {v.Minor, minor}, {v.Patch, patch}} {
		if pair[0] != pair[1] {
			return pair[0] > pair[1]
		}
	}
	return true
}

// TaskRunsByEvents tells how task runs are written: from 3.0 on their transitions are events ([TaskRunTransition.Event]), before that
// [Client.CreateTaskRun] and [Client.SetTaskRunState]. (3.x still takes those too.)
func (v Version) TaskRunsByEvents() bool { return v.Major >= 3 }

// Events reports whether the server has the events API: 2.20 answers 404 unless an experiment is switched on.
func (v Version) Events() bool { return v.Major >= 3 }

// EventsInHandshake reports whether /events/in wants the auth message first: self-hosted servers from 3.6.14 on.
func (v Version) EventsInHandshake() bool { return v.Text != cloudVersion && v.AtLeast(3, 6, 14) }

// Submitting reports whether a PENDING run may be proposed as PENDING named Submitting (from 3.6.22 on); 2.20 aborts it.
func (v Version) Submitting() bool { return v.AtLeast(3, 6, 22) }

// JobBlocks reports whether the server registers azure-container-instance-job by itself and agents can use it.
func (v Version) JobBlocks() bool { return v.Major < 3 }

// Leases reports whether concurrency slots are held by leases: with deployment concurrency limits, from 3.4.11 on.
func (v Version) Leases() bool { return v.AtLeast(3, 4, 11) }

// cloudVersion is the text of Prefect Cloud's version.
const cloudVersion = "cloud"

// field is a top-level field of a request that older servers refuse as unknown.
type field struct {
	name string
	// each is set for a field of the objects in the list called name.
	each string
	// drop: without it the request still means the same. Otherwise the request fails with [ErrUnsupported].
	drop bool
}

// The fields that 3.x added to requests; a 2.20 server answers 422 to any of them.
func labelsSince3() []field { return []field{{name: "labels", drop: true}} }

func flowRunSince3() []field {
	return append(labelsSince3(), field{name: "work_pool_name"}, field{name: "work_queue_name"}, field{name: "job_variables"})
}

func deploymentSince3() []field {
	return append(labelsSince3(), field{name: "concurrency_limit"}, field{name: "concurrency_options"},
		field{name: "schedules", each: "slug", drop: true}, field{name: "schedules", each: "parameters"})
}

func deploymentUpdateSince3() []field {
	return append(deploymentSince3(), field{name: "parameter_openapi_schema"}, field{name: "pull_steps"})
}

// fit leaves out of a body what this server does not know. The server is asked for its version only if such a field is
// really there.
func (c *Client) fit(ctx context.Context, body []byte, since []field) ([]byte, error) {
	var object map[string]any
	if err := decodeNumbers(body, &object); err != nil {
		return nil, fmt.Errorf("a request with fields of 3.x is not a JSON object: %w", err)
	}
	var newer []field
	for _, f := range since {
		if len(f.holders(object)) > 0 {
			newer = append(newer, f)
		}
	}
	if len(newer) == 0 {
		return body, nil
	}
	version, err := c.ServerVersion(ctx)
	if err != nil || version.Major >= 3 {
		return body, err
	}
	for _, f := range newer {
		for _, holder := range f.holders(object) {
			if value := holder[f.key()]; value != nil && !f.drop {
				return nil, unsupported(version, "the field "+f.key())
			}
			delete(holder, f.key())
		}
	}
	return json.Marshal(object)
}

func (f field) key() string {
	if f.each != "" {
		return f.each
	}
	return f.name
}

// holders are the objects that have the field.
func (f field) holders(object map[string]any) []map[string]any {
	candidates := []any{object}
	if f.each != "" {
		candidates, _ = object[f.name].([]any)
	}
	var holders []map[string]any
	for _, candidate := range candidates {
		if holder, ok := candidate.(map[string]any); ok {
			if _, has := holder[f.key()]; has {
				holders = append(holders, holder)
			}
		}
	}
	return holders
}

// needs3 refuses a whole call that 2.20 does not know.
func (c *Client) needs3(ctx context.Context, doing, what string) error {
	version, err := c.ServerVersion(ctx)
	if err != nil {
		return err
	}
	if version.Major < 3 {
		fault := unsupported(version, what)
		fault.Doing = doing
		return fault
	}
	return nil
}

// UnmarshalJSON reads a deployment of 3.x or of 2.20, which calls the job variables infra_overrides in replies.
func (d *Deployment) UnmarshalJSON(b []byte) error {
	type plain Deployment
	reply := struct {
		*plain
		InfraOverrides map[string]any `json:"infra_overrides"`
	}{plain: (*plain)(d)}
	if err := decodeNumbers(b, &reply); err != nil { // do's own setting does not reach into here
		return err
	}
	if d.JobVariables == nil {
		d.JobVariables = reply.InfraOverrides
	}
	return nil
}

// unsupported is the error for what this server is too old for.
func unsupported(v Version, what string) *Error {
	return &Error{Kind: ErrUnsupported, Message: fmt.Sprintf("the server runs Prefect %s, and %s needs 3.0 or later", v, what)}
}

// versionCell keeps the server's version once it is known.
type versionCell struct {
	turn  chan struct{}
	known atomic.Pointer[Version]
}

// ServerVersion asks the server for its release, once for the life of the client. Prefect Cloud is not asked. A release that
// this package was not written for (neither 2 nor 3) is an error that matches [ErrUnsupported].
func (c *Client) ServerVersion(ctx context.Context) (Version, error) {
	if c.cloud {
		return Version{Major: 3, Minor: 1 << 20, Text: cloudVersion}, nil
	}
	if v := c.version.known.Load(); v != nil {
		return *v, nil
	}
	select {
	case c.version.turn <- struct{}{}:
		defer func() { <-c.version.turn }()
	case <-ctx.Done():
		return Version{}, (&Error{Doing: "reading the server's version"}).ended(context.Cause(ctx))
	}
	if v := c.version.known.Load(); v != nil {
		return *v, nil
	}
	const doing = "reading the server's version"
	text, err := do(ctx, c, request[string]{doing: doing, method: http.MethodGet, path: "/admin/version"})
	if err != nil {
		return Version{}, err
	}
	v, err := parseVersion(text)
	if err != nil {
		return Version{}, &Error{Doing: doing, Kind: ErrNotPrefect, Status: http.StatusOK, Message: c.auth.redact(err.Error()), cause: err}
	}
	if v.Major != 2 && v.Major != 3 {
		return Version{}, &Error{Doing: doing, Kind: ErrUnsupported,
			Message: fmt.Sprintf("the server runs Prefect %s, and Pacific speaks to 2.20 and 3.x only: use a server of one of these", v)}
	}
	c.version.known.Store(&v)
	return v, nil
}

// parseVersion reads 3.8.8, 3.9.0rc1, 2.20.26+4.gabc.
func parseVersion(text string) (Version, error) {
	v := Version{Text: shorten(oneLine(text), 40)}
	core, _, _ := strings.Cut(v.Text, "+")
	parts := strings.SplitN(core, ".", 4)
	if len(parts) < 2 {
		return v, fmt.Errorf("%q is not a Prefect version", v.Text)
	}
	for i, to := range []*int{&v.Major, &v.Minor, &v.Patch} {
		if i == len(parts) {
			break
		}
		digits := parts[i]
		if at := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' }); at >= 0 && i > 0 {
			digits = digits[:at] // rc1, dev6
		}
		n, err := strconv.Atoi(digits)
		if err != nil {
			return v, fmt.Errorf("%q is not a Prefect version", v.Text)
		}
		*to = n
	}
	return v, nil
}
