package logmerge_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/pacific-aci/pacific/aci/internal/logmerge"
)

// azure is a model of what Azure does with a container's output: it keeps all of it with times, shows the end of it in
// log reads, and gives a live stream that knows no past, arrives late and breaks off.
type azure struct {
	seed   uint64
	rng    *rand.Rand
	day    day
	lines  []string // with newline, but perhaps the last
	stamps []time.Time
	now    time.Time
	ended  bool

	streaming bool
	transit   []byte          // printed since the stream began, not delivered yet
	within    string          // the line that the stream began within
	tail      int             // bytes of it that the stream has not brought yet
	middles   map[string]bool // lines of which a stream brought neither beginning nor end
	broken    map[string]bool // lines that a stream broke off within

	merger *logmerge.Merger
	out    strings.Builder
	gaps   []logmerge.Gap
	cut    bool // a read was cut at the front
}

// day is what a container prints on one.
type day struct {
	kinds int     // how many different lines there are; 0: all differ
	same  float64 // how likely two lines share a time
	limit int     // of a log read, in bytes with the times; 0: none
	// endLimit and endLines are those of a container that has ended; 0: as before.
	endLimit, endLines int
	inLine             bool // reads are cut within a line, not between two
	written            bool // the limits are of the bytes as written, without times
	binary             bool // bytes that are no text
	long               int  // so long may a line be; 0: short
	open               bool // the last line may have no newline
	guess              bool // live lines need not wait for a log read
	torn               bool // a live stream may begin within a line
}

func newAzure(seed uint64, d day) *azure {
	a := &azure{seed: seed, day: d, middles: map[string]bool{}, broken: map[string]bool{}, rng: rand.New(rand.NewPCG(seed, 1)), now: time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)}
	a.merger = logmerge.New(logmerge.Options{
		Deliver: func(line []byte) { a.out.Write(line) },
		Gap:     func(g logmerge.Gap) { a.gaps = append(a.gaps, g) },
	})
	return a
}

// print prints n lines.
func (a *azure) print(n, kinds int, same float64) {
	for range n {
		text := fmt.Sprintf("line %05d\n", len(a.lines)) // no line begins as another that is whole
		if kinds > 0 {
			text = fmt.Sprintf("again %d\n", a.rng.IntN(kinds))
		}
		if a.day.binary && a.rng.IntN(3) > 0 {
			p := make([]byte, a.rng.IntN(40))
			for i := range p {
				p[i] = byte(a.rng.Uint32())
			}
			text = strings.ReplaceAll(string(p), "\n", "\xff") + text
		}
		if a.day.long > 0 && a.rng.IntN(4) == 0 {
			// The first 4 KB differ: that is what is compared.
			text = fmt.Sprintf("%d ", len(a.lines)) + strings.Repeat("long ", a.rng.IntN(a.day.long/5)) + text
		}
		if a.rng.Float64() >= same {
			a.now = a.now.Add(time.Duration(1+a.rng.IntN(1000)) * time.Microsecond)
		}
		a.lines = append(a.lines, text)
		a.stamps = append(a.stamps, a.now)
		if a.streaming {
			a.transit = append(a.transit, text...)
		}
	}
}

// arrive delivers some of what the stream has under way, in pieces.
func (a *azure) arrive(all bool) {
	n := len(a.transit)
	if !all {
		n = a.rng.IntN(n + 1)
	}
	for n > 0 {
		k := 1 + a.rng.IntN(n)
		a.merger.Live(a.transit[:k])
		a.transit = a.transit[k:]
		a.tail -= k
		n -= k
	}
}

func (a *azure) open() {
	a.merger.Opening()
	if a.rng.IntN(2) == 0 {
		a.print(a.rng.IntN(3), 2, 0.5)
	}
	a.streaming, a.transit = true, nil
	if a.rng.IntN(2) == 0 {
		a.print(a.rng.IntN(3), 2, 0.5)
	}
	if a.day.torn && a.rng.IntN(2) == 0 {
		// The line before it is from before, but for its end.
		a.streaming = false
		a.print(1, a.day.kinds, a.day.same)
		line := a.lines[len(a.lines)-1]
		a.streaming, a.transit = true, []byte(line[a.rng.IntN(len(line)):])
		a.within, a.tail = lineName(line), len(a.transit)
	}
	a.merger.Opened()
}

func (a *azure) close(clean bool) {
	if !a.streaming {
		return
	}
	a.arrive(clean)
	if a.tail > 0 {
		a.middles[a.within] = true
	}
	if under := bytes.Count(a.transit, []byte{'\n'}); under > 0 {
		a.broken[lineName(a.lines[len(a.lines)-under])] = true
	}
	a.streaming, a.transit, a.tail = false, nil, 0
	a.merger.Closed(clean)
}

// window is a log read at this moment: the end of the output as JSON carries it.
func (a *azure) window() []byte {
	limit, most := a.day.limit, 0
	if a.ended && a.day.endLimit > 0 {
		limit, most = a.day.endLimit, a.day.endLines
	}
	var all []string
	size := 0
	for i := len(a.lines) - 1; i >= 0; i-- {
		stamp, text := a.stamps[i].Format(time.RFC3339Nano)+" ", asText(a.lines[i])
		if most > 0 && len(all) == most {
			a.cut = true
			break
		}
		of := stamp + text
		if a.day.written {
			of = a.lines[i]
		}
		if size += len(of); limit > 0 && size > limit {
			a.cut = true
			if rest := a.shown(i, limit-(size-len(of))); a.day.inLine && rest != "" {
				all = append(all, stamp+rest)
			}
			break
		}
		all = append(all, stamp+text)
	}
	if limit > 0 && size > limit-max(limit/8, 160+a.day.long) || most > 0 && len(all) >= most {
		a.cut = true // by its size it may have been
	}
	if a.day.endLimit > 0 && (size > a.day.endLimit-max(a.day.endLimit/8, 160+a.day.long) || len(all) >= a.day.endLines) {
		a.cut = true // if it had ended
	}
	var b strings.Builder
	for i := len(all) - 1; i >= 0; i-- {
		b.WriteString(all[i])
	}
	return []byte(b.String())
}

// shown is the end of line i that a read shows of which n bytes are left.
func (a *azure) shown(i, n int) string {
	line := a.lines[i]
	if !a.day.written {
		line = asText(line)
		n -= len(a.stamps[i].Format(time.RFC3339Nano) + " ")
	}
	return asText(line[len(line)-max(0, n):])
}

// asText is what JSON makes of bytes.
func asText(line string) string {
	if utf8.ValidString(line) {
		return line
	}
	var b strings.Builder
	for _, r := range line {
		b.WriteRune(r)
	}
	return b.String()
}

func (a *azure) info() logmerge.Info {
	return logmerge.Info{
		Running: logmerge.Limit{Bytes: a.day.limit},
		Ended:   logmerge.Limit{Bytes: a.day.endLimit, Lines: a.day.endLines},
	}
}

func (a *azure) poll() {
	a.merger.Requested()
	a.print(a.rng.IntN(3), a.day.kinds, a.day.same)
	content := a.window()
	a.print(a.rng.IntN(3), a.day.kinds, a.day.same)
	a.arrive(false)
	a.merger.Window(content, a.info())
}

func (a *azure) final() {
	a.merger.Requested()
	a.merger.Final(a.window(), true, a.info())
}

func (a *azure) check(t testing.TB) {
	t.Helper()
	want, got := strings.Join(a.lines, ""), a.out.String()
	if twice := a.printedTwice(got); twice != "" {
		t.Fatalf("seed %d: printed twice: %q, gaps %v", a.seed, twice, a.gaps)
	}
	// Times that are shared once or twice in a log may be first shared just where a read is cut.
	shared := 0
	for i := 1; i < len(a.stamps); i++ {
		if a.stamps[i].Equal(a.stamps[i-1]) {
			shared++
		}
	}
	if got != want && len(a.gaps) == 0 && !(a.cut && shared > 0 && shared <= 3) {
		t.Fatalf("seed %d: output differs and no gap was said: %s", a.seed, firstDifference(got, want))
	}
	if len(a.gaps) > 0 && !a.cut && !a.day.binary && !a.day.guess {
		t.Fatalf("seed %d: gaps %v though every read was whole", a.seed, a.gaps)
	}
	if a.day.guess {
		// Of a line that a stream began within, the beginning may be in the gap that says so.
		if !a.cut && !a.day.binary && !a.day.torn && a.day.kinds == 0 && lacks(got, want) {
			t.Fatalf("seed %d: bytes are missing though every read was whole: %s", a.seed, firstDifference(got, want))
		}
		return
	}
	if got != want && !a.cut && !a.day.binary {
		t.Fatalf("seed %d: output differs though every read was whole: %s", a.seed, firstDifference(got, want))
	}
}

// lacks reports that a byte of want is not as often in got. What comes late is out of order, and so is the rest of a line.
func lacks(got, want string) bool {
	for i := range 128 {
		if strings.Count(got, string(rune(i))) < strings.Count(want, string(rune(i))) {
			return true
		}
	}
	return false
}

// printedTwice is a line that was written once and printed twice; empty if there is none. A gap is no excuse.
func (a *azure) printedTwice(got string) string {
	written := map[string]int{}
	for _, line := range a.lines {
		written[lineName(line)]++
	}
	printed := map[string]bool{}
	for line := range strings.Lines(got) {
		name := lineName(line)
		if name != "" && written[name] == 1 && printed[name] && !a.mayComeTwice(name) {
			return name
		}
		printed[name] = true
	}
	return ""
}

// mayComeTwice reports that nobody can know the line again. A stream whose place was guessed brought only its middle: that is
// just as the beginning of another line whose rest was lost. Or a stream broke off within it, and a read was cut so that it begins
// with the end of a line: that may be this line's or a later one's, so it is printed rather than lost.
func (a *azure) mayComeTwice(name string) bool {
	return a.day.guess && a.middles[name] || a.day.inLine && a.cut && len(a.gaps) > 0 && a.broken[name]
}

// lineName is what tells a line from others, whatever comes before it; empty if its end is missing.
func lineName(line string) string {
	at := strings.LastIndex(line, "line ")
	if at < 0 || !strings.HasSuffix(line, "\n") {
		return ""
	}
	return line[at:]
}

func firstDifference(got, want string) string {
	g, w := strings.SplitAfter(got, "\n"), strings.SplitAfter(want, "\n")
	i := 0
	for i < min(len(g), len(w)) && g[i] == w[i] {
		i++
	}
	return fmt.Sprintf("got %d lines, want %d, from line %d on got %q, want %q",
		len(g)-1, len(w)-1, i, g[i:min(i+5, len(g))], w[i:min(i+5, len(w))])
}

// play lets steps random things happen.
func play(t testing.TB, seed uint64, d day) *azure {
	t.Helper()
	a := newAzure(seed, d)
	kinds := 7
	if d.guess {
		kinds++
	}
	for range 5 + a.rng.IntN(60) {
		switch a.rng.IntN(kinds) {
		case 0, 1:
			a.print(a.rng.IntN(12), d.kinds, d.same)
		case 2:
			a.arrive(false)
		case 3, 4:
			a.poll()
		case 5:
			if !a.streaming {
				a.open()
			}
		case 6:
			a.close(false)
		case 7:
			a.merger.Force()
		}
	}
	a.print(a.rng.IntN(5), d.kinds, d.same)
	if d.open && len(a.lines) > 0 && a.rng.IntN(2) == 0 {
		a.print(1, d.kinds, d.same)
		last := &a.lines[len(a.lines)-1]
		*last = strings.TrimSuffix(*last, "\n")
		if a.streaming {
			a.transit = a.transit[:len(a.transit)-1]
		}
	}
	a.ended = true
	if a.rng.IntN(3) == 0 { // nobody knows yet that it has ended
		a.merger.Requested()
		content := a.window()
		a.arrive(false)
		a.merger.Window(content, a.info())
	}
	a.close(a.rng.IntN(2) == 0)
	a.final()
	a.check(t)
	return a
}

// days are the kinds of days; found are seeds beyond the first ones at which a line was once lost or printed twice.
var days = []struct {
	name  string
	day   day
	found []uint64
}{
	{"all lines differ", day{}, nil},
	{"equal times", day{same: 0.7}, nil},
	{"one line over and over", day{kinds: 1}, nil},
	{"one line, equal times", day{kinds: 1, same: 0.9}, nil},
	{"two lines in turn", day{kinds: 2, same: 0.3}, nil},
	{"cut reads, lines differ", day{same: 0.2, limit: 1500}, nil},
	{"cut reads, equal lines", day{kinds: 2, same: 0.2, limit: 1500}, nil},
	{"cut reads, equal lines and times", day{kinds: 2, same: 0.9, limit: 1500}, nil},
	{"no newline at the end", day{open: true}, nil},
	{"bytes", day{binary: true, open: true}, nil},
	{"bytes, equal lines", day{binary: true, kinds: 2, same: 0.3}, nil},
	{"bytes, cut reads", day{binary: true, limit: 3000, open: true}, []uint64{24785}},
	{"cut within a line", day{limit: 1500, inLine: true, open: true}, nil},
	{"long lines", day{long: 9000, open: true}, nil},
	{"long lines, cut", day{long: 9000, limit: 20000, inLine: true, open: true}, nil},
	{"bytes, long lines, cut", day{long: 9000, binary: true, limit: 20000, inLine: true, open: true}, []uint64{138}},
	{"less is kept of the ended", day{limit: 40000, endLimit: 2500, endLines: 50, inLine: true, open: true}, nil},
	{"fewer lines are kept of the ended", day{limit: 40000, endLimit: 20000, endLines: 20}, nil},
	{"bytes, counted as written", day{binary: true, limit: 40000, endLimit: 2500, endLines: 500, inLine: true, written: true, open: true}, nil},
	{"guessed places", day{guess: true}, []uint64{1645, 4635}},
	{"guessed places, equal times", day{guess: true, same: 0.7}, []uint64{1337, 2796}},
	{"guessed places, two lines in turn", day{guess: true, kinds: 2}, []uint64{385, 387}},
	{"guessed places, cut reads", day{guess: true, limit: 1500, inLine: true, open: true}, []uint64{598, 764, 905}},
	{"streams begin within lines", day{torn: true, same: 0.2}, nil},
	{"streams begin within lines, cut reads", day{torn: true, same: 0.2, limit: 1500, inLine: true, open: true}, nil},
	{"streams begin within lines, two lines in turn", day{torn: true, kinds: 2, same: 0.2}, nil},
	{"guessed places, two lines in turn, cut reads", day{guess: true, kinds: 2, same: 0.2, limit: 1500}, []uint64{150, 3356}},
	{"guessed places, bytes", day{guess: true, binary: true, same: 0.2}, nil},
	{"guessed places within lines", day{guess: true, torn: true, same: 0.2}, []uint64{419, 487, 624, 642, 912, 1228, 1774, 4719}},
	{"guessed places within lines, two lines in turn", day{guess: true, torn: true, kinds: 2, same: 0.2}, nil},
	{"guessed places within lines, cut reads", day{guess: true, torn: true, same: 0.2, limit: 1500, inLine: true, open: true}, []uint64{393, 4672, 7081}},
	{"guessed places, all of it", day{guess: true, torn: true, same: 0.2, binary: true, long: 6000, limit: 50000, endLimit: 9000, endLines: 60, inLine: true, open: true}, []uint64{100191, 100780}},
	{"all of it", day{same: 0.2, binary: true, long: 6000, limit: 50000, endLimit: 9000, endLines: 60, inLine: true, open: true}, []uint64{194, 709, 759}},
}

func TestEveryLineOnceInOrder(t *testing.T) {
	t.Parallel()
	for _, tt := range days {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			complete, days := 0, uint64(seeds)
			if tt.day.long > 0 {
				days /= 5
			}
			for seed := range days {
				if a := play(t, seed, tt.day); len(a.gaps) == 0 {
					complete++
				}
			}
			for _, seed := range tt.found {
				play(t, seed, tt.day)
			}
			t.Logf("%d of %d without a gap", complete, days)
		})
	}
}

// TestLineEndedBetweenStreams: a stream breaks off within the last line, whose newline is printed before the next stream,
// which ends cleanly with nothing. The last read shows the line, and its newline is not that stream's to deny.
func TestLineEndedBetweenStreams(t *testing.T) {
	play(t, 2445, day{kinds: 2, same: 0.2, limit: 1500})
}

func FuzzMerge(f *testing.F) {
	f.Add(uint64(1), 0, 0.0, 0)
	f.Add(uint64(2), 1, 0.9, 900)
	f.Add(uint64(3), 2, 0.5, 1500)
	f.Fuzz(func(t *testing.T, seed uint64, kinds int, same float64, limit int) {
		if kinds < 0 || kinds > 100 || limit < 0 || limit > 0 && limit < 200 || limit > 1<<20 || !(same >= 0 && same <= 1) {
			t.Skip()
		}
		play(t, seed, day{kinds: kinds, same: same, limit: limit})
	})
}

func FuzzDays(f *testing.F) {
	for i := range days {
		f.Add(uint64(i), i)
	}
	f.Fuzz(func(t *testing.T, seed uint64, of int) {
		if of < 0 || of >= len(days) {
			t.Skip()
		}
		play(t, seed, days[of].day)
	})
}
