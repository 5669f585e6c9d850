package schedule

import (
	"math"
	"strconv"
	"strings"
)

// durationError is why a text is no duration, in the words of the server's library.
type durationError string

func (e durationError) Error() string { return string(e) }

const (
	errDurationShort    durationError = "input is too short"
	errDurationNumber   durationError = "invalid digit in duration"
	errDurationDays     durationError = `"day" identifier in duration not correctly formatted`
	errDurationRepeated durationError = "`t` character repeated in duration"
	errDurationFraction durationError = "quantity fraction invalid in duration"
	errDurationDate     durationError = "quantity invalid in date part of duration"
	errDurationTime     durationError = "quantity invalid in time part of duration"
	errDurationTooLong  durationError = "durations may not exceed 999,999,999 days"
	errTimeHour         durationError = "invalid character in hour"
	errTimeSeparator    durationError = "invalid time separator, expected `:`"
	errTimeMinute       durationError = "invalid character in minute"
	errTimeMinuteRange  durationError = "minute value is outside expected range of 0-59"
	errTimeSecond       durationError = "invalid character in second"
	errTimeSecondRange  durationError = "second value is outside expected range of 0-59"
	errTimeExtra        durationError = "unexpected extra characters at the end of the input"
)

// parseDuration reads a duration in seconds: ISO 8601 (P1DT2H), days and a time (1 day, 02:00:00), or a time (02:00).
func parseDuration(text string) (float64, error) {
	rest, sign := text, 1.0
	if text == "" {
		return 0, errDurationShort
	}
	switch text[0] {
	case '+':
		rest = text[1:]
	case '-':
		rest, sign = text[1:], -1
	}
	var seconds float64
	var err error
	switch {
	case strings.HasPrefix(rest, "P"):
		seconds, err = parseISODuration(rest[1:])
	case strings.ContainsAny(text, "dD") || len(text) < 5:
		seconds, err = parseDays(rest)
	default:
		seconds, err = parseClock(rest)
	}
	if err == nil && seconds >= maxIntervalSeconds+1 {
		err = errDurationTooLong
	}
	return sign * seconds, err
}

// cutNumber takes digits, and a fraction, off a text.
func cutNumber(text string) (number float64, fraction bool, rest string, err error) {
	end := 0
	for end < len(text) && (text[end] >= '0' && text[end] <= '9' || end > 0 && !fraction && strings.IndexByte(".,", text[end]) >= 0) {
		fraction = fraction || text[end] == '.' || text[end] == ','
		end++
	}
	number, parseErr := strconv.ParseFloat(strings.Replace(text[:end], ",", ".", 1), 64)
	if parseErr != nil {
		return 0, false, text, errDurationNumber
	}
	return number, fraction, text[end:], nil
}

var (
	dateUnits = map[byte]float64{'Y': 365 * 86400, 'M': 30 * 86400, 'W': 7 * 86400, 'D': 86400}
	timeUnits = map[byte]float64{'H': 3600, 'M': 60, 'S': 1}
)

// parseISODuration reads what follows the P.
func parseISODuration(text string) (float64, error) {
	units, wrongUnit := dateUnits, errDurationDate
	seconds, hadFraction := 0.0, false
	for rest := text; rest != ""; {
		if rest[0] == 'T' {
			if wrongUnit == errDurationTime {
				return 0, errDurationRepeated
			}
			units, wrongUnit, rest = timeUnits, errDurationTime, rest[1:]
			continue
		}
		number, fraction, after, err := cutNumber(rest)
		if err != nil {
			return 0, err
		}
		if hadFraction {
			return 0, errDurationFraction
		}
		hadFraction = fraction
		if after == "" || units[after[0]] == 0 {
			return 0, wrongUnit
		}
		seconds += number * units[after[0]]
		rest = after[1:]
	}
	if len(text) < 2 {
		return 0, errDurationShort
	}
	return seconds, nil
}

// parseDays reads days, and perhaps a time after them.
func parseDays(text string) (float64, error) {
	if text == "" {
		return 0, errDurationShort
	}
	end := 0
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	number, err := strconv.ParseFloat(text[:end], 64)
	if err != nil {
		return 0, errDurationNumber
	}
	rest := strings.ToLower(strings.TrimPrefix(text[end:], " "))
	if !strings.HasPrefix(rest, "d") {
		return 0, errDurationDays
	}
	rest = rest[1:]
	if strings.HasPrefix(rest, "a") {
		if !strings.HasPrefix(rest, "ay") {
			return 0, errDurationDays
		}
		rest = strings.TrimPrefix(rest[2:], "s")
	}
	rest = strings.TrimPrefix(strings.TrimPrefix(rest, ","), " ")
	if rest == "" {
		return number * 86400, nil
	}
	clock, err := parseClock(rest)
	return number*86400 + clock, err
}

// parseClock reads HH:MM, HH:MM:SS or HH:MM:SS.ffffff.
func parseClock(text string) (float64, error) {
	if len(text) < 5 {
		return 0, errDurationShort
	}
	hour, ok := twoDigits(text)
	if !ok {
		return 0, errTimeHour
	}
	if text[2] != ':' {
		return 0, errTimeSeparator
	}
	minute, ok := twoDigits(text[3:])
	switch {
	case !ok:
		return 0, errTimeMinute
	case minute > 59:
		return 0, errTimeMinuteRange
	}
	seconds, rest := hour*3600+minute*60, text[5:]
	if rest == "" {
		return seconds, nil
	}
	if rest[0] != ':' {
		return 0, errTimeExtra
	}
	second, ok := twoDigits(rest[1:])
	switch {
	case !ok:
		return 0, errTimeSecond
	case second > 59:
		return 0, errTimeSecondRange
	case rest[3:] == "":
		return seconds + second, nil
	}
	fraction, err := strconv.ParseFloat("0"+rest[3:], 64)
	if err != nil || rest[3] != '.' {
		return 0, errTimeExtra
	}
	return seconds + second + math.Trunc(fraction*1e6)/1e6, nil
}

func twoDigits(text string) (float64, bool) {
	if len(text) < 2 || text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9' {
		return 0, false
	}
	return float64(text[0]-'0')*10 + float64(text[1]-'0'), true
}
