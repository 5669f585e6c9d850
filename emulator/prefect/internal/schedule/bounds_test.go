package schedule_test

import (
	"strings"
	"testing"
)

// Whoever makes a schedule decides how long everybody else waits for it: each of these once took minutes, went on for
// ever or broke off. Each now ends, with what the server gives; one that didn't would outlast go test's own timeout.
func TestEndlessWalksEnd(t *testing.T) {
	start := "2026-03-01T10:00:00Z"
	for text, want := range map[string]string{
		`{"interval": 60, "anchor_date": "0001-01-01T00:00:30Z"}`:                         "2026-03-01T10:00:30Z 2026-03-01T10:01:30Z",
		`{"interval": 86400, "anchor_date": "0001-01-01T09:00:00Z"}`:                      "2026-03-02T09:00:00Z 2026-03-03T09:00:00Z",
		`{"interval": 86400, "anchor_date": "9999-12-31T09:00:00Z"}`:                      "2026-03-02T09:00:00Z 2026-03-03T09:00:00Z",
		`{"interval": 0.000001, "anchor_date": "1970-01-01T00:00:00Z"}`:                   "2026-03-01T10:00:00Z 2026-03-01T10:00:00Z",
		`{"interval": 9e9, "anchor_date": "2026-03-01T10:00:00Z"}`:                        "2026-03-01T10:00:00Z 2311-05-14T02:00:00Z",
		`{"interval": 9e12, "anchor_date": "2026-03-01T10:00:00Z"}`:                       "2026-03-01T10:00:00Z date value out of range",
		`{"cron": "* * 1 * 1 *", "day_or": false}`:                                        "2026-06-01T00:00:00Z 2026-06-01T00:00:01Z",
		`{"rrule": "DTSTART:00010101T000005\nRRULE:FREQ=SECONDLY;INTERVAL=7"}`:            "2026-03-01T10:00:05Z 2026-03-01T10:00:12Z",
		`{"rrule": "DTSTART:19700101T003000\nRRULE:FREQ=MINUTELY;INTERVAL=7"}`:            "2026-03-01T10:03:00Z 2026-03-01T10:10:00Z",
		`{"rrule": "DTSTART:00010101T003000\nRRULE:FREQ=WEEKLY;INTERVAL=2"}`:              "2026-03-02T00:30:00Z 2026-03-16T00:30:00Z",
		`{"rrule": "DTSTART:20200101T000000\nRRULE:FREQ=SECONDLY\nEXRULE:FREQ=SECONDLY"}`: "",
		`{"rrule": "DTSTART:20200101T000000\nRRULE:FREQ=SECONDLY;COUNT=999999999"}`:       "",
		`{"rrule": "DTSTART:00010131T003000\nRRULE:FREQ=MONTHLY;BYMONTHDAY=31"}`:          "2026-03-31T00:30:00Z 2026-05-31T00:30:00Z",
		`{"rrule": "FREQ=HOURLY;BYSETPOS=5"}`:                                             "",
		`{"rrule": "FREQ=MINUTELY;BYSETPOS=-3;BYSECOND=1,2"}`:                             "",
		`{"rrule": "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31"}`:                                 "",
		`{"rrule": "FREQ=SECONDLY;INTERVAL=3600;BYMINUTE=7"}`:                             neverText,
		`{"rrule": "FREQ=HOURLY;INTERVAL=24;BYHOUR=0;BYMINUTE=5"}`:                        "2026-03-02T00:05:00Z 2026-03-03T00:05:00Z",
		`{"rrule": "FREQ=SECONDLY;INTERVAL=9223372036854775807"}`:                         "",
		`{"rrule": "FREQ=MONTHLY;INTERVAL=9223372036854775807"}`:                          "",
		`{"rrule": "DTSTART:20200101T000000\nRRULE:FREQ=MINUTELY;INTERVAL=90;BYHOUR=7"}`:  "2026-03-02T07:30:00Z 2026-03-03T07:30:00Z",
		`{"rrule": "RDATE:99990101T000000,29990101T000000"}`:                              "2999-01-01T00:00:00Z 9999-01-01T00:00:00Z",
	} {
		s := read(t, text)
		at := moment(t, start)
		s.Settle(at)
		if got := times(s, at, 2); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// neverText is for rules that the server takes and then fails with.
const neverText = "the combination of interval, byhour, byminute and bysecond gives an empty rule"

func TestSchedulesThatNeverCome(t *testing.T) {
	const empty = "Invalid rrule byxxx generates an empty set."
	for text, want := range map[string]string{
		`{"interval": 1e-10}`:                                                            "interval must be positive",
		`{"interval": 4e-7}`:                                                             "interval must be positive",
		`{"interval": 1e300}`:                                                            "durations may not exceed 999,999,999 days",
		`{"rrule": "FREQ=SECONDLY;INTERVAL=60;BYSECOND=1"}`:                              empty,
		`{"rrule": "FREQ=MINUTELY;INTERVAL=60;BYMINUTE=7"}`:                              empty,
		`{"rrule": "FREQ=HOURLY;INTERVAL=24;BYHOUR=7"}`:                                  empty,
		`{"rrule": "FREQ=HOURLY;INTERVAL=24;BYHOUR=7;BYMINUTE=5"}`:                       empty,
		`{"rrule": "FREQ=DAILY;INTERVAL=0"}`:                                             "never ends",
		`{"rrule": "FREQ=DAILY;INTERVAL=-1"}`:                                            "never ends",
		`{"rrule": "DTSTART:20200101T070000\nRRULE:FREQ=HOURLY;INTERVAL=24;BYHOUR=7"}`:   "",
		`{"rrule": "DTSTART:20200101T000700\nRRULE:FREQ=MINUTELY;INTERVAL=60;BYHOUR=5"}`: "",
		`{"rrule": "FREQ=MINUTELY;BYSETPOS=2;BYSECOND=1,2"}`:                             "",
		`{"rrule": "FREQ=SECONDLY;INTERVAL=86399;BYHOUR=23;BYMINUTE=59;BYSECOND=59"}`:    "",
		`{"rrule": "FREQ=DAILY;BYSETPOS=5"}`:                                             "",
	} {
		if _, got := parse([]byte(text)); !strings.HasSuffix(got, want) || want == "" && got != "" {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}
