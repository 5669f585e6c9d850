package profiles

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// foreign are names that begin as Prefect's settings do and are something else: what Prefect sets for its own runs, the
// names of profiles, loggers and integrations, and what Kubernetes sets for a service that is called prefect.
var foreign = regexp.MustCompile(`^PREFECT_(_|PROFILE$|TEST_|LOGGING_(LOGGERS|HANDLERS|FORMATTERS|ROOT)_|INTEGRATIONS_)|_SERVICE_HOST$|_SERVICE_PORT(_|$)|_PORT(_[0-9]+_(TCP|UDP).*)?$`)

// warnOfUnknown notes the names of a place that look like Prefect's settings and are none.
func (s *Settings) warnOfUnknown(place string, names []string) {
	for _, name := range slices.Sorted(slices.Values(names)) {
		if _, ok := findSetting(s.known, name); !ok && strings.HasPrefix(name, "PREFECT_") && !foreign.MatchString(name) {
			s.addUnknown(place, name)
		}
	}
}

// addUnknown notes a name that Prefect passes over.
func (s *Settings) addUnknown(place, name string) {
	s.Warnings = append(s.Warnings, fmt.Sprintf("%s sets %s, which Prefect does not know", place, name))
	if !slices.Contains(s.Unknown, name) {
		s.Unknown = append(s.Unknown, name)
	}
}
