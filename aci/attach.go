package aci

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// chunkSize is how much of the live stream is taken at once.
const chunkSize = 64 << 10

// streamEvent is what the goroutine of a live stream tells.
type streamEvent struct {
	// granted: Azure would open a stream; it is connected to when this channel is closed.
	granted chan struct{}
	opened  bool
	chunk   []byte
	// closed: no more comes. clean: the other side ended it in good order. err is why it ended otherwise.
	closed, clean bool
	err           error
}

// attach opens the live stream of a container's output and tells about it until it ends. The last event says closed.
// It waits for whoever takes the events, so that a slow reader slows the stream.
func (c *Client) attach(ctx context.Context, group, container string, events chan<- streamEvent) {
	tell := func(e streamEvent) bool {
		select {
		case events <- e:
			return true
		case <-ctx.Done():
			return false
		}
	}
	resp, err := c.containers.Attach(c.regional(ctx), c.resourceGroup, group, container, nil)
	if err != nil {
		tell(streamEvent{closed: true, err: explained(err)})
		return
	}
	granted := make(chan struct{})
	if !tell(streamEvent{granted: granted}) {
		return
	}
	select {
	case <-granted:
	case <-ctx.Done():
		return
	}
	// The password goes in the Authorization header, for one connection.
	conn, err := c.dialWithin(ctx, deref(resp.WebSocketURI), http.Header{"Authorization": {deref(resp.Password)}})
	if err != nil {
		tell(streamEvent{closed: true, err: err})
		return
	}
	defer conn.CloseNow()
	if !tell(streamEvent{opened: true}) {
		return
	}
	err = readStream(ctx, conn, func(p []byte) bool { return tell(streamEvent{chunk: p}) })
	clean := websocket.CloseStatus(err) == websocket.StatusNormalClosure
	if clean {
		err = nil
	}
	tell(streamEvent{closed: true, clean: clean, err: err})
}

// dialTimeout is how long a live stream may take to connect.
const dialTimeout = 30 * time.Second

// dialWithin is dial with a deadline for the connection, not for what it brings then.
func (c *Client) dialWithin(ctx context.Context, address string, header http.Header) (*websocket.Conn, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(dialTimeout, func() { cancel(errDialTimeout) })
	conn, err := c.dial(ctx, address, header)
	if !timer.Stop() && err == nil {
		_ = conn.CloseNow()
		err = errDialTimeout
	}
	if err == nil {
		return conn, nil // the connection ends with ctx, or when it is closed
	}
	cancel(nil)
	if _, known := errors.AsType[*dialError](err); !known {
		err = &dialError{err: err}
	}
	return nil, err
}

var errDialTimeout = errors.New("no answer within 30 seconds")

// dial connects to a websocket of Azure's, through the same proxy and with the same trust as all else.
func (c *Client) dial(ctx context.Context, address string, header http.Header) (*websocket.Conn, error) {
	conn, resp, err := websocket.Dial(ctx, address, &websocket.DialOptions{
		HTTPClient: c.cloud.HTTPClient(), HTTPHeader: header, CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		if resp != nil && resp.StatusCode != http.StatusSwitchingProtocols {
			return nil, &dialError{resp.StatusCode, fmt.Errorf("the answer was %s", resp.Status)}
		}
		return nil, err
	}
	// Messages are read piece by piece; Azure's may have any size.
	conn.SetReadLimit(-1)
	return conn, nil
}

// readStream gives every piece to take, until take says no or the stream ends. A piece is valid until take is called
// for the one after the next: take may hand it to a goroutine that has done with it before it takes the next one.
func readStream(ctx context.Context, conn *websocket.Conn, take func([]byte) bool) error {
	buf, other := make([]byte, chunkSize), make([]byte, chunkSize)
	for {
		_, message, err := conn.Reader(ctx)
		if err != nil {
			return err
		}
		for {
			n, err := message.Read(buf)
			if n > 0 {
				if !take(buf[:n]) {
					return context.Cause(ctx)
				}
				buf, other = other, buf
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
		}
	}
}
