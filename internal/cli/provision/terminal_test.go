//go:build unix

package provision_test

import (
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// rows is the height of the terminals.
const rows = 40

const (
	enter = "\r"
	down  = "\x1b[B"
	ctrlC = "\x03"
)

// atTerminal has an Azure whose subscription nobody has named.
func atTerminal(t *testing.T) *clitest.Harness {
	h := newProvisionHarness(t)
	h.Vars["TERM"] = "xterm-256color"
	return h
}

// The questions, in their order.
const (
	whichSubscription = "Please select which Azure subscription to use:"
	whichLocation     = "Please select an Azure location:"
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
		s := h.SitAt(rows, columns, "provision", "push")
		s.Type(whichSubscription, enter)
		s.Type(whichLocation, down+enter) // eastus is first, then westeurope
		s.Type(whichNames, enter)
		s.Screen.WaitFor(t, "[7/7] Creating identity")
		s.Screen.WaitFor(t, "work_pool_name=\"push\"")
		s.Screen.WaitFor(t, "pacific work-pool inspect push shows the pool")
		s.Ends(0)
		for line := range strings.Lines(escapes.ReplaceAllString(s.Screen.String(), "")) {
			if strings.Contains(line, "│") && lipgloss.Width(strings.TrimRight(line, "\r\n")) > int(columns) {
				t.Errorf("a line of the panel is longer than %d columns: %q", columns, line)
			}
		}
		if groups := h.Must("group", "ls").Stdout; !strings.Contains(groups, "prefect-aci-push-pool-rg  westeurope") {
			t.Errorf("the group is not where it was wanted:\n%s", groups)
		}
	}
}

// TestProvisionCustomised gives other names, one of which is refused at first, and sees the plan again.
func TestProvisionCustomised(t *testing.T) {
	h := atTerminal(t)
	s := h.SitAt(rows, 80, "provision", "push", "--skip-login")
	s.Type(whichSubscription, enter)
	s.Type(whichLocation, enter)
	s.Type(whichNames, down+enter)
	s.Type(whichGroup, clear+"flows."+enter)
	s.Type("without a period at the end", "\x7f"+enter) // why, and the backspace that mends it
	s.Type(whichApplication, clear+"flows app"+enter)
	s.Type(whichPrefix, clear+"flow-s"+enter)
	s.Type("1 to 36 letters", clear+"flows"+enter)
	s.Type(whichIdentity, enter)
	s.Type(whichBlock, clear+"flows-sp"+enter)
	s.Type("credentials block: flows-sp", "")
	s.Type(whetherAtAll, "y")
	s.Screen.WaitFor(t, "pacific work-pool inspect push shows the pool")
	s.Ends(0)
	v := provisionJSON(h, "push", "--skip-login", "--resource-group", "flows", "--app-name", "flows app", "--registry-prefix", "flows", "--credentials-block", "flows-sp")
	if v.Result.Outcome != "unchanged" || v.Result.ResourceGroup != "flows" || !strings.HasPrefix(v.Result.Registry, "flows") {
		t.Errorf("what was made has other names: %+v", v.Result)
	}
}

// TestProvisionLeftAtEachQuestion leaves by Ctrl-C, by a signal and by a no: nothing is changed then.
func TestProvisionLeftAtEachQuestion(t *testing.T) {
	names := []string{whichGroup, whichApplication, whichPrefix, whichIdentity, whichBlock}
	h := atTerminal(t)
	leave := func(columns uint16, at int, how func(*clitest.Session), code int) {
		t.Helper()
		s := h.SitAt(rows, columns, "provision", "push")
		for i, question := range append([]string{whichSubscription, whichLocation, whichNames}, append(names, whetherAtAll)...) {
			switch {
			case i == at:
				s.Screen.WaitFor(t, question)
				how(s)
				s.Ends(code)
				if code != 143 {
					s.Screen.WaitFor(t, "nothing was changed")
				}
				return
			case question == whichNames:
				s.Type(question, down+enter)
			default:
				s.Type(question, enter)
			}
		}
	}
	for at := range 9 {
		leave(80, at, func(s *clitest.Session) { s.Type("", ctrlC) }, 130)
	}
	leave(80, 0, func(s *clitest.Session) { s.Signals <- syscall.SIGTERM }, 143)
	leave(80, 8, func(s *clitest.Session) { s.Type("", "n") }, 3)
	leave(120, 2, func(s *clitest.Session) { s.Resize(rows, 80); s.Type("", down+down+enter) }, 3)
	if _, err := poolNamed(h, "push"); err == nil {
		t.Error("the pool was made")
	}
	wantsNoGroup(h)
}

// TestProvisionResized: a terminal that changes its width in the middle changes nothing else.
func TestProvisionResized(t *testing.T) {
	h := atTerminal(t)
	s := h.SitAt(rows, 120, "provision", "push", "--skip-login")
	s.Type(whichSubscription, enter)
	s.Screen.WaitFor(t, whichLocation)
	s.Resize(rows, 60)
	s.Type("", enter)
	s.Screen.WaitFor(t, whichNames)
	s.Resize(rows, 100)
	s.Type("", enter)
	s.Screen.WaitFor(t, "pacific work-pool inspect push shows the pool")
	s.Ends(0)
}

// TestProvisionForScreenReaders asks line by line, and writes no escape sequence at all.
func TestProvisionForScreenReaders(t *testing.T) {
	h := atTerminal(t)
	h.Vars["PACIFIC_ACCESSIBLE"], h.Vars["NO_COLOR"] = "1", "1"
	s := h.SitAt(rows, 80, "provision", "push", "--skip-login")
	s.Type("1: Emulated subscription, ", "\n")
	s.Type("Number from 1 to 4, or Enter for 1: ", "5\n")
	s.Type(`"5" is not a number from 1 to 4.`, "2\n")
	s.Type("2: Customize resource names", "2\n")
	s.Type(whichGroup+", or Enter for prefect-aci-push-pool-rg: ", "flows.\n")
	s.Type("without a period at the end", "flows\n")
	s.Type(whichApplication, "\n")
	s.Type(whichPrefix, "\n")
	s.Type(whichIdentity, "\n")
	s.Type(whichBlock, "\n")
	s.Type(whetherAtAll+" [y/n]: ", "perhaps\n")
	s.Type("Answer y or n.", "y\n")
	s.Screen.WaitFor(t, "pacific work-pool inspect push shows the pool")
	s.Ends(0)
	if text := s.Screen.String(); strings.ContainsAny(strings.ReplaceAll(text, "\r\n", "\n"), "\x1b\r│") {
		t.Errorf("it draws: %q", text)
	}
	// Ctrl-C comes as a signal here.
	s = h.SitAt(rows, 80, "provision", "other", "--skip-login", "--resource-group", "others")
	s.Screen.WaitFor(t, "Number from 1 to 1")
	s.Signals <- os.Interrupt
	s.Ends(130)
}

// TestProvisionWithoutColour draws, but in no colour.
func TestProvisionWithoutColour(t *testing.T) {
	h := atTerminal(t)
	h.Vars["NO_COLOR"] = "1"
	s := h.SitAt(rows, 80, "provision", "push")
	s.Type(whichSubscription, enter)
	s.Type(whichLocation, enter)
	s.Type(whichNames, ctrlC)
	s.Ends(130)
	if found := regexp.MustCompile(`\x1b\[[0-9;]*(3|9)[0-7](;[0-9;]*)?m`).FindString(s.Screen.String()); found != "" {
		t.Errorf("a colour %q in %q", found, s.Screen)
	}
}
