package bench

import (
	"fmt"
	"io"
	"math"
	"slices"
	"sync"
	"testing"
	"text/tabwriter"
	"time"
)

// row is one line of the table.
type row struct {
	what     string // what was measured
	got      string // the figure, with its unit
	beside   string // what it is held against, of the same run, with its figure
	ratio    string
	expected string // empty: nothing is promised
	missed   bool
}

// table collects rows.
type table struct{ rows []row }

func (t *table) add(r row) { t.rows = append(t.rows, r) }

// print writes the table; a figure that misses what is expected is marked.
func (t *table) print(w io.Writer) {
	tw := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(tw, "FIGURE\tGOT\tBESIDE\tRATIO\tEXPECTED")
	missed := 0
	for _, r := range t.rows {
		if r.missed {
			missed++
			r.expected += ": MISSED"
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\n", r.what, r.got, r.beside, r.ratio, r.expected)
	}
	tw.Flush()
	if missed > 0 {
		fmt.Fprintf(w, "\n%d figures miss what is expected. Other work on the machine does that too: repeat on a quiet one.\n", missed)
	}
}

// sample is a set of measured times. Its methods may be called at once.
type sample struct {
	mu    sync.Mutex
	times []time.Duration
}

func (s *sample) add(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.times = append(s.times, d)
}

// at is the p-th percentile: the smallest time that p percent of all do not exceed. 0 for an empty sample.
func (s *sample) at(p float64) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.times) == 0 {
		return 0
	}
	slices.Sort(s.times)
	i := int(math.Ceil(p/100*float64(len(s.times)))) - 1
	return s.times[min(max(i, 0), len(s.times)-1)]
}

func (s *sample) median() time.Duration { return s.at(50) }

// millis writes a time as people compare them.
func millis(d time.Duration) string {
	switch ms := float64(d) / float64(time.Millisecond); {
	case ms < 10:
		return fmt.Sprintf("%.2f ms", ms)
	case ms < 1000:
		return fmt.Sprintf("%.0f ms", ms)
	default:
		return fmt.Sprintf("%.2f s", ms/1000)
	}
}

// times is a ratio of two times, or of two of anything else.
func times[N int | int64 | float64 | time.Duration](a, b N) string {
	if b == 0 {
		return ""
	}
	return fmt.Sprintf("%.3g×", float64(a)/float64(b))
}

func TestSample(t *testing.T) {
	s := &sample{}
	if got := s.median(); got != 0 {
		t.Errorf("median of nothing = %v, want 0", got)
	}
	for _, d := range []time.Duration{5, 1, 4, 2, 3} {
		s.add(d)
	}
	for p, want := range map[float64]time.Duration{0: 1, 20: 1, 21: 2, 50: 3, 99: 5, 100: 5} {
		if got := s.at(p); got != want {
			t.Errorf("percentile %v = %d, want %d", p, got, want)
		}
	}
}

func TestTableMarksWhatIsMissed(t *testing.T) {
	b := &table{}
	b.add(row{what: "start", got: "3 ms", expected: "under 5 ms"})
	b.add(row{what: "end", got: "9 ms", expected: "under 5 ms", missed: true})
	var out writer
	b.print(&out)
	want := "FIGURE   GOT    BESIDE   RATIO   EXPECTED\nstart    3 ms                    under 5 ms\nend      9 ms                    under 5 ms: MISSED\n" +
		"\n1 figures miss what is expected. Other work on the machine does that too: repeat on a quiet one.\n"
	if got := string(out); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

type writer []byte

func (w *writer) Write(p []byte) (int, error) { *w = append(*w, p...); return len(p), nil }
