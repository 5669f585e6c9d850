package cmdutil

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/pacific-aci/pacific/internal/console"
)

// maxSecret bounds what is read as a secret: an ACR token is some 5 kB.
const maxSecret = 64 << 10

// SecretFromStdin reads one secret from standard input, without the end of its line. On a terminal it asks for it, without
// showing what is typed. hint says how to do it right, with {} in the place of each command.
func (a *App) SecretFromStdin(ctx context.Context, flag, hint string, commands ...Command) (string, error) {
	if a.CanAskSecret() {
		return a.AskSecret(ctx, flag)
	}
	if a.Env.Terminal(a.Env.Stdin) {
		return "", Usage(flag+": standard input is the terminal, which would show the secret", hint, commands...)
	}
	secret, err := readSecret(endsWith{ctx, a.Env.Stdin})
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", flag, err)
	}
	if err := RefuseInvalidUTF8(flag+": standard input", secret); err != nil {
		return "", err
	}
	if secret == "" {
		return "", Usage(fmt.Sprintf("%s: standard input holds no secret of 1 to %d bytes", flag, maxSecret), hint, commands...)
	}
	return secret, nil
}

// CanAskSecret reports whether a person can be asked for a secret: standard input is a terminal that can hide it.
func (a *App) CanAskSecret() bool {
	_, isFile := a.Env.Stdin.(*os.File)
	return isFile && a.Env.Terminal(a.Env.Stdin)
}

// AskSecret asks the person at the terminal for a secret, which is not shown. Without one it is an error, and so is the end
// of ctx.
func (a *App) AskSecret(ctx context.Context, what string) (string, error) {
	in, isFile := a.Env.Stdin.(*os.File)
	if !isFile {
		return "", fmt.Errorf("asking for %s: standard input is not a terminal", what)
	}
	secret, err := console.AskSecret(ctx, in, a.Stderr, what)
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case err != nil:
		return "", fmt.Errorf("asking for %s: %w", what, err)
	case secret == "" || len(secret) > maxSecret:
		return "", Usage(fmt.Sprintf("%s must have 1 to %d bytes", what, maxSecret), "")
	}
	return secret, RefuseInvalidUTF8(what, secret)
}

// SecretFromFile reads one secret from a file, without the end of its line and a byte order mark, and warns if others can read it too.
func (a *App) SecretFromFile(ctx context.Context, flag, name string) (string, error) {
	const hint = "give a file that holds the secret and nothing else"
	file, err := a.open(ctx, name)
	if err != nil {
		return "", inputError(ctx, flag, err, hint)
	}
	defer file.Close()
	secret, err := readSecret(endsWith{ctx, file})
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", flag, err)
	}
	if err := RefuseInvalidUTF8(flag+" "+name, secret); err != nil {
		return "", err
	}
	if secret == "" {
		return "", Usage(fmt.Sprintf("%s %s holds no secret of 1 to %d bytes", flag, name, maxSecret), hint)
	}
	a.warnLooseMode(flag, a.Path(name), name)
	return secret, nil
}

// readSecret gives nothing for one that is empty or too long.
func readSecret(from io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(from, maxSecret+1))
	if err != nil || len(text) > maxSecret {
		return "", err
	}
	return strings.TrimRight(string(plainText(text)), "\r\n"), nil
}

// PrintOnce writes to standard output what nobody can read again. Unlike with a table, it is an error that the reader went
// away.
func (a *App) PrintOnce(text string) error {
	_, err := io.WriteString(a.Stdout, text)
	switch {
	case err == nil:
		return nil
	case IsClosedPipe(err):
		return errors.New("standard output was closed") // not the write's own error, which ends a command without one
	}
	return fmt.Errorf("writing standard output: %w", err)
}
