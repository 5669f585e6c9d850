package api

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/coder/websocket"
)

// maxMessage is the largest message that a websocket takes, in bytes: the server's figure.
const maxMessage = 16 << 20

// protocol is the subprotocol of Prefect's websockets: its client signs in with its first message.
const protocol = "prefect"

// SocketHandler serves one websocket whose client has signed in. It takes the lock itself where it needs it, and ctx ends
// when the connection has to. The connection is broken off when it returns.
type SocketHandler func(ctx context.Context, conn *websocket.Conn)

// HandleSocket adds a websocket's route.
func (r *Router) HandleSocket(route string, h SocketHandler) {
	method, path, _ := strings.Cut(route, " ")
	pattern := method + " " + Prefix + path
	r.sockets[pattern] = true
	r.mux.HandleFunc(pattern, func(w http.ResponseWriter, req *http.Request) {
		conn := r.accept(w, req)
		if conn == nil {
			return
		}
		defer func() { _ = conn.CloseNow() }()
		h(req.Context(), conn)
	})
}

// accept makes a websocket of a request and has its client sign in, as the server wants of all that speak its protocol.
// Without the protocol, only a server without sign-in lets a client in. A nil connection is one that is over.
func (r *Router) accept(w http.ResponseWriter, req *http.Request) *websocket.Conn {
	speaks := slices.ContainsFunc(strings.Split(strings.Join(req.Header.Values("Sec-WebSocket-Protocol"), ","), ","),
		func(p string) bool { return strings.TrimSpace(p) == protocol })
	if !speaks && r.o.AuthString != "" {
		w.WriteHeader(http.StatusForbidden)
		return nil
	}
	conn, err := websocket.Accept(w, req, &websocket.AcceptOptions{Subprotocols: []string{protocol}})
	if err != nil {
		return nil // it has answered
	}
	conn.SetReadLimit(maxMessage)
	if !speaks {
		return conn
	}
	var message struct {
		Type  string `json:"type"`
		Token any    `json:"token"`
	}
	if ReadMessage(req.Context(), conn, &message) != nil {
		_ = conn.CloseNow() // the server breaks off, too, where it meets what it cannot read
		return nil
	}
	if reason := r.refuseSignIn(message.Type, message.Token); reason != "" {
		_ = conn.Close(websocket.StatusPolicyViolation, reason)
		return nil
	}
	if WriteMessage(req.Context(), conn, map[string]string{"type": "auth_success"}) != nil {
		_ = conn.CloseNow()
		return nil
	}
	return conn
}

// refuseSignIn says why a websocket's first message does not sign its client in; "" if it does.
func (r *Router) refuseSignIn(kind string, token any) string {
	text, _ := token.(string)
	switch {
	case kind != "auth":
		return "Expected 'auth' message"
	case r.o.AuthString == "":
		return ""
	case token == nil, token == "":
		return "Auth required but no token provided"
	case subtle.ConstantTimeCompare([]byte(text), []byte(r.o.AuthString)) != 1:
		return "Invalid token"
	}
	return ""
}

// ReadMessage reads one message of JSON.
func ReadMessage(ctx context.Context, conn *websocket.Conn, into any) error {
	_, text, err := conn.Read(ctx)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// WriteMessage sends one message of JSON.
func WriteMessage(ctx context.Context, conn *websocket.Conn, message any) error {
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	return conn.Write(ctx, websocket.MessageText, text)
}
