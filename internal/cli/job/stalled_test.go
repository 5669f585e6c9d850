package job_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// stalling is a network on which the answers to some requests stop in the middle of their bodies. Azure has carried
// the requests out.
type stalling struct {
	http.RoundTripper
	matches func(*http.Request) bool

	mu      sync.Mutex
	on      bool
	stalled int
}

func (s *stalling) start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.on = true
}

func (s *stalling) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stalled
}

func (s *stalling) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := s.RoundTripper.RoundTrip(r)
	s.mu.Lock()
	stall := s.on && err == nil && s.matches(r)
	if stall {
		s.stalled++
	}
	s.mu.Unlock()
	if !stall {
		return resp, err
	}
	whole, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if len(whole) == 0 {
		resp.ContentLength = 10 // an answer without a body, such as a delete's, announces one that never comes
	}
	resp.Body = &stalledBody{Reader: bytes.NewReader(whole[:len(whole)/2]), ctx: r.Context().Done(), closed: make(chan struct{})}
	return resp, nil
}

// stalledBody is the beginning of a body; then nothing comes until its request ends.
type stalledBody struct {
	*bytes.Reader
	ctx    <-chan struct{}
	closed chan struct{}
	once   sync.Once
}

func (b *stalledBody) Read(p []byte) (int, error) {
	if n, err := b.Reader.Read(p); err == nil {
		return n, nil
	}
	select {
	case <-b.ctx:
	case <-b.closed:
	}
	return 0, net.ErrClosed
}

func (b *stalledBody) Close() error {
	b.once.Do(func() { close(b.closed) })
	return nil
}

// stalledRequests are those whose bodies are stalled, by what is asked for.
var stalledRequests = map[string]func(*http.Request) bool{
	"token":      func(r *http.Request) bool { return strings.Contains(r.URL.Path, "/oauth2/") },
	"PUT":        func(r *http.Request) bool { return r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, "/job") },
	"state read": func(r *http.Request) bool { return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/job") },
	"log read":   func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/logs") },
	"delete":     func(r *http.Request) bool { return r.Method == http.MethodDelete },
}

// mostAfterStall is how long a run may go on after its timeout or a signal, whatever stalls: stop, the last log read and
// the cleanup have bounds of their own.
const mostAfterStall = 15 * time.Minute

// TestStalledBodyEndsBySignal: each kind of answer stalls for ever, from before the job or from its middle. SIGTERM ends
// the command all the same, with its code.
func TestStalledBodyEndsBySignal(t *testing.T) {
	for name, matches := range stalledRequests {
		for _, middle := range []bool{false, true} {
			t.Run(name+when(middle), func(t *testing.T) {
				clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
					s := &stalling{RoundTripper: h, matches: matches}
					if !middle {
						s.start()
					}
					run := h.StartOver(s, "run", "--name", "job", "--image", "alpine:3", "--output", "json", "--", "wait")
					if middle {
						run.Out.WaitFor(t, "ready\n")
						s.start()
					}
					time.Sleep(5 * time.Minute)
					synctest.Wait()
					began := time.Now()
					run.Signals <- syscall.SIGTERM
					run.Ends(t, 143)
					if took := time.Since(began); took > mostAfterStall {
						t.Errorf("it ended after %v", took)
					}
					if matched := name == "token" && middle || name == "PUT" && middle; s.count() == 0 && !matched {
						t.Error("nothing stalled, so nothing was proved")
					}
					run.Out.WaitFor(t, `"outcome":"interrupted"`)
				})
			})
		}
	}
}

// TestStalledBodyEndsByTimeout: the same with --timeout, whose deadline is kept.
func TestStalledBodyEndsByTimeout(t *testing.T) {
	for name, matches := range stalledRequests {
		if name == "token" || name == "PUT" {
			continue // once the job runs, neither is asked for within its timeout
		}
		t.Run(name, func(t *testing.T) {
			clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
				s := &stalling{RoundTripper: h, matches: matches}
				run := h.StartOver(s, "run", "--name", "job", "--image", "alpine:3", "--timeout", "10m", "--output", "json", "--", "wait")
				run.Out.WaitFor(t, "ready\n")
				s.start()
				began := time.Now()
				run.Ends(t, 124)
				if took := time.Since(began); took < 9*time.Minute || took > 10*time.Minute+mostAfterStall {
					t.Errorf("it ended after %v", took)
				}
				if s.count() == 0 {
					t.Error("nothing stalled, so nothing was proved")
				}
				run.Out.WaitFor(t, `"outcome":"timeout"`)
			})
		})
	}
}

// TestStalledBodyBeforeTheStart: a sign-in or a PUT whose every answer stalls ends by the start deadline.
func TestStalledBodyBeforeTheStart(t *testing.T) {
	for _, name := range []string{"token", "PUT"} {
		t.Run(name, func(t *testing.T) {
			clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
				s := &stalling{RoundTripper: h, matches: stalledRequests[name]}
				s.start()
				began := time.Now()
				run := h.StartOver(s, "run", "--name", "job", "--image", "alpine:3", "--start-timeout", "20m", "--timeout", "30m", "--output", "json", "--", "wait")
				code := <-run.Code
				if took := time.Since(began); took > 30*time.Minute+mostAfterStall {
					t.Errorf("it ended after %v", took)
				}
				// A PUT that Azure has carried out is found by a read, and its job runs until its timeout.
				if want := map[string]int{"token": 125, "PUT": 124}[name]; code != want {
					t.Errorf("exit code %d, want %d\n%s%s", code, want, run.Out, run.Err)
				}
			})
		})
	}
}

func when(middle bool) string {
	if middle {
		return " in the middle"
	}
	return " from the start"
}
