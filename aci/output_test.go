package aci_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/emulator/azure"
)

// printer prints what next gives, one piece after each pause, until it gives nothing.
func printer(pause time.Duration, next func(i int) string) azureemulator.Engine {
	return azureemulator.Func(func(ctx context.Context, c azureemulator.ContainerCall) int {
		for i := 0; ; i++ {
			text := next(i)
			if text == "" {
				return 0
			}
			if _, err := io.WriteString(c.Spec.Output, text); err != nil {
				return 1
			}
			select {
			case <-time.After(pause):
			case <-ctx.Done():
				return 143
			}
		}
	})
}

// all is everything that next gives.
func all(next func(i int) string) string {
	var b strings.Builder
	for i := 0; next(i) != ""; i++ {
		b.WriteString(next(i))
	}
	return b.String()
}

// upTo limits next.
func upTo(n int, next func(i int) string) func(int) string {
	return func(i int) string {
		if i >= n {
			return ""
		}
		return next(i)
	}
}

var outputs = []struct {
	name  string
	pause time.Duration
	next  func(i int) string
}{
	{"numbered", 100 * time.Millisecond, upTo(900, func(i int) string { return fmt.Sprintf("line %d\n", i) })},
	{"one line over and over", 37 * time.Millisecond, upTo(3000, func(int) string { return "tick\n" })},
	{"two lines in turn", 11 * time.Millisecond, upTo(2500, func(i int) string { return []string{"a\n", "b\n"}[i%2] })},
	{"empty lines", 20 * time.Millisecond, upTo(2000, func(int) string { return "\n" })},
	{"ten thousand a second", time.Millisecond, upTo(2000, func(i int) string {
		var b strings.Builder
		for j := range 10 {
			fmt.Fprintf(&b, "%06d %s\n", i*10+j, "some words to make it a line of usual length")
		}
		return b.String()
	})},
	{"ten thousand equal a second", time.Millisecond, upTo(2000, func(int) string { return strings.Repeat("the same words again\n", 10) })},
	{"pieces of lines", 5 * time.Millisecond, upTo(3001, func(i int) string { return []string{"be", "gin ", "end\n"}[i%3] })},
	{"no last newline", time.Second, upTo(30, func(i int) string { return fmt.Sprintf("\nline %d", i) })},
	{"carriage returns", time.Second, upTo(30, func(i int) string { return fmt.Sprintf("10%%\r%d%%\r\n", i) })},
	{"long lines", 100 * time.Millisecond, upTo(30, func(i int) string { return strings.Repeat(fmt.Sprint(i%10), 20000+i) + "\n" })},
	{"all at once, then silence", 90 * time.Second, upTo(3, func(i int) string { return strings.Repeat("burst\n", 1000*(i+1)) })},
	{"nothing", 30 * time.Second, upTo(0, nil)},
}

func TestOutputIsExact(t *testing.T) {
	t.Parallel()
	for _, tt := range some(outputs) {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, `{}`, printer(tt.pause, tt.next))
				out := &buffer{}
				res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: out})
				if err != nil || !res.Success() {
					t.Fatalf("got %+v %v", res, err)
				}
				differ(t, out.String(), all(tt.next))
				if len(res.Gaps) > 0 {
					t.Errorf("gaps said: %+v", res.Gaps)
				}
			})
		})
	}
}

// breaker breaks each websocket after so many bytes.
type breaker struct {
	http.RoundTripper
	after  int64
	breaks atomic.Int64
}

func (b *breaker) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(r)
	if err == nil && resp.StatusCode == http.StatusSwitchingProtocols {
		resp.Body = &breaking{resp.Body.(io.ReadWriteCloser), b, b.after}
	}
	return resp, err
}

type breaking struct {
	io.ReadWriteCloser
	b    *breaker
	left int64
}

func (c *breaking) Read(p []byte) (int, error) {
	if c.left <= 0 {
		c.b.breaks.Add(1)
		_ = c.Close()
		return 0, errors.New("connection reset by peer")
	}
	n, err := c.ReadWriteCloser.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}

func TestOutputWhileTheLiveStreamBreaks(t *testing.T) {
	t.Parallel()
	for i, tt := range outputs {
		if tt.name == "nothing" {
			continue
		}
		for k, after := range []int64{200, 300000} {
			if (i+k)%oneOf > 0 {
				continue
			}
			if after == 200 && strings.HasPrefix(tt.name, "ten thousand") {
				continue // thousands of breaks, seconds of work
			}
			t.Run(fmt.Sprintf("%s, broken every %d bytes", tt.name, after), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := &breaker{after: after}
					// The container lives on for a while: what it prints in its last moments may be lost with the stream.
					next, quiet := tt.next, int(10*time.Second/tt.pause)+1
					n := 0
					for tt.next(n) != "" {
						n++
					}
					engine := azureemulator.Func(func(ctx context.Context, c azureemulator.ContainerCall) int {
						for i := range n + quiet {
							if i < n {
								_, _ = io.WriteString(c.Spec.Output, next(i))
							}
							time.Sleep(tt.pause)
						}
						return 0
					})
					w := newWorldVia(t, `{}`, engine, func(rt http.RoundTripper) http.RoundTripper { b.RoundTripper = rt; return b })
					out := &buffer{}
					res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: out})
					if err != nil || !res.Success() {
						t.Fatalf("got %+v %v", res, err)
					}
					differ(t, out.String(), all(tt.next))
					if len(res.Gaps) > 0 {
						t.Errorf("gaps said: %+v", res.Gaps)
					}
					if len(all(tt.next)) > int(2*after) && b.breaks.Load() == 0 {
						t.Error("the stream never broke")
					}
				})
			})
		}
	}
}

func TestOutputByLogReadsAlone(t *testing.T) {
	t.Parallel()
	for _, tt := range some(outputs) {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				engine := azureemulator.Func(func(ctx context.Context, c azureemulator.ContainerCall) int {
					for i := 0; tt.next(i) != ""; i++ {
						_, _ = io.WriteString(c.Spec.Output, tt.next(i))
						time.Sleep(tt.pause)
					}
					time.Sleep(10 * time.Second)
					return 0
				})
				w := newWorld(t, `{}`, engine)
				w.fault(`{"match":{"operation":"Containers_Attach"},"times":0,"effect":{"status":500,"code":"InternalServerError"}}`)
				out := &buffer{}
				res, err := w.client.Run(t.Context(), aci.Job{Command: []string{"x"}, Output: out})
				if err != nil || !res.Success() {
					t.Fatalf("got %+v %v", res, err)
				}
				differ(t, out.String(), all(tt.next))
				if len(res.Gaps) > 0 {
					t.Errorf("gaps said: %+v", res.Gaps)
				}
			})
		})
	}
}
