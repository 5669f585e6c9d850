package containers

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
)

// streamSuffix is what the host of every attach and exec websocket ends with.
const streamSuffix = "atlas.cloudapp.azure.com"

// oldStreamSuffix is that of the years before; the emulator's contract names it.
const oldStreamSuffix = "management.azurecontainer.io"

// streamPort is the port of those addresses (recorded).
const streamPort = "19390"

// sessionLife is how long an address and password wait to be used.
const sessionLife = 5 * time.Minute

// A session is one use of attach or exec, good for one connection:
//
//	open ──▶ waits ──┬── take, by its connection ──▶ used
//	                 └── sessionLife ──────────────▶ forgotten, when the next one is opened
//
// attach sends the password as a header, exec in its first message, as Azure's bridge has it. A session holds on to its
// container: one that is opened before a restart is not the next run's.
type session struct {
	kind      string // attach or exec
	password  string
	expires   time.Time
	log       *containerLog
	container engine.Container
	exec      engine.ExecSpec
}

// sessionTable holds the sessions that have not been used. The zero value is empty.
type sessionTable struct {
	mu   sync.Mutex
	byID map[string]*session
}

// add keeps a session and forgets those whose time is over.
func (t *sessionTable) add(s *session) (id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byID == nil {
		t.byID = map[string]*session{}
	}
	now := time.Now()
	for id, other := range t.byID {
		if now.After(other.expires) {
			delete(t.byID, id)
		}
	}
	id = uuid.NewString()
	s.expires = now.Add(sessionLife)
	t.byID[id] = s
	return id
}

// take hands a session out, once.
func (t *sessionTable) take(kind, id string) (*session, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s, ok := t.byID[id]
	if !ok || s.kind != kind || time.Now().After(s.expires) {
		return nil, false
	}
	delete(t.byID, id)
	return s, true
}

func (t *sessionTable) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.byID = nil
}

// open makes a session and says where to use it.
func (s *Service) open(g *group, query string, session *session) streamReply {
	session.password = rand.Text() + "[[EOM]]"
	id := s.sessions.add(session)
	uri := "wss://bridge-linux-01." + g.location + "." + streamSuffix + ":" + streamPort + "/" + session.kind + "stream/sessionId/" + id + "?api-version=1.0"
	return streamReply{WebSocketURI: uri + query, Password: session.password}
}

// running finds a running container for attach and exec, or says why there is none. With ended, one that has ended will do
// too: the session then has no container.
func (s *Service) running(r *arm.Request, ended bool) (*group, *session, error) {
	g, c, err := s.container(r)
	if err != nil {
		return nil, nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if c.live.container == nil {
		if c.current != nil && c.current.State == containerTerminated && ended {
			return g, &session{log: c.log}, nil
		}
		if g.ended() {
			return nil, nil, stopped(g)
		}
		return nil, nil, arm.Conflict("ContainerNotRunning", "The container '%s' in container group '%s' is not running.", c.body.Name, g.id.Name())
	}
	return g, &session{log: c.log, container: c.live.container}, nil
}

// streamOperation names the websockets in the request log and for faults.
func streamOperation(r *http.Request) string {
	switch kind, _ := streamPath(r); kind {
	case "attach":
		return "Containers_AttachStream"
	case "exec":
		return "Containers_ExecStream"
	}
	return ""
}

// streamPath takes /execstream/sessionId/ID apart: exec and ID.
func streamPath(r *http.Request) (kind, id string) {
	kind, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return strings.TrimSuffix(kind, "stream"), strings.TrimPrefix(rest, "sessionId/")
}

// ServeHTTP serves the websockets of attach and exec, on every host below [streamSuffix]. An address is good for one
// connection.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.enter() {
		http.Error(w, "the emulator is closing", http.StatusServiceUnavailable)
		return
	}
	defer s.work.Done()
	kind, id := streamPath(r)
	session, ok := s.sessions.take(kind, id)
	if !ok {
		http.Error(w, "no such session: it has been used, is too old, or never was", http.StatusNotFound)
		return
	}
	if kind == "attach" && !session.admits(r.Header.Get("Authorization")) {
		http.Error(w, "the Authorization header is not the session's password", http.StatusUnauthorized)
		return
	}
	var sub *subscriber
	if kind == "attach" {
		// Before the client is told that it is connected: from then on it may count on every line.
		sub = session.log.subscribe()
		defer sub.cancel()
	}
	// Any origin may connect: the password is what lets in.
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // Accept has answered
	}
	defer conn.CloseNow()
	if kind == "attach" {
		s.attach(conn, session, sub)
	} else {
		s.exec(conn, session)
	}
}

func (s *session) admits(password string) bool {
	return subtle.ConstantTimeCompare([]byte(password), []byte(s.password)) == 1
}
