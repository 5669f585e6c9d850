package worker_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

// pausedTerminal takes nothing until it goes on.
type pausedTerminal struct{ goesOn chan struct{} }

func (p pausedTerminal) Write(text []byte) (int, error) {
	<-p.goesOn
	return len(text), nil
}

// TestOutputThatNobodyReads: the reader of the worker's output stops for good. Runs are reported and put away as ever, also one
// that prints more than is kept, and the worker ends when it is told to.
func TestOutputThatNobodyReads(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = func(ctx context.Context, c *container) int {
			for range 3000 {
				fmt.Fprintln(c.output, strings.Repeat("x", 999))
			}
			return exitWith(3, time.Minute)(ctx, c)
		}
		terminal := pausedTerminal{make(chan struct{})}
		m := t.start("one", func(c *worker.Config) { c.Output = terminal })
		defer close(terminal.goesOn)
		for range 2 {
			run := t.withVariables(map[string]any{"stream_output": true})
			t.untilState(run.ID, prefect.StateCrashed)
			t.untilClean()
		}
		told := time.Now()
		m.join(t)
		if took := time.Since(told); took > 30*time.Second {
			t.Errorf("the worker ended %v after it was told to", took)
		}
	})
}
