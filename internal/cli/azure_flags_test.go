package cli_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// TestCompleteAzureFlags: groups, regions and subscriptions come from Azure, never from the folder.
func TestCompleteAzureFlags(t *testing.T) {
	h := clitest.New(t, clitest.Job)
	h.Must("group", "create", "nightly", "--location", "westeurope")
	h.Write("nightly.txt", "")
	for _, command := range [][]string{{"ps"}, {"run"}, {"doctor"}, {"config"}, {"provision"}, {"block", "create", "azure-container-instance-job"}, {"work-pool", "create"}} {
		h.WantsCompletion(clitest.NoFiles, "nightly", append(command, "--resource-group", "n")...)
	}
	h.WantsCompletion(clitest.NoFiles, "westeurope", "group", "create", "x", "--location", "westeu")
	h.WantsCompletion(clitest.NoFiles, "", "run", "--location", "mars")
	ids, _ := h.Complete("ps", "--subscription", "")
	if len(ids) != 1 || len(ids[0]) != 36 {
		t.Fatalf("subscriptions: got %q", ids)
	}
	h.WantsCompletion(clitest.NoFiles, ids[0], "ps", "--subscription", ids[0][:3])
	h.Server = nil
	h.WantsCompletion(clitest.NoFiles, "", "ps", "--resource-group", "")
}

// TestTablesFitATerminal: tables with long values are cut to the terminal's 80 columns; a program gets them whole.
func TestTablesFitATerminal(t *testing.T) {
	h := clitest.New(t, clitest.Job)
	long := "nightly-" + strings.Repeat("x", 80)
	h.Must("group", "create", long, "--location", "westeurope")
	h.Vars["PACIFIC_RESOURCE_GROUP"], h.Vars["PACIFIC_IMAGE"], h.Vars["NO_COLOR"] = long, "registry.example/"+long, "1"
	for _, command := range [][]string{{"config"}, {"group", "ls"}} {
		if whole := h.Must(command...).Stdout; !strings.Contains(whole, long) {
			t.Errorf("%v: a program gets\n%s", command, whole)
		}
		h.Terminal = true
		shown := h.Must(command...).Stdout
		h.Terminal = false
		for line := range strings.Lines(shown) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 {
				t.Errorf("%v: %d columns: %s", command, n, line)
			}
		}
		if !strings.Contains(shown, "…") {
			t.Errorf("%v shows\n%s", command, shown)
		}
	}
}
