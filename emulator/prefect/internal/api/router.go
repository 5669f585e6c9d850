// Package api is how the emulated Prefect API reads requests and writes replies: routes, strict bodies, error bodies,
// sign-in, CSRF and paging, as a server of 3.x has them. A room calls Router.Handle for each of its routes, and in the
// handler Request.Decode first.
package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
)

// Prefix is before every route: an API's address ends in it.
const Prefix = "/api"

// maxBody is more than any client sends: log batches are up to 4 MB, an event's limit is 1.5 MB.
const maxBody = 64 << 20

// Handler answers one request. It runs under the router's lock, and so does the encoding of its reply: what it gives
// may be the records themselves.
type Handler func(*Request) (Reply, error)

// Reply is a status with a body. A nil Body is sent as null, but for 204, which has none.
type Reply struct {
	Status int
	Body   any
	// Header is sent with it; nil is only what every reply has.
	Header map[string]string
	// plain says that Body is a text to be sent as it is, not JSON.
	plain bool
}

// OK is a reply of 200.
func OK(body any) (Reply, error) { return Reply{Status: http.StatusOK, Body: body}, nil }

// Created is a reply of 201.
func Created(body any) (Reply, error) { return Reply{Status: http.StatusCreated, Body: body}, nil }

// Text is a reply of 200 whose body is a text of a content type, not JSON.
func Text(contentType, body string) (Reply, error) {
	return Reply{Status: http.StatusOK, Body: body, Header: map[string]string{"Content-Type": contentType}, plain: true}, nil
}

// NoContent is a reply of 204.
func NoContent() (Reply, error) { return Reply{Status: http.StatusNoContent}, nil }

// Options of a router.
type Options struct {
	// Lock is held while a handler runs.
	Lock sync.Locker
	// AuthString is user:password for basic authentication; empty asks for none.
	AuthString string
	// CSRF asks for a token with each write.
	CSRF bool
	// Before runs under the lock before each handler: what time has made due.
	Before func()
	Log    *slog.Logger
}

// Router is the routes of the API. Make it with NewRouter.
type Router struct {
	mux  *http.ServeMux
	o    Options
	csrf csrfTokens
	// sockets are the patterns of HandleSocket.
	sockets map[string]bool
}

// NewRouter makes a router without routes but those that it answers itself: those of CSRF tokens.
func NewRouter(o Options) *Router {
	r := &Router{mux: http.NewServeMux(), o: o, sockets: map[string]bool{}}
	r.Handle("GET /csrf-token", r.createToken)
	return r
}

// Handle adds a route such as "POST /flows/filter" or "GET /flows/{id}". One that ends in a slash also redirects the
// address without it, as the server does.
func (r *Router) Handle(route string, h Handler) {
	method, path, _ := strings.Cut(route, " ")
	if bare, ok := strings.CutSuffix(path, "/"); ok {
		r.mux.HandleFunc(method+" "+Prefix+bare, func(w http.ResponseWriter, req *http.Request) {
			u := *req.URL
			u.Path += "/"
			http.Redirect(w, req, u.String(), http.StatusTemporaryRedirect)
		})
		path += "{$}"
	}
	r.mux.HandleFunc(method+" "+Prefix+path, func(w http.ResponseWriter, req *http.Request) { r.serve(w, req, h) })
}

// ServeHTTP checks sign-in, CSRF and the API's version, in the order of the server, and hands over to the route.
func (r *Router) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	h, pattern := r.mux.Handler(req)
	// A request that merely says it is a websocket is none.
	if !r.sockets[pattern] || !strings.EqualFold(req.Header.Get("Upgrade"), "websocket") {
		if err := r.admit(req); err != nil {
			r.fail(w, err)
			return
		}
	}
	if pattern == "" {
		r.noRoute(w, req, h)
		return
	}
	r.mux.ServeHTTP(w, req)
}

// noRoute answers in the server's words where the mux has its own: h knows whether only the method is wrong. An address
// that has a slash too many is told to do without.
func (r *Router) noRoute(w http.ResponseWriter, req *http.Request, h http.Handler) {
	if bare, ok := strings.CutSuffix(req.URL.Path, "/"); ok {
		without := req.Clone(req.Context())
		without.URL.Path, without.URL.RawPath = bare, ""
		if _, pattern := r.mux.Handler(without); pattern != "" {
			http.Redirect(w, req, without.URL.String(), http.StatusTemporaryRedirect)
			return
		}
	}
	seen := &statusOnly{header: http.Header{}}
	h.ServeHTTP(seen, req)
	if seen.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", seen.header.Get("Allow"))
		r.fail(w, Problem(http.StatusMethodNotAllowed, "Method Not Allowed"))
		return
	}
	if what := leftOut(req.URL.Path); what != "" {
		r.fail(w, Problem(http.StatusNotImplemented, "The Prefect API in memory has no "+what+"; use a real server for them."))
		return
	}
	r.fail(w, Problem(http.StatusNotFound, "Not Found"))
}

// leftOut names what a real server has under a path and this API leaves out on purpose; "" for every other path.
func leftOut(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, Prefix+"/"), "/")
	switch first {
	case "automations", "templates":
		return "automations"
	case "saved_searches":
		return "saved searches"
	case "admin":
		return "admin routes"
	case "ui":
		return "routes of the user interface"
	}
	return ""
}

type statusOnly struct {
	header http.Header
	status int
}

func (s *statusOnly) Header() http.Header         { return s.header }
func (s *statusOnly) WriteHeader(status int)      { s.status = status }
func (s *statusOnly) Write(p []byte) (int, error) { return len(p), nil }

func (r *Router) serve(w http.ResponseWriter, req *http.Request, h Handler) {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxBody))
	if err != nil {
		if _, tooBig := errors.AsType[*http.MaxBytesError](err); tooBig {
			r.fail(w, Problem(http.StatusRequestEntityTooLarge, "Request body too large."))
			return
		}
		panic(http.ErrAbortHandler) // the client is gone, or sent less than it had announced: there is nothing to answer
	}
	reply, text, err := r.locked(&Request{HTTP: req, body: body}, h)
	if err != nil {
		r.fail(w, err)
		return
	}
	for name, value := range reply.Header {
		w.Header().Set(name, value)
	}
	write(w, reply.Status, text)
}

// locked runs the handler and encodes its reply before anybody can change the records that it names.
// A panic is a mistake of ours, and one request's matter: its client gets an answer, and all others are served on.
func (r *Router) locked(req *Request, h Handler) (reply Reply, text []byte, err error) {
	r.o.Lock.Lock()
	defer r.o.Lock.Unlock()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("answering %s %s: panic: %v\n%s", req.HTTP.Method, req.HTTP.URL.Path, p, debug.Stack())
		}
	}()
	if r.o.Before != nil {
		r.o.Before()
	}
	reply, err = h(req)
	if err != nil || reply.Status == http.StatusNoContent {
		return reply, nil, err
	}
	if text, ok := reply.Body.(string); ok && reply.plain {
		return reply, []byte(text), nil
	}
	text, err = encode(reply.Body)
	return reply, text, err
}

// fail writes an error: an *Error as it is, every other one as the server's own failure.
func (r *Router) fail(w http.ResponseWriter, err error) {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		r.o.Log.Error("the emulated Prefect API failed", "error", err)
		e = Failure()
	}
	text, err := encode(e.Body)
	if err != nil {
		text = []byte(`{"exception_message":"Internal Server Error"}`)
	}
	for name, value := range e.Header {
		w.Header().Set(name, value)
	}
	write(w, e.Status, text)
}

func write(w http.ResponseWriter, status int, text []byte) {
	if status == http.StatusNoContent {
		w.WriteHeader(status)
		return
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(status)
	_, _ = w.Write(text) // a client that is gone needs no reply
}

// encode is JSON without Go's escapes for HTML, which no other server has.
func encode(body any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(body); err != nil {
		return nil, err
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}
