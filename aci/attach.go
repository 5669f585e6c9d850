package aci

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/pacific-aci/pacific/azure"
)

// A piece of the live stream that is passed on at once has at most chunkSize bytes. Most containers print little and seldom:
// for them, and for thousands of streams at once, the buffers are as small as smallChunk.
const chunkSize, smallChunk = 64 << 10, 1 << 10

// streamEvent is one step in the life of a live stream: granted, opened, chunk after chunk, closed. A stream that could
// not be had is closed without being opened.
type streamEvent struct {
	// granted: Azure has an address for the stream. The stream is connected once this channel is closed.
	granted chan struct{}
	opened  bool
	chunk   []byte
	// closed: there will be no more. clean: Azure ended it in good order. err is why it ended otherwise.
	closed, clean bool
	err           error
}

// attach opens the live stream of a container's output and sends its events until it ends or ctx does. It waits for the
// receiver, so that a slow reader slows the stream.
//
// It waits for output nearly all of the time, and there may be a thousand of it, so its frame is kept small: with that of what
// it did before, the stack would be 16 KB and not 8.
func (c *Client) attach(ctx context.Context, group, container string, events chan<- streamEvent) {
	tell := func(e streamEvent) bool {
		select {
		case events <- e:
			return true
		case <-ctx.Done():
			return false
		}
	}
	conn := c.openStream(ctx, group, container, tell)
	if conn == nil {
		return
	}
	defer conn.CloseNow()
	tellClosed(readStream(ctx, conn, pieces(tell)), tell)
}

// openStream gets the stream and connects it. It is nil where attach has nothing more to do.
func (c *Client) openStream(ctx context.Context, group, container string, tell func(streamEvent) bool) *websocket.Conn {
	resp, err := c.containers.Attach(c.regional(ctx), c.resourceGroup, group, container, nil)
	if err != nil {
		tell(streamEvent{closed: true, err: azure.Plain(err)})
		return nil
	}
	granted := make(chan struct{})
	if !tell(streamEvent{granted: granted}) {
		return nil
	}
	select {
	case <-granted:
	case <-ctx.Done():
		return nil
	}
	// The password goes in the Authorization header, for one connection.
	conn, err := c.dialWithin(ctx, deref(resp.WebSocketURI), http.Header{"Authorization": {deref(resp.Password)}})
	if err != nil {
		tell(streamEvent{closed: true, err: err})
		return nil
	}
	if !tell(streamEvent{opened: true}) {
		_ = conn.CloseNow()
		return nil
	}
	return conn
}

func pieces(tell func(streamEvent) bool) (take func([]byte) bool) {
	return func(p []byte) bool { return tell(streamEvent{chunk: p}) }
}

// tellClosed tells of the end of a stream that was open.
func tellClosed(err error, tell func(streamEvent) bool) {
	clean := websocket.CloseStatus(err) == websocket.StatusNormalClosure
	if clean {
		err = nil
	} else {
		err = &streamError{err}
	}
	tell(streamEvent{closed: true, clean: clean, err: err})
}

// dialTimeout is how long a live stream may take to connect.
const dialTimeout = 30 * time.Second

// dialWithin is dial with a deadline for connecting, but none for the stream.
func (c *Client) dialWithin(ctx context.Context, address string, header http.Header) (*websocket.Conn, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(dialTimeout, func() { cancel(errDialTimeout) })
	conn, err := c.dial(ctx, address, header)
	if !timer.Stop() {
		if err == nil {
			_ = conn.CloseNow()
		}
		err = errDialTimeout
	}
	if err == nil {
		return conn, nil // ctx must live as long as the connection, so it is not cancelled here
	}
	cancel(nil)
	return nil, &dialError{&streamError{err}}
}

var errDialTimeout = &answerError{reason: "no answer within 30 seconds"}

// dial connects to a websocket of Azure's, with the proxy and the certificates of all other requests.
func (c *Client) dial(ctx context.Context, address string, header http.Header) (*websocket.Conn, error) {
	if u, err := url.Parse(address); err != nil || u.Scheme != "wss" && u.Scheme != "ws" || u.Host == "" {
		return nil, &answerError{reason: "Azure named no address that can be connected to"}
	}
	conn, resp, err := websocket.Dial(ctx, address, &websocket.DialOptions{
		HTTPClient: c.cloud.HTTPClient(), HTTPHeader: header, CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		if resp != nil && resp.StatusCode != http.StatusSwitchingProtocols {
			// The words of a status line are the server's, so that they may be anything.
			return nil, &answerError{resp.StatusCode, strings.TrimSpace(fmt.Sprintf("the answer was %d %s", resp.StatusCode, http.StatusText(resp.StatusCode)))}
		}
		return nil, err
	}
	// Messages are read piece by piece; Azure's may have any size.
	conn.SetReadLimit(-1)
	return conn, nil
}

// readStream calls take with each piece, until take is false or the stream ends. Two buffers alternate: a piece stays valid
// until take returns for the next one, so take may send it on an unbuffered channel.
func readStream(ctx context.Context, conn *websocket.Conn, take func([]byte) bool) error {
	buf, other := make([]byte, smallChunk), make([]byte, smallChunk)
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
				buf, other = sized(other, nextSize(n, len(buf))), buf
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

// nextSize is the size of the buffer for the next piece, after one of n bytes in a buffer of a size: it doubles when the piece
// has filled it, and halves when most of it was not needed.
func nextSize(n, size int) int {
	switch {
	case n == size:
		return min(2*size, chunkSize)
	case n < size/8:
		return max(size/2, smallChunk)
	}
	return size
}

// sized is a buffer of the size: buf, if it has that, or a new one.
func sized(buf []byte, size int) []byte {
	if len(buf) == size {
		return buf
	}
	return make([]byte, size)
}
