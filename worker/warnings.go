package worker

import "sync"

// warnings remember what was said of things that fail again and again, so that each is said once, and anew when the reason is another.
// The zero value is ready.
type warnings struct {
	mu   sync.Mutex
	said map[string]string // the last reason, by what it is about
}

// news reports whether a reason has not been said of about yet, and notes it.
func (w *warnings) news(about, reason string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.said[about] == reason {
		return false
	}
	if w.said == nil {
		w.said = map[string]string{}
	}
	w.said[about] = reason
	return true
}

// over reports whether something was said of about, and forgets it.
func (w *warnings) over(about string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, was := w.said[about]
	delete(w.said, about)
	return was
}
