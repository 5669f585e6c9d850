package enginetest

import (
	"bytes"
	"strings"
	"sync"
	"testing"
)

// Log is a container's output. Its zero value is ready.
type Log struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{} // closed and replaced with each write
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
	return l.text.Write(p)
}

// String is all that has been written.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Wait waits until text has been written, and gives all of the log.
func (l *Log) Wait(t *testing.T, text string) string {
	t.Helper()
	for {
		l.mu.Lock()
		all := l.text.String()
		if l.changed == nil {
			l.changed = make(chan struct{})
		}
		changed := l.changed
		l.mu.Unlock()
		if strings.Contains(all, text) {
			return all
		}
		select {
		case <-changed:
		case <-t.Context().Done():
			t.Fatalf("the log never said %q, only %q", text, all)
		}
	}
}
