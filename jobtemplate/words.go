package jobtemplate

import (
	"errors"
	"strings"
)

var (
	errQuote  = errors.New("a quotation mark is never closed")
	errEscape = errors.New("it ends in a backslash")
)

// words splits a command as a POSIX shell does, but for expansions, which nothing makes: there is no shell.
func words(s string) ([]string, error) {
	var (
		found  []string
		word   strings.Builder
		inWord bool
	)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case ' ', '\t', '\r', '\n':
			if inWord {
				found = append(found, word.String())
				word.Reset()
				inWord = false
			}
		case '\'', '"':
			length, err := quoted(s[i:], &word)
			if err != nil {
				return nil, err
			}
			i += length - 1
			inWord = true
		case '\\':
			i++
			if i == len(s) {
				return nil, errEscape
			}
			word.WriteByte(s[i])
			inWord = true
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	if inWord {
		found = append(found, word.String())
	}
	return found, nil
}

// quoted writes what stands between the quotation mark that s begins with and the next one, and tells how long all of
// it is. Between double ones a backslash takes away the meaning of another and of the mark.
func quoted(s string, word *strings.Builder) (int, error) {
	mark := s[0]
	for i := 1; i < len(s); i++ {
		c := s[i]
		switch {
		case c == mark:
			return i + 1, nil
		case c == '\\' && mark == '"' && i+1 < len(s) && (s[i+1] == mark || s[i+1] == '\\'):
			i++
			word.WriteByte(s[i])
		default:
			word.WriteByte(c)
		}
	}
	return 0, errQuote
}
