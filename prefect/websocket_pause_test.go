package prefect_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// A server that sends one event and hangs up is asked again with growing pauses.
func TestSubscriptionPausesGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &eventServer{version: "3.8.8", out: map[int][]prefect.Event{}}
		for i := range 1000 {
			s.out[i+1] = []prefect.Event{event(i)}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		for range s.start(t, prefect.Options{}).SubscribeEvents(ctx, prefect.EventFilter{}) {
		}
		if dials, _, _ := s.seen(); dials < 5 || dials > 60 {
			t.Errorf("got %d connections within ten minutes, want pauses that grow and an end of their growth", dials)
		}
	})
}
