package schedule

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

var (
	frequencies = map[string]rrule.Frequency{
		"YEARLY": rrule.YEARLY, "MONTHLY": rrule.MONTHLY, "WEEKLY": rrule.WEEKLY, "DAILY": rrule.DAILY,
		"HOURLY": rrule.HOURLY, "MINUTELY": rrule.MINUTELY, "SECONDLY": rrule.SECONDLY,
	}
	ruleWeekdays = map[string]rrule.Weekday{
		"MO": rrule.MO, "TU": rrule.TU, "WE": rrule.WE, "TH": rrule.TH, "FR": rrule.FR, "SA": rrule.SA, "SU": rrule.SU,
	}
	errUnknownName = errors.New("unknown name")
)

// ruleParts gathers the parts of a rule, NAME=VALUE;NAME=VALUE.
type ruleParts struct {
	options rrule.ROption
	lists   map[string][]int
	// frequent: there is a FREQ. aware: UNTIL names an offset.
	frequent, counted, aware bool
}

// parseRuleParts reads one rule.
func parseRuleParts(text string, start ruleStart) (rule, error) {
	if strings.Contains(text, ":") {
		if strings.Count(text, ":") > 1 {
			return rule{}, errMany
		}
		name, value, _ := strings.Cut(text, ":")
		if name != "RRULE" {
			return rule{}, ruleError("unknown parameter name")
		}
		text = value
	}
	p := ruleParts{options: rrule.ROption{Interval: 1, Dtstart: start.anchor}, lists: map[string][]int{}}
	for pair := range strings.SplitSeq(text, ";") {
		switch strings.Count(pair, "=") {
		case 0:
			return rule{}, errFewParts
		case 1:
		default:
			return rule{}, errMany
		}
		name, value, _ := strings.Cut(pair, "=")
		if err := p.read(name, value); errors.Is(err, errUnknownName) {
			return rule{}, ruleError("unknown parameter '" + name + "'")
		} else if err != nil {
			return rule{}, ruleError("invalid '" + name + "': " + value)
		}
	}
	if !p.frequent {
		return rule{}, errNoRule
	}
	if !p.options.Until.IsZero() && start.aware != nil && *start.aware != p.aware {
		return rule{}, errUntil
	}
	return p.rule()
}

// read reads one part.
func (p *ruleParts) read(name, value string) (err error) {
	ok := true
	switch name {
	case "FREQ":
		p.options.Freq, p.frequent = frequencies[value], true
		_, ok = frequencies[value]
	case "INTERVAL":
		p.options.Interval, err = strconv.Atoi(value)
	case "COUNT":
		p.options.Count, err = strconv.Atoi(value)
		p.counted = true
	case "UNTIL":
		p.options.Until, p.aware, err = parseRuleTime(value)
	case "WKST":
		p.options.Wkst, ok = ruleWeekdays[value]
	case "BYDAY", "BYWEEKDAY":
		p.options.Byweekday, err = parseRuleWeekdays(value)
	case "BYSETPOS", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYEASTER", "BYWEEKNO", "BYHOUR", "BYMINUTE", "BYSECOND":
		p.lists[name], err = integers(value)
	default:
		return errUnknownName
	}
	if !ok || errors.Is(err, strconv.ErrRange) && name != "INTERVAL" {
		return errors.New("unknown value")
	}
	if errors.Is(err, strconv.ErrRange) {
		return nil // an interval that is longer than all years is as good as one of as many
	}
	return err
}

// parseRuleWeekdays reads days of the week: MO, +1MO or MO(+1).
func parseRuleWeekdays(value string) ([]rrule.Weekday, error) {
	var list []rrule.Weekday
	for part := range strings.SplitSeq(value, ",") {
		number, name := "", strings.TrimLeft(part, "+-0123456789")
		number = strings.TrimSuffix(part, name)
		if before, inside, ok := strings.Cut(part, "("); ok {
			name, number = before, strings.TrimSuffix(inside, ")")
		}
		weekday, ok := ruleWeekdays[name]
		if !ok {
			return nil, errors.New("unknown day")
		}
		if number != "" {
			n, err := strconv.Atoi(number)
			if err != nil || n == 0 {
				return nil, errors.New("unknown week")
			}
			weekday = weekday.Nth(n)
		}
		list = append(list, weekday)
	}
	return list, nil
}

// rule makes the rule of the parts. Of numbers that no time has, only those are left out that the library would refuse; a
// rule that has no others is empty.
func (p *ruleParts) rule() (rule, error) {
	o := &p.options
	made := rule{empty: p.counted && o.Count <= 0}
	if o.Interval <= 0 {
		return made, errInterval
	}
	o.Interval = min(o.Interval, maxInterval)
	for _, position := range p.lists["BYSETPOS"] {
		if position == 0 || position < -366 || position > 366 {
			return made, errPosition
		}
	}
	o.Bysetpos = p.lists["BYSETPOS"]
	for _, clock := range []struct {
		name, word string
		high       int
		level      rrule.Frequency
		start      int
		into       *[]int
	}{
		{"BYHOUR", "hour", 23, rrule.HOURLY, o.Dtstart.Hour(), &o.Byhour},
		{"BYMINUTE", "minute", 59, rrule.MINUTELY, o.Dtstart.Minute(), &o.Byminute},
		{"BYSECOND", "second", 59, rrule.SECONDLY, o.Dtstart.Second(), &o.Bysecond},
	} {
		list, given := p.lists[clock.name]
		if !given {
			continue
		}
		if o.Freq == clock.level {
			if list = reachable(list, clock.start, o.Interval, clock.high+1); len(list) == 0 {
				return made, errEmptySet
			}
		}
		for _, n := range list {
			if o.Freq < rrule.HOURLY && (n < 0 || n > clock.high) {
				return made, ruleError(clock.word + " must be in 0.." + strconv.Itoa(clock.high))
			}
		}
		*clock.into = made.within(list, 0, clock.high, false)
	}
	o.Bymonth = made.within(p.lists["BYMONTH"], 1, 12, false)
	o.Byyearday = made.within(p.lists["BYYEARDAY"], 1, 366, true)
	o.Byweekno = made.within(p.lists["BYWEEKNO"], 1, 53, true)
	o.Byeaster = made.within(p.lists["BYEASTER"], -80, 257, false)
	if days := slices.DeleteFunc(slices.Clone(p.lists["BYMONTHDAY"]), func(n int) bool { return n == 0 }); len(days) > 0 {
		o.Bymonthday = made.within(days, 1, 31, true)
	} else if len(p.lists["BYMONTHDAY"]) > 0 { // 0 alone is every day
		for n := range 31 {
			o.Bymonthday = append(o.Bymonthday, n+1)
		}
	}
	if weekdays := o.Byweekday; len(weekdays) > 0 {
		o.Byweekday = slices.DeleteFunc(slices.Clone(weekdays), func(w rrule.Weekday) bool { return w.N() < -53 || w.N() > 53 })
		made.empty = made.empty || len(o.Byweekday) == 0
	}
	if o.Until.IsZero() { // the library's own end is after 292 years
		o.Until = time.Date(lastYear, 12, 31, 23, 59, 59, 0, time.UTC)
	}
	made.options = *o
	return made, nil
}

// within are the numbers of a list that a time can have, and with negative also those counted from the end. The rule is
// empty if it has a list but no such number.
func (r *rule) within(list []int, low, high int, negative bool) []int {
	kept := slices.DeleteFunc(slices.Clone(list), func(n int) bool {
		return (n < low || n > high) && !(negative && n <= -low && n >= -high)
	})
	r.empty = r.empty || len(kept) == 0 && len(list) > 0
	slices.Sort(kept)
	return slices.Compact(kept)
}

// reachable are the numbers that steps of an interval come to from a start, in a cycle such as the hours of a day.
func reachable(list []int, start, interval, cycle int) []int {
	divisor := gcd(interval, cycle)
	return slices.DeleteFunc(slices.Clone(list), func(n int) bool { return (n-start)%divisor != 0 })
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
