// Package faults holds every switch that makes the emulated Azure behave like a
// bad day: latency, propagation delays, throttling, quotas, log limits and faults,
// by the names of the emulator's contract. A [Injector] is made once with [New] and
// shared by all rooms.
//
// Rooms read [Injector.Settings] each time they need a value (a test may change it
// between two requests) and wait with [Sleep]. The core asks [Injector.Fault] and
// [Injector.Admit] for each request; package containers counts creates and deletes
// with [Injector.Count].
package faults

import (
	"context"
	"sync"
	"time"
)

// Injector is the shared state. Its methods may be called from many goroutines.
type Injector struct {
	mu       sync.Mutex
	initial  Settings
	settings Settings
	faults   []*fault
	buckets  map[bucketKey]*tokens
	counts   map[countKey][]time.Time
}

// New returns a Injector with the contract's defaults and no faults.
func New() *Injector {
	t := &Injector{initial: Defaults()}
	t.Reset()
	return t
}

// Reset brings back the settings that [Injector.Start] gave (else the defaults), and
// forgets faults, hit counts, token buckets and counted creates.
func (t *Injector) Reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.settings = t.initial.clone()
	t.faults = nil
	t.buckets = map[bucketKey]*tokens{}
	t.counts = map[countKey][]time.Time{}
}

// Settings returns a copy of what holds now.
func (t *Injector) Settings() Settings {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.settings.clone()
}

// Patch lays the named values of a JSON object over the settings; nothing changes
// unless all of it is right. The error is a *FieldError.
func (t *Injector) Patch(data []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	patched, err := t.settings.patched(data)
	if err != nil {
		return err
	}
	t.settings = patched
	return nil
}

// Start patches the settings and makes the result what [Injector.Reset] returns to:
// an emulator started with a settings file keeps it through a reset.
func (t *Injector) Start(data []byte) error {
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
