// Package schedule computes when a deployment's schedules are due: intervals, cron expressions and recurrence rules, each
// in its time zone, as a Prefect server does. It is pure. Decode a [Schedule] from a request with package api, then
// [Schedule.Settle] fills in what the server fills in, and [Schedule.Times] walks over the times.
package schedule

import (
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"time"
	_ "time/tzdata" // zones also where the machine knows none: on Windows and in bare containers

	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
)

// maxTimes is the most candidates that are looked at in one walk: the server's MAX_ITERATIONS.
const maxTimes = 1000

// maxIntervalSeconds is Python's longest timedelta: 999,999,999 days and what is left of a day.
const maxIntervalSeconds = 999_999_999*86_400 + 86_399

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
	// DayOr says whether a cron expression with both a day of the month and a day of the week means either of them; so it
	// is by default.
	DayOr *bool `json:"day_or,omitempty"`
}

// Check gives the server's reason against the schedule, "" if there is none.
func (s *Schedule) Check() string {
	kinds := 0
	for _, given := range []bool{s.Interval != nil, s.Cron != nil, s.RRule != nil} {
		if given {
			kinds++
		}
	}
	switch {
	case kinds != 1:
		return "a schedule has one of interval, cron and rrule"
	case s.Interval == nil && s.AnchorDate != nil, s.Cron == nil && s.DayOr != nil:
		return "extra inputs are not permitted: anchor_date is for intervals and day_or for cron"
	}
	if s.Timezone != nil && *s.Timezone != "" {
		if _, err := time.LoadLocation(*s.Timezone); err != nil || *s.Timezone == "Local" {
			return fmt.Sprintf("Invalid timezone: %q (specify in IANA tzdata format, for example, America/New_York)", *s.Timezone)
		}
	}
	switch {
	case s.Cron != nil:
		return checkCron(*s.Cron)
	case s.RRule != nil:
		return checkRule(*s.RRule)
	case !(*s.Interval < maxIntervalSeconds+1):
		return "Input should be a valid timedelta, durations may not exceed 999,999,999 days"
	case s.micros() <= 0:
		return "interval must be positive"
	case s.AnchorDate != nil:
		if _, err := api.ParseTime(*s.AnchorDate); err != nil {
			return "Input should be a valid datetime: anchor_date is " + *s.AnchorDate
		}
	}
	return ""
}

// Settle fills in what a request may leave out: an anchor, which is now, a rule's beginning, and the time zone.
func (s *Schedule) Settle(now time.Time) {
	switch {
	case s.Interval != nil:
		if s.AnchorDate == nil {
			s.AnchorDate = new(anchorText(now))
		} else if t, err := time.Parse(time.RFC3339Nano, *s.AnchorDate); err != nil {
			if utc, err := api.ParseTime(*s.AnchorDate); err == nil {
				s.AnchorDate = new(anchorText(utc.Time))
			}
		} else {
			s.AnchorDate = new(anchorText(t))
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

// Times walks over the times from start on, start among them, in order and each once. It ends after 1000 of them.
func (s *Schedule) Times(start time.Time) iter.Seq[time.Time] {
	walk := s.ruleTimes
	switch {
	case s.Interval != nil:
		walk = s.intervalTimes
	case s.Cron != nil:
		walk = s.cronTimes
	}
	return func(yield func(time.Time) bool) {
		var last time.Time
		n := 0
		for t := range walk(start.In(s.zone())) {
			if n++; n > maxTimes {
				return
			}
			if !last.IsZero() && !t.After(last) || t.Before(start) {
				continue // what a change of the clocks makes twice
			}
			last = t
			if !yield(t.UTC()) {
				return
			}
		}
	}
}

// zone is the schedule's; UTC for none.
func (s *Schedule) zone() *time.Location {
	if s.Timezone == nil {
		return time.UTC
	}
	zone, err := time.LoadLocation(*s.Timezone)
	if err != nil {
		return time.UTC // Check has refused it
	}
	return zone
}

// micros is the interval in microseconds, which is as fine as the server's is. One of more than 31,000 years, which no
// calendar has, is as good as one of as many.
func (s *Schedule) micros() int64 {
	return int64(math.Round(min(*s.Interval, 1e12) * 1e6))
}

// intervalTimes jumps from the anchor to the start by whole intervals, and goes on from there: days as calendar days, so
// that the hour stays the same through changes of the clocks, and the rest as time. All in microseconds: what
// time.Duration can hold ends after 292 years, and an anchor may lie 2000 years back.
func (s *Schedule) intervalTimes(start time.Time) iter.Seq[time.Time] {
	const day = int64(24 * time.Hour / time.Microsecond)
	interval := s.micros()
	anchor, _ := api.ParseTime(*s.AnchorDate) // Check and Settle have seen it
	days, rest := int(interval/day), time.Duration(interval%day)*time.Microsecond
	step := func(t time.Time) time.Time {
		if days == 0 {
			return t.Add(rest)
		}
		return onClock(clock(t).AddDate(0, 0, days).Add(rest), t.Location())
	}
	return func(yield func(time.Time) bool) {
		intervals := (start.UnixMicro() - anchor.UnixMicro()) / interval
		next := time.UnixMicro(anchor.UnixMicro() + intervals*interval).In(start.Location())
		for next.Before(start) {
			next = step(next)
		}
		for yield(next) {
			next = step(next)
		}
	}
}

// clock is what a clock on the wall shows, as if it were UTC: what cron and rules are computed with.
func clock(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// onClock is the moment at which a clock in the zone shows this.
func onClock(wall time.Time, zone *time.Location) time.Time {
	return time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), zone)
}
