package aci

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
	"github.com/coder/websocket"

	"github.com/pacific-aci/pacific/aci/internal/fields"
	"github.com/pacific-aci/pacific/azure"
)

// Exec runs another command in a running container, on a terminal, until it ends. Azure does not report its exit code. A
// missing group is [ErrNotFound]; a container that does not run is an *azure.Error. The end of ctx ends the command.
//
// Azure has no message for the end of Stdin, so Ctrl-D is sent, and again every second: a program that has just changed
// the mode of its terminal loses the first. For the same reason control characters in Stdin act as keys. Stdin is read on
// a goroutine that ends at its next Read, as a Read cannot be cancelled.
func (c *Client) Exec(ctx context.Context, name string, opts ExecOptions) error {
	if opts.Command == "" {
		return errors.New("aci: ExecOptions.Command is missing")
	}
	if at := fields.InvalidByte([]byte(opts.Command)); at >= 0 {
		return fmt.Errorf("the command must be valid UTF-8; byte %d (0x%02x) is not", at, opts.Command[at])
	}
	ctx, told := withEvents(ctx, opts.Events)
	defer told()
	if err := c.exec(ctx, name, opts); err != nil {
		return fmt.Errorf("running %q in container group %q: %w", opts.Command, name, err)
	}
	return nil
}

// exec asks for the address of a session, connects to it, and copies until one side ends it.
func (c *Client) exec(ctx context.Context, name string, opts ExecOptions) error {
	if opts.Container == "" {
		g, err := repeat(ctx, c, name, func(ctx context.Context) (*Group, error) { return c.read(ctx, name) })
		if err != nil {
			return err
		}
		opts.Container = g.Container
	}
	rows, cols := int32(cmp.Or(opts.Rows, 24)), int32(cmp.Or(opts.Cols, 80))
	// The answer is only an address. The command runs when we connect, so a retry runs nothing twice.
	resp, err := repeat(c.regional(ctx), c, name, func(ctx context.Context) (armcontainerinstance.ContainersClientExecuteCommandResponse, error) {
		return c.containers.ExecuteCommand(ctx, c.resourceGroup, name, opts.Container, armcontainerinstance.ContainerExecRequest{
			Command:      &opts.Command,
			TerminalSize: &armcontainerinstance.ContainerExecRequestTerminalSize{Rows: &rows, Cols: &cols},
		}, nil)
	})
	if err != nil {
		if e := azure.Explain(err); e != nil && missing(e) {
			return c.notFound()
		}
		return azure.Plain(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	conn, err := c.dial(ctx, deref(resp.WebSocketURI), nil)
	if err != nil {
		return fmt.Errorf("connecting: %w", &streamError{err})
	}
	defer conn.CloseNow()
	// The password is the first message here; attach wants it as a header.
	if err := conn.Write(ctx, websocket.MessageText, []byte(deref(resp.Password))); err != nil {
		return fmt.Errorf("connecting: %w", &streamError{err})
	}
	c.emit(ctx, name, Event{Kind: EventAttached})
	if opts.Stdin != nil {
		go sendInput(ctx, conn, opts.Stdin)
	}
	return receiveOutput(ctx, conn, opts.Output)
}

// endOfInput is Ctrl-D, which a terminal turns into the end of input if the line is empty.
const endOfInput = 4

// endAgain is how often Ctrl-D is sent until the command has ended.
const endAgain = time.Second

// sendInput sends input until it ends or the connection does, and then what ends the input of a terminal.
func sendInput(ctx context.Context, conn *websocket.Conn, input io.Reader) {
	buf := make([]byte, 4<<10) // long messages were seen cut short
	end := []byte{endOfInput}
	for {
		n, err := input.Read(buf)
		if n > 0 {
			if conn.Write(ctx, websocket.MessageBinary, buf[:n]) != nil {
				return
			}
			end = []byte{endOfInput}
			if buf[n-1] != '\n' && buf[n-1] != '\r' {
				end = []byte{endOfInput, endOfInput} // the first only sends off the line that has begun
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return
		}
	}
	again := time.NewTicker(endAgain)
	defer again.Stop()
	for conn.Write(ctx, websocket.MessageBinary, end) == nil {
		end = []byte{endOfInput}
		select {
		case <-again.C:
		case <-ctx.Done():
			return
		}
	}
}

// receiveOutput copies what the command prints until the session ends.
func receiveOutput(ctx context.Context, conn *websocket.Conn, output io.Writer) error {
	if output == nil {
		output = io.Discard
	}
	var failed error
	err := readStream(ctx, conn, func(p []byte) bool {
		_, failed = output.Write(p)
		return failed == nil
	})
	switch {
	case failed != nil:
		return fmt.Errorf("writing output: %w", failed)
	case websocket.CloseStatus(err) == websocket.StatusNormalClosure:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, io.EOF):
		return errors.New("the connection broke off; Azure drops sessions that are idle for 10 to 15 minutes")
	}
	return &streamError{err}
}
