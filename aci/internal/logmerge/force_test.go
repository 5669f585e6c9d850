package logmerge_test

import (
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/aci/internal/logmerge"
)

// TestForcedLinesAreNoProof: what was printed before the live stream is in no log read, and that is said.
func TestForcedLinesAreNoProof(t *testing.T) {
	for _, earlier := range []string{"", "2026-05-04T03:02:01Z zero\n"} {
		var out strings.Builder
		var gaps []logmerge.Gap
		m := logmerge.New(logmerge.Options{
			Deliver: func(line []byte) { out.Write(line) },
			Gap:     func(g logmerge.Gap) { gaps = append(gaps, g) },
		})
		if earlier != "" {
			m.Requested()
			m.Window([]byte(earlier), logmerge.Info{})
		}
		m.Opening()
		m.Opened()
		m.Live([]byte("two\n"))
		m.Force()
		m.Live([]byte("three\n"))
		m.Closed(true)
		m.Final(nil, false, logmerge.Info{})
		if !strings.HasSuffix(out.String(), "two\nthree\n") || len(gaps) != 1 {
			t.Errorf("after %q: got %q and gaps %v, want one gap", earlier, out.String(), gaps)
		}
	}
}
