package emulator_test

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli"
)

// The ready line names the address as it is, and what other machines can reach is warned of.
func TestEmulatorSaysWhereItListens(t *testing.T) {
	for listen, test := range map[string]struct {
		ready   string
		warning string
	}{
		"127.0.0.1:0": {`^ready: local Azure at http://127\.0\.0\.1:\d+, engine simulate`, ""},
		"0.0.0.0:0":   {`^ready: local Azure at http://(0\.0\.0\.0|\[::\]):\d+, engine simulate`, "which other machines may reach"},
	} {
		stdout, out := io.Pipe()
		var stderr bytes.Buffer
		signals := make(chan os.Signal)
		code := make(chan int, 1)
		go func() {
			code <- cli.Main(t.Context(), cli.Env{
				Args:  []string{"emulator", "start", "--engine", "simulate", "--listen", listen},
				Stdin: strings.NewReader(""), Stdout: out, Stderr: &stderr, Signals: signals,
				LookupEnv: func(string) (string, bool) { return "", false }, Dir: t.TempDir(),
			})
			out.Close()
		}()
		line, err := bufio.NewReader(stdout).ReadString('\n')
		if err != nil || !regexp.MustCompile(test.ready).MatchString(line) {
			t.Errorf("%s: %q, %v", listen, line, err)
		}
		signals <- os.Interrupt
		if got := <-code; got != 0 {
			t.Errorf("%s: exit code %d", listen, got)
		}
		if warned := strings.Contains(stderr.String(), "warning"); warned != (test.warning != "") || !strings.Contains(stderr.String(), test.warning) {
			t.Errorf("%s: %q", listen, stderr.String())
		}
	}
}
