package clitest

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"
)

// Stream is an output whose text a test waits for.
type Stream struct {
	mu     sync.Mutex
	text   bytes.Buffer
	change chan struct{}
}

// NewStream is empty.
func NewStream() *Stream { return &Stream{change: make(chan struct{}, 1)} }

func (s *Stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.change <- struct{}{}:
	default:
	}
	return s.text.Write(p)
}

// String is all that was written.
func (s *Stream) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// WaitFor returns once the stream has shown the text.
func (s *Stream) WaitFor(t *testing.T, text string) {
	t.Helper()
	for deadline := time.After(time.Minute); !strings.Contains(s.String(), text); {
		select {
		case <-s.change:
		case <-deadline:
			t.Fatalf("%q did not come; there was:\n%s", text, s)
		}
	}
}
