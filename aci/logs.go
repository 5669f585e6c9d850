package aci

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/pacific-aci/pacific/aci/internal/logmerge"
	"github.com/pacific-aci/pacific/azure"
)

// Logs writes a container's output: what Azure has of it now or, with Follow, everything until the container ends. A missing
// group or container is [ErrNotFound]. A container that does not run yet, or has printed nothing, is not an error.
func (c *Client) Logs(ctx context.Context, name string, opts LogOptions) error {
	ctx, told := withEvents(ctx, opts.Events)
	defer told()
	if opts.Output == nil {
		return errors.New("aci: LogOptions.Output is missing")
	}
	if opts.Tail < 0 {
		return fmt.Errorf("aci: LogOptions.Tail is %d; 0 is all", opts.Tail)
	}
	g, err := c.getDefinite(ctx, name)
	if err == nil && g == nil {
		err = c.notFound()
	}
	if err != nil {
		return fmt.Errorf("reading the output of container group %q: %w", name, azure.Plain(err))
	}
	if opts.Container == "" {
		opts.Container = g.Container
	}
	main, ok := g.find(opts.Container)
	if !ok {
		return fmt.Errorf("reading the output of container group %q: %w: it has no container %q", name, ErrNotFound, opts.Container)
	}
	if _, ended := main.ended(); !opts.Follow || ended {
		err = c.lastLogs(ctx, name, opts)
	} else {
		err = c.followLogs(ctx, name, opts, g)
	}
	if err != nil {
		return fmt.Errorf("reading the output of container group %q: %w", name, err)
	}
	return nil
}

// find is the container of a name; init containers are not looked at.
func (g *Group) find(name string) (*Container, bool) {
	for i := range g.Containers {
		if g.Containers[i].Name == name {
			return &g.Containers[i], true
		}
	}
	return nil, false
}

// ended reports whether the container has terminated, and with which exit code.
func (c *Container) ended() (*int, bool) {
	if c.Current == nil || !c.Current.State.Terminated() {
		return nil, false
	}
	return c.Current.ExitCode, true
}

// lastLogs writes what Azure has now.
func (c *Client) lastLogs(ctx context.Context, name string, opts LogOptions) error {
	content, err := repeat(ctx, c, name, func(ctx context.Context) ([]byte, error) {
		return c.readLogs(ctx, logRequest{group: name, container: opts.Container, tail: opts.Tail})
	})
	if e := azure.Explain(err); e != nil && noLogs(e) {
		return nil
	}
	if err != nil {
		return err
	}
	return writeLogs(content, opts)
}

// noLogs reports that Azure itself says that it has no output: the container has not run yet, or the group is gone.
func noLogs(e *azure.Error) bool {
	return missing(e) || e.Status == http.StatusNotFound && e.Has("ContainerLogNotAvailable")
}

// writeLogs writes one log read. A log read is JSON, so a gap says where bytes were replaced that are not UTF-8.
func writeLogs(content []byte, opts LogOptions) error {
	var out bytes.Buffer
	m := logmerge.New(logmerge.Options{
		Deliver: func(p []byte) { out.Write(p) }, Stamped: opts.Timestamps, Tail: opts.Tail,
		Gap: func(g logmerge.Gap) {
			if opts.Gap != nil {
				opts.Gap(gapOf(g))
			}
		},
	})
	m.Final(content, true, logmerge.Info{})
	_, err := opts.Output.Write(out.Bytes())
	return err
}

func gapOf(g logmerge.Gap) Gap { return Gap{From: g.From, To: g.To, Lines: g.Lines, Reason: g.Reason} }

// followLogs writes output until the container has ended. It watches the group as Run does, but in modeFollow.
func (c *Client) followLogs(ctx context.Context, name string, opts LogOptions, g *Group) error {
	w := &watch{
		c: c, name: name, mode: modeFollow, count: &requestCount{},
		emit:   func(e Event) { c.emit(ctx, name, e) },
		output: outputWanted{to: opts.Output, gap: opts.Gap, merge: logmerge.Options{Stamped: opts.Timestamps, Tail: opts.Tail}},
		limits: limits{requested: time.Now()},
		seen:   seen{group: g, token: g.Tags[TagToken]},
		res:    &Result{Name: name, ID: g.ID, Container: opts.Container},
	}
	end := w.run(ctx)
	switch {
	case w.res.OutputError != nil && ctx.Err() == nil:
		return w.res.OutputError
	case end.outcome == OutcomeInterrupted:
		return context.Cause(ctx)
	case end.outcome == OutcomeUnknown, end.outcome == OutcomeReplaced && end.err != nil:
		return end.err
	}
	return nil
}
