package cmdutil

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/internal/suggest"
)

// UnknownValue is a value of a flag that takes only some, with the one that may have been meant.
func UnknownValue(flag, value string, allowed []string) error {
	problem := fmt.Sprintf("unknown %s %q; use %s", flag, value, suggest.Or(allowed))
	if value == "" {
		problem = fmt.Sprintf("%s is empty; use %s", flag, suggest.Or(allowed))
	}
	return Usage(problem, suggest.Hint(value, allowed, ""))
}

// regionsInMessage finds the region that Azure refused, and those that it names instead.
var regionsInMessage = regexp.MustCompile(`location '([^']+)'.* '([^']+)'$`)

// regionHint asks whether a region was meant that is like the one that Azure does not know; "" for other errors, and
// where Azure names none that is like it.
func regionHint(e *azure.Error) string {
	if e == nil || !e.Has("LocationNotAvailableForResourceType") && !e.Has("LocationNotAvailableForResourceGroup") {
		return ""
	}
	found := regionsInMessage.FindStringSubmatch(e.Message)
	if found == nil {
		return ""
	}
	return suggest.Hint(found[1], strings.Split(found[2], ","), "")
}
