package worker_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/worker"
)

// A history is what one worker asked of both servers, in order, with their answers: a file of testdata/histories. A worker that
// is given the same answers must make the same changes. See histories_test.go.
type history struct {
	// About says what went wrong and what the worker does about it.
	About string `json:"about"`
	// Worker is the worker's name; it begins at Start and is told to stop at Stop, since the beginning of fake time.
	Worker  string     `json:"worker"`
	Agent   bool       `json:"agent,omitempty"` // it is an agent, whose name is another one in each replay
	Start   string     `json:"start"`
	Stop    string     `json:"stop"`
	Account string     `json:"subscription"`
	Calls   []recorded `json:"calls"`
}

// A recorded call is a request with its answer. One that only reads is recorded when its answer is another than the last time.
type recorded struct {
	At string `json:"at"`
	// Call names the request: server, method and path. Changes is what it changes, in few words; empty for one that reads.
	Call    string `json:"call"`
	Changes string `json:"changes,omitempty"`
	// State is how the run and the container groups are after a change; for people.
	State string `json:"state,omitempty"`
	// Answer is the status, 0 for a connection that broke off; Headers are those that a client heeds.
	Answer  int               `json:"answer"`
	Headers map[string]string `json:"headers,omitempty"`
	// Asks is the body of a request that reads by POST.
	Asks json.RawMessage `json:"asks,omitempty"`
	// Token is what the worker drew to know a group or a state of its own again. The worker of a replay draws another.
	Token string `json:"token,omitempty"`
	// Body is the answer's JSON, and Text what is none.
	Body json.RawMessage `json:"body,omitempty"`
	Text string          `json:"text,omitempty"`

	at time.Duration
}

// heeded are the headers of answers that the clients act on.
var heeded = []string{"Retry-After", "Location", "Azure-Asyncoperation", "Content-Type"}

// A request that a history tells apart: key is what it asks, changes what it changes, empty if it reads. A loose one, such as a
// heartbeat or a log line, may come at any time and number.
type asked struct {
	key, changes, token string
	asks                json.RawMessage
	loose               bool
}

var timesInBody = regexp.MustCompile(`"(scheduled_before|last_polled|since|until)":"[^"]*"`)

// askedBy says what a request asks.
func askedBy(server string, r *http.Request, body []byte) asked {
	path := r.URL.Path
	a := asked{key: server + " " + r.Method + " " + strings.TrimPrefix(path, "/api")}
	switch {
	case strings.HasSuffix(path, "/logs"):
		a.loose = true
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
	case server == "azure" && strings.Contains(path, "/containerGroups/") && r.Method == http.MethodPut:
		a.changes, a.token = changesOfGroup(body)
	case server == "azure" && strings.Contains(path, "/containerGroups/") && r.Method == http.MethodDelete:
		a.changes = "deletes"
	case server == "azure" && strings.HasSuffix(path, "/stop"):
		a.changes = "stops"
	case strings.HasSuffix(path, "/set_state"):
		var set struct {
			State struct {
				Type, Name, Message string
				Details             struct {
					Transition string `json:"transition_id"`
				} `json:"state_details"`
			}
			Force bool
		}
		_ = json.Unmarshal(body, &set) // what is no JSON changes nothing
		a.changes = fmt.Sprintf("%s %s force=%v %s", set.State.Type, set.State.Name, set.Force, set.State.Message)
		a.token = set.State.Details.Transition
	case strings.Contains(path, "/flow_runs/") && r.Method == http.MethodPatch:
		a.changes = string(body)
	case strings.HasSuffix(path, "/filter"), strings.HasSuffix(path, "/get_scheduled_flow_runs"), strings.HasSuffix(path, "/get_runs"):
		a.asks = timesInBody.ReplaceAll(body, []byte(`"$1":"…"`))
		a.key += " " + string(a.asks)
	default:
		a.loose = true
	}
	return a
}

// changesOfGroup is the part of a container group's definition that says whose it is, and the token in it.
func changesOfGroup(body []byte) (changes, token string) {
	var group struct{ Tags map[string]string }
	_ = json.Unmarshal(body, &group) // what is no JSON has no tags
	t := group.Tags
	return fmt.Sprintf("creates attempt=%s run=%s owner=%s", t[aci.TagAttempt], t[worker.TagFlowRun], t[aci.TagOwner]), t[aci.TagToken]
}

func readBody(r *http.Request) []byte {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	body, _ := io.ReadAll(r.Body) // the clients' bodies are in memory
	_ = r.Body.Close()
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body
}

// isSignIn: what signs in is neither recorded nor replayed, as tokens are secrets.
func isSignIn(r *http.Request) bool {
	return strings.Contains(r.URL.Path, "oauth2") || strings.Contains(r.URL.Path, "openid") || strings.Contains(r.URL.Path, "discovery")
}

// isSocket: histories are of workers that have no websockets, and so ask for everything.
func isSocket(r *http.Request) bool { return strings.EqualFold(r.Header.Get("Upgrade"), "websocket") }

var errNoSockets = errors.New("a history has no websockets")

// passing are fields of answers that change as time passes. No worker heeds them.
var passing = regexp.MustCompile(`"(estimated_run_time|estimated_start_time_delta|total_run_time|last_heartbeat_time|last_polled)":("[^"]*"|[^,}]*)`)

// lasting is an answer without what changes as time passes.
func lasting(body []byte) []byte { return passing.ReplaceAll(body, nil) }

// A recorder writes down what goes through it.
type recorder struct {
	inner  http.RoundTripper
	server string
	*recording
}

type recording struct {
	began time.Time
	state func() string
	mu    sync.Mutex
	calls []recorded
	last  map[string]recorded
}

func (v recorder) RoundTrip(r *http.Request) (*http.Response, error) {
	if isSocket(r) {
		return nil, errNoSockets
	}
	if isSignIn(r) {
		return v.inner.RoundTrip(r)
	}
	r = r.Clone(r.Context())
	body := readBody(r)
	a := askedBy(v.server, r, body)
	response, err := v.inner.RoundTrip(r)
	if r.Context().Err() != nil {
		return response, err
	}
	at := time.Since(v.began)
	call := recorded{At: at.String(), Call: a.key, Changes: a.changes, Token: a.token, Asks: a.asks}
	if len(a.asks) > 0 {
		call.Call = strings.TrimSuffix(a.key, " "+string(a.asks))
	}
	if err == nil {
		answer, readErr := io.ReadAll(response.Body)
		if readErr != nil {
			return nil, readErr
		}
		_ = response.Body.Close()
		response.Body = io.NopCloser(bytes.NewReader(answer))
		call.Answer, call.Headers = response.StatusCode, map[string]string{}
		for _, name := range heeded {
			if value := response.Header.Get(name); value != "" && !strings.HasPrefix(value, "application/json") {
				call.Headers[name] = value
			}
		}
		if json.Valid(answer) {
			call.Body = answer
		} else {
			call.Text = string(answer)
		}
	}
	if a.changes != "" {
		call.State = v.state()
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	same := v.last[a.key]
	if a.changes != "" || same.At == "" || same.Answer != call.Answer || !a.loose && (!bytes.Equal(lasting(same.Body), lasting(call.Body)) || same.Text != call.Text) {
		v.calls = append(v.calls, call)
		v.last[a.key] = call
	}
	return response, err
}
