package api

import (
	"regexp"
	"strings"
)

// Like is SQL's ILIKE '%part%': whether the text has the part in it, with capital letters or without; % is any text and
// _ any character.
func Like(text, part string) bool {
	pattern := strings.NewReplacer("%", ".*", "_", ".").Replace(regexp.QuoteMeta(part))
	found, err := regexp.MatchString("(?is)"+pattern, text)
	return err == nil && found
}
