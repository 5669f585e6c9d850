//go:build unix

package cli_test

import (
	"io"
	"os"
	"testing"

	"github.com/creack/pty"
	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/cli"
)

// TestExecOnATerminal runs a shell beside a job of the process engine, with piped input, whose end ends the session.
func TestExecOnATerminal(t *testing.T) {
	server, err := azureemulator.NewServer(azureemulator.Options{Engine: azureemulator.Process(azureemulator.ProcessOptions{LookupEnv: os.LookupEnv})})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	account := server.Account()
	h := &harness{t: t, server: server, dir: t.TempDir(), env: map[string]string{
		"HOME":            t.TempDir(),
		"AZURE_TENANT_ID": account.TenantID, "AZURE_CLIENT_ID": account.ClientID, "AZURE_CLIENT_SECRET": account.ClientSecret,
		"AZURE_SUBSCRIPTION_ID": account.SubscriptionID, "PACIFIC_RESOURCE_GROUP": testGroup,
	}}
	h.makeGroup()
	h.must("run", "--detach", "--name", "job", "--image", "alpine:3", "--", "sh", "-c", "echo up; sleep 600")
	follow := h.run("logs", "job")
	for follow.stdout != "up\n" {
		follow = h.run("logs", "job")
	}
	h.stdin = "echo $((6*7))\nstty size\n"
	h.run("exec", "job", "--", "sh").wants(t, 0, "42\r\n", "")
	h.run("exec", "job", "--", "sh").wants(t, 0, "24 80\r\n", "")
	h.stdin = "no newline"
	h.run("exec", "job", "--", "wc", "-c").wants(t, 0, "10\r\n", "")
	h.leaveShell()
}

// leaveShell sits at a terminal of 30 rows and 90 columns, opens a shell there, and leaves it with the escape key.
func (h *harness) leaveShell() {
	h.t.Helper()
	keys, terminal, err := pty.Open()
	if err != nil {
		h.t.Fatal(err)
	}
	defer keys.Close()
	if err := pty.Setsize(terminal, &pty.Winsize{Rows: 30, Cols: 90}); err != nil {
		h.t.Fatal(err)
	}
	screen := newWatched()
	go io.Copy(screen, keys)
	w := h.world(terminal, terminal, []string{"exec", "job", "--", "sh"})
	w.Stdin = terminal
	code := make(chan int, 1)
	go func() { code <- cli.Main(h.t.Context(), w) }()
	screen.waitFor(h.t, "Ctrl-] leaves the session")
	io.WriteString(keys, "stty size; echo $((6*7))\r")
	screen.waitFor(h.t, "30 90\r\n42\r\n")
	io.WriteString(keys, "\x1d")
	if got := <-code; got != 0 {
		h.t.Errorf("exit code %d; the screen shows %q", got, screen)
	}
	screen.waitFor(h.t, "left the session")
}
