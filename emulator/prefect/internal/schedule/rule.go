package schedule

import (
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/teambition/rrule-go"
)

// Figures that keep a walk over a rule short, whatever the rule: it runs while everybody else waits.
const (
	// maxInterval is in the rule's own units: more than the years that a date can have.
	maxInterval = 1_000_000_000_000
	// maxPassed is how many times of a rule are passed over before the first that counts.
	maxPassed = 1_000_000
)

// errNever is for a rule whose steps come to none of its hours, minutes and seconds. The server takes it, and fails later.
var errNever = errors.New("the combination of interval, byhour, byminute and bysecond gives an empty rule")

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

// comesTrue reports whether a rule ever comes to a time that it asks for: the library would look for one without an end.
func comesTrue(o rrule.ROption) bool {
	unit := unitSeconds(o.Freq)
	if unit == 0 || unit > 3600 {
		return true
	}
	fits := func(wanted []int, got int64) bool { return len(wanted) == 0 || slices.Contains(wanted, int(got)) }
	const day = 24 * 3600
	at := int64(o.Dtstart.Hour()*3600 + o.Dtstart.Minute()*60 + o.Dtstart.Second())
	step := int64(max(1, o.Interval)) % day * unit % day
	for range day / unit { // then the clock has shown all that it ever will
		if fits(o.Byhour, at/3600) && (o.Freq == rrule.HOURLY || fits(o.Byminute, at/60%60)) && (o.Freq != rrule.SECONDLY || fits(o.Bysecond, at%60)) {
			return true
		}
		at = (at + step) % day
	}
	return false
}

// beyondPositions reports whether BYSETPOS asks only for places that the times of a step never have.
func beyondPositions(o rrule.ROption) bool {
	if o.Freq < rrule.HOURLY || len(o.Bysetpos) == 0 {
		return false
	}
	size := 1
	if o.Freq == rrule.HOURLY {
		size *= max(1, len(o.Byminute))
	}
	if o.Freq != rrule.SECONDLY {
		size *= max(1, len(o.Bysecond))
	}
	return !slices.ContainsFunc(o.Bysetpos, func(position int) bool { return max(position, -position) <= size })
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

// iterators are those of rules, without what lies before a moment where that can be left out: a rule by the second is not
// counted from years ago.
func iterators(rules []rule, moment time.Time) (all []rrule.Next, err error) {
	for _, r := range rules {
		o := r.options
		switch {
		case r.empty || beyondPositions(o):
			continue
		case !comesTrue(o):
			return nil, errNever
		}
		o.Dtstart = hitBefore(o, o.Dtstart, moment)
		made, err := rrule.NewRRule(o)
		if err != nil {
			return nil, err
		}
		all = append(all, made.Iterator())
	}
	return all, nil
}

// ruleTimes merges what the rules and dates give, without what the others take away.
func (s *Schedule) ruleTimes(b bounds) iter.Seq2[time.Time, error] {
	return func(yield func(time.Time, error) bool) {
		begin := clock(b.start)
		r, err := parseRule(*s.RRule, firstAnchor)
		var included, excluded rrule.Next
		if err == nil {
			included, err = merged(r.rules, r.dates, begin)
		}
		if err == nil {
			excluded, err = merged(r.exclusions, r.excluded, begin)
		}
		if err != nil {
			yield(time.Time{}, err)
			return
		}
		give, passed := b.once(yield), 0
		out, outOK := excluded()
		for t, ok := included(); ok && passed < maxPassed; t, ok = included() {
			for outOK && out.Before(t) && passed < maxPassed {
				out, outOK = excluded()
				passed++
			}
			moment := ruleAt(t, b.start.Location())
			if moment.Before(b.start) || outOK && out.Equal(t) {
				passed++
				continue
			}
			if !give(moment) {
				return
			}
		}
	}
}

// merged gives the times of all in order, each once.
func merged(rules []rule, dates []time.Time, begin time.Time) (rrule.Next, error) {
	sources, err := iterators(rules, begin)
	if err != nil {
		return nil, err
	}
	dates = slices.SortedFunc(slices.Values(dates), time.Time.Compare)
	sources = append(sources, func() (time.Time, bool) {
		if len(dates) == 0 {
			return time.Time{}, false
		}
		first := dates[0]
		dates = dates[1:]
		return first, true
	})
	type head struct {
		at   time.Time
		next rrule.Next
	}
	var heads []head
	for _, next := range sources {
		if at, ok := next(); ok {
			heads = append(heads, head{at, next})
		}
	}
	return func() (time.Time, bool) {
		if len(heads) == 0 {
			return time.Time{}, false
		}
		at := slices.MinFunc(heads, func(a, b head) int { return a.at.Compare(b.at) }).at
		for i := range heads {
			for heads[i].next != nil && heads[i].at.Equal(at) {
				next, ok := heads[i].next()
				if !ok {
					heads[i].next = nil
					break
				}
				heads[i].at = next
			}
		}
		heads = slices.DeleteFunc(heads, func(h head) bool { return h.next == nil })
		return at, true
	}, nil
}
