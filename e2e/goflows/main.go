// Command goflows is a program of flows for the end-to-end tests, as a user of package flow writes one. The flows of
// testdata/goflows/flows.py do the same in Python.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pacific-aci/pacific/flow"
)

func main() {
	flow.Main(graph, parent, child, brokenChild, retries, failing, slowTask, slowFlow, crashing, stored, artifacts, waits, dies)
}

func fetch(ctx context.Context, name string) (string, error) {
	slog.InfoContext(ctx, "fetching "+name)
	return "the page of " + name, nil
}

func length(_ context.Context, text string) (int, error) { return len(text), nil }

type graphParams struct {
	Name  string `json:"name" default:"aci"`
	Times int    `json:"times" default:"2"`
}

// graph has edges from a parameter, between tasks by what they pass on, and by After.
var graph = flow.New("go-graph", func(ctx context.Context, p graphParams) (string, error) {
	slog.InfoContext(ctx, fmt.Sprintf("%s, %d times", p.Name, p.Times))
	page, err := flow.Task(ctx, "fetch", fetch, p.Name, flow.Tags("io"))
	if err != nil {
		return "", err
	}
	for range p.Times {
		if _, err := flow.Task(ctx, "length", length, page); err != nil {
			return "", err
		}
	}
	err = flow.Do(ctx, "tell", func(ctx context.Context) error {
		slog.WarnContext(ctx, "told")
		return nil
	}, flow.After("length"))
	return page, err
})

type childParams struct {
	Text string `json:"text"`
}

var child = flow.New("go-child", func(ctx context.Context, p childParams) (string, error) {
	return flow.Task(ctx, "shout", func(_ context.Context, text string) (string, error) { return strings.ToUpper(text), nil }, p.Text)
})

var brokenChild = flow.New("go-broken-child", func(context.Context, flow.None) (flow.None, error) {
	return flow.None{}, errors.New("the child breaks")
})

var parent = flow.New("go-parent", func(ctx context.Context, _ flow.None) (int, error) {
	page, err := flow.Task(ctx, "fetch", fetch, "parent")
	if err != nil {
		return 0, err
	}
	loud, err := child.Run(ctx, childParams{page})
	if err != nil {
		return 0, err
	}
	if _, err := brokenChild.Run(ctx, flow.None{}); err == nil {
		return 0, errors.New("the child did not break")
	}
	return flow.Task(ctx, "length", length, loud)
})

var taskAttempts, flowAttempts atomic.Int64

// retries fails once, and so does its task, in each process.
var retries = flow.New("go-retries", func(ctx context.Context, _ flow.None) (int, error) {
	n, err := flow.Task(ctx, "flaky", func(ctx context.Context, _ flow.None) (int64, error) {
		n := taskAttempts.Add(1)
		slog.InfoContext(ctx, fmt.Sprintf("attempt %d of the task", n))
		if n < 2 {
			return 0, errors.New("not yet")
		}
		return n, nil
	}, flow.None{}, flow.Retries(2, time.Second))
	if err != nil {
		return 0, err
	}
	if flowAttempts.Add(1) < 2 {
		return 0, errors.New("the flow fails once")
	}
	return int(n), nil
}, flow.Retries(1, time.Second))

var failing = flow.New("go-failing", func(ctx context.Context, _ flow.None) (flow.None, error) {
	return flow.None{}, flow.Do(ctx, "breaks", func(context.Context) error { return errors.New("it is broken") })
})

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// slowTask goes on when its task takes too long.
var slowTask = flow.New("go-slow-task", func(ctx context.Context, _ flow.None) (string, error) {
	err := flow.Do(ctx, "slow", func(ctx context.Context) error { return sleep(ctx, time.Minute) }, flow.Timeout(500*time.Millisecond))
	if timeout, ok := errors.AsType[*flow.TimeoutError](err); ok {
		return timeout.What, nil
	}
	return "", err
})

var slowFlow = flow.New("go-slow-flow", func(ctx context.Context, _ flow.None) (flow.None, error) {
	return flow.None{}, sleep(ctx, time.Minute)
}, flow.Timeout(time.Second))

var crashing = flow.New("go-crashing", func(ctx context.Context, _ flow.None) (flow.None, error) {
	return flow.None{}, flow.Do(ctx, "panics", func(context.Context) error { panic("out of ideas") })
})

type storedParams struct {
	Folder string `json:"folder"`
	Fail   bool   `json:"fail" default:"false"`
}

// stored keeps what its task has made in a folder.
var stored = flow.New("go-stored", func(ctx context.Context, p storedParams) (string, error) {
	page, err := flow.Task(ctx, "fetch", fetch, "stored", flow.Results(flow.Dir(p.Folder)))
	if err == nil {
		err = sleep(ctx, 0)
	}
	if _, statErr := os.Stat(p.Folder + "/first"); err == nil && os.IsNotExist(statErr) {
		if err := os.WriteFile(p.Folder+"/first", nil, 0o600); err != nil {
			return "", err
		}
		os.Exit(9) // as an evicted container: nobody is told
	}
	return page, err
})

var artifacts = flow.New("go-artifacts", func(ctx context.Context, _ flow.None) (flow.None, error) {
	type row struct {
		N  int  `json:"n"`
		OK bool `json:"ok"`
	}
	err := errors.Join(
		flow.Markdown(ctx, "goflows-report", "# second"),
		flow.Link(ctx, "goflows-link", "there", "https://example.com"),
		flow.Progress(ctx, "goflows-progress", 10, 100),
		flow.Progress(ctx, "goflows-progress", 90, 100),
		flow.Do(ctx, "measure", func(ctx context.Context) error {
			return flow.Table(ctx, "goflows-table", []row{{1, true}, {2, false}})
		}),
	)
	return flow.None{}, err
})

type waitsParams struct {
	Seconds float64 `json:"seconds" default:"600"`
}

var waits = flow.New("go-waits", func(ctx context.Context, p waitsParams) (flow.None, error) {
	return flow.None{}, flow.Do(ctx, "wait", func(ctx context.Context) error {
		slog.InfoContext(ctx, "waiting")
		return sleep(ctx, time.Duration(p.Seconds*float64(time.Second)))
	})
})

// dies ends its process with a panic that nobody can catch.
var dies = flow.New("go-dies", func(ctx context.Context, _ flow.None) (flow.None, error) {
	go panic("in a goroutine of the flow's own")
	return flow.None{}, sleep(ctx, time.Minute)
})
