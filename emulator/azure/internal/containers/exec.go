package containers

import (
	"context"
	"strconv"
	"time"

	"github.com/coder/websocket"
	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

// passwordWait is how long an exec's connection may take to say its password.
const passwordWait = 30 * time.Second

// lastWords is how long a client has for the rest of a command's output once the container has ended. The engine does
// not free a container before its commands are done, so a client that stalls would hold up the group's deletion.
const lastWords = 5 * time.Second

// maxTerminal bounds rows and columns; a terminal has a 16-bit size.
const maxTerminal = 65535

// beginExec answers with the address and password of a command's terminal. The command runs when the client has
// connected. Azure answers so for a container that has ended too, and then closes the connection.
func (s *Service) beginExec(r *arm.Request) (*arm.Response, error) {
	var body execRequest
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if len(engine.SplitCommand(body.Command)) == 0 {
		return nil, arm.BadRequest("InvalidExecCommand", "The 'command' of the exec request is required.")
	}
	g, session, err := s.running(r, true)
	if err != nil {
		return nil, err
	}
	session.kind = "exec"
	session.exec.Command = body.Command
	query := ""
	if t := body.TerminalSize; t != nil {
		if t.Rows < 0 || t.Cols < 0 || t.Rows > maxTerminal || t.Cols > maxTerminal {
			return nil, arm.BadRequest("InvalidTerminalSize", "The 'terminalSize' of the exec request is invalid: rows and cols must be from 0 to %d.", maxTerminal)
		}
		session.exec.Rows, session.exec.Cols = t.Rows, t.Cols
		query = "&rows=" + strconv.Itoa(t.Rows) + "&cols=" + strconv.Itoa(t.Cols)
	}
	return &arm.Response{Body: s.open(g, query, session)}, nil
}

// exec is one command over one connection: the client's first message is the password,
// as text; then bytes go both ways until the command ends (1000) or the client goes,
// which ends the command. Its exit code is told to nobody, as in Azure.
//
//	the command ends       1000, once all of its output is sent
//	the client goes        ctx ends, and the command with it
//	it takes nothing       the same after maxStall in one message
//	the container ends     the command ends with it; the client has lastWords for the rest
//	the command reads not  the input waits in the inbox, and the client with it when that is full
func (s *Service) exec(conn *websocket.Conn, session *session) {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	if !s.password(ctx, conn, session) {
		_ = conn.Close(websocket.StatusPolicyViolation, "the first message is not the session's password")
		return
	}
	if session.container == nil {
		_ = conn.Close(websocket.StatusNormalClosure, "the container has ended")
		return
	}
	conn.SetReadLimit(-1) // messages are read piece by piece
	input := newInbox()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		defer cancel()
		defer input.close()
		for {
			_, message, err := conn.Reader(ctx)
			if err != nil || !input.fill(ctx, message) {
				return
			}
		}
	}()
	s.run(func() { // waits no longer than the command: its end cancels ctx
		select {
		case <-session.container.Done():
			_ = faults.Sleep(ctx, lastWords)
			cancel()
		case <-ctx.Done():
		}
	})
	session.exec.Stdin, session.exec.Output = input, frames{ctx, conn}
	_, err := session.container.Exec(ctx, session.exec)
	switch {
	case ctx.Err() != nil: // the client has gone, or says more than the command reads
	case err != nil:
		_ = conn.Close(websocket.StatusInternalError, "the command cannot be run: the container has ended")
	default:
		_ = conn.Close(websocket.StatusNormalClosure, "")
	}
	conn.CloseNow()
	<-gone
}

func (s *Service) password(ctx context.Context, conn *websocket.Conn, session *session) bool {
	ctx, cancel := context.WithTimeout(ctx, passwordWait)
	defer cancel()
	kind, p, err := conn.Read(ctx)
	return err == nil && kind == websocket.MessageText && session.admits(string(p))
}

// frames sends each write as a binary message.
type frames struct {
	ctx  context.Context
	conn *websocket.Conn
}

func (f frames) Write(p []byte) (int, error) {
	if err := write(f.ctx, f.conn, websocket.MessageBinary, p); err != nil {
		return 0, err
	}
	return len(p), nil
}
