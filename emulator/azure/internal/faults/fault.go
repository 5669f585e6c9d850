package faults

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Fault is one thing that goes wrong on purpose.
type Fault struct {
	Match Match `json:"match"`
	// Skip lets that many matching calls pass first.
	Skip int `json:"skip"`
	// Times is how many calls it hits after that; 0 is for ever.
	Times  int    `json:"times"`
	Effect Effect `json:"effect"`
	// Hits counts the calls that it has hit. The emulator sets it: in a fault that is added it must be 0 or absent.
	Hits int `json:"hits"`
}

// Match says which calls a fault is about. Empty fields match all; all of the others
// must match, without regard to case.
type Match struct {
	// Operation is the operationId of Microsoft's API files, such as ContainerGroups_CreateOrUpdate.
	Operation string `json:"operation"`
	Method    string `json:"method"`
	// Host and Path are globs: * is any run of characters, slashes too, ? is one character.
	Host string `json:"host"`
	Path string `json:"path"`
	// Region is where the call's resource is, or would be.
	Region string `json:"region"`
}

// Effect is what happens to a call. The zero value is nothing.
type Effect struct {
	// Status, from 400 to 599, Code and Message make an answer in ARM's error shape.
	Status  int    `json:"status"`
	Code    string `json:"code"`
	Message string `json:"message"`
	// RetryAfter is sent with the answer, by the rule of [RetryAfter].
	RetryAfter Duration `json:"retryAfter"`
	// Delay comes before anything else; alone, the call is only slow.
	Delay Duration `json:"delay"`
	// Drop closes the connection without an answer.
	Drop bool `json:"drop"`
	// ApplyFirst does the work and then fails: the ambiguous answer.
	ApplyFirst bool `json:"applyFirst"`
	// ProvisioningState lets the call succeed and its long-running operation end so: Failed, Canceled, or one of
	// ACI's Unhealthy and Repairing.
	ProvisioningState string `json:"provisioningState"`
}

// Call is what a fault is matched against.
type Call struct {
	Operation, Method, Host, Path, Region string
}

type fault struct {
	Fault
	seen int
}

// AddFaults adds one fault, or a list of them, written as JSON; all or none. The error
// is a *FieldError.
func (t *Injector) AddFaults(data []byte) error {
	var added []Fault
	if trimmed := strings.TrimSpace(string(data)); strings.HasPrefix(trimmed, "[") {
		if err := Decode(data, &added); err != nil {
			return err
		}
		for i, f := range added {
			if err := f.validate(fmt.Sprintf("[%d].", i)); err != nil {
				return err
			}
		}
	} else {
		var one Fault
		if err := Decode(data, &one); err != nil {
			return err
		}
		if err := one.validate(""); err != nil {
			return err
		}
		added = []Fault{one}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range added {
		t.faults = append(t.faults, &fault{Fault: f})
	}
	return nil
}

// AddFault is [Injector.AddFaults] for Go callers.
func (t *Injector) AddFault(f Fault) error {
	data, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return t.AddFaults(data)
}

// Faults lists all faults in the order in which they were added, spent ones too.
func (t *Injector) Faults() []Fault {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := []Fault{}
	for _, f := range t.faults {
		list = append(list, f.Fault)
	}
	return list
}

// ClearFaults removes all faults.
func (t *Injector) ClearFaults() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults = nil
}

// Fault returns what happens to a call: the effect of the first fault that matches and
// is neither still skipping nor spent, or the zero Effect. Each matching fault before
// it that skips counts the call.
func (t *Injector) Fault(c Call) Effect {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range t.faults {
		if f.Times > 0 && f.Hits >= f.Times || !f.Match.matches(c) {
			continue
		}
		if f.seen++; f.seen <= f.Skip {
			continue
		}
		f.Hits++
		return f.Effect
	}
	return Effect{}
}

func (m Match) matches(c Call) bool {
	equal := func(want, got string) bool { return want == "" || strings.EqualFold(want, got) }
	like := func(pattern, got string) bool {
		return pattern == "" || glob(strings.ToLower(pattern), strings.ToLower(got))
	}
	return equal(m.Operation, c.Operation) && equal(m.Method, c.Method) && equal(m.Region, c.Region) &&
		like(m.Host, c.Host) && like(m.Path, c.Path)
}

// glob matches a pattern without recursion: after a mismatch it goes back to the last star and lets
// that take one more character. That is quadratic at worst, never exponential.
func glob(pattern, s string) bool {
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

func (f Fault) validate(prefix string) error {
	wrong := func(field, reason string) error { return &FieldError{Field: prefix + field, Reason: reason} }
	e := f.Effect
	fails := e.Status != 0 || e.Drop
	switch {
	case f.Hits != 0:
		return wrong("hits", "is counted by the emulator and cannot be set")
	case e == Effect{}:
		return wrong("effect", "says nothing: give a status, delay, drop or provisioningState")
	case e.Status != 0 && (e.Status < 400 || e.Status > 599):
		return wrong("effect.status", fmt.Sprintf("must be from 400 to 599, not %d", e.Status))
	case e.Drop && e.Status != 0:
		return wrong("effect.drop", "cannot go with a status: a dropped call has no answer")
	case e.Status == 0 && e.ProvisioningState == "" && (e.Code != "" || e.Message != ""):
		return wrong("effect.status", "is needed with a code or message")
	case e.Status == 0 && e.RetryAfter != 0:
		return wrong("effect.status", "is needed with retryAfter")
	case e.ApplyFirst && !fails:
		return wrong("effect.applyFirst", "needs a status or drop to fail with")
	case e.ProvisioningState != "" && fails:
		return wrong("effect.provisioningState", "lets the call succeed and cannot go with a status or drop")
	case e.ProvisioningState != "" && !slices.Contains(provisioningStates, e.ProvisioningState):
		return wrong("effect.provisioningState", fmt.Sprintf("must be one of %s, not %q", strings.Join(provisioningStates, ", "), e.ProvisioningState))
	}
	if _, err := http.NewRequest(f.Match.Method, "/", nil); err != nil {
		return wrong("match.method", fmt.Sprintf("%q is not an HTTP method", f.Match.Method))
	}
	return nil
}

var provisioningStates = []string{"Failed", "Canceled", "Unhealthy", "Repairing"}
