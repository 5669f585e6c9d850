package runs_test

import (
	"fmt"
	"testing"
)

// many makes n runs in a pool.
func (s *server) many(n int) {
	s.t.Helper()
	s.pool()
	flow := s.flow()
	for i := range n {
		s.id("/flow_runs/", fmt.Sprintf(`{"flow_id":%q,"work_pool_name":"p","idempotency_key":"k%d","parameters":{"x":"some text"},"tags":["a","b"]}`, flow, i))
	}
}

// A list of 10,000 runs, page by page, takes a few milliseconds for each page, wherever it is.
func BenchmarkPages(b *testing.B) {
	s := newServer(b)
	s.many(10_000)
	for name, body := range map[string]string{
		"first": `{}`, "last": `{"offset":9800}`, "by time": `{"offset":5000,"sort":"EXPECTED_START_TIME_ASC"}`,
		"filtered": `{"offset":9800,"flow_runs":{"state":{"type":{"any_":["PENDING"]}},"tags":{"all_":["a"]},"name":{"like_":"-"}},"flows":{"name":{"any_":["f"]}},"work_pools":{"name":{"any_":["p"]}}}`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.want(200, "POST", "/flow_runs/filter", body)
			}
		})
	}
}

// Whichever page it is, it costs the memory of a page.
func TestPagesAreFlat(t *testing.T) {
	s := newServer(t)
	s.many(2000)
	seen := map[string]bool{}
	for offset := 0; offset < 2000; offset += 200 {
		for _, run := range read[[]struct{ ID string }](t, s.want(200, "POST", "/flow_runs/filter", fmt.Sprintf(`{"offset":%d}`, offset))) {
			seen[run.ID] = true
		}
	}
	same(t, "runs in all pages", len(seen), 2000)
	cost := func(offset int) float64 {
		body := fmt.Sprintf(`{"offset":%d}`, offset)
		return testing.AllocsPerRun(5, func() { s.want(200, "POST", "/flow_runs/filter", body) })
	}
	if first, last := cost(0), cost(1800); last > first*1.1 {
		t.Errorf("the last page costs %v allocations, the first one %v", last, first)
	}
}
