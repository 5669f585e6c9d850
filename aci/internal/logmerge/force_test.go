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

// TestForcedLinesBeforeACutRead: a read that begins after lines whose place was guessed does not prove it.
func TestForcedLinesBeforeACutRead(t *testing.T) {
	c := newCollected()
	c.Opening()
	c.Opened()
	for i := 10; i <= 39; i++ {
		c.Live([]byte(plain(i) + "\n"))
	}
	c.Force()
	c.Requested()
	c.Window(stamped(28, 39, plain), keptOf)
	c.Closed(true)
	c.Final(stamped(28, 39, plain), true, keptOf)
	c.check(t, 10, 39, 1, plain)
}
