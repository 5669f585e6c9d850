package azcli

import (
	"errors"
	"strings"
)

var (
	errUnclosedQuote = errors.New("a quotation mark is not closed")
	errLastBackslash = errors.New("nothing follows the last backslash")
)

// split splits a command line into words by POSIX's rules of quoting (Shell Command Language, 2.2). Nothing else of a
// shell has a meaning here: commands for az are full of $, *, #, and of backticks in JMESPath queries.
//
// It is written here because the splitters that exist either expand variables or take quoted backslashes away.
func split(line string) ([]string, error) {
	var (
		words []string
		word  strings.Builder
		begun bool // a word has begun, though it may be empty so far: ''
	)
	for rest := line; rest != ""; {
		c := rest[0]
		rest = rest[1:]
		switch c {
		case ' ', '\t', '\n', '\r':
			if begun {
				words = append(words, word.String())
				word.Reset()
				begun = false
			}
			continue
		case '\\':
			if rest == "" {
				return nil, errLastBackslash
			}
			if c, rest = rest[0], rest[1:]; c == '\n' { // the line goes on
				continue
			}
			word.WriteByte(c)
		case '\'':
			quoted, after, closed := strings.Cut(rest, "'")
			if !closed {
				return nil, errUnclosedQuote
			}
			word.WriteString(quoted)
			rest = after
		case '"':
			after, err := doubleQuoted(rest, &word)
			if err != nil {
				return nil, err
			}
			rest = after
		default:
			word.WriteByte(c)
		}
		begun = true
	}
	if begun {
		words = append(words, word.String())
	}
	return words, nil
}

// doubleQuoted reads up to the closing mark. A backslash counts before $, `, ", another one and a line break alone.
func doubleQuoted(text string, word *strings.Builder) (rest string, err error) {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return text[i+1:], nil
		case c != '\\':
			word.WriteByte(c)
		case i+1 == len(text):
			return "", errUnclosedQuote
		default:
			i++
			switch next := text[i]; next {
			case '$', '`', '"', '\\':
				word.WriteByte(next)
			case '\n':
			default:
				word.WriteByte('\\')
				word.WriteByte(next)
			}
		}
	}
	return "", errUnclosedQuote
}

// quote writes a word so that split, and any POSIX shell, reads it back.
func quote(word string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_./:=@,+%", c)
	}
	if word != "" && strings.TrimFunc(word, plain) == "" || word == hidden || strings.HasSuffix(word, "="+hidden) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
