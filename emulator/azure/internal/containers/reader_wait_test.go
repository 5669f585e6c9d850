package containers

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"
)

// writeAll writes n bytes in the background; the channel says when that is done.
func writeAll(l *containerLog, n int) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = l.Write(bytes.Repeat([]byte("0123456789abcde\n"), n/16))
	}()
	return done
}

func isDone(done <-chan struct{}) bool {
	synctest.Wait()
	select {
	case <-done:
		return true
	default:
		return false
	}
}

func TestOutputWaitsForItsReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := logOf(1 << 20)
		l.awaitReaders()
		const size = 8 << 20
		done := writeAll(l, size)
		if isDone(done) || readLog(l, all(1<<20)) != "" {
			t.Fatal("written before there was a reader")
		}
		s, got := l.subscribe(), 0
		for got < size {
			synctest.Wait()
			p, _, over := s.take()
			if over || len(p) == 0 || len(p) > 2*maxAhead {
				t.Fatalf("got %d bytes at once after %d, cut off: %v", len(p), got, over)
			}
			got += len(p)
		}
		if !isDone(done) {
			t.Error("still waiting for a reader that has all")
		}
		l.close(all(100))
	})
}

func TestOutputWaitsNotForEver(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(*containerLog)
	}{
		{"nobody attaches", func(*containerLog) { time.Sleep(firstReader) }},
		{"the reader goes", func(l *containerLog) { s := l.subscribe(); synctest.Wait(); s.cancel() }},
		{"the container is stopped", func(l *containerLog) { l.subscribe(); l.stopWaiting(false); time.Sleep(lastReader) }},
		{"the emulator ends", func(l *containerLog) { l.subscribe(); l.stopWaiting(true) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := logOf(1 << 20)
				l.awaitReaders()
				done := writeAll(l, 8<<20)
				if isDone(done) {
					t.Fatal("nobody was waited for")
				}
				tt.do(l)
				if !isDone(done) {
					t.Error("still waiting")
				}
				l.close(all(100))
			})
		})
	}
}
