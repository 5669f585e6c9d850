package aci

import (
	"bytes"
	"runtime"
	"testing"
)

// turns is a writer that the test lets write, one call at a time: first it is asked, then it keeps what it was given.
type turns struct {
	began, release chan struct{}
	kept           bytes.Buffer
}

func (w *turns) Write(p []byte) (int, error) {
	w.began <- struct{}{}
	<-w.release
	return w.kept.Write(p)
}

// What comes while the writer writes must not touch what it writes.
func TestAsyncWriterKeepsItsBuffersApart(t *testing.T) {
	w := &turns{began: make(chan struct{}), release: make(chan struct{})}
	o := newAsyncWriter(w)
	var want bytes.Buffer
	add := func(line string) {
		want.WriteString(line)
		o.add([]byte(line))
	}
	add("one line\n")
	for _, line := range []string{"line two\n", "line 003\n", "line 004\n", "line 005\n"} {
		<-w.began
		w.release <- struct{}{}
		// The writer has all: it waits, whichever buffer it will use next.
		for o.written() < int64(want.Len()) {
			runtime.Gosched()
		}
		add(line)
		<-w.began
		add("and more\n")
		w.release <- struct{}{}
	}
	go func() {
		for range w.began {
			w.release <- struct{}{}
		}
	}()
	if err := o.close(nil); err != nil {
		t.Fatal(err)
	}
	close(w.began)
	if got := w.kept.String(); got != want.String() {
		t.Errorf("got:\n%swant:\n%s", got, &want)
	}
}
