package cmdutil

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pausedReader takes nothing until it goes on, and then everything.
type pausedReader struct {
	goesOn chan struct{}
	read   bytes.Buffer
}

func (r *pausedReader) Write(p []byte) (int, error) {
	<-r.goesOn
	return r.read.Write(p)
}

// TestDetachedGate: whoever writes to a detached gate never waits. A reader that goes on gets whole lines in order, hears how many it
// lost, and loses no more.
func TestDetachedGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &pausedReader{goesOn: make(chan struct{})}
		_, gate := newGates(io.Discard, to, false)
		told := 0
		attach := gate.Detach(func(dropped int) {
			told += dropped
			fmt.Fprintf(gate, "lost %d\n", dropped)
		})
		const lines = 3000
		began := time.Now()
		for i := range lines {
			fmt.Fprintf(gate, "%04d %s\n", i, strings.Repeat("x", 994))
		}
		gate.Live("not shown")
		if took := time.Since(began); took != 0 {
			t.Errorf("writing waited for %v", took)
		}
		close(to.goesOn)
		synctest.Wait()
		fmt.Fprintln(gate, "more")
		attach()
		fmt.Fprintln(gate, "end")
		got := strings.Split(to.read.String(), "\n")
		kept := len(got) - 4 // lost, more, end and what follows the last line feed
		if kept < 1000 || kept+told != lines {
			t.Fatalf("%d lines arrived and %d are said to be lost, want %d together", kept, told, lines)
		}
		for i, line := range got[:kept] {
			if len(line) != 999 || !strings.HasPrefix(line, fmt.Sprintf("%04d ", i)) {
				t.Fatalf("line %d is %.20q, with %d bytes", i, line, len(line))
			}
		}
		if rest := strings.Join(got[kept:], "|"); rest != fmt.Sprintf("lost %d|more|end|", told) {
			t.Errorf("at the end stands %q", rest)
		}
	})
}

// TestDetachedGateEnds: a reader that never goes on delays the end by a bounded time, and nothing that is written after it.
func TestDetachedGateEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &pausedReader{goesOn: make(chan struct{})}
		defer close(to.goesOn)
		_, gate := newGates(io.Discard, to, false)
		attach := gate.Detach(func(int) {})
		fmt.Fprintln(gate, "a line")
		began := time.Now()
		attach()
		if took := time.Since(began); took != backlogPatience {
			t.Errorf("the end took %v, want %v", took, backlogPatience)
		}
		if _, err := fmt.Fprintln(gate, "the end"); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("a write after the end: %v", err)
		}
	})
}

// TestDetachedGateCloses: what was written before a detached gate is shut arrives, if the reader reads.
func TestDetachedGateCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var read bytes.Buffer
		_, gate := newGates(io.Discard, writerFunc(func(p []byte) (int, error) {
			time.Sleep(145 * time.Millisecond)
			return read.Write(p)
		}), false)
		gate.Detach(func(int) {})
		for i := range 4 {
			fmt.Fprintf(gate, "%d %s\n", i, strings.Repeat("x", backlogPiece*2/3))
		}
		gate.Close()
		if n := strings.Count(read.String(), "\n"); n != 4 {
			t.Errorf("%d of 4 lines arrived", n)
		}
	})
}

// TestDetachedGateWithoutReader: a reader that went away is noted as ever.
func TestDetachedGateWithoutReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, gate := newGates(io.Discard, writerFunc(func([]byte) (int, error) { return 0, io.ErrShortWrite }), false)
		attach := gate.Detach(func(int) {})
		fmt.Fprintln(gate, "a line")
		synctest.Wait()
		_, err := fmt.Fprintln(gate, "another")
		attach()
		if !errors.Is(err, io.ErrShortWrite) || !errors.Is(gate.Lost(), io.ErrShortWrite) {
			t.Errorf("the second write: %v; what is lost: %v", err, gate.Lost())
		}
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
