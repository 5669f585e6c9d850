package prefect_test

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// mended are causes for which there is no connection at first, and which may be mended while a program runs.
var mended = map[string]error{
	"no such host":       &net.OpError{Op: "dial", Err: &net.DNSError{Name: "prefect.test", Err: "no such host", IsNotFound: true}},
	"DNS":                &net.OpError{Op: "dial", Err: &net.DNSError{Name: "prefect.test", Err: "server misbehaving", IsTemporary: true}},
	"connection refused": dialFails(syscall.ECONNREFUSED),
	"unknown authority":  x509.UnknownAuthorityError{},
}

// TestPublisherOutlivesAFaultAtFirst: what is wrong at the first event may be mended, and the publisher lives as long as
// the program.
func TestPublisherOutlivesAFaultAtFirst(t *testing.T) {
	for name, why := range mended {
		for _, outage := range []time.Duration{3 * time.Second, 2 * time.Hour} {
			t.Run(name+" for "+outage.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := &eventServer{version: "3.8.8"}
					off := &outageTransport{why: why}
					c := s.startVia(t, prefect.Options{}, off.via)
					off.off.Store(true)
					p := c.NewEventPublisher(t.Context())
					check(t, p.Publish(t.Context(), event(1)))
					time.AfterFunc(outage, func() { off.off.Store(false) })
					time.Sleep(outage - time.Second)
					if tries := off.tries.Load(); outage > time.Hour && tries > 600 {
						t.Errorf("%d tries in two hours", tries)
					}
					time.Sleep(2 * time.Minute) // nothing more is published
					synctest.Wait()
					if _, _, stored := s.seen(); stored != 1 {
						t.Errorf("%d events arrived by themselves, want 1", stored)
					}
					check(t, p.Publish(t.Context(), event(2)))
					check(t, p.Close(t.Context()))
					if _, _, stored := s.seen(); stored != 2 {
						t.Errorf("%d events arrived, want 2", stored)
					}
				})
			})
		}
	}
}

// TestPublisherTellsAFaultAtFirst: who waits is told at once, and the last try is at the end.
func TestPublisherTellsAFaultAtFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &eventServer{version: "3.8.8"}
		off := &outageTransport{why: mended["no such host"]}
		c := s.startVia(t, prefect.Options{}, off.via)
		off.off.Store(true)
		p := c.NewEventPublisher(t.Context())
		check(t, p.Publish(t.Context(), event(1)))
		began := time.Now()
		wantKind(t, p.Flush(t.Context()), prefect.ErrConnection)
		if took := time.Since(began); took > time.Second {
			t.Errorf("Flush took %v", took)
		}
		off.off.Store(false)
		check(t, p.Close(t.Context()))
		_, _, stored := s.seen()
		want(t, "events", stored, 1)
	})
}

// TestLogSenderWaitsAtFirst: no line is lost because the server's name is not known in the first seconds.
func TestLogSenderWaitsAtFirst(t *testing.T) {
	for name, why := range mended {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &logServer{}
				began := time.Now()
				c, _ := client(t, func(w http.ResponseWriter, r *http.Request) {
					if time.Since(began) < 30*time.Second {
						panic(why)
					}
					server.handle(w, r)
				})
				sender := c.NewLogSender(t.Context(), prefect.LogSenderOptions{Failed: func(n int, err error) { t.Errorf("%d lines were given up: %v", n, err) }})
				check(t, sender.Add(t.Context(), line(0, 10)))
				time.Sleep(time.Minute)
				check(t, sender.Add(t.Context(), line(1, 10)))
				check(t, sender.Close(t.Context()))
				want(t, "lines", server.lines(), 2)
			})
		})
	}
	synctest.Test(t, func(t *testing.T) { // and it ends with its context
		c, _ := client(t, func(http.ResponseWriter, *http.Request) { panic(mended["no such host"]) })
		sender := c.NewLogSender(t.Context(), prefect.LogSenderOptions{})
		check(t, sender.Add(t.Context(), line(0, 10)))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		wantKind(t, sender.Close(ctx), prefect.ErrConnection)
	})
}

// outageTransport makes no connection while it is off.
type outageTransport struct {
	http.RoundTripper
	why   error
	off   atomic.Bool
	tries atomic.Int64
}

func (o *outageTransport) via(rt http.RoundTripper) http.RoundTripper {
	o.RoundTripper = rt
	return o
}

func (o *outageTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	o.tries.Add(1)
	if o.off.Load() {
		return nil, o.why
	}
	return o.RoundTripper.RoundTrip(r)
}
