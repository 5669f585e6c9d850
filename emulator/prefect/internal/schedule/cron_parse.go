package schedule

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The fields of a cron expression, in the server's order: seconds and years are last, and may be left out.
const (
	minuteField = iota
	hourField
	dayField
	monthField
	weekdayField
	secondField
	yearField
)

// fieldRanges are the numbers that a field may have.
var fieldRanges = [...]struct{ low, high int }{{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}, {0, 59}, {1970, 2099}}

// fullCount is how many numbers are all of a field's.
var fullCount = [...]int{60, 24, 31, 12, 7, 60, 130}

var (
	monthNames   = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
	weekdayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	aliases      = map[string]string{
		"@midnight": "0 0 * * *", "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0",
		"@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
	}
)

const (
	// lastDay is the day of the month that L means: after every other, as the server sorts it.
	lastDay = 1000
	// lastWeek is the number of the week in L5, the last Friday of the month.
	lastWeek = -1
)

// cronField is what a field allows.
type cronField struct {
	// any is for a field that has a star, whatever else it has.
	any bool
	// values are in order. Of the day of the month, the last may be lastDay.
	values []int
}

// cronExpression is a cron expression as the server reads it.
type cronExpression struct {
	fields []cronField
	// weeks are the weeks of the month by the days of the week for which they are given: 2#3 is the third Tuesday.
	weeks map[int][]int
}

var errCron = errors.New("not a cron expression")

var (
	// nthForm is 2#3, fri#2 or l5.
	nthForm = regexp.MustCompile(`^(?:(` + strings.Join(weekdayNames, "|") + `)(?:-(` + strings.Join(weekdayNames, "|") + `))?#|(\w+)#|l)(\d+)$`)
	// rangeForm is 1-5, mon-fri or 0-59/5.
	rangeForm = regexp.MustCompile(`^([^-]+)-([^-/]+)(?:/(\d+))?$`)
	stepForm  = regexp.MustCompile(`^(.+)/(.+)$`)
	// randomForm is R, R(0-5), R/10 or R(0-5)/2, and the same with H.
	randomForm = regexp.MustCompile(`^(h|r)(?:\((\d+)-(\d+)\))?(?:/(\d+))?$`)
)

// parseCron reads an expression. What it gives differs from call to call where the expression asks for random numbers.
func parseCron(text string) (*cronExpression, error) {
	text = strings.ToLower(text)
	if known, ok := aliases[text]; ok {
		text = known
	}
	columns := strings.Fields(text)
	if len(columns) < 5 || len(columns) > 7 {
		return nil, errCron
	}
	c := &cronExpression{weeks: map[int][]int{}}
	for i, column := range columns {
		p := cronParser{index: i, columns: columns, weeks: c.weeks}
		field, err := p.parse(column)
		if err != nil {
			return nil, err
		}
		c.fields = append(c.fields, field)
	}
	if len(c.weeks) == 0 || len(c.fields[weekdayField].values) == fullCount[weekdayField] {
		return c, nil
	}
	for _, weekday := range c.fields[weekdayField].values {
		if c.weeks[weekday] == nil {
			return nil, errCron // 1,2#3: days of every week and of one do not mix
		}
	}
	return c, nil
}

// cronParser reads one field.
type cronParser struct {
	index   int
	columns []string
	weeks   map[int][]int
}

func (p *cronParser) parse(column string) (cronField, error) {
	column, err := p.expandRandom(column)
	if err != nil {
		return cronField{}, err
	}
	if strings.Contains(column, "?") {
		if column != "?" || p.index != dayField && p.index != weekdayField {
			return cronField{}, errCron
		}
		column = "*"
	}
	field, count := cronField{}, 0
	add := func(value int) {
		if !slices.Contains(field.values, value) {
			field.values, count = append(field.values, value), count+1
		}
	}
	for element := range strings.SplitSeq(column, ",") {
		week := 0
		if p.index == weekdayField {
			if element, week, err = nthWeekday(element); err != nil {
				return cronField{}, err
			}
		}
		if element == "*" {
			if field.any = true; week != 0 {
				return cronField{}, errCron
			}
			continue
		}
		values, err := p.element(element)
		if err != nil {
			return cronField{}, err
		}
		for _, value := range values {
			add(value)
			if week != 0 {
				p.weeks[value] = append(p.weeks[value], week)
			}
		}
	}
	slices.Sort(field.values)
	if field.any {
		count++
	}
	// All of its numbers are as good as a star, but where the day of the month and the day of the week are weighed against
	// each other.
	other := map[int]int{dayField: weekdayField, weekdayField: dayField}[p.index]
	if count == fullCount[p.index] && (other == 0 || strings.Contains(p.columns[other], "*")) {
		field = cronField{any: true}
	}
	return field, nil
}

// nthWeekday takes the week of the month off an element: 2#3 is 2 in week 3, l5 is 5 in the last one. Without one the week
// is 0.
func nthWeekday(element string) (string, int, error) {
	m := nthForm.FindStringSubmatch(element)
	switch {
	case m == nil:
		return element, 0, nil
	case strings.HasPrefix(element, "l") && !strings.Contains(element, "#"):
		return m[4], lastWeek, nil
	}
	week, err := strconv.Atoi(m[4])
	if err != nil || week < 1 || week > 5 {
		return "", 0, errCron
	}
	before, _, _ := strings.Cut(element, "#")
	return before, week, nil
}

// element gives the numbers of one part of a list.
func (p *cronParser) element(text string) ([]int, error) {
	limits := fieldRanges[p.index]
	form := text
	if step, ok := strings.CutPrefix(text, "*/"); ok && step != "" {
		form = fmt.Sprintf("%d-%d/%s", limits.low, limits.high, step)
	}
	m := rangeForm.FindStringSubmatch(form)
	if m == nil {
		m = rangeForm.FindStringSubmatch(stepForm.ReplaceAllString(text, "${1}-"+strconv.Itoa(limits.high)+"/${2}"))
	}
	if m == nil {
		value, err := p.number(text)
		if err != nil {
			return nil, err
		}
		if value == lastDay {
			return []int{value}, nil
		}
		return p.inRange(p.alias(value))
	}
	if p.index == dayField && m[2] == "l" {
		m[2] = "31"
	}
	step := 1
	if m[3] != "" {
		step, _ = strconv.Atoi(m[3])
	}
	low, errLow := p.number(m[1])
	high, errHigh := p.number(m[2])
	low, high = p.alias(low), p.alias(high)
	if errLow != nil || errHigh != nil || max(low, high) > limits.high || step <= 0 {
		return nil, errCron
	}
	return p.inRange(spread(low, high, step, p.index)...)
}

// spread are the numbers from low to high. One above the other goes on from the field's beginning, and a number to itself
// is all of them.
func spread(low, high, step, index int) (values []int) {
	limits := fieldRanges[index]
	from := func(low, high int) {
		for value := low; value <= high; value += step {
			values = append(values, value)
		}
	}
	switch {
	case low < high:
		from(low, high)
	case low == high:
		from(limits.low, limits.high)
	default:
		from(low, limits.high)
		skip := 0
		if left := limits.high - values[len(values)-1]; step > left+1 {
			skip = step - left
		}
		from(limits.low+skip, high)
	}
	return values
}

func (p *cronParser) inRange(values ...int) ([]int, error) {
	limits := fieldRanges[p.index]
	for _, value := range values {
		if value < limits.low || value > limits.high {
			return nil, errCron
		}
	}
	return values, nil
}

var digits = regexp.MustCompile(`^\d+$`)

// number reads a number or a name.
func (p *cronParser) number(text string) (int, error) {
	if digits.MatchString(text) {
		value, err := strconv.Atoi(text)
		if err != nil || value > 1<<30 {
			return 0, errCron
		}
		return value, nil
	}
	names, first := []string(nil), 0
	switch p.index {
	case dayField:
		if text == "l" {
			return lastDay, nil
		}
	case monthField:
		names, first = monthNames, 1
	case weekdayField:
		names = weekdayNames
	}
	if i := slices.Index(names, text); i >= 0 {
		return i + first, nil
	}
	return 0, errCron
}

// alias makes 7 Sunday in an expression of five fields, and day 0 the first in one of six.
func (p *cronParser) alias(value int) int {
	switch {
	case p.index == weekdayField && value == 7 && len(p.columns) == 5:
		return 0
	case p.index == dayField && value == 0 && len(p.columns) == 6:
		return 1
	}
	return value
}

// expandRandom puts a random number in the place of R. H wants an id to compute it from, which the server never gives.
func (p *cronParser) expandRandom(column string) (string, error) {
	m := randomForm.FindStringSubmatch(column)
	if m == nil {
		return column, nil
	}
	limits := fieldRanges[p.index]
	low, high := limits.low, limits.high
	if m[1] == "h" {
		return "", errCron
	}
	if m[2] != "" {
		low, _ = strconv.Atoi(m[2])
		high, _ = strconv.Atoi(m[3])
		if low >= high {
			return "", errCron
		}
	}
	if m[4] == "" {
		return strconv.Itoa(low + rand.IntN(high-low+1)), nil
	}
	step, err := strconv.Atoi(m[4])
	if err != nil || step == 0 {
		return "", errCron
	}
	return fmt.Sprintf("%d-%d/%d", low+rand.IntN(step), high, step), nil
}

// checkCron gives the server's reason against an expression, "" if there is none.
func checkCron(text string) string {
	if _, err := parseCron(text); err != nil {
		return `Invalid cron string: "` + text + `"`
	}
	for column := range strings.FieldsSeq(text) {
		if strings.EqualFold(column, "R") {
			return `Random and Hashed expressions are unsupported, received: "` + text + `"`
		}
	}
	return ""
}
