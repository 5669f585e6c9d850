package image

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/internal/capped"
)

// helperUser is the user name with which helpers keep a token.
const helperUser = "<token>"

// notFound is what helpers say of a registry that they do not know
// (github.com/docker/docker-credential-helpers/credentials).
const notFound = "credentials not found in native keychain"

// helperGrace is how long a helper that is asked to end may still hold its output.
const helperGrace = 2 * time.Second

func helperProgram(name string) string { return "docker-credential-" + name }

// systemHelper is the helper of the operating system's own keychain, if it is installed; empty if not.
func systemHelper() string {
	var candidates []string
	switch runtime.GOOS {
	case "darwin":
		candidates = []string{"osxkeychain"}
	case "windows":
		candidates = []string{"wincred"}
	case "linux":
		candidates = []string{"secretservice"}
		if _, err := exec.LookPath("pass"); err == nil {
			candidates = []string{"pass"}
		}
	}
	for _, name := range candidates {
		if _, err := exec.LookPath(helperProgram(name)); err == nil {
			return name
		}
	}
	return ""
}

// helperCredential is the JSON that helpers read and write.
type helperCredential struct {
	ServerURL string
	Username  string
	Secret    string
}

func storeWith(ctx context.Context, name, server string, c Credential) error {
	entry := helperCredential{ServerURL: server, Username: c.Username, Secret: c.Password}
	if c.Token != "" {
		entry.Username, entry.Secret = helperUser, c.Token
	}
	input, err := json.Marshal(entry)
	if err != nil {
		return err
	}
	if said, err := runHelper(ctx, name, "store", input); err != nil {
		return failed(err, strings.ReplaceAll(string(said), entry.Secret, "[hidden]"))
	}
	return nil
}

// failed adds what a helper said to its error.
func failed(err error, said string) error {
	if said = strings.TrimSpace(said); said != "" {
		return fmt.Errorf("%w: %s", err, said)
	}
	return err
}

// getWith asks a helper; what it does not know is an empty credential.
func getWith(ctx context.Context, name, server string) (Credential, error) {
	out, err := runHelper(ctx, name, "get", []byte(server))
	if err != nil {
		if strings.Contains(string(out), notFound) {
			return Credential{}, nil
		}
		return Credential{}, failed(err, string(out))
	}
	var entry helperCredential
	if json.Unmarshal(out, &entry) != nil { // its error could show the secret
		return Credential{}, fmt.Errorf("%s answers with something that is not a credential", helperProgram(name))
	}
	if entry.Username == helperUser {
		return Credential{Token: entry.Secret}, nil
	}
	return Credential{Username: entry.Username, Password: entry.Secret}, nil
}

// maxHelperAnswer bounds what a helper writes to standard output. A helper that writes without end is cut off.
const maxHelperAnswer = 1 << 20

// findHelper is the path of a helper's program.
func findHelper(name string) (string, error) {
	program := helperProgram(name)
	if filepath.Base(program) != program {
		return "", fmt.Errorf("the credential helper %q is a path, and must be a name", name)
	}
	path, err := exec.LookPath(program)
	if err != nil {
		return "", fmt.Errorf("the credential helper %s cannot be run: %w", program, err)
	}
	return path, nil
}

// runHelper runs a helper, which reads its input and writes its answer, or what is wrong, to standard output.
func runHelper(ctx context.Context, name, action string, input []byte) ([]byte, error) {
	program := helperProgram(name)
	path, err := findHelper(name)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, action)
	cmd.WaitDelay = helperGrace
	cmd.Stdin = bytes.NewReader(input)
	out := capped.NewBuffer(maxHelperAnswer)
	cmd.Stdout = out
	err = cmd.Run()
	switch {
	case out.Over():
		return nil, fmt.Errorf("running %s %s: it answers with more than %d MB", program, action, maxHelperAnswer>>20)
	case err == nil, errors.Is(err, exec.ErrWaitDelay): // what it leaves running in the background may still hold its output
		return out.Bytes(), nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("running %s: %w", program, context.Cause(ctx))
	}
	return out.Bytes(), fmt.Errorf("running %s %s: %w", program, action, err)
}
