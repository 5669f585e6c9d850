// Package capped keeps what a program writes, up to a limit. Call [NewBuffer] first and give it to [os/exec.Cmd] as its output.
package capped

import "io"

// A Buffer keeps what is written to it. A write that would go over its limit is refused whole, and so ends the copying of a
// program's output. It is for one writer at a time.
type Buffer struct {
	most int
	text []byte // not a bytes.Buffer, whose ReadFrom takes all
	over bool
}

// NewBuffer is a buffer for at most most bytes.
func NewBuffer(most int) *Buffer { return &Buffer{most: most} }

// Write implements [io.Writer]. Over the limit it fails with [io.ErrShortWrite].
func (b *Buffer) Write(p []byte) (int, error) {
	if len(b.text)+len(p) > b.most {
		b.over = true
		return 0, io.ErrShortWrite
	}
	b.text = append(b.text, p...)
	return len(p), nil
}

// Bytes are what was kept; nil: nothing was.
func (b *Buffer) Bytes() []byte { return b.text }

// Over reports whether more was written than the buffer keeps.
func (b *Buffer) Over() bool { return b.over }
