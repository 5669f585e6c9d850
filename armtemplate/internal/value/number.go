package value

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// ParseNumber reads a decimal number: an int64 where it fits, so that none loses a digit, else a Number with its spelling,
// unless that is no JSON.
func ParseNumber(word string) (Value, bool) {
	digits := strings.TrimLeft(word, "+-")
	if len(word)-len(digits) > 1 || digits == "" || digits[0] < '0' || digits[0] > '9' || strings.ContainsAny(digits, "xXpP_nN") {
		return nil, false
	}
	if i, err := strconv.ParseInt(word, 10, 64); err == nil {
		return i, true
	}
	f, err := strconv.ParseFloat(word, 64)
	switch {
	case json.Valid([]byte(word)):
		return Number(word), true
	case err != nil || math.IsInf(f, 0):
		return nil, false
	}
	return FromFloat(f), true
}

// FromFloat is a decimal number with at least one digit after the point.
func FromFloat(f float64) Number {
	s := strconv.FormatFloat(f, 'g', -1, 64)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return Number(s)
}
