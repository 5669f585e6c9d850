package logmerge_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/aci/internal/logmerge"
)

// azure is a model of what Azure does with a container's output: it keeps all of it with times, shows the end of it in
// log reads, and gives a live stream that knows no past, arrives late and breaks off.
type azure struct {
	seed   uint64
	rng    *rand.Rand
	lines  []string // with newline
	stamps []time.Time
	now    time.Time
	limit  int // of a log read, in bytes with the times; 0: none

	streaming bool
	transit   []byte // printed since the stream began, not delivered yet

	merger *logmerge.Merger
	out    strings.Builder
	gaps   []logmerge.Gap
	cut    bool // a read was cut at the front
}

func newAzure(seed uint64) *azure {
	a := &azure{seed: seed, rng: rand.New(rand.NewPCG(seed, 1)), now: time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)}
	a.merger = logmerge.New(logmerge.Options{
		Deliver: func(line []byte) { a.out.Write(line) },
		Gap:     func(g logmerge.Gap) { a.gaps = append(a.gaps, g) },
	})
	return a
}

// print prints n lines; kinds is how many different ones there are (0: all differ), same how likely two lines share a time.
func (a *azure) print(n, kinds int, same float64) {
	for range n {
		text := fmt.Sprintf("line %d\n", len(a.lines))
		if kinds > 0 {
			text = fmt.Sprintf("line %d\n", a.rng.IntN(kinds))
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
	a.merger.Opened()
}

func (a *azure) close(clean bool) {
	if !a.streaming {
		return
	}
	a.arrive(clean)
	a.streaming, a.transit = false, nil
	a.merger.Closed(clean)
}

// window is a log read at this moment.
func (a *azure) window(limit int) []byte {
	var all []string
	size := 0
	for i := len(a.lines) - 1; i >= 0; i-- {
		line := a.stamps[i].Format(time.RFC3339Nano) + " " + a.lines[i]
		if size += len(line); limit > 0 && size > limit {
			a.cut = true
			break
		}
		all = append(all, line)
	}
	if limit > 0 && size > limit-max(limit/8, 160) {
		a.cut = true // by its size it may have been
	}
	var b strings.Builder
	for i := len(all) - 1; i >= 0; i-- {
		b.WriteString(all[i])
	}
	return []byte(b.String())
}

func (a *azure) poll(kinds int, same float64) {
	a.merger.Requested()
	a.print(a.rng.IntN(3), kinds, same)
	content := a.window(a.limit)
	a.print(a.rng.IntN(3), kinds, same)
	a.arrive(false)
	a.merger.Window(content, logmerge.Info{Bytes: a.limit})
}

func (a *azure) final() {
	a.merger.Requested()
	a.merger.Final(a.window(a.limit), true, logmerge.Info{Bytes: a.limit})
}

func (a *azure) check(t *testing.T) {
	t.Helper()
	want, got := strings.Join(a.lines, ""), a.out.String()
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
	if len(a.gaps) > 0 && !a.cut {
		t.Fatalf("seed %d: gaps %v though every read was whole", a.seed, a.gaps)
	}
	if got != want && !a.cut {
		t.Fatalf("seed %d: output differs though every read was whole: %s", a.seed, firstDifference(got, want))
	}
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
func play(t *testing.T, seed uint64, kinds int, same float64, limit int) *azure {
	t.Helper()
	a := newAzure(seed)
	a.limit = limit
	for range 5 + a.rng.IntN(60) {
		switch a.rng.IntN(7) {
		case 0, 1:
			a.print(a.rng.IntN(12), kinds, same)
		case 2:
			a.arrive(false)
		case 3, 4:
			a.poll(kinds, same)
		case 5:
			if !a.streaming {
				a.open()
			}
		case 6:
			a.close(false)
		}
	}
	a.print(a.rng.IntN(5), kinds, same)
	a.close(a.rng.IntN(2) == 0)
	a.final()
	a.check(t)
	return a
}

// seeds is how many random days each case has; the fuzz target has more.
const seeds = 200

func TestEveryLineOnceInOrder(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		kinds int
		same  float64
		limit int
	}{
		{"all lines differ", 0, 0, 0},
		{"equal times", 0, 0.7, 0},
		{"one line over and over", 1, 0, 0},
		{"one line, equal times", 1, 0.9, 0},
		{"two lines in turn", 2, 0.3, 0},
		{"cut reads, lines differ", 0, 0.2, 1500},
		{"cut reads, equal lines", 2, 0.2, 1500},
		{"cut reads, equal lines and times", 2, 0.9, 1500},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			complete := 0
			for seed := range uint64(seeds) {
				if a := play(t, seed, tt.kinds, tt.same, tt.limit); len(a.gaps) == 0 {
					complete++
				}
			}
			t.Logf("%d of %d without a gap", complete, seeds)
		})
	}
}

func FuzzMerge(f *testing.F) {
	f.Add(uint64(1), 0, 0.0, 0)
	f.Add(uint64(2), 1, 0.9, 900)
	f.Add(uint64(3), 2, 0.5, 1500)
	f.Fuzz(func(t *testing.T, seed uint64, kinds int, same float64, limit int) {
		if kinds < 0 || kinds > 100 || limit < 0 || limit > 0 && limit < 200 || limit > 1<<20 || !(same >= 0 && same <= 1) {
			t.Skip()
		}
		play(t, seed, kinds, same, limit)
	})
}
