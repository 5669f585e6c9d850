package rbac

import "strings"

// permission is a part of a role: what it grants, and what it leaves out of that.
type permission struct {
	Actions        []string `json:"actions"`
	NotActions     []string `json:"notActions"`
	DataActions    []string `json:"dataActions"`
	NotDataActions []string `json:"notDataActions"`
}

// allows reports whether the permission grants an action of Azure Resource Manager or, with data, of a data plane.
func (p permission) allows(action string, data bool) bool {
	if data {
		return matchesAny(p.DataActions, action) && !matchesAny(p.NotDataActions, action)
	}
	return matchesAny(p.Actions, action) && !matchesAny(p.NotActions, action)
}

func matchesAny(patterns []string, action string) bool {
	action = strings.ToLower(action)
	for _, pattern := range patterns {
		if matches(strings.ToLower(pattern), action) {
			return true
		}
	}
	return false
}

// matches holds an action against a pattern, both lower case: * is any text, slashes included, and /*/ is a slash alone
// too. Without the latter Managed Identity Operator, which has userAssignedIdentities/*/assign/action, could not assign:
// the action is userAssignedIdentities/assign/action.
func matches(pattern, action string) bool {
	before, after, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == action
	}
	rest, ok := strings.CutPrefix(action, before)
	if !ok {
		return false
	}
	if strings.HasSuffix(before, "/") && strings.HasPrefix(after, "/") && matches(after[1:], rest) {
		return true
	}
	for i := 0; i <= len(rest); i++ {
		if matches(after, rest[i:]) {
			return true
		}
	}
	return false
}
