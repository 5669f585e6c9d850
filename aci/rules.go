package aci

import (
	"context"
	"time"

	"github.com/pacific-aci/pacific/azure"
)

// rule says how often a group is sent again after one class of error, and at which distance. The start deadline bounds
// all of it.
type rule struct {
	tries int // how often it is sent at most, the first time included; 0: as often as time allows
	first time.Duration
	most  time.Duration // the distance doubles up to this
}

// startRule is the one place that says what is tried again. What stays wrong until somebody changes it is never sent
// twice.
func startRule(class azure.Class) rule {
	switch class {
	case azure.ClassCapacity:
		// Rooms in a region come free within minutes, or not today.
		return rule{first: 15 * time.Second, most: 2 * time.Minute}
	case azure.ClassQuota:
		// Ends when another group is deleted; asking often does not help.
		return rule{first: 30 * time.Second, most: 2 * time.Minute}
	case azure.ClassThrottled:
		// Retry-After goes before.
		return rule{first: 5 * time.Second, most: time.Minute}
	case azure.ClassUnavailable:
		return rule{first: time.Second, most: 30 * time.Second}
	case azure.ClassRegistry:
		// Docker Hub's limit for an address that many share: another group has another address, often.
		return rule{tries: 4, first: 15 * time.Second, most: time.Minute}
	case azure.ClassImage:
		// A right to pull that was just given takes minutes to be seen; an image that is not there never comes.
		return rule{tries: 3, first: 20 * time.Second, most: time.Minute}
	case azure.ClassNetworkJoin:
		return rule{tries: 3, first: 20 * time.Second, most: time.Minute}
	case azure.ClassConflict:
		// The name's last group is on its way out.
		return rule{tries: 6, first: 5 * time.Second, most: 30 * time.Second}
	}
	// Authorisation, authentication, policy, invalid values, a resource group that is not there, and what nobody knows.
	return rule{tries: 1}
}

// after is the wait after try number n (from 1), and whether there is another.
func (r rule) after(n int, asked time.Duration) (time.Duration, bool) {
	if r.tries > 0 && n >= r.tries {
		return 0, false
	}
	wait := r.first
	for range min(n-1, 10) {
		wait = min(2*wait, r.most)
	}
	return max(wait, asked), true
}

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// stoppedTimer is a timer that fires once it is reset.
func stoppedTimer() *time.Timer {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return timer
}

// pace is a wait that doubles.
type pace struct{ next, most time.Duration }

func (p *pace) step() time.Duration {
	wait := p.next
	p.next = min(2*p.next, p.most)
	return wait
}
