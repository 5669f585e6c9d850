//go:build unix

package emulator_test

import (
	"bufio"
	"io"
	"os"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli"
)

// A signal is passed on to the command, but for Ctrl-C on a terminal, which the terminal itself has sent to both.
func TestEmulatorRunPassesSignalsOn(t *testing.T) {
	for _, test := range []struct {
		name     string
		terminal bool
		want     int
	}{
		{"from elsewhere", false, 9},
		{"on a terminal", true, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			in, stdin, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			stdout, out := io.Pipe()
			signals := make(chan os.Signal) // a send is over when the signal has been taken
			code := make(chan int, 1)
			go func() {
				code <- cli.Main(t.Context(), cli.Env{
					Args:  []string{"emulator", "run", "--engine", "simulate", "--", "sh", "-c", `exec 3<&0; trap 'exit 9' INT; cat <&3 >/dev/null 2>&1 & echo up; wait $!`},
					Stdin: in, Stdout: out, Stderr: t.Output(), Signals: signals,
					Terminal: func(stream any) bool { return test.terminal && stream == any(in) },
				})
				out.Close()
			}()
			read := bufio.NewReader(stdout)
			if line, err := read.ReadString('\n'); line != "up\n" {
				t.Fatalf("%q, %v", line, err)
			}
			signals <- os.Interrupt
			if test.terminal {
				stdin.Close() // the command ends by itself
			} else {
				defer stdin.Close()
			}
			if got := <-code; got != test.want {
				t.Errorf("exit code %d, want %d", got, test.want)
			}
		})
	}
}
