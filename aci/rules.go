package aci

import (
	"time"

	"github.com/pacific-aci/pacific/azure"
)

// rule says how often and after which waits a group is sent again after one class of error. The start deadline bounds it.
type rule struct {
	tries int           // how often the group is sent at most, the first time included; 0: as often as time allows
	first time.Duration // the first wait; it doubles
	most  time.Duration // up to this
}

// startRule decides which refusals of a group are retried. What stays wrong until somebody changes it is sent once.
func startRule(e *azure.Error) rule {
	switch e.Class {
	case azure.ClassCapacity:
		// A region finds room within minutes, or not today.
		return rule{first: 15 * time.Second, most: 2 * time.Minute}
	case azure.ClassQuota:
		// It takes somebody to delete a group; asking more often does not help.
		return rule{first: 30 * time.Second, most: 2 * time.Minute}
	case azure.ClassThrottled:
		// Azure's Retry-After, if longer, replaces these.
		return rule{first: 5 * time.Second, most: time.Minute}
	case azure.ClassUnavailable:
		return rule{first: time.Second, most: 30 * time.Second}
	case azure.ClassRegistry:
		// Most often this is Docker Hub's pull limit for an address that many groups share. The next group often has
		// another address.
		return rule{tries: 4, first: 15 * time.Second, most: time.Minute}
	case azure.ClassImage:
		// A right to pull that was just given takes minutes to work. An image that does not exist never does, so there are
		// few tries.
		return rule{tries: 3, first: 20 * time.Second, most: time.Minute}
	case azure.ClassNetworkJoin:
		if e.Has("SubnetMissingRequiredDelegation") {
			return rule{tries: 1} // it stays so until somebody delegates the subnet
		}
		return rule{tries: 3, first: 20 * time.Second, most: time.Minute}
	case azure.ClassConflict:
		// The last group of this name is still being deleted.
		return rule{tries: 6, first: 5 * time.Second, most: 30 * time.Second}
	}
	// Authorisation, authentication, policy, invalid values, a missing resource group, and errors of no known class.
	return rule{tries: 1}
}

// after is the wait after try n, counted from 1, and whether there is another try. asked is Azure's Retry-After.
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

// stoppedTimer is a timer that fires once it is reset.
func stoppedTimer() *time.Timer {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return timer
}

// pace is a wait that doubles from next up to most.
type pace struct{ next, most time.Duration }

// step is the next wait.
func (p *pace) step() time.Duration {
	wait := p.next
	p.next = min(2*p.next, p.most)
	return wait
}
