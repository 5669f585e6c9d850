package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// seesSignal stops a container that says so when it hears SIGTERM.
func (c *cloud) seesSignal(ctx context.Context) (finding, error) {
	_, end, err := c.watch(ctx, "signal", c.definition("Never", "trap 'echo heard; exit 0' TERM; echo ready; while :; do sleep 1; done"), running)
	defer end()
	if err != nil {
		return finding{}, err
	}
	if _, err := c.untilLog(ctx, "signal", func(log string) bool { return strings.Contains(log, "ready") }); err != nil {
		return finding{}, err
	}
	got, err := c.do(ctx, http.MethodPost, c.containerGroup("signal")+"/stop"+containersVersion, nil)
	if err != nil || got.status >= 300 {
		return finding{}, fmt.Errorf("stopping: %s %w", got, err)
	}
	if _, err := c.until(ctx, "signal", func(i instance) bool { return i.Properties.InstanceView.State == "Stopped" }); err != nil {
		return finding{}, err
	}
	log, err := c.log(ctx, "signal")
	switch {
	case err != nil:
		return finding{}, err
	case strings.Contains(log, "heard"):
		return finding{confirmed, "the container heard SIGTERM"}, nil
	case strings.Contains(log, "ready"):
		return finding{refuted, "the container did not hear SIGTERM"}, nil
	}
	return finding{unknown, "the log of a stopped container is empty"}, nil
}

// seesOrphans lets a container's first process end before what it has started, which would go on to print.
func (c *cloud) seesOrphans(ctx context.Context) (finding, error) {
	_, end, err := c.watch(ctx, "orphans", c.definition("Never", "(while :; do echo still here; sleep 1; done) & sleep 3"), ended)
	defer end()
	if err != nil {
		return finding{}, err
	}
	first, err := c.log(ctx, "orphans")
	if err != nil {
		return finding{}, err
	}
	if err := sleep(ctx, 5*time.Second); err != nil {
		return finding{}, err
	}
	second, err := c.log(ctx, "orphans")
	if first != second {
		return finding{refuted, "it went on printing"}, err
	}
	return finding{confirmed, "it printed no more"}, err
}

// seesLogCut prints more than a log shows, in lines whose length does not divide the limit.
func (c *cloud) seesLogCut(ctx context.Context) (finding, error) {
	const line = "0123456789abcdef"
	_, end, err := c.watch(ctx, "logcut", c.definition("Never", "yes "+line+" | head -n 400000; echo the end; sleep 600"), running)
	defer end()
	if err != nil {
		return finding{}, err
	}
	log, err := c.untilLog(ctx, "logcut", func(log string) bool { return strings.HasSuffix(log, "the end\n") })
	if err != nil {
		return finding{}, err
	}
	first, _, _ := strings.Cut(log, "\n")
	f := finding{confirmed, fmt.Sprintf("of 6.8 MB the log shows the last %d bytes, and begins with %q", len(log), first)}
	if first == line || len(log) != 4<<20 {
		f.verdict = refuted
	}
	return f, nil
}

// log is what the log of a container group's container shows.
func (c *cloud) log(ctx context.Context, name string) (string, error) {
	got, err := c.do(ctx, http.MethodGet, c.containerGroup(name)+"/containers/main/logs"+containersVersion, nil)
	if err != nil {
		return "", err
	}
	var log struct{ Content string }
	err = got.into(&log)
	return log.Content, err
}

// untilLog reads a log every second until it is as wanted.
func (c *cloud) untilLog(ctx context.Context, name string, wanted func(string) bool) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	for {
		log, err := c.log(ctx, name)
		if err != nil || wanted(log) {
			return log, err
		}
		if err := sleep(ctx, time.Second); err != nil {
			return "", fmt.Errorf("waiting for the log of %s: %w", name, err)
		}
	}
}
