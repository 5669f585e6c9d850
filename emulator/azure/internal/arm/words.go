package arm

import (
	"strings"

	"github.com/google/uuid"
)

// OneOf finds a text among the words allowed without regard to case, and returns it in Azure's spelling; else as it is.
func OneOf(text string, allowed ...string) (string, bool) {
	for _, word := range allowed {
		if strings.EqualFold(word, text) {
			return word, true
		}
	}
	return text, false
}

// IsGUID reports whether a text is a GUID as Azure writes it. The library takes other forms too, in braces or without
// dashes, and ids that are spelled so would never be found again.
func IsGUID(text string) bool { return len(text) == 36 && uuid.Validate(text) == nil }
