package cli_test

import (
	"bytes"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli"
)

// goneReader is a standard output whose reader went away, as in `pacific ps | true`.
type goneReader struct{}

func (goneReader) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}
}

func TestReaderThatWentAway(t *testing.T) {
	for _, test := range []struct {
		args   []string
		code   int
		stderr string
	}{
		{[]string{"config"}, 0, ""},
		{[]string{"config", "--output", "json"}, 0, ""},
		{[]string{"run", "--local", "--quiet", "--output", "json", "--", "true"}, 125, "pacific: error: standard output was closed\n"},
	} {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			h := &harness{t: t, dir: t.TempDir(), env: map[string]string{"HOME": t.TempDir(), "PACIFIC_ENGINE": "simulate", "PACIFIC_IMAGE": "alpine:3"}}
			var stderr bytes.Buffer
			if code := cli.Main(t.Context(), h.world(goneReader{}, &stderr, test.args)); code != test.code || stderr.String() != test.stderr {
				t.Errorf("got %d and %q, want %d and %q", code, stderr.String(), test.code, test.stderr)
			}
		})
	}
}
