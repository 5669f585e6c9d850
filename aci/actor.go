package aci

import "sync"

// actor calls act whenever something has happened, one call at a time, on a goroutine that ends when there is nothing left to do. So
// whoever waits for long holds no goroutine, and no stack that has grown: a process may have a thousand watches for days.
//
//	           wake: a goroutine begins                 act: there is nothing left to do
//	resting ────────────────────────────▶ awake ────────────────────────────────────────▶ resting
//	                                      │   ▲ wake meanwhile: act is called once more
//	                                      └───┘
//	                                      └── act: it is over ──▶ awake for ever: wake does nothing
//
// What act changes needs no lock: each call sees what the calls before it did.
type actor struct {
	act func() (over bool)

	mu    sync.Mutex
	awake bool // act is being called, or it is over
	again bool // something happened meanwhile
}

// wake has act called, unless it is over. It never blocks.
func (a *actor) wake() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.awake {
		a.again = true
		return
	}
	a.awake = true
	go a.run()
}

func (a *actor) run() {
	for !a.act() {
		if a.rest() {
			return
		}
	}
}

// rest reports whether nothing has happened since act was called.
func (a *actor) rest() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.awake, a.again = a.again, false
	return !a.awake
}
