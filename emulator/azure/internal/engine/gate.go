package engine

import (
	"io"
	"sync/atomic"
)

// gate lets writes through to a container's output until the container has ended. Its lock is a channel, so that
// waiting for a slow log counts as waiting in package testing/synctest.
type gate struct {
	turn chan struct{} // holds one value while somebody writes or shuts
	w    io.Writer
	shut atomic.Bool
}

func newGate(w io.Writer) *gate {
	if w == nil {
		w = io.Discard
	}
	return &gate{turn: make(chan struct{}, 1), w: w}
}

// Write fails with io.ErrClosedPipe once the container has ended.
func (g *gate) Write(p []byte) (int, error) {
	g.turn <- struct{}{}
	defer func() { <-g.turn }()
	if g.shut.Load() {
		return 0, io.ErrClosedPipe
	}
	return g.w.Write(p)
}

// refuse lets no further write through. It does not wait for the one that is under way.
func (g *gate) refuse() { g.shut.Store(true) }

// close lets no further write through, and waits for the one that is under way.
func (g *gate) close() {
	g.refuse()
	g.turn <- struct{}{}
	<-g.turn
}
