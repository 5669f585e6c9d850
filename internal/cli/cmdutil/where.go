package cmdutil

import (
	"strings"

	"github.com/pacific-aci/pacific/internal/config"
)

// WhereFlags are the flags with which another command finds the same place,
// wherever and in whichever environment it is run.
func WhereFlags(settings *config.Config, subscription string) []string {
	where := []string{"--subscription", subscription, "--resource-group", settings.Get("resource-group")}
	if cloud := settings.Value("cloud"); cloud.Origin != config.FromDefault {
		where = append([]string{"--cloud", cloud.Value}, where...)
	}
	return where
}

// HereFlags are the flags with which another command finds the same place in
// this folder and environment: those that were given to this one.
func HereFlags(settings *config.Config) []string {
	var where []string
	for _, name := range []string{"cloud", "subscription", "resource-group"} {
		if v := settings.Value(name); v.Origin == config.FromFlag {
			where = append(where, "--"+name, v.Value)
		}
	}
	return where
}

// ShellWord quotes what a shell would not take as one plain word: a resource
// group may have parentheses in its name, a subscription blanks.
func ShellWord(word string) string {
	special := func(r rune) bool {
		plain := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=", r)
		return !plain
	}
	if word != "" && !strings.ContainsFunc(word, special) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
