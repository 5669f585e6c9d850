package prefect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"
)

const (
	// maxSocketMessage is over the 1.5 MB that an event may have, with what JSON's escapes add.
	maxSocketMessage = 8 << 20
	// socketPing finds connections that are gone without a word: load balancers drop idle ones after one to four minutes.
	socketPing = 30 * time.Second
	// socketPolicy closes: a wrong or missing token.
	socketPolicy = websocket.StatusPolicyViolation
)

// eventMessage is a message of the events websockets.
type eventMessage struct {
	Type   string          `json:"type"`
	Reason string          `json:"reason"`
	Event  json.RawMessage `json:"event"`
}

// dial opens a websocket below the API's address and, if the server wants it, says who we are. Errors are [*Error]; those
// that will stay have another kind than [ErrUnavailable].
func (c *Client) dial(ctx context.Context, doing, path string, handshake bool) (*websocket.Conn, error) {
	header := http.Header{}
	c.setHeaders(header)
	header.Del("Accept")
	o := &websocket.DialOptions{HTTPClient: c.sockets, HTTPHeader: header}
	if handshake {
		o.Subprotocols = []string{"prefect"}
	}
	call := &call{doing: doing, method: http.MethodGet, path: path, progress: &progress{}}
	// c.sockets puts the time limit on the upgrade.
	conn, resp, err := websocket.Dial(call.progress.watch(ctx), c.base.String()+path, o)
	if err != nil {
		return nil, c.notUpgraded(ctx, call, resp, err)
	}
	c.reached.Store(true)
	conn.SetReadLimit(maxSocketMessage)
	if handshake {
		if err := c.introduce(ctx, call, conn); err != nil {
			_ = conn.CloseNow()
			return nil, err
		}
	}
	return conn, nil
}

// notUpgraded tells what the server said instead of 101.
func (c *Client) notUpgraded(ctx context.Context, call *call, resp *http.Response, err error) *Error {
	if resp == nil || resp.StatusCode == http.StatusSwitchingProtocols {
		return c.lost(ctx, call, err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if resp.StatusCode == http.StatusForbidden && len(body) == 0 {
		// What uvicorn makes of a server that closes the websocket before it is open.
		return &Error{Doing: call.doing, Kind: ErrForbidden, Status: resp.StatusCode, Message: "the websocket is refused"}
	}
	if resp.StatusCode/100 == 2 {
		return c.pageInstead(call, &answer{resp.StatusCode, resp.Header, body})
	}
	return c.refused(call, resp, body)
}

// introduce is the handshake: our token, or null for a server without authentication, which wants the message all the same.
func (c *Client) introduce(ctx context.Context, call *call, conn *websocket.Conn) error {
	var token any
	if c.auth.socket != "" {
		token = c.auth.socket
	}
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	// dropped compares the caller's own context, to tell its end from that of limited.
	if err := writeJSON(limited, conn, map[string]any{"type": "auth", "token": token}); err != nil {
		return c.dropped(ctx, call, err)
	}
	var reply eventMessage
	if err := readJSON(limited, conn, &reply); err != nil {
		return c.dropped(ctx, call, err)
	}
	switch {
	case reply.Type == "auth_success":
		return nil
	case !strings.HasPrefix(reply.Type, "auth"):
		return &Error{Doing: call.doing, Kind: ErrNotPrefect, Message: c.auth.redact(fmt.Sprintf("%s answers the sign-in of the websocket with a message of type %q", c.base.Host, reply.Type))}
	}
	message := "the server does not accept the key"
	if reply.Reason != "" {
		message += ": " + reply.Reason
	}
	return &Error{Doing: call.doing, Kind: ErrUnauthorised, Message: c.auth.redact(message)}
}

// dropped is the error for a websocket that ended: for good if the server does not accept who we are.
func (c *Client) dropped(ctx context.Context, call *call, err error) *Error {
	if fault, ok := errors.AsType[*Error](err); ok {
		return fault.during(call.doing) // what was to be sent is wrong
	}
	closed, ok := errors.AsType[websocket.CloseError](err)
	switch {
	case ok && closed.Code == socketPolicy:
		return &Error{Doing: call.doing, Kind: ErrUnauthorised, Message: c.auth.redact("the server closes the websocket: " + closed.Reason), cause: err}
	case ok && closed.Code == websocket.StatusProtocolError:
		return &Error{Doing: call.doing, Kind: ErrInvalid, Message: c.auth.redact("the server closes the websocket: " + closed.Reason), cause: err}
	case ok:
		return c.lost(ctx, call, fmt.Errorf("the server closed the websocket with status %d", closed.Code))
	}
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		err = fmt.Errorf("a message on the websocket is not Prefect's: %s", otherShape(err))
	}
	return c.lost(ctx, call, err)
}

// lasting tells an error that trying again does not mend.
func lasting(err error) bool { return !errors.Is(err, ErrUnavailable) }

func writeJSON(ctx context.Context, conn *websocket.Conn, message any) error {
	encoded, err := encodeJSON(message)
	if err != nil {
		return asError(err)
	}
	return conn.Write(ctx, websocket.MessageText, encoded)
}

func readJSON(ctx context.Context, conn *websocket.Conn, message any) error {
	_, encoded, err := conn.Read(ctx)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(encoded, message); err != nil {
		return fmt.Errorf("reading a websocket message: %w", err)
	}
	return nil
}

// reconnectPause is 0 for the first two tries, since a load balancer's time limit is the usual cause, and then grows from 1 to
// 30 seconds.
func (p retryPolicy) reconnectPause(failed int) time.Duration {
	if failed <= 2 {
		return 0
	}
	return min(p.pause(failed-3, 0), 30*time.Second)
}
