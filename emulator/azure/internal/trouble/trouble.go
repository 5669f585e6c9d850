// Package trouble holds every switch that makes the emulated Azure behave like a
// bad day: latency, propagation delays, throttling, quotas, log limits and faults,
// by the names of the emulator's contract. A [Trouble] is made once with [New] and
// shared by all rooms.
//
// Rooms read [Trouble.Settings] each time they need a value (a test may change it
// between two requests) and wait with [Sleep]. The core asks [Trouble.Fault] and
// [Trouble.Admit] for each request; package containers counts creates and deletes
// with [Trouble.Count].
package trouble

import (
	"context"
	"sync"
	"time"
)

// Trouble is the shared state. Its methods may be called from many goroutines.
type Trouble struct {
	mu       sync.Mutex
	initial  Settings
	settings Settings
	faults   []*fault
	buckets  map[Bucket]*tokens
	counts   map[countKey][]time.Time
}

// New returns a Trouble with the contract's defaults and no faults.
func New() *Trouble {
	t := &Trouble{initial: Defaults()}
	t.Reset()
	return t
}

// Reset brings back the settings that [Trouble.Start] gave (else the defaults), and
// forgets faults, hit counts, token buckets and counted creates.
func (t *Trouble) Reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.settings = t.initial.clone()
	t.faults = nil
	t.buckets = map[Bucket]*tokens{}
	t.counts = map[countKey][]time.Time{}
}

// Settings returns a copy of what holds now.
func (t *Trouble) Settings() Settings {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.settings.clone()
}

// Patch lays the named values of a JSON object over the settings; nothing changes
// unless all of it is right. The error is a *FieldError.
func (t *Trouble) Patch(data []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	patched, err := t.settings.patched(data)
	if err != nil {
		return err
	}
	t.settings = patched
	return nil
}

// Start patches the settings and makes the result what [Trouble.Reset] returns to:
// an emulator started with a settings file keeps it through a reset.
func (t *Trouble) Start(data []byte) error {
	if err := t.Patch(data); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.initial = t.settings.clone()
	return nil
}

// Sleep waits for d, or less when ctx ends: then it returns the cause. Zero and
// negative durations return at once, so that a setting of "0s" costs nothing.
func Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
