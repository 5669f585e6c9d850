package aci

import (
	"testing"
	"time"
)

// TestAnsweredRequestIsEnded: a PUT that is answered while its group is settled lets go of its context, which keeps a timer
// and all that it refers to for minutes.
func TestAnsweredRequestIsEnded(t *testing.T) {
	p := &putRequest{done: make(chan struct{})}
	work, _ := p.begin(t.Context())
	close(p.done)
	s := &start{request: p}
	if err := s.awaitAnswer(t.Context(), time.Minute); err != nil || s.request != nil {
		t.Fatalf("got %v, %v", err, s.request)
	}
	if work.Err() == nil {
		t.Error("the context of the request goes on")
	}
}
