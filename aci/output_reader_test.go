package aci_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/aci"
)

// pausedReader is a reader, such as less, that takes nothing for a while once it has taken some.
func pausedReader(out *buffer, after int, pause time.Duration) writerFunc {
	taken, paused := 0, false
	return func(p []byte) (int, error) {
		if taken += len(p); taken > after && !paused {
			paused = true
			time.Sleep(pause)
		}
		return out.Write(p)
	}
}

// checkOnce holds an output to what was written: complete, or with a gap that says so, and no line twice.
func checkOnce(t *testing.T, got, want string, gaps int) {
	t.Helper()
	if gaps == 0 {
		differ(t, got, want)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(got) {
		if seen[line] {
			t.Errorf("%.40q is printed twice", line)
			return
		}
		seen[line] = true
	}
}

// loud writes more than the window of Azure's log during any pause of some minutes.
var loud = upTo(1500/oneOf, func(i int) string {
	var b strings.Builder
	for j := range 200 {
		fmt.Fprintf(&b, "%08d %s\n", i*200+j, strings.Repeat("word ", 8))
	}
	return b.String()
})

// TestPausedReader: a reader that pauses for longer than Azure's log goes back loses nothing in silence.
func TestPausedReader(t *testing.T) {
	t.Parallel()
	want := all(loud)
	t.Run("run", func(t *testing.T) {
		bubble(t, `{}`, printer(500*time.Millisecond, loud), func(t *testing.T, w *world) {
			out := &buffer{}
			res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: pausedReader(out, 1<<20, 10*time.Minute)})
			if err != nil || !res.Success() || res.OutputError != nil {
				t.Fatalf("got %+v %v", res, err)
			}
			if told := len(w.events.of(aci.EventGap)); told != len(res.Gaps) {
				t.Errorf("%d gaps were told, %d are in the result", told, len(res.Gaps))
			}
			checkOnce(t, out.String(), want, len(res.Gaps))
		})
	})
	t.Run("logs", func(t *testing.T) {
		bubble(t, `{}`, printer(500*time.Millisecond, loud), func(t *testing.T, w *world) {
			w.start(aci.Job{Name: "job-1", Keep: aci.KeepAlways})
			out, gaps := &buffer{}, 0
			err := w.client.Logs(t.Context(), "job-1", aci.LogOptions{
				Output: pausedReader(out, 1<<20, 10*time.Minute), Follow: true, Gap: func(aci.Gap) { gaps++ },
			})
			if err != nil {
				t.Fatal(err)
			}
			checkOnce(t, out.String(), want, gaps)
		})
	})
}

// TestLongLinesLive: what comes live is whole, however long, and no gap is said of it.
func TestLongLinesLive(t *testing.T) {
	piece := strings.Repeat("0123456789abcdef", 16<<10) // 256 KB
	for name, next := range map[string]func(int) string{
		"6 MB, and a footer": func(i int) string {
			switch {
			case i < 20:
				return fmt.Sprintf("line %d\n", i)
			case i < 44:
				return piece
			case i == 44:
				return "\nfooter\n"
			}
			return ""
		},
		"a last line of 40 KB without a newline": func(i int) string {
			switch {
			case i < 20:
				return fmt.Sprintf("line %d\n", i)
			case i == 20:
				return piece[:40<<10]
			}
			return ""
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, `{}`, printer(time.Second, next), func(t *testing.T, w *world) {
				out := &buffer{}
				res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: out})
				if err != nil || !res.Success() || len(res.Gaps) > 0 {
					t.Errorf("got %+v %v, want no gap", res, err)
				}
				if out.String() != all(next) {
					t.Errorf("got %d bytes, want %d", len(out.String()), len(all(next)))
				}
			})
		})
	}
}

// TestRefusedStream: a live stream that something between here and Azure refuses is said once, and log reads go on.
func TestRefusedStream(t *testing.T) {
	for name, test := range map[string]struct {
		refuse func(*http.Request) (*http.Response, error)
		reason string
	}{
		"the upgrade": {func(r *http.Request) (*http.Response, error) { return answerInstead(r, &wireEffect{kind: "403"}), nil }, "the answer was 403 Forbidden"},
		"CONNECT": {func(*http.Request) (*http.Response, error) {
			return nil, &net.OpError{Op: "proxyconnect", Net: "tcp", Err: errors.New("Forbidden")}
		}, "the connection failed"},
		"the connection": {func(*http.Request) (*http.Response, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
		}, "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, `{}`, container(600, 0), func(t *testing.T, w *world) {
				client := w.through(func(rt http.RoundTripper) http.RoundTripper {
					return roundTrip(func(r *http.Request) (*http.Response, error) {
						if operationOf(r) == "stream" {
							return test.refuse(r)
						}
						return rt.RoundTrip(r)
					})
				})
				out := &buffer{}
				res, err := client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: out, Events: w.events.add})
				if err != nil || !res.Success() || len(res.Gaps) > 0 || strings.Count(out.String(), "\n") != 600 {
					t.Errorf("got %+v %v, %d lines", res, err, strings.Count(out.String(), "\n"))
				}
				said := w.events.of(aci.EventAttachBlocked)
				if len(said) != 1 {
					t.Fatalf("said %d times, want once", len(said))
				}
				if got, want := said[0].Err.Error(), "connecting to the live output: "+test.reason; got != want {
					t.Errorf("said %q, want %q", got, want)
				}
			})
		})
	}
}

// TestRestartInTheMiddle: what a container printed before it was started again is not printed twice.
func TestRestartInTheMiddle(t *testing.T) {
	for _, live := range []bool{true, false} {
		t.Run(fmt.Sprint("live ", live), func(t *testing.T) {
			next := upTo(600, func(i int) string { return fmt.Sprintf("line %d\n", i) })
			bubble(t, `{}`, printer(time.Second, next), func(t *testing.T, w *world) {
				if !live {
					w.fault(noAttach)
				}
				// Between two reads of the state: a read at the very instant may find the container Terminated, which ends the job.
				time.AfterFunc(61*time.Second+500*time.Millisecond, func() {
					_ = w.server.Event(context.Background(), "restart", groupPath+"job-1")
				})
				out := &buffer{}
				res, err := w.client.Run(t.Context(), aci.Job{Name: "job-1", Command: []string{"x"}, Output: out})
				if res == nil || res.Outcome != aci.OutcomeRestarted {
					t.Fatalf("got %+v %v, want %s", res, err, aci.OutcomeRestarted)
				}
				checkOnce(t, out.String(), out.String(), 0)
				if got := strings.Count(out.String(), "\n"); len(res.Gaps) == 0 && got < 60 {
					t.Errorf("%d lines and no gap", got)
				}
			})
		})
	}
}
