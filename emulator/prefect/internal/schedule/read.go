package schedule

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
)

// ReadValue reads a schedule of a request. The server tries each of the three kinds, and if none fits it lists what each
// of them minds.
func (s *Schedule) ReadValue(value any, loc []any) []api.Detail {
	var interval intervalBody
	var cron cronBody
	var rule ruleBody
	var all []api.Detail
	for _, kind := range []struct {
		name string
		body any
		take func() Schedule
	}{
		{"function-after[validate_timezone(), IntervalSchedule]", &interval, func() Schedule {
			return Schedule{Interval: (*float64)(&interval.Interval), AnchorDate: interval.AnchorDate.text, Timezone: interval.Timezone}
		}},
		{"function-after[validate_timezone(), CronSchedule]", &cron, func() Schedule {
			return Schedule{Cron: (*string)(&cron.Cron), Timezone: cron.Timezone, DayOr: given(cron.DayOr)}
		}},
		{"RRuleSchedule", &rule, func() Schedule {
			return Schedule{RRule: (*string)(&rule.RRule), Timezone: (*string)(rule.Timezone)}
		}},
	} {
		details := api.Read(kind.body, value, append(append([]any{}, loc...), kind.name))
		if len(details) == 0 {
			*s = kind.take()
			return nil
		}
		all = append(all, details...)
	}
	return all
}

type intervalBody struct {
	Interval   positiveInterval `json:"interval" req:"true"`
	AnchorDate anchorDate       `json:"anchor_date"`
	Timezone   *string          `json:"timezone"`
}

// Check gives the server's reason against the time zone.
func (b *intervalBody) Check() string { return checkZone(b.Timezone) }

type cronBody struct {
	Cron     cronText           `json:"cron" req:"true"`
	Timezone *string            `json:"timezone"`
	DayOr    api.Optional[bool] `json:"day_or"`
}

// Check gives the server's reason against the time zone.
func (b *cronBody) Check() string { return checkZone(b.Timezone) }

type ruleBody struct {
	RRule    ruleText  `json:"rrule" req:"true"`
	Timezone *ruleZone `json:"timezone"`
}

type cronText string

// Check gives the server's reason against the expression.
func (c cronText) Check() string { return checkCron(string(c)) }

type ruleText string

// ReadValue reads it. Without a frequency the server fails with it instead of refusing it.
func (r *ruleText) ReadValue(value any, loc []any) []api.Detail {
	text, ok := value.(string)
	if !ok {
		return []api.Detail{{Type: "string_type", Loc: loc, Message: "Input should be a valid string", Input: value}}
	}
	*r = ruleText(text)
	if err := checkRule(text); err != nil {
		return []api.Detail{{
			Type: "value_error", Loc: loc, Message: "Value error, " + err.Error(), Input: value, Context: map[string]any{"error": map[string]any{}},
			Fatal: errors.Is(err, errNoRule),
		}}
	}
	return nil
}

type ruleZone string

// ReadValue reads it. The server refuses what is no zone with a pattern of all that there are; the text here is shorter.
func (z *ruleZone) ReadValue(value any, loc []any) []api.Detail {
	name, ok := value.(string)
	if !ok {
		return []api.Detail{{Type: "string_type", Loc: loc, Message: "Input should be a valid string", Input: value}}
	}
	*z = ruleZone(name)
	if reason := checkZone(&name); reason != "" || name == "" {
		return []api.Detail{{Type: "string_pattern_mismatch", Loc: loc, Message: "String should match the name of a time zone", Input: value}}
	}
	return nil
}

// given is nil for what was left out.
func given[T any](o api.Optional[T]) *T {
	if !o.Given {
		return nil
	}
	return &o.Value
}

// checkZone gives the server's reason against a time zone. An empty one is UTC.
func checkZone(name *string) string {
	if name == nil || *name == "" {
		return ""
	}
	if _, ok := loadZone(*name); !ok {
		return fmt.Sprintf("Invalid timezone: %q (specify in IANA tzdata format, for example, America/New_York)", *name)
	}
	return ""
}

// positiveInterval is in seconds. It is a number, or a text such as PT1H.
type positiveInterval float64

// ReadValue reads it.
func (i *positiveInterval) ReadValue(value any, loc []any) []api.Detail {
	const invalid = "Input should be a valid timedelta"
	wrong := func(reason string) []api.Detail {
		return []api.Detail{{Type: "time_delta_parsing", Loc: loc, Message: invalid + ", " + reason, Input: value, Context: map[string]any{"error": reason}}}
	}
	var seconds float64
	var err error
	switch v := value.(type) {
	case json.Number:
		if seconds, err = v.Float64(); err != nil || !(seconds < maxIntervalSeconds+1) {
			return wrong(errDurationTooLong.Error())
		}
	case bool:
		if v {
			seconds = 1 // as in Python
		}
	case string:
		if seconds, err = parseDuration(v); err != nil {
			return wrong(err.Error())
		}
	default:
		return []api.Detail{{Type: "time_delta_type", Loc: loc, Message: invalid, Input: value}}
	}
	if micros(seconds) <= 0 {
		return []api.Detail{{Type: "value_error", Loc: loc, Message: "Value error, interval must be positive", Input: value, Context: map[string]any{"error": map[string]any{}}}}
	}
	*i = positiveInterval(float64(micros(seconds)) / 1e6)
	if seconds > 1e12 {
		*i = positiveInterval(seconds)
	}
	return nil
}

// anchorDate is a moment, kept with the offset that it was given with; without one it is UTC.
type anchorDate struct{ text *string }

// ReadValue reads it.
func (a *anchorDate) ReadValue(value any, loc []any) []api.Detail {
	switch v := value.(type) {
	case json.Number:
		if seconds, err := v.Float64(); err == nil {
			a.text = new(anchorText(time.UnixMicro(micros(seconds)).UTC()))
			return nil
		}
	case string:
		t, err := parseAnchor(v)
		if err == nil {
			a.text = new(anchorText(t))
			return nil
		}
		return []api.Detail{{Type: "value_error", Loc: loc, Message: fmt.Sprintf("Value error, Unable to parse string [%s]", v), Input: value, Context: map[string]any{"error": map[string]any{}}}}
	}
	return []api.Detail{{Type: "value_error", Loc: loc, Message: "value is not a valid datetime", Input: value}}
}

// anchorForms are the forms beyond those that all times of requests have.
var anchorForms = []string{"20060102T150405Z07:00", "20060102T150405", "20060102T1504", "20060102", "2006-002", "2006002", "2006-01", "2006"}

func parseAnchor(text string) (time.Time, error) {
	form := strings.Replace(text, " ", "T", 1)
	for _, layout := range append([]string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04Z07:00"}, anchorForms...) {
		if t, err := time.Parse(layout, form); err == nil {
			return t.Truncate(time.Microsecond), nil
		}
	}
	var year, week, weekday int
	if n, _ := fmt.Sscanf(text, "%4d-W%2d-%1d", &year, &week, &weekday); n == 3 && len(text) == len("2006-W01-1") && week >= 1 && week <= 53 && weekday >= 1 && weekday <= 7 {
		fourth := time.Date(year, 1, 4, 0, 0, 0, 0, time.UTC) // in the year's first week
		monday := (int(fourth.Weekday()) + 6) % 7
		return fourth.AddDate(0, 0, (week-1)*7+weekday-1-monday), nil
	}
	t, err := api.ParseTime(text)
	return t.Time, err
}
