package worker_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A replayer answers as a history has it, and notes what is asked otherwise.
type replayer struct {
	server string
	*replaying
}

type replaying struct {
	began time.Time
	mu    sync.Mutex
	calls []recorded
	// made are the calls that change something and were made.
	made map[int]bool
	// tokens are the history's tokens, each followed by that which the worker has drawn.
	tokens []string
	// recorded gives the names of a history to what the worker asks.
	recorded *strings.Replacer
	wrong    []string
	missed   map[string]bool
}

func newReplaying(h *history) (*replaying, error) {
	p := &replaying{began: time.Now(), made: map[int]bool{}, missed: map[string]bool{}, calls: slices.Clone(h.Calls), recorded: strings.NewReplacer()}
	for i := range p.calls {
		var err error
		if p.calls[i].at, err = time.ParseDuration(p.calls[i].At); err != nil {
			return nil, fmt.Errorf("call %d: %w", i, err)
		}
	}
	return p, nil
}

func (c *recorded) key() string {
	if len(c.Asks) > 0 {
		return c.Call + " " + compact(c.Asks)
	}
	return c.Call
}

func compact(raw json.RawMessage) string {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return string(raw)
	}
	return b.String()
}

func (v replayer) RoundTrip(r *http.Request) (*http.Response, error) {
	switch {
	case isSocket(r):
		return nil, errNoSockets
	case isSignIn(r):
		return signIn(r), nil
	}
	a := askedBy(v.server, r, readBody(r))
	if len(a.asks) > 0 {
		a.key = strings.TrimSuffix(a.key, string(a.asks)) + compact(a.asks)
	}
	a.changes = v.recorded.Replace(a.changes)
	v.mu.Lock()
	defer v.mu.Unlock()
	i := -1
	switch {
	case a.changes != "":
		i = v.change(a)
	default:
		if i = v.read(a); i < 0 && len(a.asks) > 0 {
			return answerWith(r, http.StatusOK, nil, "[]"), nil // a list that the worker did not ask for then: it finds nothing in it
		}
	}
	if i < 0 {
		return answerWith(r, http.StatusInternalServerError, nil, ""), nil
	}
	call := &v.calls[i]
	if call.Answer == 0 {
		return nil, syscall.ECONNRESET
	}
	body := strings.NewReplacer(v.tokens...).Replace(cmp.Or(call.Text, string(call.Body)))
	return answerWith(r, call.Answer, call.Headers, body), nil
}

// runOf is the first id of a run that a call names.
func runOf(call string) string { return uuidInPath.FindString(call) }

// writesDown reports whether a change is that of a run's group. It is written down while the run is proposed to go on to
// InfrastructurePending. Which of the two comes first is up to the scheduler, so a replay takes both orders.
func writesDown(call string) bool { return strings.Contains(call, ` {"infrastructure_pid":`) }

func areBeside(a, b string) bool {
	if writesDown(b) {
		a, b = b, a
	}
	return writesDown(a) && strings.Contains(b, " InfrastructurePending ")
}

// change finds the call that changes what a does: the next one of its run, or that which is made at the same time.
func (p *replaying) change(a asked) int {
	for i := range p.calls {
		c := &p.calls[i]
		if c.Changes == "" || p.made[i] || runOf(c.Call) != runOf(a.key) {
			continue
		}
		if c.Call == a.key && c.Changes == a.changes {
			p.made[i] = true
			if a.token != "" && c.Token != "" {
				p.tokens = append(p.tokens, c.Token, a.token)
			}
			return i
		}
		if areBeside(c.Call+" "+c.Changes, a.key+" "+a.changes) {
			continue
		}
		p.wrong = append(p.wrong, fmt.Sprintf("at %v: %s %s; the history has next, at %s: %s %s", time.Since(p.began), a.key, a.changes, c.At, c.Call, c.Changes))
		return -1
	}
	p.wrong = append(p.wrong, fmt.Sprintf("at %v: %s %s; the history changes nothing more of this run", time.Since(p.began), a.key, a.changes))
	return -1
}

// read finds the answer that holds now: the last one of its time, but none from before a change of the same run that has been
// made, and none from after a change that has not.
func (p *replaying) read(a asked) int {
	after := -1 // the last change of the run that was made
	for i := range p.calls {
		if p.made[i] && runOf(p.calls[i].Call) == runOf(a.key) && runOf(a.key) != "" {
			after = i
		}
	}
	best := -1
	for i := range p.calls {
		c := &p.calls[i]
		if c.Changes != "" && !p.made[i] && !writesDown(c.Call+" "+c.Changes) {
			break
		}
		if c.Changes != "" || c.key() != a.key {
			continue
		}
		if best < 0 || c.at <= time.Since(p.began) || best < after && i > after {
			best = i
		}
	}
	if best < 0 {
		// Before its first answer there was none that differs.
		best = slices.IndexFunc(p.calls, func(c recorded) bool { return c.Changes == "" && c.key() == a.key })
	}
	if best < 0 && !a.loose && len(a.asks) == 0 && !p.missed[a.key] {
		p.missed[a.key] = true
		p.wrong = append(p.wrong, fmt.Sprintf("at %v: %s is asked, and was not when the history was recorded", time.Since(p.began), a.key))
	}
	return best
}

// unmade lists the changes that the history has and the worker did not make.
func (p *replaying) unmade() []string {
	var list []string
	for i := range p.calls {
		if c := &p.calls[i]; c.Changes != "" && !p.made[i] {
			list = append(list, fmt.Sprintf("never made, at %s in the history: %s %s", c.At, c.Call, c.Changes))
		}
	}
	return list
}

// signIn answers what an Azure client asks of Microsoft Entra.
func signIn(r *http.Request) *http.Response {
	base := "https://" + r.URL.Host + "/tenant"
	body := map[string]any{"token_type": "Bearer", "expires_in": 86399, "ext_expires_in": 86399, "access_token": "of-a-history"}
	switch {
	case strings.Contains(r.URL.Path, "openid-configuration"):
		body = map[string]any{"token_endpoint": base + "/oauth2/v2.0/token", "authorization_endpoint": base + "/oauth2/v2.0/authorize", "issuer": base + "/v2.0"}
	case strings.Contains(r.URL.Path, "discovery"):
		body = map[string]any{"tenant_discovery_endpoint": base + "/v2.0/.well-known/openid-configuration", "metadata": []any{}}
	}
	encoded, _ := json.Marshal(body) // of strings and numbers
	return answerWith(r, http.StatusOK, nil, string(encoded))
}

func answerWith(r *http.Request, status int, headers map[string]string, body string) *http.Response {
	header := http.Header{"Content-Type": {"application/json"}}
	for name, value := range headers {
		header.Set(name, value)
	}
	return &http.Response{StatusCode: status, Status: cmp.Or(http.StatusText(status), "?"), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(body)), Request: r}
}
