package runs_test

import (
	"fmt"
	"testing"
	"time"
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

// Even with much room for a slow machine, no page may take as long as a walk that compares all runs with all others.
func TestPagesAreQuick(t *testing.T) {
	s := newServer(t)
	s.many(5000)
	began, seen := time.Now(), map[string]bool{}
	for offset := 0; offset < 5000; offset += 200 {
		for _, run := range read[[]struct{ ID string }](t, s.want(200, "POST", "/flow_runs/filter", fmt.Sprintf(`{"offset":%d}`, offset))) {
			seen[run.ID] = true
		}
	}
	if len(seen) != 5000 {
		t.Errorf("got %d runs in all pages, want 5000", len(seen))
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("25 pages of 5000 runs took %v", took)
	}
}
