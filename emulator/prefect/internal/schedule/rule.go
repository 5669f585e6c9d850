package schedule

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// maxRule is the longest rule in characters: the server's MAX_RRULE_LENGTH.
const maxRule = 6500

// firstAnchor is what rules without a beginning are counted from.
func firstAnchor() time.Time { return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) }

// recurrence is a parsed rule, in clocks on the wall.
type recurrence struct {
	rules, exclusions []*rrule.RRule
	dates, excluded   []time.Time
}

// errUntil is dateutil's.
var errUntil = errors.New("RRULE UNTIL values must be specified in UTC when DTSTART is timezone-aware") //nolint:staticcheck // a text of the wire

const ruleTime = "20060102T150405"

// parseRule reads the lines of an iCalendar recurrence. Zones in it count for nothing, as in the server: the schedule's
// own holds.
func parseRule(text string) (*recurrence, error) {
	anchor, aware := firstAnchor(), false
	r := &recurrence{}
	type line struct{ name, value string }
	var lines []line
	for part := range strings.FieldsSeq(strings.ToUpper(text)) {
		name, value, ok := strings.Cut(part, ":")
		if !ok {
			name, value = "RRULE", part
		}
		name, zone, _ := strings.Cut(name, ";")
		lines = append(lines, line{name, value})
		if name == "DTSTART" {
			t, err := parseRuleTime(value)
			if err != nil {
				return nil, err
			}
			anchor, aware = t, strings.HasSuffix(value, "Z") || strings.HasPrefix(zone, "TZID=")
		}
	}
	for _, l := range lines {
		if _, until, ok := strings.Cut(l.value, "UNTIL="); ok && strings.HasSuffix(strings.Split(until, ";")[0], "Z") != aware {
			return nil, errUntil
		}
		var err error
		switch l.name {
		case "DTSTART":
		case "RRULE":
			r.rules, err = appendRule(r.rules, l.value, anchor)
		case "EXRULE":
			r.exclusions, err = appendRule(r.exclusions, l.value, anchor)
		case "RDATE":
			r.dates, err = appendDates(r.dates, l.value)
		case "EXDATE":
			r.excluded, err = appendDates(r.excluded, l.value)
		default:
			err = fmt.Errorf("unsupported property: %s", l.name)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(r.rules)+len(r.dates) == 0 {
		return nil, fmt.Errorf("empty string")
	}
	return r, nil
}

func parseRuleTime(value string) (time.Time, error) {
	value = strings.TrimSuffix(value, "Z")
	if t, err := time.Parse(ruleTime, value); err == nil {
		return t, nil
	}
	return time.Parse("20060102", value)
}

func appendRule(rules []*rrule.RRule, value string, anchor time.Time) ([]*rrule.RRule, error) {
	if !strings.Contains(value, "FREQ=") {
		return nil, fmt.Errorf("not a rule with a FREQ: %s", value)
	}
	options, err := rrule.StrToROption(value)
	if err != nil {
		return nil, err
	}
	options.Dtstart, options.Interval = anchor, min(options.Interval, maxInterval)
	if err := checkReachable(*options); err != nil {
		return nil, err
	}
	rule, err := rrule.NewRRule(*options)
	return append(rules, rule), err
}

func appendDates(dates []time.Time, value string) ([]time.Time, error) {
	for part := range strings.SplitSeq(value, ",") {
		t, err := parseRuleTime(part)
		if err != nil {
			return nil, err
		}
		dates = append(dates, t)
	}
	return dates, nil
}

func checkRule(text string) string {
	if _, err := parseRule(text); err != nil {
		return fmt.Sprintf("Invalid RRule string %q: %v", text, err)
	}
	if len(text) > maxRule {
		return fmt.Sprintf("Invalid RRule string \"%s...\"\nMax length is %d, got %d", text[:40], maxRule, len(text))
	}
	return ""
}

// anchorRule puts the beginning before a rule that has none. One that recurs by the minute or second and has no count
// begins a little before now, at a time that it would hit anyway.
func anchorRule(text string, now time.Time) string {
	if strings.Contains(strings.ToUpper(text), "DTSTART") {
		return text
	}
	anchor := firstAnchor()
	if r, err := parseRule(text); err == nil && len(r.rules) == 1 && len(r.exclusions)+len(r.dates)+len(r.excluded) == 0 {
		if o := r.rules[0].OrigOptions; o.Freq == rrule.MINUTELY || o.Freq == rrule.SECONDLY {
			anchor = hitBefore(o, anchor, clock(now))
		}
	}
	return "DTSTART:" + anchor.Format(ruleTime) + "\n" + text
}

// ruleTimes merges what the rules and dates give, without what the others take away.
func (s *Schedule) ruleTimes(start time.Time) iter.Seq[time.Time] {
	r, err := parseRule(*s.RRule)
	if err != nil {
		return func(func(time.Time) bool) {} // Check has refused it
	}
	return func(yield func(time.Time) bool) {
		begin, passed := clock(start), 0
		included, excluded := merged(from(r.rules, begin), r.dates), merged(from(r.exclusions, begin), r.excluded)
		out, outOK := excluded()
		for t, ok := included(); ok && passed < maxCandidates; t, ok = included() {
			for outOK && out.Before(t) && passed < maxCandidates {
				out, outOK = excluded()
				passed++
			}
			if t.Before(begin) || outOK && out.Equal(t) {
				passed++
				continue
			}
			if !yield(onClock(t, start.Location())) {
				return
			}
		}
	}
}

// merged gives the times of all in order.
func merged(rules []*rrule.RRule, dates []time.Time) rrule.Next {
	type head struct {
		at   time.Time
		next rrule.Next
	}
	var heads []head
	add := func(next rrule.Next) {
		if at, ok := next(); ok {
			heads = append(heads, head{at, next})
		}
	}
	for _, rule := range rules {
		add(rule.Iterator())
	}
	slices.SortFunc(dates, time.Time.Compare)
	i := 0
	add(func() (time.Time, bool) {
		if i++; i > len(dates) {
			return time.Time{}, false
		}
		return dates[i-1], true
	})
	return func() (time.Time, bool) {
		if len(heads) == 0 {
			return time.Time{}, false
		}
		first := slices.MinFunc(heads, func(a, b head) int { return a.at.Compare(b.at) })
		at := first.at
		for i := range heads {
			if !heads[i].at.Equal(at) {
				continue
			}
			if next, ok := heads[i].next(); ok {
				heads[i].at = next
			} else {
				heads[i].next = nil
			}
		}
		heads = slices.DeleteFunc(heads, func(h head) bool { return h.next == nil })
		return at, true
	}
}
