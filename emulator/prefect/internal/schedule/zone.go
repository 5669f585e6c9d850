package schedule

import (
	"strings"
	"time"
)

// loadZone finds a zone by its IANA name. Names that Go knows and the server does not are unknown here too.
func loadZone(name string) (*time.Location, bool) {
	if name == "Local" || name == "posixrules" || strings.HasPrefix(name, "posix/") || strings.HasPrefix(name, "right/") {
		return nil, false
	}
	zone, err := time.LoadLocation(name)
	return zone, err == nil
}

// clock is what a clock on the wall shows at a moment, as if the wall were in UTC.
func clock(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// day is longer than any zone is away from UTC.
const day = 24 * time.Hour

// offsets are a zone's offsets from UTC at a reading of the clock on its wall. They are the same but for readings that a
// change of the clocks skips or repeats: then before is the offset until the change, and after the one from it on.
func offsets(wall time.Time, zone *time.Location) (before, after time.Duration) {
	at := wall.Add(-day - 2*time.Hour).In(zone)
	for first := true; ; first = false {
		offset := offsetOf(at)
		begin, end := at.ZoneBounds()
		moment := wall.Add(-offset)
		if !end.IsZero() && !moment.Before(end) {
			before, at = offset, end.In(zone)
			continue
		}
		if !first && moment.Before(begin) {
			return before, offset // skipped
		}
		if !end.IsZero() {
			if next := offsetOf(end.In(zone)); !wall.Add(-next).Before(end) {
				return offset, next // repeated
			}
		}
		return offset, offset
	}
}

func offsetOf(t time.Time) time.Duration {
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second
}

// The server computes each kind of schedule with another library, and each of these has its own way with readings of the
// clock that a change of the clocks skips or repeats.

// firstAt is the moment of a reading for cron: a repeated one is the first, a skipped one is later by what was skipped.
func firstAt(wall time.Time, zone *time.Location) time.Time {
	before, _ := offsets(wall, zone)
	return wall.Add(-before).In(zone)
}

// lastAt is the moment of a reading for intervals: a repeated one is the last, a skipped one is later by what was skipped.
func lastAt(wall time.Time, zone *time.Location) time.Time {
	before, after := offsets(wall, zone)
	if after > before {
		after = before
	}
	return wall.Add(-after).In(zone)
}

// ruleAt is the moment of a reading for recurrence rules: a repeated one is the first, a skipped one is earlier by what
// was skipped.
func ruleAt(wall time.Time, zone *time.Location) time.Time {
	before, after := offsets(wall, zone)
	return wall.Add(-max(before, after)).In(zone)
}
