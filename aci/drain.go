package aci

import (
	"bytes"
	"context"
	"time"

	"github.com/pacific-aci/pacific/aci/internal/logmerge"
)

// The last log read is tried for lastPatience; a container's output is worth some waiting, but not for ever. ARM itself
// gives an answer a minute. Who has interrupted a job waits less.
const (
	lastPatience        = 3 * time.Minute
	interruptedPatience = 20 * time.Second
)

// lateLogs is how long Azure may say of a container that has just ended that it has no output yet.
const lateLogs = 10 * time.Second

// mostRefused is how often a last log read may be refused for good.
const mostRefused = 3

// drain lets the live stream of a container that has ended come to its own end.
func (f *follower) drain(ctx context.Context, end finish) {
	f.letConnect()
	timer := time.NewTimer(end.drain)
	defer timer.Stop()
	for f.streaming {
		select {
		case e := <-f.streams:
			switch {
			case e.granted != nil:
				f.merger.Opening()
				close(e.granted)
			case e.opened:
				f.open = true
				f.merger.Opened()
			case e.closed:
				f.streaming = false
				if f.open {
					f.merger.Closed(e.clean)
				}
				f.open = false
			default:
				f.merger.Live(e.chunk)
			}
		case p := <-f.polled:
			f.polling = false
			if p.err == nil {
				f.buf = p.content
				f.merger.Window(p.content, logmerge.Info{Bytes: keptRunning})
			}
		case <-timer.C:
			f.merger.Closed(false)
			return
		case <-ctx.Done():
			f.merger.Closed(false)
			return
		}
	}
}

// last is the log read after the end, which has every line that Azure still has.
func (f *follower) last(ctx context.Context, end finish) {
	if f.out.failure() != nil {
		return
	}
	for f.polling {
		select {
		case p := <-f.polled:
			f.polling = false
			if p.err == nil {
				f.buf = p.content
				f.merger.Window(p.content, logmerge.Info{Bytes: keptRunning})
			}
		case <-ctx.Done():
			f.merger.Final(nil, false, logmerge.Info{})
			return
		}
	}
	if end.foreign {
		f.merger.Final(nil, false, logmerge.Info{})
		return
	}
	ctx, cancel := context.WithTimeout(ctx, end.patience)
	defer cancel()
	wait := pace{f.c.firstPoll / 4, 10 * time.Second}
	began, refused := time.Now(), 0
	for {
		content, err := f.c.readLogs(ctx, logRequest{group: f.group, container: f.container, buf: f.buf})
		if err == nil {
			info := logmerge.Info{Bytes: keptRunning}
			if end.stopped && len(content) <= keptStopped+keptStoppedLines*stampBytes && bytes.Count(content, []byte{'\n'}) <= keptStoppedLines {
				// More than that, and this Azure is one that keeps more.
				info = logmerge.Info{Bytes: keptStopped, Lines: keptStoppedLines}
			}
			f.merger.Final(content, true, info)
			return
		}
		if end.never && f.merger.Lines() == 0 && !f.seen {
			return
		}
		switch e, isLost := lost(err); {
		case isLost:
		case e != nil && missing(e) && !end.gone:
			if time.Since(began) >= lateLogs {
				refused = mostRefused
			}
		default:
			refused++
		}
		if refused >= mostRefused || ctx.Err() != nil || sleep(ctx, wait.step()) != nil {
			f.merger.Final(nil, false, logmerge.Info{})
			return
		}
	}
}
