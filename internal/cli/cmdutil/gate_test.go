package cmdutil

import (
	"bytes"
	"testing"
)

// TestOurLinesBeginInColumnOne: on a terminal what Pacific says never continues a line of the job's output.
func TestOurLinesBeginInColumnOne(t *testing.T) {
	for _, test := range []struct {
		name     string
		terminal bool
		want     string
	}{
		{"terminal", true, "half\npacific: exit code 0\nwhole\npacific: deleted\n"},
		{"two pipes that happen to be one", false, "halfpacific: exit code 0\nwhole\npacific: deleted\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var screen bytes.Buffer
			a := NewApp(Env{Args: []string{}, Stdout: &screen, Stderr: &screen, Terminal: func(any) bool { return test.terminal },
				LookupEnv: func(name string) (string, bool) { return "1", name == "NO_COLOR" }})
			a.Stdout.Write([]byte("half"))
			a.Say.Status("exit code 0")
			a.Stdout.Write([]byte("whole\n"))
			a.Say.Status("deleted")
			if got := screen.String(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
