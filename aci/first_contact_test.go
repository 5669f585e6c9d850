package aci_test

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
)

// cut is a network that lets no connection to a host through for a while. Empty: no host at all.
type cut struct {
	http.RoundTripper
	host string

	mu    sync.Mutex
	why   error
	until time.Time
	tried int
}

func (c *cut) off(why error, d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.why, c.until = why, time.Now().Add(d)
}

func (c *cut) RoundTrip(req *http.Request) (*http.Response, error) {
	c.mu.Lock()
	why, off := c.why, time.Now().Before(c.until) && strings.HasPrefix(req.URL.Host, c.host)
	if off {
		c.tried++
	}
	c.mu.Unlock()
	if off {
		return nil, why
	}
	return c.RoundTripper.RoundTrip(req)
}

// unconnected are the ways in which there is no connection at all.
var unconnected = map[string]error{
	"connection refused": &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)},
	"no route to host":   &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.EHOSTUNREACH)},
	"looking up":         &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "server misbehaving", Name: "azure.test", IsTemporary: true}},
	"there is no host":   &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "azure.test", IsNotFound: true}},
}

// TestNoConnectionAtFirst: a host that has never answered is not waited for until the start deadline.
func TestNoConnectionAtFirst(t *testing.T) {
	t.Parallel()
	for text, why := range unconnected {
		for _, host := range []string{"management.azure.com", "login.microsoftonline.com"} {
			t.Run(text+"/"+host, func(t *testing.T) {
				bubble(t, `{}`, container(1, 0), func(t *testing.T, w *world) {
					c := &cut{host: host}
					client := w.through(func(rt http.RoundTripper) http.RoundTripper { c.RoundTripper = rt; return c })
					c.off(why, 24*time.Hour)
					before := w.calls(put)
					for name, call := range map[string]func() error{
						"run":  func() error { _, err := client.Run(t.Context(), aci.Job{}); return err },
						"list": func() error { _, err := client.List(t.Context(), aci.ListOptions{}); return err },
						"kill": func() error { return client.Kill(t.Context(), "x", aci.KillOptions{}) },
					} {
						began := time.Now()
						err := call()
						e := azure.Explain(err)
						if e == nil || e.Class != azure.ClassConnection || e.Sent() || e.Hint() == "" || !strings.Contains(err.Error(), text) {
							t.Errorf("%s: got %v, want %q with a hint", name, err, text)
						}
						if took := time.Since(began); took > 40*time.Second {
							t.Errorf("%s: it took %v", name, took)
						}
						if failure, ok := errors.AsType[*aci.StartError](err); ok && failure.Timeout > 0 {
							t.Errorf("%s: got %v, want the cause and not a deadline", name, err)
						}
					}
					if w.calls(put) != before {
						t.Error("a group was sent")
					}
					if c.tried < 2 && text != "there is no host" {
						t.Error("it was given up at the first failure, which may pass")
					}
				})
			})
		}
	}
}

// TestPauseAtFirst: a network that comes within seconds is waited for.
func TestPauseAtFirst(t *testing.T) {
	for text, why := range unconnected {
		if text == "there is no host" {
			continue // DNS knows that name and says no
		}
		t.Run(text, func(t *testing.T) {
			bubble(t, `{}`, container(1, 0), func(t *testing.T, w *world) {
				c := &cut{}
				client := w.through(func(rt http.RoundTripper) http.RoundTripper { c.RoundTripper = rt; return c })
				c.off(why, 6*time.Second)
				if res, err := client.Run(t.Context(), aci.Job{}); err != nil || res.Outcome != aci.OutcomeSucceeded {
					t.Errorf("got %+v, %v", res, err)
				}
			})
		})
	}
}

// TestNoConnectionInTheMiddle: a job that runs is waited for, however long there is no connection.
func TestNoConnectionInTheMiddle(t *testing.T) {
	t.Parallel()
	for _, text := range some(slices.Sorted(maps.Keys(unconnected))) {
		why := unconnected[text]
		t.Run(text, func(t *testing.T) {
			bubble(t, `{}`, container(600, 3), func(t *testing.T, w *world) {
				c := &cut{}
				client := w.through(func(rt http.RoundTripper) http.RoundTripper { c.RoundTripper = rt; return c })
				time.AfterFunc(2*time.Minute, func() { c.off(why, 3*time.Hour) })
				began := time.Now()
				res, err := client.Run(context.WithoutCancel(t.Context()), aci.Job{Name: "job", Output: &buffer{}})
				if err != nil || res.Outcome != aci.OutcomeFailed || res.ExitCode == nil || *res.ExitCode != 3 {
					t.Errorf("got %+v, %v, want the container's own end", res, err)
				}
				if took := time.Since(began); took < 3*time.Hour {
					t.Errorf("it ended after %v, while nobody could know", took)
				}
				w.gone("job")
			})
		})
	}
}
