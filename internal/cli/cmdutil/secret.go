package cmdutil

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// maxSecret bounds what is read as a secret: an ACR token is some 5 kB.
const maxSecret = 64 << 10

// SecretFromStdin reads one secret from standard input, without the end of its line. It is not typed in: a terminal would
// show it. hint says how to do it right, with {} in the place
// of each command.
func (a *App) SecretFromStdin(flag, hint string, commands ...Command) (string, error) {
	if a.Env.Terminal(a.Env.Stdin) {
		return "", Usage(flag+": standard input is the terminal, which would show the secret", hint, commands...)
	}
	secret, err := readSecret(a.Env.Stdin)
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", flag, err)
	}
	if secret == "" {
		return "", Usage(fmt.Sprintf("%s: standard input holds no secret of 1 to %d bytes", flag, maxSecret), hint, commands...)
	}
	return secret, nil
}

// SecretFromFile reads one secret from a file, without the end of its line, and warns if others can read it too.
func (a *App) SecretFromFile(flag, name string) (string, error) {
	file, err := os.Open(a.Path(name))
	if err != nil {
		return "", Usage(flag+": "+err.Error(), "give a file that holds the secret and nothing else")
	}
	defer file.Close()
	secret, err := readSecret(file)
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", flag, err)
	}
	if secret == "" {
		return "", Usage(fmt.Sprintf("%s %s holds no secret of 1 to %d bytes", flag, name, maxSecret), "give a file that holds the secret and nothing else")
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
	return strings.TrimRight(string(text), "\r\n"), nil
}
