package prefect_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/pacific-aci/pacific/prefect"
)

// pipes is a listener whose connections are pipes: real HTTP and websockets in fake time.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.closed:
	case <-ctx.Done():
	}
	return nil, &net.OpError{Op: "dial", Err: net.ErrClosed}
}

// eventServer is a server with the events websockets.
type eventServer struct {
	t       *testing.T
	version string
	token   string // wanted in the handshake; empty: null is accepted

	mu       sync.Mutex
	dials    int
	received []prefect.Event
	stored   map[prefect.ID]bool
	filters  []prefect.EventFilter
	// dropAfter ends the n-th connection after so many messages without an answer; absent: never.
	dropAfter map[int]int
	// instead answers the upgrade by something else; nil: it is upgraded.
	instead http.HandlerFunc
	// out is what the n-th subscription gives before it ends.
	out map[int][]prefect.Event
}

func (s *eventServer) start(t *testing.T, o prefect.Options) *prefect.Client {
	t.Helper()
	return s.startVia(t, o, func(rt http.RoundTripper) http.RoundTripper { return rt })
}

// startVia puts something between the client and the server.
func (s *eventServer) startVia(t *testing.T, o prefect.Options, via func(http.RoundTripper) http.RoundTripper) *prefect.Client {
	t.Helper()
	s.t, s.stored = t, map[prefect.ID]bool{}
	p := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: s}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(p) }()
	transport := &http.Transport{DialContext: p.dial}
	t.Cleanup(func() { transport.CloseIdleConnections(); _ = server.Close(); <-done })
	if o.URL == "" {
		o.URL = fakeURL
	}
	o.Transport, o.DisableCSRF, o.Retries.Jitter = via(transport), true, -1
	return must(prefect.NewClient(o))(t)
}

func (s *eventServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/api/admin/version" {
		says(200, `"`+s.version+`"`)(w, r)
		return
	}
	if !strings.Contains(r.URL.Path, "/events/") {
		says(404, `{"detail":"Not Found"}`)(w, r)
		return
	}
	s.mu.Lock()
	instead := s.instead
	s.mu.Unlock()
	if instead != nil {
		instead(w, r)
		return
	}
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"prefect"}})
	if err != nil {
		return
	}
	defer conn.CloseNow()
	s.mu.Lock()
	s.dials++
	n := s.dials
	s.mu.Unlock()
	handshake := conn.Subprotocol() == "prefect"
	if wanted := !strings.HasPrefix(s.version, "3.5") && !strings.Contains(r.URL.Path, "workspaces") || strings.HasSuffix(r.URL.Path, "/out"); handshake != wanted {
		s.t.Errorf("got a handshake %v at %s of %s", handshake, r.URL.Path, s.version)
	}
	if handshake && !s.admit(conn) {
		return
	}
	if strings.HasSuffix(r.URL.Path, "/in") {
		s.takeIn(conn, n)
	} else {
		s.giveOut(conn, n)
	}
}

func (s *eventServer) admit(conn *websocket.Conn) bool {
	var auth struct {
		Type  string
		Token *string
	}
	if !s.read(conn, &auth) {
		return false
	}
	if got := auth.Token; auth.Type != "auth" || s.token != "" && (got == nil || *got != s.token) {
		_ = conn.Close(websocket.StatusPolicyViolation, "Invalid token")
		return false
	}
	return conn.Write(context.Background(), websocket.MessageText, []byte(`{"type":"auth_success"}`)) == nil
}

func (s *eventServer) read(conn *websocket.Conn, v any) bool {
	_, text, err := conn.Read(context.Background())
	return err == nil && json.Unmarshal(text, v) == nil
}

func (s *eventServer) takeIn(conn *websocket.Conn, n int) {
	for i := 1; ; i++ {
		var event prefect.Event
		if limit, ok := s.dropAfter[n]; ok && i > limit || !s.read(conn, &event) {
			return
		}
		s.mu.Lock()
		s.received = append(s.received, event)
		s.stored[event.ID] = true
		s.mu.Unlock()
	}
}

func (s *eventServer) giveOut(conn *websocket.Conn, n int) {
	var message struct {
		Type     string
		Filter   prefect.EventFilter
		Backfill bool
	}
	if !s.read(conn, &message) || message.Type != "filter" || !message.Backfill {
		s.t.Errorf("got %+v, want a filter", message)
		return
	}
	s.mu.Lock()
	s.filters = append(s.filters, message.Filter)
	s.mu.Unlock()
	for _, e := range s.out[n] {
		text, _ := json.Marshal(map[string]any{"type": "event", "event": e})
		if conn.Write(context.Background(), websocket.MessageText, text) != nil {
			return
		}
	}
	if _, more := s.out[n+1]; !more {
		s.read(conn, &message) // stays open
	}
}

// seen tells how many connections, events and different events there were.
func (s *eventServer) seen() (dials, received, stored int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dials, len(s.received), len(s.stored)
}

func event(i int) prefect.Event {
	return prefect.Event{ID: prefect.ID(fmt.Sprint("e", i)), Event: fmt.Sprint("test.", i), Resource: prefect.NewResource("x", ""), Occurred: prefect.At(time.Now())}
}

func TestPublisher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The first connection dies after 3 events, the second after 500; the pipe holds nothing, so what was written arrived.
		s := &eventServer{version: "3.8.8", token: "admin:pass", dropAfter: map[int]int{1: 3, 2: 500}}
		c := s.start(t, prefect.Options{AuthString: "admin:pass"})
		p := c.NewEventPublisher(t.Context())
		const n = 1500
		for i := range n {
			check(t, p.Publish(t.Context(), event(i)))
		}
		check(t, p.Flush(t.Context()))
		check(t, p.Close(t.Context()))
		dials, received, stored := s.seen()
		want(t, "events", stored, n)
		want(t, "connections", dials, 3)
		s.mu.Lock()
		defer s.mu.Unlock()
		// In order, but for the repeats after each reconnect.
		highest := -1
		for _, e := range s.received {
			var i int
			fmt.Sscanf(string(e.ID), "e%d", &i)
			if i > highest+1 {
				t.Fatalf("event %d came before event %d", i, highest+1)
			}
			highest = max(highest, i)
		}
		if received == n {
			t.Error("nothing was sent twice, so the lost connections were not noticed")
		}
		if err := p.Publish(t.Context(), event(0)); err == nil {
			t.Error("a closed publisher takes events")
		}
	})
}

// The interval confirms what the count does not, and a connection that died in silence is found then.
func TestPublisherCheckpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &eventServer{version: "3.8.8", dropAfter: map[int]int{1: 1}}
		c := s.start(t, prefect.Options{})
		p := c.NewEventPublisher(t.Context())
		check(t, p.Publish(t.Context(), event(1)))
		synctest.Wait()
		dials, _, _ := s.seen()
		want(t, "connections", dials, 1)
		time.Sleep(31 * time.Second)
		synctest.Wait()
		dials, received, _ := s.seen()
		want(t, "connections after the checkpoint", dials, 2)
		want(t, "times sent", received, 2)
		time.Sleep(5 * time.Minute)
		_, received, _ = s.seen()
		want(t, "times sent later", received, 2)
		check(t, p.Close(t.Context()))
	})
}

func TestPublisherHandshakes(t *testing.T) {
	for name, test := range map[string]struct {
		version string
		o       prefect.Options
	}{
		"before 3.6.14 a plain socket": {"3.5.0", prefect.Options{}},
		"cloud takes the header":       {"", prefect.Options{URL: "http://cloud.test/api/accounts/a/workspaces/w", CloudURL: "http://cloud.test/api", APIKey: "k"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &eventServer{version: test.version}
				p := s.start(t, test.o).NewEventPublisher(t.Context())
				check(t, p.Publish(t.Context(), event(1)))
				check(t, p.Close(t.Context()))
				synctest.Wait()
				_, _, stored := s.seen()
				want(t, "events", stored, 1)
			})
		})
	}
}

func TestPublisherFailures(t *testing.T) {
	for name, test := range map[string]struct {
		s    *eventServer
		o    prefect.Options
		kind error
	}{
		"wrong token": {&eventServer{version: "3.8.8", token: "right"}, prefect.Options{AuthString: "a:wrong"}, prefect.ErrUnauthorised},
		"2.20":        {&eventServer{version: "2.20.26"}, prefect.Options{}, prefect.ErrUnsupported},
		"refused":     {&eventServer{version: "3.8.8", instead: says(403, "")}, prefect.Options{}, prefect.ErrForbidden},
		"a proxy":     {&eventServer{version: "3.8.8", instead: answersWith(200, "text/html", "<html>")}, prefect.Options{}, prefect.ErrNotPrefect},
		"a 404":       {&eventServer{version: "3.8.8", instead: says(404, `{"detail":"Not Found"}`)}, prefect.Options{}, prefect.ErrNotFound},
		"for a while": {&eventServer{version: "3.8.8", instead: says(503, "{}")}, prefect.Options{}, prefect.ErrUnavailable},
		"no API":      {&eventServer{version: "3.8.8"}, prefect.Options{URL: "http://prefect.test/api/elsewhere"}, prefect.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := test.s.start(t, test.o).NewEventPublisher(t.Context())
				check(t, p.Publish(t.Context(), event(1)))
				wantKind(t, p.Flush(t.Context()), test.kind)
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				err := p.Close(ctx)
				wantKind(t, err, test.kind)
				if !strings.HasPrefix(err.Error(), "1 events were not sent: ") || strings.Contains(err.Error(), "wrong") {
					t.Errorf("got %q, want the number and no token", err)
				}
			})
		})
	}
}

func TestSubscription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s := &eventServer{version: "3.8.8"}
		s.out = map[int][]prefect.Event{1: {event(1), event(2)}, 2: {event(2), event(3)}, 3: nil, 4: {event(1), event(3), event(4)}}
		c := s.start(t, prefect.Options{})
		var got []string
		for e, err := range c.SubscribeEvents(t.Context(), prefect.EventFilter{Event: prefect.EventNameFilter{Prefix: []string{"test."}}}) {
			check(t, err)
			got = append(got, e.Event)
			if e.ID == "e4" {
				break
			}
		}
		same(t, "events, each once", got, []string{"test.1", "test.2", "test.3", "test.4"})
		dials, _, _ := s.seen()
		want(t, "connections", dials, 4)
		s.mu.Lock()
		defer s.mu.Unlock()
		want(t, "first since", s.filters[0].Occurred.Since.Time, began.Add(-time.Minute).UTC())
		want(t, "prefix", s.filters[3].Event.Prefix[0], "test.")
	})
}

func TestSubscriptionFailures(t *testing.T) {
	for name, test := range map[string]struct {
		s    *eventServer
		o    prefect.Options
		kind error
	}{
		"wrong token": {&eventServer{version: "3.8.8", token: "right"}, prefect.Options{AuthString: "a:wrong"}, prefect.ErrUnauthorised},
		"2.20":        {&eventServer{version: "2.20.26"}, prefect.Options{}, prefect.ErrUnsupported},
		"never open":  {&eventServer{version: "3.8.8", instead: says(503, "{}")}, prefect.Options{}, prefect.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := 0
				for _, err := range test.s.start(t, test.o).SubscribeEvents(t.Context(), prefect.EventFilter{}) {
					n++
					wantKind(t, err, test.kind)
				}
				want(t, "items", n, 1)
			})
		})
	}
}

// The context's end ends a subscription that waits for an event.
func TestSubscriptionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &eventServer{version: "3.8.8"}
		c := s.start(t, prefect.Options{})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		var last error
		for _, err := range c.SubscribeEvents(ctx, prefect.EventFilter{}) {
			last = err
		}
		wantKind(t, last, context.DeadlineExceeded)
		dials, _, _ := s.seen()
		want(t, "connections: pings keep it alive", dials, 1)
	})
}

// TestSilentHandshake has a server take the upgrade, or the handshake after it, and say nothing: that is our own time
// limit, which passes, and not the caller's end, which would stop the publisher for good.
func TestSilentHandshake(t *testing.T) {
	silent := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	mute := func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"prefect"}})
		if err != nil {
			return
		}
		defer conn.CloseNow()
		for {
			if _, _, err := conn.Read(context.Background()); err != nil {
				return
			}
		}
	}
	for name, instead := range map[string]http.HandlerFunc{"upgrade": silent, "handshake": mute} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &eventServer{version: "3.8.8", instead: instead}
				p := s.start(t, prefect.Options{Timeout: 7 * time.Second}).NewEventPublisher(t.Context())
				check(t, p.Publish(t.Context(), event(1)))
				err := p.Flush(t.Context())
				wantKind(t, err, prefect.ErrUnavailable)
				if errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no answer from "+fakeURL+" within 7s") {
					t.Errorf("got %v, want our own time limit", err)
				}
				s.mu.Lock()
				s.instead = nil
				s.mu.Unlock()
				check(t, p.Flush(t.Context()))
				check(t, p.Close(t.Context()))
				_, stored, _ := s.seen()
				want(t, "stored once the server answers", stored, 1)
			})
		})
	}
}
