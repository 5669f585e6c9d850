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
//
// A role's author writes the pattern, and every call is held against it, so the time grows with the product of the two
// lengths and not with the number of stars: reached holds, for what has been read of the pattern, which beginnings of the
// action it matches.
func matches(pattern, action string) bool {
	before, _, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == action
	}
	if !strings.HasPrefix(action, before) {
		return false
	}
	reached := make([]bool, len(action)+1)
	reached[len(before)] = true
	for i := len(before); i < len(pattern); i++ {
		if pattern[i] != '*' {
			step(reached, action, pattern[i])
			continue
		}
		skipped := reached // by /*/ as a slash alone: what is reached before the star is reached after the slash that follows
		reached = anyText(reached)
		if i > 0 && pattern[i-1] == '/' && i+1 < len(pattern) && pattern[i+1] == '/' {
			i++
			step(reached, action, '/')
			for j, ok := range skipped {
				reached[j] = reached[j] || ok
			}
		}
	}
	return reached[len(action)]
}

// step goes on by one character of the pattern.
func step(reached []bool, action string, c byte) {
	for j := len(action); j > 0; j-- {
		reached[j] = reached[j-1] && action[j-1] == c
	}
	reached[0] = false
}

// anyText is what a star reaches: all from the first place on.
func anyText(reached []bool) []bool {
	all := make([]bool, len(reached))
	for j := range reached {
		all[j] = reached[j] || j > 0 && all[j-1]
	}
	return all
}
