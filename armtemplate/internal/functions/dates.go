package functions

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

var dates = map[string]Function{
	"datetimeadd":       {2, 3, false, dateTimeAdd},
	"datetimefromepoch": {1, 1, false, dateTimeFromEpoch},
	"datetimetoepoch":   {1, 1, false, dateTimeToEpoch},
}

// dateFormat is how dates print if no format is given.
const dateFormat = "yyyy-MM-ddTHH:mm:ssZ"

// layouts are the spellings of a date that are read, by Go's reference time. A date without an offset is UTC.
var layouts = []string{
	"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999Z07:00", "20060102T150405Z07:00",
	"2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02 15:04:05.999999999 Z07:00", "2006-01-02 15:04:05.999999999 -07:00",
	"2006-01-02T15:04Z07:00", "2006-01-02 15:04Z07:00", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02", "20060102T150405",
	"1/2/2006 3:04:05 PM", "1/2/2006 3:04:05 PM -07:00", "1/2/2006 3:04 PM", "1/2/2006 15:04:05", "1/2/2006 15:04", "1/2/2006",
	"Monday, January 2, 2006", "Monday, 2 January 2006", "January 2, 2006", "2 January 2006", "Mon, 02 Jan 2006 15:04:05 GMT",
}

func parseDate(s string) (time.Time, bool) {
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, strings.TrimSpace(s), time.UTC); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

func (c *Call) date(i int) (time.Time, error) {
	s, err := c.str(i)
	if err != nil {
		return time.Time{}, err
	}
	t, ok := parseDate(s)
	if !ok {
		return time.Time{}, value.Errorf("The template language function '%s' expects its %s to be a date and time in ISO 8601 format. The provided value is '%s'.", c.Name, c.parameter(i), s)
	}
	return t, nil
}

// iso8601 is a duration of whole numbers; only the seconds may have a fraction.
var iso8601 = regexp.MustCompile(`^(-)?P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$`)

// parseDuration takes a year as 365 days and a month as 30.
func parseDuration(s string) (time.Duration, bool) {
	m := iso8601.FindStringSubmatch(s)
	if m == nil || strings.HasSuffix(s, "P") || strings.HasSuffix(s, "T") {
		return 0, false
	}
	const day = 24 * time.Hour
	units := [...]time.Duration{365 * day, 30 * day, 7 * day, day, time.Hour, time.Minute, time.Second}
	var sum float64
	for i, unit := range units {
		if m[i+2] == "" {
			continue
		}
		n, err := strconv.ParseFloat(m[i+2], 64)
		if err != nil {
			return 0, false
		}
		sum += n * float64(unit)
	}
	if sum > float64(250*365*day) { // time.Duration ends at 292 years
		return 0, false
	}
	d := time.Duration(sum).Round(time.Microsecond)
	if m[1] != "" {
		d = -d
	}
	return d, true
}

func dateTimeAdd(c *Call) (value.Value, error) {
	t, err := c.date(0)
	if err != nil {
		return nil, err
	}
	s, err := c.str(1)
	if err != nil {
		return nil, err
	}
	d, ok := parseDuration(s)
	if !ok {
		return nil, value.Errorf("The template language function '%s' expects its second parameter to be a duration in ISO 8601 format. The provided value is '%s'.", c.Name, s)
	}
	layout := dateFormat
	if len(c.Args) == 3 {
		if layout, err = c.str(2); err != nil {
			return nil, err
		}
	}
	text, err := FormatDate(t.Add(d), layout)
	if err != nil {
		return nil, value.Errorf("The template language function '%s' was given a format that is not valid: '%s'.", c.Name, layout)
	}
	return text, nil
}

func dateTimeFromEpoch(c *Call) (value.Value, error) {
	n, err := c.integer(0)
	if err != nil {
		return nil, err
	}
	const first, last = -62135596800, 253402300799 // the years 1 to 9999
	if n < first || n > last {
		return nil, value.Errorf("The template language function '%s' expects its parameter to be between '%d' and '%d'. The provided value is '%d'.", c.Name, int64(first), int64(last), n)
	}
	return FormatDate(time.Unix(n, 0).UTC(), dateFormat)
}

func dateTimeToEpoch(c *Call) (value.Value, error) {
	t, err := c.date(0)
	if err != nil {
		return nil, err
	}
	return t.Unix(), nil
}
