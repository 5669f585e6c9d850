package schedule

import (
	"errors"
	"slices"
	"time"

	"github.com/teambition/rrule-go"
)

// Figures that keep a walk over a rule short, whatever the rule: it runs while everybody else waits.
const (
	// maxInterval is in the rule's own units: more than the years that a date can have.
	maxInterval = 1_000_000_000_000
	// maxCandidates is how many times of a rule are passed over before the first that counts.
	maxCandidates = 1_000_000
)

// errNever is dateutil's for a rule whose steps meet none of its hours, minutes and seconds: a search without an end.
//
//lint:ignore ST1005 a text of the wire
var errNever = errors.New("Invalid combination of interval, byhour, byminute and bysecond.")

// unitSeconds is how long a unit of a frequency is, 0 for those whose units differ: months and years.
func unitSeconds(f rrule.Frequency) int64 {
	switch f {
	case rrule.WEEKLY:
		return 7 * 24 * 3600
	case rrule.DAILY:
		return 24 * 3600
	case rrule.HOURLY:
		return 3600
	case rrule.MINUTELY:
		return 60
	case rrule.SECONDLY:
		return 1
	}
	return 0
}

// checkReachable refuses rules within a day that never come to a time that they ask for, which the library would look
// for without an end.
func checkReachable(o rrule.ROption) error {
	unit := unitSeconds(o.Freq)
	if unit == 0 || unit > 3600 {
		return nil
	}
	// What one step may give: a set, of which BYSETPOS takes some.
	size := 1
	if o.Freq == rrule.HOURLY {
		size *= max(1, len(o.Byminute))
	}
	if o.Freq != rrule.SECONDLY {
		size *= max(1, len(o.Bysecond))
	}
	beyond := func(position int) bool { return max(position, -position) > size }
	if len(o.Bysetpos) > 0 && !slices.ContainsFunc(o.Bysetpos, func(position int) bool { return !beyond(position) }) {
		return errNever
	}
	fits := func(wanted []int, got int64) bool { return len(wanted) == 0 || slices.Contains(wanted, int(got)) }
	const day = 24 * 3600
	at := int64(o.Dtstart.Hour()*3600 + o.Dtstart.Minute()*60 + o.Dtstart.Second())
	step := int64(max(1, o.Interval)) % day * unit % day
	for range day / unit { // then the clock has shown all that it ever will
		if fits(o.Byhour, at/3600) && (o.Freq == rrule.HOURLY || fits(o.Byminute, at/60%60)) && (o.Freq != rrule.SECONDLY || fits(o.Bysecond, at%60)) {
			return nil
		}
		at = (at + step) % day
	}
	return errNever
}

// hitBefore is the last time, not after a moment, at which a rule from the anchor on would be counted anew just the same;
// the anchor itself where there is none.
func hitBefore(o rrule.ROption, anchor, moment time.Time) time.Time {
	period := unitSeconds(o.Freq) * int64(max(1, o.Interval))
	if period == 0 || o.Count > 0 || !moment.After(anchor) {
		return anchor
	}
	return time.Unix(anchor.Unix()+(moment.Unix()-anchor.Unix())/period*period, 0).UTC()
}

// from gives rules that say the same from a moment on, without what lies before it where that can be left out: a rule by
// the second is not counted from years ago.
func from(rules []*rrule.RRule, moment time.Time) []*rrule.RRule {
	var out []*rrule.RRule
	for _, rule := range rules {
		o := rule.OrigOptions
		o.Dtstart = hitBefore(o, o.Dtstart, moment)
		if later, err := rrule.NewRRule(o); err == nil {
			rule = later
		}
		out = append(out, rule)
	}
	return out
}
