package schedule

import (
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/adhocore/gronx"
)

// alias gives the expression that a short form stands for, and others as they are.
func alias(cron string) string {
	switch strings.ToLower(cron) {
	case "@yearly", "@annually":
		return "0 0 1 1 *"
	case "@monthly":
		return "0 0 1 * *"
	case "@weekly":
		return "0 0 * * 0"
	case "@daily", "@midnight":
		return "0 0 * * *"
	case "@hourly":
		return "0 * * * *"
	}
	return cron
}

// cronFields are minute, hour, day, month, weekday, second and year: the server's order, seconds and years may be left
// out. ok is false if there are too few or too many.
func cronFields(cron string) (fields []string, ok bool) {
	fields = strings.Fields(strings.ToUpper(alias(strings.TrimSpace(cron))))
	if len(fields) < 5 || len(fields) > 7 {
		return nil, false
	}
	return append(fields, []string{"0", "*"}[len(fields)-5:]...), true
}

// expression is a cron expression in gronx's order: seconds first.
func expression(f []string) string {
	return strings.Join([]string{f[5], f[0], f[1], f[2], f[3], f[4], f[6]}, " ")
}

func checkCron(cron string) string {
	fields, ok := cronFields(cron)
	if !ok || !gronx.IsValid(expression(fields)) {
		return fmt.Sprintf("Invalid cron string: %q", cron)
	}
	for _, field := range fields {
		if field == "R" || field == "H" {
			return fmt.Sprintf("Random and Hashed expressions are unsupported, received: %q", cron)
		}
	}
	return ""
}

// cronTimes computes with clocks on the wall. With DayOr false, a time must fit the day of the month and the weekday.
func (s *Schedule) cronTimes(start time.Time) iter.Seq[time.Time] {
	fields, _ := cronFields(*s.Cron)
	both := s.DayOr != nil && !*s.DayOr && fields[2] != "*" && fields[4] != "*"
	weekday := expression([]string{"*", "*", "*", "*", fields[4], "*", "*"})
	if both {
		fields[4] = "*"
	}
	cron, days := expression(fields), gronx.New()
	return func(yield func(time.Time) bool) {
		wall := clock(start)
		if wall.Nanosecond() > 0 {
			wall = wall.Truncate(time.Second).Add(time.Second)
		}
		for inclusive := true; ; {
			next, err := gronx.NextTickAfter(cron, wall, inclusive)
			if err != nil {
				return // never again, as on the 30th of February
			}
			wall, inclusive = next, false
			if both {
				if due, err := days.IsDue(weekday, next); err != nil || !due {
					// Straight to the next day: the wrong one may have 86400 such seconds.
					wall, inclusive = next.Truncate(24*time.Hour).AddDate(0, 0, 1), true
					continue
				}
			}
			if !yield(onClock(next, start.Location())) {
				return
			}
		}
	}
}
