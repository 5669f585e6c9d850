package neterr

import (
	"sync"
	"time"
)

// hosts is what a client knows of the hosts that it asks. The zero value knows none.
type hosts struct {
	mu    sync.Mutex
	known map[string]*host
}

// host is one of them, by its name and port.
type host struct {
	answered    bool
	first, last time.Time // failures to connect in a row, while it has not answered
}

// inARow is how far apart two failures may be to belong together.
const inARow = 5 * time.Minute

func (h *hosts) get(name string) *host {
	if h.known == nil {
		h.known = map[string]*host{}
	}
	if h.known[name] == nil {
		h.known[name] = &host{}
	}
	return h.known[name]
}

// answer notes that a host has answered.
func (h *hosts) answer(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.get(name).answered = true
}

// answered reports that a host has answered before, so that its name and port are right.
func (h *hosts) answered(name string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.get(name).answered
}

// fail notes a failure, and tells it for how long the host has not been reached.
func (h *hosts) fail(e *Error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	host, now := h.get(e.Host), time.Now()
	if host.answered || e.Sent {
		return
	}
	if now.Sub(host.last) > inARow {
		host.first = now
	}
	host.last = now
	e.Trying = now.Sub(host.first)
}
