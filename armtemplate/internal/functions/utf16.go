package functions

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// ARM counts the characters of a string as .NET does: in units of UTF-16.

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// units is the length of a string.
func units(s string) int {
	n := len(s)
	if isASCII(s) {
		return n
	}
	n = 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// sub is the part of a string from one unit up to another.
func sub(s string, from, to int) string {
	if isASCII(s) {
		return s[from:to]
	}
	return string(utf16.Decode(utf16.Encode([]rune(s))[from:to]))
}

// foldText maps texts that are equal but for their case to one, unit by unit, so that positions stay.
func foldText(s string) string {
	return strings.Map(func(r rune) rune {
		if l := unicode.ToLower(r); utf16.RuneLen(l) == utf16.RuneLen(r) {
			return l
		}
		return r
	}, s)
}

// indexText is where one string holds another without regard to case; -1 if it does not.
func indexText(in, s string, last bool) int {
	in, s = foldText(in), foldText(s)
	at := strings.Index(in, s)
	if last {
		at = strings.LastIndex(in, s)
		if s == "" {
			at = max(0, len(in)-1) // documented: the last position of the string
		}
	}
	if at < 0 {
		return -1
	}
	return units(in[:at])
}
