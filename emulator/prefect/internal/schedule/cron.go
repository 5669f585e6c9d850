package schedule

import (
	"errors"
	"iter"
	"slices"
	"time"
)

// maxYears is how far ahead a cron expression is looked for.
const maxYears = 50

// errNoTime is for an expression that has no time within maxYears. The server fails with it, and makes no run at all.
var errNoTime = errors.New("failed to find next date")

// next is the first reading of the clock after a moment that the expression allows. Fields go from the year down to the
// second: one that does not allow the moment moves it ahead, sets the smaller ones to their beginning, and all are asked
// again.
//
//	year > month > day of the month > day of the week > hour > minute > second > found
//	  ^--------- moved ahead: begin again ------------------------------'
func (c *cronExpression) next(after time.Time) (time.Time, error) {
	wall := after.Truncate(time.Second).Add(time.Second)
	if len(c.fields) == 5 {
		wall = after.Truncate(time.Second).Add(time.Minute).Truncate(time.Minute)
	}
	year := wall.Year()
	for wall.Year()-year <= maxYears {
		moved, ok := c.move(wall)
		if !ok {
			break
		}
		if moved.Equal(wall) {
			return wall, nil
		}
		wall = moved
	}
	return time.Time{}, errNoTime
}

// move moves a reading ahead by the first field that does not allow it. ok is false if none can ever be allowed.
func (c *cronExpression) move(wall time.Time) (moved time.Time, ok bool) {
	midnight := time.Date(wall.Year(), wall.Month(), wall.Day(), 0, 0, 0, 0, time.UTC)
	if len(c.fields) > yearField && !c.fields[yearField].any {
		i := slices.IndexFunc(c.fields[yearField].values, func(year int) bool { return year >= wall.Year() })
		if i < 0 {
			return wall, false
		}
		if year := c.fields[yearField].values[i]; year > wall.Year() {
			return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC), true
		}
	}
	if ahead := c.ahead(monthField, int(wall.Month()), 12); ahead > 0 {
		return time.Date(wall.Year(), wall.Month()+time.Month(ahead), 1, 0, 0, 0, 0, time.UTC), true
	}
	if ahead := c.daysAhead(wall); ahead > 0 {
		return midnight.AddDate(0, 0, ahead), true
	}
	if len(c.weeks) > 0 {
		if ahead := c.weekdayAhead(wall); ahead > 0 {
			return midnight.AddDate(0, 0, ahead), true
		}
	} else if ahead := c.ahead(weekdayField, int(wall.Weekday()), 7); ahead > 0 {
		return midnight.AddDate(0, 0, ahead), true
	}
	if ahead := c.ahead(hourField, wall.Hour(), 24); ahead > 0 {
		return wall.Truncate(time.Hour).Add(time.Duration(ahead) * time.Hour), true
	}
	if ahead := c.ahead(minuteField, wall.Minute(), 60); ahead > 0 {
		return wall.Truncate(time.Minute).Add(time.Duration(ahead) * time.Minute), true
	}
	if len(c.fields) > secondField {
		wall = wall.Add(time.Duration(c.ahead(secondField, wall.Second(), 60)) * time.Second)
	}
	return wall, true
}

// ahead is how many of a field's units it takes from a value to the next that the field allows. cycle is how many make
// one of the next larger unit.
func (c *cronExpression) ahead(field, value, cycle int) int {
	f := c.fields[field]
	if f.any {
		return 0
	}
	for _, allowed := range f.values {
		if allowed == lastDay {
			allowed = cycle
		}
		if allowed >= value {
			return allowed - value
		}
	}
	return f.values[0] - value + cycle
}

// daysAhead is ahead for the day of the month. As in the server, a day that the month lacks is counted on into the next
// month, past days of that one which would be allowed: of 1 and 31, the first of a month after a short one is missed.
func (c *cronExpression) daysAhead(wall time.Time) int {
	days := time.Date(wall.Year(), wall.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
	if wall.Day() == days && slices.Contains(c.fields[dayField].values, lastDay) {
		return 0
	}
	return c.ahead(dayField, wall.Day(), days)
}

// weekdayAhead is how many days it takes to the next of the weekdays that are given with their week of the month, or to
// the next month.
func (c *cronExpression) weekdayAhead(wall time.Time) int {
	days := time.Date(wall.Year(), wall.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
	next := days + 1
	first := (int(wall.Weekday()) - wall.Day() + 1 + 35) % 7 // the weekday of the month's first day
	for weekday, weeks := range c.weeks {
		begin := (weekday-first+7)%7 + 1
		for _, week := range weeks {
			at := begin + (week-1)*7
			if week == lastWeek {
				at = begin + (days-begin)/7*7
			}
			if at >= wall.Day() && at <= days {
				next = min(next, at)
			}
		}
	}
	return next - wall.Day()
}

// either is an expression of which a time needs to fit only the day of the month or the day of the week.
type either struct{ days, weekdays *cronExpression }

func (e either) next(after time.Time) (time.Time, error) {
	first, err := e.days.next(after)
	if err != nil {
		return first, err
	}
	second, err := e.weekdays.next(after)
	if second.After(first) {
		second = first
	}
	return second, err
}

// cronWalker finds the next reading of the clock.
type cronWalker interface {
	next(after time.Time) (time.Time, error)
}

func (s *Schedule) cronWalker() cronWalker {
	c, err := parseCron(*s.Cron)
	if err != nil {
		return never{} // Check has refused it
	}
	if c.fields[dayField].any || c.fields[weekdayField].any || s.DayOr != nil && !*s.DayOr {
		return c
	}
	days, weekdays := *c, *c
	days.fields, weekdays.fields = slices.Clone(c.fields), slices.Clone(c.fields)
	days.fields[weekdayField], weekdays.fields[dayField] = cronField{any: true}, cronField{any: true}
	return either{&days, &weekdays}
}

type never struct{}

func (never) next(time.Time) (time.Time, error) { return time.Time{}, errNoTime }

// readings walks over the readings of the clock after a moment that an expression allows.
func readings(w cronWalker, after time.Time) iter.Seq2[time.Time, error] {
	return func(yield func(time.Time, error) bool) {
		for {
			at, err := w.next(after)
			if !yield(at, err) || err != nil {
				return
			}
			after = at
		}
	}
}

// cronTimes computes with readings of the clock. What a change of the clocks repeats counts the first time only, and what
// it skips comes later by what was skipped.
func (s *Schedule) cronTimes(b bounds) iter.Seq2[time.Time, error] {
	return func(yield func(time.Time, error) bool) {
		zone := b.start.Location()
		after := clock(b.start).Add(-time.Second)
		if after.Nanosecond() > 0 {
			after = after.Add(time.Second)
		}
		walker := s.cronWalker()
		change, _ := b.start.ZoneBounds()
		var shift time.Duration // what the last change moved the clocks by
		var shifted []time.Time
		if !change.IsZero() {
			shift = offsetOf(change.In(zone)) - offsetOf(change.Add(-time.Second).In(zone))
			since := b.start.Sub(change)
			if since < -shift { // the clocks show again what they have shown
				after = clock(change.In(zone)).Add(-shift - time.Second)
			}
			if since < shift {
				// What the change skipped is still to come.
				for at, err := range readings(walker, after.Add(-shift)) {
					if err != nil || !at.Before(clock(change.In(zone))) {
						break
					}
					shifted = append(shifted, firstAt(at, zone))
				}
			}
		}
		give := b.once(yield)
		for at, err := range readings(walker, after) {
			if err != nil {
				yield(time.Time{}, err)
				return
			}
			moment := firstAt(at, zone)
			for len(shifted) > 0 && !shifted[0].After(moment) {
				if !give(shifted[0]) {
					return
				}
				shifted = shifted[1:]
			}
			if !give(moment) {
				return
			}
		}
	}
}
