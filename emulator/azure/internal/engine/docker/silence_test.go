package docker_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
	"github.com/pacific-aci/pacific/emulator/azure/internal/engine/docker"
	"github.com/pacific-aci/pacific/emulator/azure/internal/engine/enginetest"
)

// runner is a fake daemon that has one running container.
type runner struct {
	*fakeDaemon
	hung  chan struct{} // closed: nothing is answered any more
	busy  int           // pings that a kill waits for
	pings chan struct{}
	over  chan struct{} // closed: the container has ended
	once  sync.Once
	ended chan struct{} // the test has
}

func newRunner(t *testing.T) *runner {
	t.Helper()
	d := &runner{
		fakeDaemon: newFakeDaemon(t), hung: make(chan struct{}), pings: make(chan struct{}, 100),
		over: make(chan struct{}), ended: make(chan struct{}),
	}
	d.first = d.answer
	t.Cleanup(func() { close(d.ended) })
	return d
}

func (d *runner) answer(w http.ResponseWriter, r *http.Request, path string) bool {
	select {
	case <-d.hung:
		d.hold(r)
		return true
	default:
	}
	w.Header().Set("Content-Type", "application/json")
	switch _, verb, _ := strings.Cut(strings.TrimPrefix(path, "/containers/"), "/"); {
	case path == "/_ping":
		select {
		case d.pings <- struct{}{}:
		default:
		}
		return false
	case path == "/containers/create":
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"Id":"c1"}`)
	case verb == "attach":
		d.attach(w)
	case verb == "start":
		w.WriteHeader(http.StatusNoContent)
	case verb == "wait":
		w.(http.Flusher).Flush()
		select {
		case <-d.over:
			_, _ = io.WriteString(w, `{"StatusCode":137}`)
		case <-r.Context().Done():
		}
	case verb == "kill":
		for range d.busy {
			<-d.pings
		}
		d.once.Do(func() { close(d.over) })
		w.WriteHeader(http.StatusNoContent)
	case verb == "json" && strings.HasPrefix(path, "/containers/"):
		running := true
		select {
		case <-d.over:
			running = false
		default:
		}
		_, _ = fmt.Fprintf(w, `{"Id":"c1","State":{"Running":%t,"ExitCode":137}}`, running)
	default:
		return false
	}
	return true
}

// hold answers a request never.
func (d *runner) hold(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-d.ended:
	}
}

func (d *runner) attach(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(conn, "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
	go func(conn net.Conn) {
		defer conn.Close()
		select {
		case <-d.over:
		case <-d.ended:
		}
	}(conn)
}

// run starts the container, and tells what is said of it.
func (d *runner) run(t *testing.T, silence, look time.Duration) (*docker.Engine, engine.Group, engine.Container, *enginetest.Log) {
	t.Helper()
	e, err := docker.New(t.Context(), docker.Options{Network: docker.NetworkHost, LookupEnv: env("DOCKER_HOST", d.host)})
	if err != nil {
		t.Fatal(err)
	}
	e.Hurry(silence, look)
	g, err := e.NewGroup(t.Context(), engine.GroupSpec{ID: "g-1", Name: "group"})
	if err != nil {
		t.Fatal(err)
	}
	events := &enginetest.Log{}
	c, err := g.Start(t.Context(), engine.ContainerSpec{Name: "job", Image: "image", Event: func(name, message string) {
		_, _ = fmt.Fprintf(events, "%s: %s\n", name, message)
	}})
	if err != nil {
		t.Fatal(err)
	}
	return e, g, c, events
}

const lostEvent = "LostContainer: lost sight of the container: the container engine does not answer\n"

// A daemon that hangs answers neither the kill nor the wait: removing and closing give it up, and say so.
func TestDaemonHangs(t *testing.T) {
	const silence = 50 * time.Millisecond
	for _, tt := range []struct {
		name string
		end  func(*docker.Engine, engine.Group) error
	}{
		{"remove, then close", func(e *docker.Engine, g engine.Group) error {
			err := g.Remove(t.Context())
			_ = e.Close()
			return err
		}},
		{"close", func(e *docker.Engine, _ engine.Group) error { return e.Close() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newRunner(t)
			e, g, c, events := d.run(t, silence, time.Hour)
			close(d.hung)
			err := tt.end(e, g)
			if err == nil || !strings.Contains(err.Error(), "does not answer") || !strings.Contains(err.Error(), "next start") {
				t.Errorf("got %v", err)
			}
			<-c.Done()
			if got := events.String(); got != lostEvent || !c.Exit().Unknown {
				t.Errorf("got events %q, exit %+v", got, c.Exit())
			}
		})
	}
}

// Nobody has to stop a container for its daemon's silence to be noticed.
func TestHangIsNoticed(t *testing.T) {
	d := newRunner(t)
	e, _, c, events := d.run(t, 50*time.Millisecond, 100*time.Millisecond)
	close(d.hung)
	<-c.Done()
	if got := events.String(); got != lostEvent || !c.Exit().Unknown {
		t.Errorf("got events %q, exit %+v", got, c.Exit())
	}
	if err := e.Close(); err == nil {
		t.Error("close says that all is removed, by a daemon that does not answer")
	}
}

// A daemon that is busy, and answers other questions, is waited for.
func TestDaemonIsBusy(t *testing.T) {
	d := newRunner(t)
	d.busy = 3 // longer than a silent one is given
	e, g, c, events := d.run(t, 500*time.Millisecond, time.Hour)
	if err := g.Remove(t.Context()); err != nil {
		t.Error(err)
	}
	if got := events.String(); got != "" || c.Exit().Code != 137 {
		t.Errorf("got events %q, exit %+v", got, c.Exit())
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}
