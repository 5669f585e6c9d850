package azure

import (
	"slices"
	"strings"
)

// roleCodes are Resource Manager's codes for a right that no role assignment gives ("Troubleshoot Azure RBAC", and the pages that the
// table of codes names).
var roleCodes = []string{"AuthorizationFailed", "LinkedAuthorizationFailed"}

// LacksRole reports whether Azure refuses because no role assignment that it knows of gives a right, which one that was just made may
// still do: Azure says that it takes up to ten minutes to work. It is false for the other refusals, most of them with status 403 too:
// a policy, a lock, a deny assignment, a subscription that is disabled, codes that nobody told us of, and a proxy's answer.
func (e *Error) LacksRole() bool {
	if e.Class != ClassAuthorisation {
		return false
	}
	listed := slices.ContainsFunc(roleCodes, func(code string) bool { return strings.EqualFold(e.Code, code) })
	return listed || strings.Contains(strings.ToLower(e.Message), "does not have authorization to perform")
}
