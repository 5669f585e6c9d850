package jobtemplate

import (
	"errors"
	"strings"

	"github.com/pacific-aci/pacific/aci"
)

// The kinds of error, for errors.Is.
var (
	// ErrTemplate: the pool's base job template cannot be used as it is.
	ErrTemplate = errors.New("the template is not usable")
	// ErrValue: a value is of the wrong kind, is missing, or is one that Azure would refuse.
	ErrValue = errors.New("a value is not usable")
	// ErrReference: a block or variable that the template refers to is not there, or has not what is asked of it.
	ErrReference = errors.New("a reference is broken")
	// ErrNotOneGroup: the pool's own ARM template deploys something else than one container group, or needs a deployment to
	// be evaluated. A job is one container group that is sent as it is.
	ErrNotOneGroup = errors.New("the template is not one container group")
)

// Error is one thing that keeps a template from becoming a job. Several may be joined; find them with errors.AsType or
// by unwrapping. Its text is one line, and holds no value of a variable or block.
type Error struct {
	// Kind is one of the Err values of this package.
	Kind error
	// Field is the place: a job variable (cpu, env["A"]) or a path in the job configuration.
	Field string
	// Problem is what is wrong, Want what to do instead, which [Error.Hint] gives. Want may be empty.
	Problem, Want string
	// Err is the cause, such as the error of a lookup; nil for most.
	Err error
}

// Error says where, what and why. What to do is [Error.Hint].
func (e *Error) Error() string {
	var b strings.Builder
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	b.WriteString(e.Problem)
	if e.Err != nil {
		b.WriteString(": " + strings.Join(strings.Fields(e.Err.Error()), " "))
	}
	return b.String()
}

// Hint says what to do instead; "" for nothing.
func (e *Error) Hint() string { return e.Want }

// Unwrap gives the kind and the cause to errors.Is and errors.AsType.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// inPrefectsWords names the job variables in place of the job's fields.
func inPrefectsWords(err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return &Error{Kind: ErrValue, Problem: "Azure would refuse the job", Err: err}
	}
	names := [][2]string{
		{"Name", "name"}, {"Image", "image"}, {"Command", "command"}, {"Entrypoint", "entrypoint"}, {"CPU", "cpu"}, {"MemoryGB", "memory"},
		{"GPUCount", "gpu_count"}, {"GPUSKU", "gpu_sku"}, {"Env", "env"}, {"Identities", "identities"}, {"Registries", "image_registry"},
		{"SubnetIDs", "subnet_ids"}, {"DNSServers", "dns_servers"}, {"StartTimeout", "task_start_timeout_seconds"},
		{"PollInterval", "task_watch_poll_interval"}, {"Tags", "labels"}, {"Base", armTemplate},
	}
	var found []error
	for _, one := range joined.Unwrap() {
		invalid, ok := errors.AsType[*aci.InvalidError](one)
		if !ok {
			found = append(found, &Error{Kind: ErrValue, Problem: "Azure would refuse the job", Err: one})
			continue
		}
		e := &Error{Kind: ErrValue, Field: invalid.Field, Problem: invalid.Rule}
		for _, n := range names {
			if rest, ok := strings.CutPrefix(invalid.Field, n[0]); ok && (rest == "" || strings.HasPrefix(rest, "[") || strings.HasPrefix(rest, ".")) {
				e.Field = n[1] + rest
			}
		}
		if invalid.Want != "" {
			e.Want = "give " + invalid.Want
		}
		found = append(found, e)
	}
	return errors.Join(found...)
}
