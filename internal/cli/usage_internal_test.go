package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func help(t *testing.T, cmd *cobra.Command, width int) string {
	t.Helper()
	var b bytes.Buffer
	cmd.SetOut(&b)
	cmd.SetErr(&b)
	if err := usage(cmd, width); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestHelpFitsTheTerminal: long examples go on after a backslash, so that people can copy them; all else is broken into lines.
func TestHelpFitsTheTerminal(t *testing.T) {
	for _, cmd := range append(leaves(t), testTree(t)) {
		for line := range strings.Lines(help(t, cmd, 80)) {
			if line = strings.TrimRight(line, "\n"); len([]rune(line)) > 80 && strings.Contains(strings.TrimSpace(line), " ") {
				t.Errorf("%s --help has a line of %d columns: %s", cmd.CommandPath(), len([]rune(line)), line)
			}
		}
		for line := range strings.Lines(cmd.Long) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > 80 {
				t.Errorf("%s --help describes in a line of %d columns: %s", cmd.CommandPath(), n, line)
			}
		}
	}
}

func TestRunHelpIsInGroups(t *testing.T) {
	run, _, err := testTree(t).Find([]string{"run"})
	if err != nil {
		t.Fatal(err)
	}
	run.InitDefaultHelpFlag()
	text, last := help(t, run, 80), 0
	for _, part := range []string{"\nFlags:\n", "\nContainer:\n", "--image", "\nSecrets, registries and identities:\n", "--secret-env K",
		"\nNetwork and hardware:\n", "--subnet", "\nLimits and end:\n", "--timeout", "\nAzure:\n", "--cloud"} {
		at := strings.Index(text[last:], part)
		if at < 0 {
			t.Fatalf("%q does not follow what stands before it in\n%s", part, text)
		}
		last += at
	}
}
