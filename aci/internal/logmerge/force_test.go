package logmerge_test

import (
	"fmt"
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

// TestGuessedLinesAreNotReadAgain: a last read that was cut begins somewhere among lines whose place was guessed, or
// between two runs of them. What it has and was not delivered comes late, and nothing comes twice.
func TestGuessedLinesAreNotReadAgain(t *testing.T) {
	for _, from := range []int{5, 12, 19, 20, 22, 24, 26, 31, 35} {
		t.Run(fmt.Sprint("read from ", from), func(t *testing.T) {
			c := newCollected()
			c.Requested()
			c.Window(stamped(1, 2, plain), keptOf)
			for _, part := range [][2]int{{3, 19}, {24, 30}, {34, 46}} {
				c.Opening()
				c.Opened()
				for i := part[0]; i <= part[1]; i++ {
					c.Live([]byte(plain(i) + "\n"))
				}
				c.Force()
				c.Closed(part[1] == 46)
			}
			c.Final(stamped(from, 46, plain), true, logmerge.Info{Ended: logmerge.Limit{Lines: 47 - from}})
			for i := 1; i <= 46; i++ {
				missed := i > 19 && i < 24 || i > 30 && i < 34
				want := 1
				if missed && i <= from {
					want = 0 // what a cut read begins with may be the end of a line
				}
				if n := strings.Count(c.out.String(), plain(i)+"\n"); n != want {
					t.Errorf("%q is printed %d times, want %d", plain(i), n, want)
				}
			}
			if len(c.gaps) == 0 {
				t.Error("nothing says that lines are missing, or come late")
			}
		})
	}
}

// TestGuessedLineWithoutItsBeginning: the first line of a stream whose place was guessed is the end of one that had begun
// before. The read that has it whole does not bring it again.
func TestGuessedLineWithoutItsBeginning(t *testing.T) {
	c := newCollected()
	whole := func(i int) string {
		if i == 5 {
			return "the beginning of " + plain(i)
		}
		return plain(i)
	}
	c.Opening()
	c.Opened()
	for i := 5; i <= 12; i++ {
		c.Live([]byte(plain(i) + "\n"))
	}
	c.Force()
	c.Requested()
	c.Window(stamped(1, 12, whole), keptOf)
	c.Closed(true)
	c.Final(stamped(1, 12, whole), true, keptOf)
	for i := 1; i <= 12; i++ {
		if n := strings.Count(c.out.String(), plain(i)+"\n"); n != 1 {
			t.Errorf("%q is printed %d times: %q", plain(i), n, c.out.String())
		}
	}
	if len(c.gaps) == 0 {
		t.Error("nothing says that a line is not whole")
	}
}

// TestBrokenLineComesOnce: a line that broke off, and that lines whose place was guessed followed, is not printed again
// whole: its rest comes late.
func TestBrokenLineComesOnce(t *testing.T) {
	c := newCollected()
	c.Requested()
	c.Window(stamped(1, 2, plain), keptOf)
	c.Opening()
	c.Opened()
	c.Live([]byte(plain(3) + "\n" + plain(4)))
	c.Force()
	c.Closed(false)
	c.Opening()
	c.Opened()
	c.Live([]byte(plain(6) + "\n"))
	c.Force()
	c.Requested()
	c.Window(stamped(1, 7, plain), keptOf)
	c.Closed(false)
	c.Final(stamped(1, 7, plain), true, keptOf)
	for i := 1; i <= 7; i++ {
		if n := strings.Count(c.out.String(), plain(i)+"\n"); n != 1 {
			t.Errorf("%q is printed %d times: %q", plain(i), n, c.out.String())
		}
	}
}

// TestContradictedStreamIsNoProof: a live stream left a line out. The read that shows it comes while a line is just coming
// live, and no later one has it: a gap says so, though the stream ends in good order.
func TestContradictedStreamIsNoProof(t *testing.T) {
	c := newCollected()
	c.Opening()
	c.Opened()
	c.Requested()
	c.Window(stamped(1, 2, plain), keptOf)
	c.Live([]byte(plain(3) + "\n"))
	c.Requested()
	c.Window(stamped(1, 3, plain), keptOf)
	c.Live([]byte(plain(5) + "\nline"))
	c.Requested()
	c.Window(stamped(1, 5, plain), keptOf)
	c.Live([]byte(" 6\n"))
	for i := 7; i <= 20; i++ {
		c.Live([]byte(plain(i) + "\n"))
	}
	c.Closed(true)
	c.Final(stamped(19, 20, plain), true, logmerge.Info{Ended: logmerge.Limit{Lines: 2}})
	if got := c.out.String(); strings.Contains(got, plain(4)) || !strings.Contains(got, plain(20)) || len(c.gaps) == 0 {
		t.Errorf("got %q and gaps %v, want a gap for line 4", got, c.gaps)
	}
}
