package cmdutil

import (
	"errors"
	"strings"
	"time"
)

// Lifetime is a flag's duration that may be given in days.
type Lifetime time.Duration

// String is what was given; empty for nothing.
func (l *Lifetime) String() string {
	if *l == 0 {
		return ""
	}
	return time.Duration(*l).String()
}

// Type names the value in help texts.
func (*Lifetime) Type() string { return "lifetime" }

// Set reads Go's durations, and days: 90d.
func (l *Lifetime) Set(text string) error {
	days, isDays := strings.CutSuffix(text, "d")
	if isDays {
		text = days + "h"
	}
	d, err := time.ParseDuration(text)
	if isDays {
		d *= 24
	}
	if err != nil || d <= 0 {
		return errors.New("want a length of time, such as 90d or 2160h")
	}
	*l = Lifetime(d)
	return nil
}
