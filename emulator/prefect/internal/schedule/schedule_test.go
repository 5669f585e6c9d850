package schedule_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/schedule"
)

// truth is what the code of a server gave, five times from a start on. The vectors have many more.
var truth = []struct{ schedule, start, times string }{
	{`{"interval": 60, "anchor_date": "2026-01-01T00:00:30Z"}`, "2026-03-01T10:00:00Z", "2026-03-01T10:00:30Z 2026-03-01T10:01:30Z 2026-03-01T10:02:30Z 2026-03-01T10:03:30Z 2026-03-01T10:04:30Z"},
	{`{"interval": 86400, "anchor_date": "2026-01-01T09:00:00+01:00", "timezone": "Europe/Oslo"}`, "2026-03-27T00:00:00Z", "2026-03-27T08:00:00Z 2026-03-28T08:00:00Z 2026-03-29T07:00:00Z 2026-03-30T07:00:00Z 2026-03-31T07:00:00Z"},
	{`{"interval": 90000, "anchor_date": "2026-03-20T09:00:00+01:00", "timezone": "Europe/Oslo"}`, "2026-03-27T00:00:00Z", "2026-03-27T15:00:00Z 2026-03-28T16:00:00Z 2026-03-29T16:00:00Z 2026-03-30T17:00:00Z 2026-03-31T18:00:00Z"},
	// A server on a Python before 3.13 leaves 01:00Z out, when a clock in Oslo shows 2:00 again, though its documentation promises it.
	{`{"interval": 3600, "anchor_date": "2026-01-01T00:00:00Z", "timezone": "Europe/Oslo"}`, "2026-10-24T23:30:00Z", "2026-10-25T00:00:00Z 2026-10-25T02:00:00Z 2026-10-25T03:00:00Z 2026-10-25T04:00:00Z 2026-10-25T05:00:00Z"},
	{`{"interval": 86400, "anchor_date": "2026-12-01T09:00:00Z"}`, "2026-03-27T00:00:00Z", "2026-03-27T09:00:00Z 2026-03-28T09:00:00Z 2026-03-29T09:00:00Z 2026-03-30T09:00:00Z 2026-03-31T09:00:00Z"},
	{`{"cron": "*/5 * * * *"}`, "2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z 2026-03-01T10:05:00Z 2026-03-01T10:10:00Z 2026-03-01T10:15:00Z 2026-03-01T10:20:00Z"},
	{`{"cron": "*/5 * * * *"}`, "2026-03-01T10:00:00.5Z", "2026-03-01T10:05:00Z 2026-03-01T10:10:00Z 2026-03-01T10:15:00Z 2026-03-01T10:20:00Z 2026-03-01T10:25:00Z"},
	{`{"cron": "0 9 * * *", "timezone": "Europe/Oslo"}`, "2026-03-27T00:00:00Z", "2026-03-27T08:00:00Z 2026-03-28T08:00:00Z 2026-03-29T07:00:00Z 2026-03-30T07:00:00Z 2026-03-31T07:00:00Z"},
	{`{"cron": "0 9 13 * 5"}`, "2026-03-01T00:00:00Z", "2026-03-06T09:00:00Z 2026-03-13T09:00:00Z 2026-03-20T09:00:00Z 2026-03-27T09:00:00Z 2026-04-03T09:00:00Z"},
	{`{"cron": "0 9 13 * 5", "day_or": false}`, "2026-03-01T00:00:00Z", "2026-03-13T09:00:00Z 2026-11-13T09:00:00Z 2027-08-13T09:00:00Z 2028-10-13T09:00:00Z 2029-04-13T09:00:00Z"},
	{`{"cron": "0 9 * * 7"}`, "2026-03-01T00:00:00Z", "2026-03-01T09:00:00Z 2026-03-08T09:00:00Z 2026-03-15T09:00:00Z 2026-03-22T09:00:00Z 2026-03-29T09:00:00Z"},
	{`{"cron": "0 0 * * mon-fri"}`, "2026-03-06T00:00:00Z", "2026-03-06T00:00:00Z 2026-03-09T00:00:00Z 2026-03-10T00:00:00Z 2026-03-11T00:00:00Z 2026-03-12T00:00:00Z"},
	{`{"cron": "0 0 1 jan,jul *"}`, "2026-03-06T00:00:00Z", "2026-07-01T00:00:00Z 2027-01-01T00:00:00Z 2027-07-01T00:00:00Z 2028-01-01T00:00:00Z 2028-07-01T00:00:00Z"},
	{`{"cron": "@hourly", "timezone": "America/New_York"}`, "2026-03-06T00:00:00Z", "2026-03-06T00:00:00Z 2026-03-06T01:00:00Z 2026-03-06T02:00:00Z 2026-03-06T03:00:00Z 2026-03-06T04:00:00Z"},
	{`{"cron": "* * * * * 30"}`, "2026-03-06T00:00:00Z", "2026-03-06T00:00:30Z 2026-03-06T00:01:30Z 2026-03-06T00:02:30Z 2026-03-06T00:03:30Z 2026-03-06T00:04:30Z"},
	{`{"cron": "0 0 l * *"}`, "2026-02-06T00:00:00Z", "2026-02-28T00:00:00Z 2026-03-31T00:00:00Z 2026-04-30T00:00:00Z 2026-05-31T00:00:00Z 2026-06-30T00:00:00Z"},
	{`{"rrule": "FREQ=DAILY", "timezone": "Europe/Oslo"}`, "2026-03-27T12:00:00Z", "2026-03-27T23:00:00Z 2026-03-28T23:00:00Z 2026-03-29T22:00:00Z 2026-03-30T22:00:00Z 2026-03-31T22:00:00Z"},
	{`{"rrule": "DTSTART:20260101T090000\nRRULE:FREQ=WEEKLY;BYDAY=MO,FR", "timezone": "Europe/Oslo"}`, "2026-03-27T00:00:00Z", "2026-03-27T08:00:00Z 2026-03-30T07:00:00Z 2026-04-03T07:00:00Z 2026-04-06T07:00:00Z 2026-04-10T07:00:00Z"},
	{`{"rrule": "DTSTART:20260101T090000Z\nRRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=4"}`, "2026-03-01T00:00:00Z", "2026-03-27T09:00:00Z 2026-04-24T09:00:00Z"},
	{`{"rrule": "DTSTART:20260301T000000\nRRULE:FREQ=DAILY;UNTIL=20260305T000000\nEXDATE:20260303T000000\nRDATE:20260310T120000"}`, "2026-03-02T00:00:00Z", "2026-03-02T00:00:00Z 2026-03-04T00:00:00Z 2026-03-05T00:00:00Z 2026-03-10T12:00:00Z"},
	{`{"rrule": "DTSTART:20260301T000000\nRRULE:FREQ=HOURLY;INTERVAL=6\nRRULE:FREQ=DAILY;BYHOUR=3\nEXRULE:FREQ=DAILY;BYHOUR=12"}`, "2026-03-02T00:00:00Z", "2026-03-02T00:00:00Z 2026-03-02T03:00:00Z 2026-03-02T06:00:00Z 2026-03-02T18:00:00Z 2026-03-03T00:00:00Z"},
}

func read(t *testing.T, text string) *schedule.Schedule {
	t.Helper()
	s, refusal := parse([]byte(text))
	if refusal != "" {
		t.Fatalf("%s: refused: %s", text, refusal)
	}
	return s
}

func moment(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func times(s *schedule.Schedule, start time.Time, n int) string {
	var out []string
	for at, err := range s.Times(start, time.Time{}) {
		if err != nil {
			return strings.Join(append(out, err.Error()), " ")
		}
		if out = append(out, at.UTC().Format("2006-01-02T15:04:05Z")); len(out) == n {
			break
		}
	}
	return strings.Join(out, " ")
}

func TestTimesAreTheServers(t *testing.T) {
	for _, c := range truth {
		t.Run(c.schedule, func(t *testing.T) {
			s, start := read(t, c.schedule), moment(t, c.start)
			s.Settle(start)
			if diff := cmp.Diff(c.times, times(s, start, 5)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A schedule that is none of the three is refused with what each of them minds, in the server's words.
func TestSchedulesThatAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:                                 "interval:missing cron:missing rrule:missing",
		`{"interval":60,"cron":"* * * * *"}`: "cron:extra_forbidden interval:extra_forbidden rrule:missing cron:extra_forbidden interval:extra_forbidden",
		`{"cron":"* * * * *","anchor_date":"2026-01-01T00:00:00Z"}`: "interval:missing cron:extra_forbidden anchor_date:extra_forbidden rrule:missing anchor_date:extra_forbidden cron:extra_forbidden",
		`{"interval":60,"day_or":true}`:                             "day_or:extra_forbidden cron:missing interval:extra_forbidden rrule:missing day_or:extra_forbidden interval:extra_forbidden",
		`{"cron":"nope"}`:                                           "interval:missing cron:extra_forbidden cron:value_error rrule:missing cron:extra_forbidden",
		`{"cron":"* * * * *","day_or":null}`:                        "interval:missing cron:extra_forbidden day_or:extra_forbidden day_or:bool_type rrule:missing cron:extra_forbidden day_or:extra_forbidden",
		`{"interval":60,"timezone":"x"}`:                            "function-after[validate_timezone(), IntervalSchedule]:value_error cron:missing interval:extra_forbidden rrule:missing timezone:string_pattern_mismatch interval:extra_forbidden",
		`{"rrule":"FREQ=DAILY;INTERVAL=0"}`:                         "interval:missing rrule:extra_forbidden cron:missing rrule:extra_forbidden rrule:value_error",
		`null`:                                                      "function-after[validate_timezone(), IntervalSchedule]:model_attributes_type function-after[validate_timezone(), CronSchedule]:model_attributes_type RRuleSchedule:model_attributes_type",
	} {
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		if object, ok := value.(map[string]any); ok && object["interval"] != nil {
			object["interval"] = json.Number("60")
		}
		var got []string
		for _, d := range new(schedule.Schedule).ReadValue(value, nil) {
			got = append(got, fmt.Sprint(d.Loc[len(d.Loc)-1], ":", d.Type))
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestWhatIsFilledIn(t *testing.T) {
	now := time.Date(2026, 11, 21, 17, 9, 41, 119185000, time.UTC)
	for text, want := range map[string]string{
		`{"interval":60}`: `{"anchor_date":"2026-11-21T17:09:41.119185Z","interval":60,"timezone":"UTC"}`,
		`{"interval":60,"anchor_date":"2026-01-01T00:00:00+01:00","timezone":"Europe/Oslo"}`: `{"anchor_date":"2026-01-01T00:00:00+01:00","interval":60,"timezone":"Europe/Oslo"}`,
		`{"interval":60,"anchor_date":"2026-01-01"}`:                                         `{"anchor_date":"2026-01-01T00:00:00Z","interval":60,"timezone":"UTC"}`,
		`{"cron":"@daily"}`: `{"cron":"@daily","day_or":true,"timezone":null}`,
		`{"cron":"@daily","day_or":false,"timezone":"UTC"}`:     `{"cron":"@daily","day_or":false,"timezone":"UTC"}`,
		`{"rrule":"FREQ=DAILY","timezone":"Europe/Oslo"}`:       `{"rrule":"DTSTART:20200101T000000\nFREQ=DAILY","timezone":"Europe/Oslo"}`,
		`{"rrule":"FREQ=MINUTELY;INTERVAL=7"}`:                  `{"rrule":"DTSTART:20261121T170800\nFREQ=MINUTELY;INTERVAL=7","timezone":"UTC"}`,
		`{"rrule":"FREQ=MINUTELY;COUNT=3"}`:                     `{"rrule":"DTSTART:20200101T000000\nFREQ=MINUTELY;COUNT=3","timezone":"UTC"}`,
		`{"rrule":"DTSTART:20260101T090000\nRRULE:FREQ=DAILY"}`: `{"rrule":"DTSTART:20260101T090000\nRRULE:FREQ=DAILY","timezone":"UTC"}`,
	} {
		s := read(t, text)
		s.Settle(now)
		got, err := json.Marshal(s)
		if err != nil || string(got) != want {
			t.Errorf("%s: got %s, %v, want %s", text, got, err, want)
		}
	}
}

func TestWalksEnd(t *testing.T) {
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]int{
		`{"interval":1}`: 1002, `{"cron":"* * * * *"}`: 1002, `{"cron":"0 0 30 2 *"}`: 0, `{"rrule":"FREQ=DAILY;COUNT=3"}`: 0,
		`{"rrule":"DTSTART:20260301T000000\nRRULE:FREQ=DAILY;COUNT=3"}`: 3,
	} {
		s, n := read(t, text), 0
		s.Settle(start)
		for _, err := range s.Times(start, time.Time{}) {
			if err == nil {
				n++
			}
		}
		if n != want {
			t.Errorf("%s: got %d times, want %d", text, n, want)
		}
	}
}

func TestKinds(t *testing.T) {
	for text, want := range map[string]string{`{"interval":1}`: "IntervalSchedule", `{"cron":"* * * * *"}`: "CronSchedule", `{"rrule":"FREQ=DAILY"}`: "RRuleSchedule"} {
		if got := read(t, text).Kind(); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}
