package pytext

import (
	"html"
	"regexp"
	"strings"
	"unicode"

	"github.com/gosimple/unidecode"
	"golang.org/x/text/unicode/norm"
)

// older are the letters that text-unidecode, which python-slugify uses, writes otherwise than our library: its table is
// older.
var older = strings.NewReplacer(
	"Є", "E", "Ъ", "", "ъ", "", "׀", "|", "ʰ", "h", "€", "EUR", "Ⅎ", "", "ẜ", "s", "ẝ", "s", "ẟ", "d", "一", "Yi ",
	"し", "si", "ち", "ti", "っ", "tu", "つ", "tu", "シ", "si", "チ", "ti", "ッ", "tu", "ツ", "tu",
)

var (
	quotes    = regexp.MustCompile(`'+`)
	thousands = regexp.MustCompile(`(\d),(\d)`)
	gaps      = regexp.MustCompile(`[^a-z0-9]+`)
)

// Slug is slugify(name) of python-slugify: a name of any script in small ASCII letters and digits, with one hyphen for
// each run of anything else. It is empty for a name without letters and digits.
func Slug(name string) string {
	name = strings.Map(known, norm.NFKD.String(quotes.ReplaceAllString(name, "-")))
	name = html.UnescapeString(strings.ReplaceAll(letters(name), "[?]", " "))
	name = quotes.ReplaceAllString(strings.ToLower(norm.NFKD.String(name)), "")
	for thousands.MatchString(name) {
		name = thousands.ReplaceAllString(name, "$1$2")
	}
	return strings.Trim(gaps.ReplaceAllString(name, "-"), "-")
}

// letters writes a name in ASCII. One that is in ASCII stays as it is, without the library's table, which would be read into 700 KB
// for as long as the process lives.
func letters(name string) string {
	if strings.IndexFunc(name, func(r rune) bool { return r > unicode.MaxASCII }) < 0 {
		return name
	}
	return unidecode.Unidecode(older.Replace(name))
}

// known puts a blank where text-unidecode knows no letters.
func known(r rune) rune {
	if unicode.Is(unknown, r) {
		return ' '
	}
	return r
}
