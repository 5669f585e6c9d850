package faults

import (
	"fmt"
	"slices"
	"time"
)

// Counted is something whose number in a time ACI limits.
type Counted string

// What ACI limits by the hour and by five minutes, in each region of a subscription.
const (
	Creates      Counted = "creates"
	GroupDeletes Counted = "deletes"
)

type countKey struct {
	subscription, region string
	what                 Counted
}

// RateError says that a create or delete is one too many. It is returned only while
// quota.enforced is on.
type RateError struct {
	What   Counted
	Region string
	// Limit is how many are allowed in Window.
	Limit  int
	Window time.Duration
	// RetryAfter is when the oldest one leaves the window.
	RetryAfter time.Duration
}

func (e *RateError) Error() string {
	return fmt.Sprintf("%d %s in %s is the limit of region %s; try again in %s", e.Limit, e.What, e.Window, e.Region, e.RetryAfter)
}

// Count enters one create or delete in a region. While quota.enforced is on it returns
// a *RateError for one too many, and does not count that one.
func (t *Injector) Count(what Counted, subscription, region string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	key := countKey{subscription, region, what}
	times := slices.DeleteFunc(t.counts[key], func(at time.Time) bool { return now.Sub(at) >= time.Hour })
	t.counts[key] = times
	q := t.settings.Quota
	if q.Enforced {
		perHour, per5 := q.rate(what)
		if err := limit(times, now, RateError{What: what, Region: region, Limit: per5, Window: 5 * time.Minute}); err != nil {
			return err
		}
		if err := limit(times, now, RateError{What: what, Region: region, Limit: perHour, Window: time.Hour}); err != nil {
			return err
		}
	}
	t.counts[key] = append(times, now)
	return nil
}

// Remaining is how many creates or deletes of a region the limits leave, for
// x-ms-ratelimit-remaining-subscription-resource-requests-pt5m and -pt1h.
func (t *Injector) Remaining(what Counted, subscription, region string) (in5Minutes, inHour int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	perHour, per5 := t.settings.Quota.rate(what)
	now := time.Now()
	for _, at := range t.counts[countKey{subscription, region, what}] {
		if now.Sub(at) < time.Hour {
			perHour--
		}
		if now.Sub(at) < 5*time.Minute {
			per5--
		}
	}
	return max(per5, 0), max(perHour, 0)
}

// rate is the limit by the hour and by five minutes.
func (q Quota) rate(what Counted) (perHour, per5Minutes int) {
	if what == GroupDeletes {
		return q.DeletesPerHour, q.DeletesPer5Minutes
	}
	return q.CreatesPerHour, q.CreatesPer5Minutes
}

// limit returns the error, completed, when as many times as it allows lie in its window.
func limit(times []time.Time, now time.Time, e RateError) error {
	var inside []time.Time
	for _, at := range times {
		if now.Sub(at) < e.Window {
			inside = append(inside, at)
		}
	}
	if len(inside) < e.Limit {
		return nil
	}
	e.RetryAfter = e.Window
	if e.Limit > 0 {
		e.RetryAfter = inside[len(inside)-e.Limit].Add(e.Window).Sub(now)
	}
	return &e
}
