//go:build unix

package console_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/creack/pty"
	"github.com/pacific-aci/pacific/internal/console"
)

// TestLeft ends questions from outside, again and again: under the race detector, it fails when one ends before its reader.
func TestLeft(t *testing.T) {
	keys, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { keys.Close(); terminal.Close() })
	go io.Copy(io.Discard, keys)
	cause := errors.New("left")
	for range 50 {
		ctx, cancel := context.WithCancelCause(t.Context())
		prompter := console.NewPrompter(terminal, terminal, console.New(terminal, console.Options{}))
		asked := make(chan error)
		go func() {
			_, err := prompter.Confirm(ctx, "Really?")
			asked <- err
		}()
		cancel(cause)
		if err := <-asked; !errors.Is(err, cause) {
			t.Fatal(err)
		}
	}
}
