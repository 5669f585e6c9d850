package worker_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
)

// TestEveryLineIsShown has containers print as much, and end as soon after it, as those whose lines Prefect's own worker loses: it
// shows 3 of 100 lines of the chatty one, and 72 of 100 of the one that ends at once.
func TestEveryLineIsShown(t *testing.T) {
	for name, test := range map[string]struct {
		perSecond, seconds int
		stays              time.Duration // how long the container goes on when it has printed
		noStream           bool          // Azure refuses the live stream, so that the output is read
	}{
		"20 a second, then it ends":           {20, 5, 0, false},
		"1,000 a second":                      {1000, 2, 10 * time.Second, false},
		"1,000 a second, then it ends":        {1000, 2, 0, false},
		"1,000 a second, without live stream": {1000, 2, time.Minute, true},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, "", func(t *world) {
				t.program = func(ctx context.Context, c *container) int {
					c.set(ctx, prefect.State{Type: prefect.StateRunning})
					for i := range test.perSecond * test.seconds {
						if i%10 == 0 {
							time.Sleep(10 * time.Second / time.Duration(test.perSecond))
						}
						fmt.Fprintf(c.output, "line %d\n", i)
					}
					c.set(ctx, prefect.State{Type: prefect.StateCompleted})
					time.Sleep(test.stays)
					return 0
				}
				var shown lockedBuffer
				run := t.withVariables(map[string]any{"stream_output": true})
				m := t.worker("one", func(c *worker.Config) { c.Output = &shown })
				m.wire.fault = func(_ int, r *http.Request) fault {
					if test.noStream && strings.HasSuffix(r.URL.Path, "/attach") {
						return fault{status: http.StatusInternalServerError}
					}
					return fault{}
				}
				t.begin(m)
				t.untilState(run.ID, prefect.StateCompleted)
				t.untilClean()
				m.join(t)
				next := 0
				for line := range strings.Lines(shown.String()) {
					_, text, _ := strings.Cut(line, "| ")
					if text != fmt.Sprintf("line %d\n", next) {
						t.Fatalf("got %q, want line %d", line, next)
					}
					next++
				}
				if want := test.perSecond * test.seconds; next != want {
					t.Errorf("%d of %d lines are shown", next, want)
				}
			})
		})
	}
}

// TestMissingOutputIsTold: what Azure itself no longer has when it is read is missing, and said to be: in the worker's log, and where
// the output is forwarded among the run's logs.
func TestMissingOutputIsTold(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = func(ctx context.Context, c *container) int {
			c.set(ctx, prefect.State{Type: prefect.StateRunning})
			for i := range 2000 {
				fmt.Fprintf(c.output, "line %d\n", i)
			}
			c.set(ctx, prefect.State{Type: prefect.StateCompleted})
			return 0
		}
		run := t.run()
		var said lockedBuffer
		m := t.worker("one", func(c *worker.Config) {
			c.ForwardOutput, c.Log = true, slog.New(slog.NewTextHandler(&said, nil))
		})
		m.wire.fault = func(_ int, r *http.Request) fault {
			if strings.HasSuffix(r.URL.Path, "/attach") {
				return fault{status: http.StatusInternalServerError}
			}
			return fault{}
		}
		t.begin(m)
		t.untilState(run.ID, prefect.StateCompleted)
		t.untilClean()
		m.join(t)
		if t.logged(run.ID, "line 0") || !t.logged(run.ID, "line 1999") {
			t.Error("Azure keeps the last lines of a container that has ended, and nothing more")
		}
		if !t.logged(run.ID, "The container's output has a gap (") || !strings.Contains(said.String(), "a container's output has a gap") {
			t.Errorf("nobody said that output is missing: %s", said.String())
		}
	})
}

// TestOutputThatAzureDoesNotGive: Azure fails whatever asks for output, for as long as the run lasts. The run completes, and its group
// is deleted soon after its end all the same.
func TestOutputThatAzureDoesNotGive(t *testing.T) {
	inWorld(t, "", func(t *world) {
		t.program = flowFor(3 * time.Minute)
		run := t.withVariables(map[string]any{"stream_output": true})
		m := t.worker("one", func(c *worker.Config) { c.Output, c.ForwardOutput = &lockedBuffer{}, true })
		m.wire.fault = func(_ int, r *http.Request) fault {
			if strings.HasSuffix(r.URL.Path, "/attach") || strings.HasSuffix(r.URL.Path, "/logs") && strings.Contains(r.URL.Path, "/containerGroups/") {
				return fault{status: http.StatusInternalServerError}
			}
			return fault{}
		}
		t.begin(m)
		t.untilState(run.ID, prefect.StateCompleted)
		ended := time.Now()
		t.untilClean()
		if took := time.Since(ended); took > 5*time.Minute {
			t.Errorf("the group was deleted %v after the end", took)
		}
		m.join(t)
		if n := len(t.containersOf(run.ID)); n != 1 || t.endsOf(run.ID) != 1 {
			t.Errorf("got %d containers and %d ends", n, t.endsOf(run.ID))
		}
	})
}
