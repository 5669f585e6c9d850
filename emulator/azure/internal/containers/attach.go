package containers

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// maxStall is how long a client may take none of a message before it is taken for gone: one that neither reads nor
// closes would hold its connection for ever, and an exec its command with it.
const maxStall = time.Minute

// beginAttach answers with the address and password of a stream of the container's
// output from the moment of the connection on.
func (s *Service) beginAttach(r *arm.Request) (*arm.Response, error) {
	g, session, err := s.running(r, false)
	if err != nil {
		return nil, err
	}
	session.kind = "attach"
	return &arm.Response{Body: s.open(g, "", session)}, nil
}

// attach sends output as it comes, until the container ends (1000), the client goes or
// takes nothing for maxStall, or it has fallen too far behind (1008).
func (s *Service) attach(conn *websocket.Conn, session *session, sub *subscriber) {
	ctx, cancel := context.WithCancel(s.ctx)
	gone := make(chan struct{})
	defer func() { conn.CloseNow(); cancel(); <-gone }()
	go func() { // whatever the client says is dropped; its going ends ctx
		defer close(gone)
		defer cancel()
		for {
			if _, _, err := conn.Read(ctx); err != nil {
				return
			}
		}
	}()
	for {
		select {
		case <-sub.wake:
		case <-ctx.Done():
			return
		}
		output, done, over := sub.take()
		if over {
			_ = conn.Close(websocket.StatusPolicyViolation, "the client reads too slowly")
			return
		}
		if len(output) > 0 && session.send(ctx, conn, output) != nil {
			return
		}
		if done {
			_ = conn.Close(websocket.StatusNormalClosure, "")
			return
		}
	}
}

// send writes one message: text where it is text, for clients that print. A client that its container waits for may
// take its time.
func (s *session) send(ctx context.Context, conn *websocket.Conn, p []byte) error {
	kind := websocket.MessageBinary
	if utf8.Valid(p) {
		kind = websocket.MessageText
	}
	if s.log.waits != nil {
		return conn.Write(ctx, kind, p)
	}
	return write(ctx, conn, kind, p)
}

// write gives up, and the connection with it, when the client stalls.
func write(ctx context.Context, conn *websocket.Conn, kind websocket.MessageType, p []byte) error {
	ctx, cancel := context.WithTimeout(ctx, maxStall)
	defer cancel()
	return conn.Write(ctx, kind, p)
}
