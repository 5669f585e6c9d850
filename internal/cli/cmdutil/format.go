package cmdutil

import (
	"fmt"
	"time"
)

// ShortAge gives an age by its largest unit: that is what one looks for.
func ShortAge(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", max(0, int(d.Seconds())))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}

// AgeOf tells how long ago something was; nothing if it never was.
func AgeOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return ShortAge(time.Since(t)) + " ago"
}

// Counted is a number with its noun.
func Counted(n int, one, many string) string {
	switch n {
	case 0:
		return "no " + one
	case 1:
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
