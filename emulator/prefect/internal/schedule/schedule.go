// Package schedule computes when a deployment's schedules are due: intervals, cron expressions and recurrence rules, each
// in its time zone, as a Prefect server does. It is pure. Decode a [Schedule] from a request with package api, then
// [Schedule.Settle] fills in what the server fills in, and [Schedule.Times] walks over the times.
//
// The judge is the code of a server of 3.9.1 on Python 3.11: testdata/vectors.py asks it, and a test holds the answers
// against this package. It differs on purpose where the server takes a schedule with which it then never ends: rules with
// an interval of 0 or less are refused. It also refuses a rule's time zone that only has the name of one within it, which
// the server takes and fails on later.
package schedule

import (
	"encoding/json"
	"errors"
	"iter"
	"time"
	_ "time/tzdata" // zones also where the machine knows none: on Windows and in bare containers
)

// maxCandidates is the most times that are weighed in one walk: the server's MAX_ITERATIONS, and the two beyond it.
const maxCandidates = 1002

// errOverflow is for times after the year 9999, with which the server fails.
var errOverflow = errors.New("date value out of range")

// Schedule is one of the three kinds: it has an interval, a cron expression or a rule.
type Schedule struct {
	// Interval in seconds.
	Interval *float64 `json:"interval,omitempty"`
	// AnchorDate is a moment that the intervals are counted from.
	AnchorDate *string `json:"anchor_date,omitempty"`
	Cron       *string `json:"cron,omitempty"`
	RRule      *string `json:"rrule,omitempty"`
	// Timezone is an IANA name. Without one it is UTC.
	Timezone *string `json:"timezone"`
	// DayOr reports whether a cron expression with both a day of the month and a day of the week means either of them; so it
	// is by default.
	DayOr *bool `json:"day_or,omitempty"`
}

// Settle fills in what a request may leave out: an anchor, which is now, a rule's beginning, and the time zone.
func (s *Schedule) Settle(now time.Time) {
	switch {
	case s.Interval != nil:
		if s.AnchorDate == nil {
			s.AnchorDate = new(anchorText(now))
		}
		s.defaultZone()
	case s.Cron != nil:
		if s.DayOr == nil {
			s.DayOr = new(true)
		}
	default:
		s.defaultZone()
		s.RRule = new(anchorRule(*s.RRule, now.In(s.zone())))
	}
}

func (s *Schedule) defaultZone() {
	if s.Timezone == nil {
		s.Timezone = new("UTC")
	}
}

func anchorText(t time.Time) string { return t.Format("2006-01-02T15:04:05.999999Z07:00") }

// MarshalJSON writes it as the server shows it: with the fields of its kind.
func (s *Schedule) MarshalJSON() ([]byte, error) {
	switch {
	case s.Interval != nil:
		return json.Marshal(map[string]any{"interval": *s.Interval, "anchor_date": s.AnchorDate, "timezone": s.Timezone})
	case s.Cron != nil:
		return json.Marshal(map[string]any{"cron": *s.Cron, "timezone": s.Timezone, "day_or": s.DayOr == nil || *s.DayOr})
	}
	return json.Marshal(map[string]any{"rrule": s.RRule, "timezone": s.Timezone})
}

// Kind is the name of the server's class for it, which the runs that it makes are marked with.
func (s *Schedule) Kind() string {
	switch {
	case s.Interval != nil:
		return "IntervalSchedule"
	case s.Cron != nil:
		return "CronSchedule"
	}
	return "RRuleSchedule"
}

// Times walks over the times from start to end, both among them, each once; a zero end is none. It gives them in the
// schedule's zone and in the server's order, which near a change of the clocks need not be that of time, and ends after about 1000 of them. An error
// is the last: the server fails there too, and makes no run of the schedule at all.
func (s *Schedule) Times(start, end time.Time) iter.Seq2[time.Time, error] {
	b := bounds{start.In(s.zone()), end}
	switch {
	case s.Interval != nil:
		return s.intervalTimes(b)
	case s.Cron != nil:
		return s.cronTimes(b)
	}
	return s.ruleTimes(b)
}

// zone is the schedule's; UTC for none.
func (s *Schedule) zone() *time.Location {
	if s.Timezone == nil {
		return time.UTC
	}
	zone, ok := loadZone(*s.Timezone)
	if !ok {
		return time.UTC // it was refused
	}
	return zone
}

// bounds are those of a walk. The location of start is the schedule's zone.
type bounds struct{ start, end time.Time }

// once hands moments on to yield: those within the bounds, each once. What it returns reports whether to go on.
func (b bounds) once(yield func(time.Time, error) bool) func(time.Time) bool {
	seen, weighed := map[int64]bool{}, 0
	return func(t time.Time) bool {
		if weighed++; weighed > maxCandidates || !b.end.IsZero() && t.After(b.end) {
			return false
		}
		if t.Before(b.start) || seen[t.UnixMicro()] {
			return true
		}
		seen[t.UnixMicro()] = true
		return yield(t, nil)
	}
}
