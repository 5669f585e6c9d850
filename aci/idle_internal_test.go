package aci

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"
)

// TestIdleKeepsNothing: what has nothing to tell or to write has no goroutine and no large buffer, and goes on when there is
// something again.
func TestIdleKeepsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told int
		ctx, end := withEvents(t.Context(), func(Event) { told++ })
		l := ctx.Value(listenerKey{}).(*listener)
		var written bytes.Buffer
		out := newAsyncWriter(&written)
		for n := range 3 {
			(&Client{}).emit(ctx, "g", Event{})
			out.add([]byte(strings.Repeat("x", 10_000)))
			synctest.Wait()
			if told != n+1 || written.Len() != (n+1)*10_000 {
				t.Fatalf("round %d: %d events were told and %d bytes written", n, told, written.Len())
			}
			if l.idle != nil || l.queue != nil {
				t.Errorf("round %d: the listener keeps a goroutine or its queue", n)
			}
			if out.idle != nil || cap(out.buf) > asyncWriterKeeps {
				t.Errorf("round %d: the writer keeps a goroutine or %d bytes", n, cap(out.buf))
			}
		}
		end()
		if err := out.close(context.Background().Done()); err != nil {
			t.Error(err)
		}
	})
}
