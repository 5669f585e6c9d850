//go:build unix

package cli_test

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/creack/pty"
	"github.com/pacific-aci/pacific/internal/cli"
	"golang.org/x/sys/unix"
)

// session is a command line with a person at a terminal.
type session struct {
	keys    io.Writer
	screen  *watched
	signals chan os.Signal
	code    chan int
	// echoes reports whether the terminal shows what is typed.
	echoes func() bool
}

// sit starts a command line on a terminal of its own.
func (h *harness) sit(args ...string) *session {
	h.t.Helper()
	keys, terminal, err := pty.Open()
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { keys.Close(); terminal.Close() })
	s := &session{keys: keys, screen: newWatched(), signals: make(chan os.Signal, 1), code: make(chan int, 1)}
	s.echoes = func() bool {
		state, err := unix.IoctlGetTermios(int(terminal.Fd()), termios)
		if err != nil {
			h.t.Fatal(err)
		}
		return state.Lflag&unix.ECHO != 0
	}
	go io.Copy(s.screen, keys)
	w := h.world(terminal, terminal, args)
	w.Stdin, w.Signals = terminal, s.signals
	go func() { s.code <- cli.Main(h.t.Context(), w) }()
	return s
}

// TestSecretsAreAskedForOnATerminal types a secret wherever a command takes one.
func TestSecretsAreAskedForOnATerminal(t *testing.T) {
	const secret = "hunter2 "
	h := newPrefectHarness(t, newPrefect(t))
	for _, test := range []struct {
		args     []string
		question string
		shows    string // what the command prints if it got the secret
	}{
		{[]string{"profile", "set", "PREFECT_API_KEY"}, "PREFECT_API_KEY: ", "set PREFECT_API_KEY"},
		{[]string{"profile", "set", "PREFECT_API_KEY", "--stdin"}, "--stdin: ", "set PREFECT_API_KEY"},
		{[]string{"run", "--dry-run", "--registry-server", "me.azurecr.io", "--registry-username", "me", "--image", "me.azurecr.io/job:1"}, "password of me at me.azurecr.io: ", `"password": "***"`},
		{[]string{"run", "--dry-run", "--registry-server", "me.azurecr.io", "--registry-username", "me", "--registry-password-stdin", "--image", "me.azurecr.io/job:1"}, "password of me at me.azurecr.io: ", `"password": "***"`},
		{[]string{"run", "--dry-run", "--secret-env", "API_KEY", "--", "true"}, "value of API_KEY: ", `"secureValue": "***"`},
		{[]string{"block", "create", "secret", "token"}, "value of block secret/token: ", "block secret/token: created"},
		{[]string{"block", "create", "docker-registry", "images", "--registry-url", "me.azurecr.io", "--username", "me"}, "password of me at me.azurecr.io: ", "images: created"},
		{[]string{"block", "create", "docker-registry-credentials", "images", "--registry-url", "me.azurecr.io", "--username", "me"}, "password of me at me.azurecr.io: ", "images: created"},
		{[]string{"block", "create", "azure-blob-storage-credentials", "store"}, "connection string of the storage account: ", "store: created"},
		{[]string{"block", "create", "azure-container-instance-credentials", "sp", "--tenant-id", "t", "--client-id", "c"}, "secret of application c: ", "sp: created"},
		{[]string{"block", "create", "azure", "code", "--bucket-path", "flows", "--account-name", "a", "--tenant-id", "t", "--client-id", "c"}, "secret of application c: ", "code: created"},
	} {
		s := h.sit(test.args...)
		s.screen.waitFor(t, test.question)
		for s.echoes() { // the question stands there a moment before
		}
		io.WriteString(s.keys, secret+"\r")
		code := <-s.code
		s.screen.waitFor(t, test.shows)
		if got := s.screen.String(); code != 0 || strings.Contains(got, "hunter2") || !s.echoes() {
			t.Errorf("%v: exit code %d, echo %v, and the screen shows %q", test.args, code, s.echoes(), got)
		}
		h.run(test.args...) // where nobody can be asked it does not hang
	}
	h.run("profile", "inspect", "--show-secrets", "--output", "json").wants(t, 0, `"PREFECT_API_KEY":"hunter2 "`, "")
}

// TestCtrlCAtAQuestionForASecret leaves the terminal as it was.
func TestCtrlCAtAQuestionForASecret(t *testing.T) {
	h := newPrefectHarness(t, nil)
	s := h.sit("profile", "set", "PREFECT_API_KEY")
	s.screen.waitFor(t, "PREFECT_API_KEY: ")
	for s.echoes() {
	}
	s.signals <- os.Interrupt
	if code := <-s.code; code != 130 || !s.echoes() {
		t.Errorf("exit code %d, echo %v, and the screen shows %q", code, s.echoes(), s.screen)
	}
	h.run("profile", "set", "PREFECT_API_KEY").wants(t, 2, "", "PREFECT_API_KEY has no value")
}
