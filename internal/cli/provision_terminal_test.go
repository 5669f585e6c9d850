//go:build unix

package cli_test

import (
	"io"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/creack/pty"
	"github.com/pacific-aci/pacific/internal/cli"
	"golang.org/x/sys/unix"
)

// asked is a person at a terminal.
type asked struct {
	h      *harness
	keys   *os.File
	tty    *os.File
	screen *watched
	signal chan os.Signal
	code   chan int
}

// ask runs a command line at a terminal of so many columns.
func (h *harness) ask(columns uint16, args ...string) *asked {
	h.t.Helper()
	keys, tty, err := pty.Open()
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { tty.Close(); keys.Close() })
	s := &asked{h: h, keys: keys, tty: tty, screen: newWatched(), signal: make(chan os.Signal, 2), code: make(chan int, 1)}
	s.resize(columns)
	go io.Copy(s.screen, keys)
	w := h.world(tty, tty, args)
	w.Stdin, w.Signals = tty, s.signal
	go func() { s.code <- cli.Main(h.t.Context(), w) }()
	return s
}

func (s *asked) resize(columns uint16) {
	s.h.t.Helper()
	if err := pty.Setsize(s.tty, &pty.Winsize{Rows: 40, Cols: columns}); err != nil {
		s.h.t.Fatal(err)
	}
}

// types waits until the screen has shown a text, and then types.
func (s *asked) types(shown, keys string) {
	s.h.t.Helper()
	s.screen.waitFor(s.h.t, shown)
	if _, err := io.WriteString(s.keys, keys); err != nil {
		s.h.t.Fatal(err)
	}
}

// ends waits for the exit code.
func (s *asked) ends(code int) {
	s.h.t.Helper()
	if got := <-s.code; got != code {
		s.h.t.Errorf("exit code %d, want %d; the screen shows:\n%s", got, code, s.screen)
	}
	state, err := unix.IoctlGetTermios(int(s.tty.Fd()), termios)
	if err != nil {
		s.h.t.Fatal(err)
	}
	if state.Lflag&unix.ECHO == 0 || state.Lflag&unix.ICANON == 0 {
		s.h.t.Error("the terminal is left raw")
	}
}

const (
	enter = "\r"
	down  = "\x1b[B"
	ctrlC = "\x03"
)

// atTerminal has an Azure whose subscription nobody has named.
func atTerminal(t *testing.T) *harness {
	h := newProvisionHarness(t)
	h.env["TERM"] = "xterm-256color"
	return h
}

// The questions, in their order.
const (
	whichSubscription = "Please select which Azure subscription to use:"
	whichLocation     = "Please select the location of what is created:"
	whichNames        = "Do not proceed with infrastructure provisioning"
	whichGroup        = "Please enter a name for the resource group"
	whichApplication  = "Please enter a name for the app registration"
	whichPrefix       = "Please enter a prefix for the Azure Container Registry"
	whichIdentity     = "Please enter a name for the identity (used for ACR access)"
	whichBlock        = "Please enter a name for the ACI credentials block"
	whetherAtAll      = "Proceed with infrastructure provisioning?"
)

// clear empties a text field.
const clear = "\x15"

func TestProvisionAtATerminal(t *testing.T) {
	escapes := regexp.MustCompile(`\x1b\[[0-9;?]*[a-zA-Z]`)
	for _, columns := range []uint16{80, 120} {
		h := atTerminal(t)
		s := h.ask(columns, "provision", "push")
		s.types(whichSubscription, enter)
		s.types(whichLocation, down+enter) // eastus is first, then westeurope
		s.types(whichNames, enter)
		s.screen.waitFor(t, "[7/7] Creating identity")
		s.screen.waitFor(t, "work_pool_name=\"push\"")
		s.screen.waitFor(t, "pacific work-pool inspect push shows the pool")
		s.ends(0)
		for line := range strings.Lines(escapes.ReplaceAllString(s.screen.String(), "")) {
			if strings.Contains(line, "│") && lipgloss.Width(strings.TrimRight(line, "\r\n")) > int(columns) {
				t.Errorf("a line of the panel is longer than %d columns: %q", columns, line)
			}
		}
		if groups := h.must("group", "ls").stdout; !strings.Contains(groups, "prefect-aci-push-pool-rg  westeurope") {
			t.Errorf("the group is not where it was wanted:\n%s", groups)
		}
	}
}

// TestProvisionCustomised gives other names, one of which is refused at first, and sees the plan again.
func TestProvisionCustomised(t *testing.T) {
	h := atTerminal(t)
	s := h.ask(80, "provision", "push", "--skip-login")
	s.types(whichSubscription, enter)
	s.types(whichLocation, enter)
	s.types(whichNames, down+enter)
	s.types(whichGroup, clear+"flows."+enter)
	s.types("without a period at the end", "\x7f"+enter) // why, and the backspace that mends it
	s.types(whichApplication, clear+"flows app"+enter)
	s.types(whichPrefix, clear+"flow-s"+enter)
	s.types("1 to 36 letters", clear+"flows"+enter)
	s.types(whichIdentity, enter)
	s.types(whichBlock, clear+"flows-sp"+enter)
	s.types("credentials block: flows-sp", "")
	s.types(whetherAtAll, "y")
	s.screen.waitFor(t, "pacific work-pool inspect push shows the pool")
	s.ends(0)
	v := h.provisionJSON("push", "--skip-login", "--resource-group", "flows", "--app-name", "flows app", "--registry-prefix", "flows", "--credentials-block", "flows-sp")
	if v.Result.Outcome != "unchanged" || v.Result.ResourceGroup != "flows" || !strings.HasPrefix(v.Result.Registry, "flows") {
		t.Errorf("what was made has other names: %+v", v.Result)
	}
}

// TestProvisionLeftAtEachQuestion leaves by Ctrl-C, by a signal and by a no: nothing is changed then.
func TestProvisionLeftAtEachQuestion(t *testing.T) {
	names := []string{whichGroup, whichApplication, whichPrefix, whichIdentity, whichBlock}
	h := atTerminal(t)
	leave := func(columns uint16, at int, how func(*asked), code int) {
		t.Helper()
		s := h.ask(columns, "provision", "push")
		for i, question := range append([]string{whichSubscription, whichLocation, whichNames}, append(names, whetherAtAll)...) {
			switch {
			case i == at:
				s.screen.waitFor(t, question)
				how(s)
				s.ends(code)
				if code != 143 {
					s.screen.waitFor(t, "nothing was changed")
				}
				return
			case question == whichNames:
				s.types(question, down+enter)
			default:
				s.types(question, enter)
			}
		}
	}
	for at := range 9 {
		leave(80, at, func(s *asked) { s.types("", ctrlC) }, 130)
	}
	leave(80, 0, func(s *asked) { s.signal <- syscall.SIGTERM }, 143)
	leave(80, 8, func(s *asked) { s.types("", "n") }, 3)
	leave(120, 2, func(s *asked) { s.resize(80); s.types("", down+down+enter) }, 3)
	if _, err := h.pool("push"); err == nil {
		t.Error("the pool was made")
	}
	h.wantsNoGroup()
}

// TestProvisionResized: a terminal that changes its width in the middle changes nothing else.
func TestProvisionResized(t *testing.T) {
	h := atTerminal(t)
	s := h.ask(120, "provision", "push", "--skip-login")
	s.types(whichSubscription, enter)
	s.screen.waitFor(t, whichLocation)
	s.resize(60)
	s.types("", enter)
	s.screen.waitFor(t, whichNames)
	s.resize(100)
	s.types("", enter)
	s.screen.waitFor(t, "pacific work-pool inspect push shows the pool")
	s.ends(0)
}

// TestProvisionForScreenReaders asks line by line, and writes no escape sequence at all.
func TestProvisionForScreenReaders(t *testing.T) {
	h := atTerminal(t)
	h.env["PACIFIC_ACCESSIBLE"], h.env["NO_COLOR"] = "1", "1"
	s := h.ask(80, "provision", "push", "--skip-login")
	s.types("1: Emulated subscription, Subscription ID ", "\n")
	s.types("Number from 1 to 4, or Enter for 1: ", "5\n")
	s.types(`"5" is not a number from 1 to 4.`, "2\n")
	s.types("2: Customize resource names", "2\n")
	s.types(whichGroup+", or Enter for prefect-aci-push-pool-rg: ", "flows.\n")
	s.types("without a period at the end", "flows\n")
	s.types(whichApplication, "\n")
	s.types(whichPrefix, "\n")
	s.types(whichIdentity, "\n")
	s.types(whichBlock, "\n")
	s.types(whetherAtAll+" [y/n]: ", "perhaps\n")
	s.types("Answer y or n.", "y\n")
	s.screen.waitFor(t, "pacific work-pool inspect push shows the pool")
	s.ends(0)
	if text := s.screen.String(); strings.ContainsAny(strings.ReplaceAll(text, "\r\n", "\n"), "\x1b\r│") {
		t.Errorf("it draws: %q", text)
	}
	// Ctrl-C comes as a signal here.
	s = h.ask(80, "provision", "other", "--skip-login", "--resource-group", "others")
	s.screen.waitFor(t, "Number from 1 to 1")
	s.signal <- os.Interrupt
	s.ends(130)
}

// TestProvisionWithoutColour draws, but in no colour.
func TestProvisionWithoutColour(t *testing.T) {
	h := atTerminal(t)
	h.env["NO_COLOR"] = "1"
	s := h.ask(80, "provision", "push")
	s.types(whichSubscription, enter)
	s.types(whichLocation, enter)
	s.types(whichNames, ctrlC)
	s.ends(130)
	if found := regexp.MustCompile(`\x1b\[[0-9;]*(3|9)[0-7](;[0-9;]*)?m`).FindString(s.screen.String()); found != "" {
		t.Errorf("a colour %q in %q", found, s.screen)
	}
}
