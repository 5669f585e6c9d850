package schedule

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// maxRule is the longest rule in characters: the server's MAX_RRULE_LENGTH.
const maxRule = 6500

// firstAnchor is what rules without a beginning are counted from.
var firstAnchor = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// recurrence is a parsed rule, in readings of the clock.
type recurrence struct {
	rules, exclusions []rule
	dates, excluded   []time.Time
	// set is false for a rule alone.
	set bool
}

// rule is one of a recurrence's rules.
type rule struct {
	options rrule.ROption
	// empty: no time fits, as with COUNT=0.
	empty bool
}

// errNoRule is for what the server fails with instead of refusing it: a recurrence without a rule, or a rule without a
// frequency.
var errNoRule = errors.New("a rule needs a FREQ")

// The texts are dateutil's, which the server quotes.
var (
	errUntil    = ruleError("RRULE UNTIL values must be specified in UTC when DTSTART is timezone-aware")
	errPosition = ruleError("bysetpos must be between 1 and 366, or between -366 and -1")
	errEmptySet = ruleError("Invalid rrule byxxx generates an empty set.")
	errFewParts = ruleError("not enough values to unpack (expected 2, got 1)")
	errMany     = ruleError("too many values to unpack (expected 2)")
	errInterval = ruleError("an interval of 0 or less never ends")
)

// ruleError is a reason in dateutil's words.
type ruleError string

func (e ruleError) Error() string { return string(e) }

const ruleTime = "20060102T150405"

// ruleForms are the forms of times in rules, in upper case.
var ruleForms = []string{
	ruleTime, "20060102T1504", "20060102T15", "20060102", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02", "20060102150405", "200601021504",
}

var ruleOffset = regexp.MustCompile(`(Z|UTC|GMT|[+-]\d\d:?(\d\d)?)$`)

// parseRuleTime reads a time as the clock shows it. aware reports whether it names an offset, which counts for nothing else.
func parseRuleTime(value string) (t time.Time, aware bool, err error) {
	forms := []string{value}
	if at := strings.IndexAny(value, "T:"); at > 0 && ruleOffset.MatchString(value[at:]) {
		forms = append(forms, ruleOffset.ReplaceAllString(value, ""))
	} else if cut, ok := strings.CutSuffix(value, "Z"); ok {
		forms = append(forms, cut)
	}
	for i, form := range forms {
		for _, layout := range ruleForms {
			if t, err := time.Parse(layout, form); err == nil {
				return t.Truncate(time.Second), i > 0, nil
			}
		}
	}
	if value == "" {
		return t, false, ruleError("String does not contain a date: ")
	}
	return t, false, ruleError("Unknown string format: " + value)
}

// property is a line of a recurrence: NAME;PARAMETER:VALUE.
type property struct {
	name, value string
	parameters  []string
}

// parseRule reads the lines of an iCalendar recurrence, counted from an anchor unless they have one of their own. Zones in
// it count for nothing, as in the server: the schedule's own holds.
func parseRule(text string, anchor time.Time) (*recurrence, error) {
	upper := strings.ToUpper(text)
	lines := strings.Fields(upper)
	if len(lines) == 0 {
		return nil, ruleError("empty string")
	}
	r := &recurrence{}
	var beginning *bool // whether the anchor is in a zone
	if !anchor.IsZero() {
		beginning = new(false)
	}
	if len(lines) == 1 && (!strings.Contains(upper, ":") || strings.HasPrefix(upper, "RRULE:")) {
		one, err := parseRuleParts(lines[0], ruleStart{anchor, beginning})
		r.rules = []rule{one}
		return r, err
	}
	var properties []property
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			name, value = "RRULE", line
		}
		parameters := strings.Split(name, ";")
		p := property{parameters[0], value, parameters[1:]}
		if err := p.check(); err != nil {
			return nil, err
		}
		properties = append(properties, p)
		switch p.name {
		case "DTSTART":
			times, aware, err := p.times()
			if err != nil {
				return nil, err
			}
			if len(times) != 1 {
				return nil, ruleError("Multiple DTSTART values specified:" + value)
			}
			anchor, beginning = times[0], &aware
		case "EXDATE":
			times, _, err := p.times()
			if err != nil {
				return nil, err
			}
			r.excluded = append(r.excluded, times...)
		}
	}
	return r, r.readRules(properties, ruleStart{anchor, beginning})
}

// readRules reads the rules, which may stand before the beginning, and the dates.
func (r *recurrence) readRules(properties []property, start ruleStart) error {
	for _, name := range []string{"RRULE", "RDATE", "EXRULE"} {
		for _, p := range properties {
			if p.name != name {
				continue
			}
			var one rule
			var err error
			switch name {
			case "RDATE":
				var times []time.Time
				times, _, err = p.times()
				r.dates = append(r.dates, times...)
			case "RRULE":
				one, err = parseRuleParts(p.value, start)
				r.rules = append(r.rules, one)
			case "EXRULE":
				one, err = parseRuleParts(p.value, start)
				r.exclusions = append(r.exclusions, one)
			}
			if err != nil {
				return err
			}
		}
	}
	r.set = len(r.rules) > 1 || len(r.dates)+len(r.exclusions)+len(r.excluded) > 0
	if !r.set && len(r.rules) == 0 {
		return errNoRule
	}
	return nil
}

// check refuses names and parameters that the server does not know.
func (p property) check() error {
	switch p.name {
	case "RRULE", "EXRULE", "RDATE":
		for _, parameter := range p.parameters {
			if p.name != "RDATE" || parameter != "VALUE=DATE-TIME" {
				return ruleError("unsupported " + p.name + " parm: " + parameter)
			}
		}
	case "DTSTART", "EXDATE":
		found := false
		for _, parameter := range p.parameters {
			switch {
			case strings.HasPrefix(parameter, "TZID="):
			case parameter != "VALUE=DATE-TIME" && parameter != "VALUE=DATE":
				return ruleError("unsupported parm: " + parameter)
			case found:
				return ruleError("Duplicate value parameter found in: " + parameter)
			default:
				found = true
			}
		}
	default:
		return ruleError("unsupported property: " + p.name)
	}
	return nil
}

// times are the property's. aware reports whether the first is in a zone.
func (p property) times() (times []time.Time, aware bool, err error) {
	zoned := false
	for _, parameter := range p.parameters {
		if name, ok := strings.CutPrefix(parameter, "TZID="); ok && knownZone(name) {
			zoned = true
		}
	}
	for part := range strings.SplitSeq(p.value, ",") {
		t, offset, err := parseRuleTime(part)
		if err != nil {
			return nil, false, err
		}
		if zoned && offset {
			return nil, false, ruleError("DTSTART/EXDATE specifies multiple timezone")
		}
		if len(times) == 0 {
			aware = zoned || offset
		}
		times = append(times, t)
	}
	return times, aware, nil
}

// knownZone reports whether there is a zone of a name in upper case.
func knownZone(name string) bool {
	var words []string
	for word := range strings.SplitSeq(strings.ToLower(name), "/") {
		parts := strings.Split(word, "_")
		for i, part := range parts {
			if part != "" && !slices.Contains([]string{"of", "es"}, part) {
				parts[i] = strings.ToUpper(part[:1]) + part[1:]
			}
		}
		words = append(words, strings.Join(parts, "_"))
	}
	if _, ok := loadZone(strings.Join(words, "/")); ok {
		return true
	}
	_, ok := loadZone(name)
	return ok
}

// ruleStart is what a rule is counted from. aware reports whether it is in a zone; nil is for no beginning.
type ruleStart struct {
	anchor time.Time
	aware  *bool
}

// checkRule gives the server's reason against a rule.
func checkRule(text string) error {
	if _, err := parseRule(text, time.Time{}); err != nil {
		//lint:ignore ST1005 a text of the wire
		return fmt.Errorf("Invalid RRule string \"%s\": %w", text, err)
	}
	if n := len([]rune(text)); n > maxRule {
		//lint:ignore ST1005 a text of the wire
		return fmt.Errorf("Invalid RRule string \"%s...\"\nMax length is %d, got %d", string([]rune(text)[:40]), maxRule, n)
	}
	return nil
}

// anchorRule puts the beginning before a rule that has none. One that recurs by the minute or second and has no count
// begins a little before now, at a time that it would hit anyway.
func anchorRule(text string, now time.Time) string {
	if strings.Contains(strings.ToUpper(text), "DTSTART") {
		return text
	}
	r, err := parseRule(text, firstAnchor)
	if err != nil {
		return text
	}
	anchor := firstAnchor
	if o := r.rules; !r.set && !o[0].counted() && o[0].options.Freq >= rrule.MINUTELY {
		anchor = hitBefore(o[0].options, anchor, clock(now))
	}
	return "DTSTART:" + anchor.Format(ruleTime) + "\n" + text
}

func (r rule) counted() bool { return r.options.Count != 0 || r.empty }

// integers reads a list of numbers.
func integers(value string) ([]int, error) {
	var list []int
	for part := range strings.SplitSeq(value, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, nil
}
