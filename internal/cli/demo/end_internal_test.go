package demo

import (
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// TestWasLeft deletes nothing of a demo that may go on, and nothing of the user's.
func TestWasLeft(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	pool := func(description string, age time.Duration) prefect.WorkPool {
		return prefect.WorkPool{Name: "pacific-demo-abcdef", Description: description, Created: prefect.Time{Time: now.Add(-age)}}
	}
	workers := func(states ...string) (all []prefect.Worker) {
		for _, state := range states {
			all = append(all, prefect.Worker{Status: state})
		}
		return all
	}
	for name, test := range map[string]struct {
		pool    prefect.WorkPool
		workers []prefect.Worker
		want    bool
	}{
		"killed":            {pool(poolDescription, 2*time.Hour), workers("OFFLINE"), true},
		"killed before all": {pool(poolDescription, 2*time.Hour), nil, true},
		"going on":          {pool(poolDescription, time.Minute), workers("OFFLINE"), false},
		"kept":              {pool(poolDescription, 2*time.Hour), workers("OFFLINE", "ONLINE"), false},
		"the user's":        {pool("mine", 2*time.Hour), nil, false},
	} {
		if got := wasLeft(test.pool, test.workers, now); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
