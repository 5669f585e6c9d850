package jobtemplate

import (
	"html"
	"regexp"
	"strings"

	"github.com/gosimple/unidecode"
	"golang.org/x/text/unicode/norm"
)

// likePrefect are the letters that Prefect's slugs write otherwise than the library does: their table is older.
var likePrefect = strings.NewReplacer(
	"Є", "E", "Ъ", "", "ъ", "", "׀", "|", "ʰ", "h", "€", "EUR", "Ⅎ", "", "ẜ", "s", "ẝ", "s", "ẟ", "d", "一", "Yi ",
	"し", "si", "ち", "ti", "っ", "tu", "つ", "tu", "シ", "si", "チ", "ti", "ッ", "tu", "ツ", "tu",
)

var (
	quotes    = regexp.MustCompile(`'+`)
	thousands = regexp.MustCompile(`(\d),(\d)`)
)

// latin writes a name of any script in small ASCII letters, as the slugs of Prefect's own worker do. What makes a
// name of a container group of it follows in aci.
func latin(name string) string {
	name = norm.NFKD.String(quotes.ReplaceAllString(name, "-"))
	name = html.UnescapeString(strings.ReplaceAll(unidecode.Unidecode(likePrefect.Replace(name)), "[?]", " "))
	name = quotes.ReplaceAllString(strings.ToLower(norm.NFKD.String(name)), "")
	for thousands.MatchString(name) {
		name = thousands.ReplaceAllString(name, "$1$2")
	}
	return name
}
