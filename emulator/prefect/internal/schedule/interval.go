package schedule

import (
	"errors"
	"iter"
	"math"
	"time"
)

// maxIntervalSeconds is Python's longest timedelta: 999,999,999 days and what is left of a day.
const maxIntervalSeconds = 999_999_999*86_400 + 86_399

// lastYear is Python's last year.
const lastYear = 9999

// errNoZone is for an empty name of a zone, which the server takes and then fails with.
var errNoZone = errors.New("a time zone without a name")

// micros is a number of seconds in microseconds, which is as fine as the server's are. What is more than 31,000 years is
// as good as those: no calendar has so many.
func micros(seconds float64) int64 {
	return int64(math.RoundToEven(max(min(seconds, 1e12), -1e12) * 1e6))
}

// stepper adds intervals: whole days as days of the calendar, so that the hour stays the same through changes of the
// clocks, and the rest as time. All in microseconds: what time.Duration can hold ends after 292 years, and an anchor may
// lie 2000 years back.
type stepper struct {
	anchor time.Time
	// total is the interval: days and a rest.
	total, rest int64
	days        int
}

// move adds days and microseconds to a moment.
func move(t time.Time, days int, rest int64) time.Time {
	if days == 0 {
		return time.UnixMicro(t.UnixMicro() + rest).In(t.Location())
	}
	return lastAt(clock(t).AddDate(0, 0, days).Add(time.Duration(rest)*time.Microsecond), t.Location())
}

// jump adds a number of intervals to the anchor at once. Where they have both days and a rest, that is only near.
func (s stepper) jump(intervals int64) time.Time {
	if s.days != 0 && s.rest != 0 {
		return move(s.anchor, 0, s.total*intervals)
	}
	return move(s.anchor, s.days*int(intervals), s.rest*intervals)
}

// seek adds days to the anchor until the start is reached. A skipped reading moves all that follow it, so no change of
// the clocks is jumped over; what lies between two of them is.
func (s stepper) seek(start time.Time) time.Time {
	t := s.anchor
	for t.Before(start) {
		limit := start
		if _, change := t.ZoneBounds(); !change.IsZero() && change.Before(start) {
			limit = change.In(t.Location())
		}
		days := int(midnight(limit).Sub(midnight(t)).Hours() / 24)
		t = move(t, s.days*max(1, days/s.days-1), 0)
	}
	return t
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// clockBefore compares what the clocks show, as Python does within one zone.
func clockBefore(a, b time.Time) bool { return clock(a).Before(clock(b)) }

// intervalTimes jumps from the anchor to the start by whole intervals, and goes on from there. As on a server with Python
// before 3.13, of two moments at which the clock shows the same only one counts: by the hour, one run is left out when the
// clocks are put back.
func (s *Schedule) intervalTimes(b bounds) iter.Seq2[time.Time, error] {
	return func(yield func(time.Time, error) bool) {
		anchor, err := time.Parse(time.RFC3339Nano, *s.AnchorDate)
		if err != nil {
			return // it was refused
		}
		if s.Timezone != nil && *s.Timezone == "" {
			yield(time.Time{}, errNoZone)
			return
		}
		const perDay = int64(day / time.Microsecond)
		zone := b.start.Location()
		by := stepper{anchor: anchor.In(zone), total: micros(*s.Interval)}
		by.days, by.rest = int(by.total/perDay), by.total%perDay
		wholeDays := by.days != 0 && by.rest == 0

		var next time.Time
		intervals := int64(0)
		early := clockBefore(b.start, by.anchor)
		if wholeDays && !early && zone.String() != "UTC" {
			next = by.seek(b.start)
		} else {
			intervals = (b.start.UnixMicro() - by.anchor.UnixMicro()) / by.total
			for next = by.jump(intervals); clockBefore(b.start, next); next = by.jump(intervals) {
				intervals--
			}
		}
		step := func(t time.Time) time.Time {
			if wholeDays && early && intervals < 0 {
				intervals++
				return by.jump(intervals)
			}
			return move(t, by.days, by.rest)
		}
		for clockBefore(next, b.start) {
			next = step(next)
		}
		seen := map[int64]bool{}
		for range maxCandidates {
			if next.Year() > lastYear {
				yield(time.Time{}, errOverflow)
				return
			}
			if !b.end.IsZero() && clockBefore(b.end.In(zone), next) {
				return
			}
			if shown := clock(next).UnixMicro(); !seen[shown] {
				seen[shown] = true
				if !yield(next, nil) {
					return
				}
			}
			next = step(next)
		}
	}
}
