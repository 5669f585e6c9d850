package logmerge_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/aci/internal/logmerge"
)

// keptOf are limits like Azure's, small.
var keptOf = logmerge.Info{Running: logmerge.Limit{Bytes: 4000}, Ended: logmerge.Limit{Bytes: 430, Lines: 100}}

// collected is a merger and what it has delivered.
type collected struct {
	*logmerge.Merger
	out  strings.Builder
	gaps []logmerge.Gap
}

func newCollected() *collected {
	c := &collected{}
	c.Merger = logmerge.New(logmerge.Options{
		Deliver: func(p []byte) { c.out.Write(p) },
		Gap:     func(g logmerge.Gap) { c.gaps = append(c.gaps, g) },
	})
	return c
}

// stamped is a log read of the lines from one number to another, each a second after the one before.
func stamped(from, to int, text func(int) string) []byte {
	var b []byte
	for i := from; i <= to; i++ {
		b = fmt.Appendf(b, "2026-05-04T03:02:%02dZ %s\n", i, text(i))
	}
	return b
}

func plain(i int) string { return fmt.Sprintf("line %d", i) }

// check holds the output to the lines from first to last, each once.
func (c *collected) check(t *testing.T, first, last, gaps int, text func(int) string) {
	t.Helper()
	var want strings.Builder
	for i := first; i <= last; i++ {
		want.WriteString(text(i) + "\n")
	}
	if got := c.out.String(); got != want.String() {
		at := 0
		for at < min(len(got), want.Len()) && got[at] == want.String()[at] {
			at++
		}
		t.Errorf("the output parts at %d of %d: %q, want %q", at, want.Len(), got[at:], want.String()[at:])
	}
	if len(c.gaps) != gaps {
		t.Errorf("gaps %v, want %d", c.gaps, gaps)
	}
}

// TestReplacedBytesCountOnce: a read of 430 bytes as written is longer once each byte that is no UTF-8 has become three.
// It was cut all the same, and is no other log.
func TestReplacedBytesCountOnce(t *testing.T) {
	c := newCollected()
	c.Requested()
	c.Window(stamped(1, 2, plain), keptOf)
	c.Opening()
	c.Opened()
	c.Requested()
	c.Window(stamped(1, 2, plain), keptOf)
	written := func(i int) string { return strings.Repeat("\xff", 30) + plain(i) }
	for i := 3; i <= 30; i++ {
		c.Live([]byte(written(i) + "\n"))
	}
	c.Closed(true)
	shown := func(i int) string { return strings.Repeat("\uFFFD", 30) + plain(i) }
	cut := []byte("2026-05-04T03:02:20Z " + shown(20)[30:] + "\n")
	c.Final(append(cut, stamped(21, 30, shown)...), true, keptOf)
	c.check(t, 1, 30, 0, func(i int) string {
		if i > 2 {
			return written(i)
		}
		return plain(i)
	})
}

// TestReadBeginsWithTheLastLine: nothing is missing if a read that was cut begins with the line that was delivered last.
func TestReadBeginsWithTheLastLine(t *testing.T) {
	c := newCollected()
	info := logmerge.Info{Running: logmerge.Limit{Bytes: 300}}
	c.Requested()
	c.Window(stamped(1, 5, plain), info)
	c.Requested()
	c.Window(stamped(5, 14, plain), info)
	c.check(t, 1, 14, 0, plain)
}

// TestEndOfAKnownLine: the end of a line that was delivered is not delivered again with the gap behind it.
func TestEndOfAKnownLine(t *testing.T) {
	c := newCollected()
	info := logmerge.Info{Running: logmerge.Limit{Bytes: 1700}}
	long := func(i int) string { return plain(i) + strings.Repeat(".", 200) }
	c.Requested()
	c.Window(append(stamped(1, 2, plain), stamped(3, 3, long)...), info)
	c.Requested()
	c.Window(append([]byte("2026-05-04T03:02:03Z ....\n"), stamped(4, 59, plain)...), info)
	want := plain(1) + "\n" + plain(2) + "\n" + long(3) + "\n"
	if got := c.out.String(); !strings.HasPrefix(got, want+plain(4)) || len(c.gaps) != 1 {
		t.Errorf("got %q and gaps %v", got, c.gaps)
	}
}

// TestStreamBehindAGap: a live stream that is slower than what Azure keeps brings lines from before the read that has
// skipped them. They are not put behind it.
func TestStreamBehindAGap(t *testing.T) {
	c := newCollected()
	info := logmerge.Info{Running: logmerge.Limit{Bytes: 300}}
	c.Requested()
	c.Window(stamped(1, 5, plain), info)
	c.Opening()
	c.Opened()
	c.Requested()
	c.Window(stamped(30, 39, plain), info)
	c.Requested()
	c.Live([]byte(plain(25) + "\n"))
	c.Window(stamped(30, 39, plain), info)
	for i := 26; i <= 45; i++ {
		c.Live([]byte(plain(i) + "\n"))
	}
	c.Requested()
	c.Window(stamped(37, 46, plain), info)
	c.Live([]byte(plain(46) + "\n"))
	c.Closed(true)
	c.Final(stamped(40, 46, plain), true, logmerge.Info{})
	seen := map[string]bool{}
	for line := range strings.Lines(c.out.String()) {
		if seen[line] {
			t.Errorf("%q is printed twice", line)
		}
		seen[line] = true
	}
	if !strings.HasSuffix(c.out.String(), plain(45)+"\n"+plain(46)+"\n") || len(c.gaps) == 0 {
		t.Errorf("got %q and gaps %v", c.out.String(), c.gaps)
	}
}

// TestBrokenLineGoesOn: behind a gap a line that had begun is not printed again from its beginning.
func TestBrokenLineGoesOn(t *testing.T) {
	c := newCollected()
	info := logmerge.Info{Running: logmerge.Limit{Bytes: 300}}
	c.Opening()
	c.Opened()
	c.FromStart()
	for i := 1; i <= 19; i++ {
		c.Live([]byte(plain(i) + "\n"))
	}
	c.Live([]byte(plain(20)))
	c.Closed(false)
	c.Requested()
	c.Window(stamped(20, 29, plain), info)
	if got := strings.Count(c.out.String(), plain(20)); got != 1 || len(c.gaps) == 0 {
		t.Errorf("line 20 is printed %d times: %q, gaps %v", got, c.out.String(), c.gaps)
	}
}

// TestStreamWithinTheLastLine: a live stream that began within the last line has only its end. The last read has the rest.
func TestStreamWithinTheLastLine(t *testing.T) {
	for name, head := range map[string]string{"text": "the beginning, ", "bytes": "\xff\xfe beginning, "} {
		c := newCollected()
		shown := string([]rune(head)) // each byte that is no UTF-8 becomes U+FFFD
		begun := append(stamped(1, 2, plain), "2026-05-04T03:02:03Z "+shown...)
		c.Requested()
		c.Window(begun, logmerge.Info{})
		c.Opening()
		c.Opened()
		c.Requested()
		c.Window(begun, logmerge.Info{})
		c.Live([]byte("the end, \xfe without a newline"))
		c.Closed(true)
		c.Final(append(begun, "the end, \uFFFD without a newline"...), true, logmerge.Info{})
		want := plain(1) + "\n" + plain(2) + "\n" + shown + "the end, \xfe without a newline"
		if c.out.String() != want || (len(c.gaps) > 0) != (name == "bytes") {
			t.Errorf("%s: got %q and gaps %v, want %q", name, c.out.String(), c.gaps, want)
		}
	}
}
