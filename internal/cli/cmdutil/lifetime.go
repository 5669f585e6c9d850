package cmdutil

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// ErrNotPositive says that a length of time is zero or less.
var ErrNotPositive = errors.New("it must be more than zero")

// Lifetime is a flag's duration that may be given in days.
type Lifetime time.Duration

// String is what was given, whole days as such; empty for nothing.
func (l *Lifetime) String() string {
	if *l == 0 {
		return ""
	}
	if d := time.Duration(*l); d%(24*time.Hour) == 0 {
		return strconv.Itoa(int(d/(24*time.Hour))) + "d"
	}
	return time.Duration(*l).String()
}

// Type names the value in help texts.
func (*Lifetime) Type() string { return "lifetime" }

// Set reads Go's durations, and days: 90d.
func (l *Lifetime) Set(text string) error {
	unit := time.Duration(1)
	if days, isDays := strings.CutSuffix(text, "d"); isDays {
		text, unit = days+"h", 24
	}
	d, err := time.ParseDuration(text)
	switch {
	case err != nil || d > math.MaxInt64/unit:
		return errors.New("want a length of time, such as 90d or 2160h")
	case d <= 0:
		return ErrNotPositive
	}
	*l = Lifetime(d * unit)
	return nil
}
