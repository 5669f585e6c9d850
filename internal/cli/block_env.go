package cli

import (
	"fmt"
	"strings"
)

// environmentSet reads one of two sets of variables of the same meaning. Azure's own names win as a whole: as soon as one
// of them is set, the others are not looked at, so that half of one account never meets half of another. Empty counts as
// not set. plain are the names without AZURE_, which scripts for Prefect blocks use.
func (a *app) environmentSet(plain ...string) ([]string, error) {
	azure := make([]string, len(plain))
	for i, name := range plain {
		azure[i] = "AZURE_" + name
	}
	chosen, other := azure, plain
	if len(a.unset(azure)) == len(azure) {
		chosen, other = plain, nil
	}
	missing := a.unset(chosen)
	switch {
	case len(missing) == len(plain):
		return nil, &usageError{"--from-env: the environment has none of " + strings.Join(azure, ", "),
			"export them, or " + strings.Join(plain, ", ")}
	case len(missing) > 0:
		hint := "export it too"
		if len(missing) > 1 {
			hint = "export them too"
		}
		if other != nil && len(a.unset(other)) == 0 {
			hint += ", or unset what begins with AZURE_: " + strings.Join(other, ", ") + " would do"
		}
		return nil, &usageError{fmt.Sprintf("--from-env: %s not set, only a part of %s", strings.Join(missing, ", "), strings.Join(chosen, ", ")), hint}
	}
	values := make([]string, len(chosen))
	for i, name := range chosen {
		values[i], _ = a.world.LookupEnv(name)
		if other == nil {
			continue
		}
		if theirs, _ := a.world.LookupEnv(other[i]); theirs != "" && theirs != values[i] {
			a.say.Warning(fmt.Sprintf("%s and %s differ: %s is taken", name, other[i], name))
		}
	}
	return values, nil
}

// unset lists those of the variables that are not set.
func (a *app) unset(names []string) []string {
	var missing []string
	for _, name := range names {
		if !a.isSet(name) {
			missing = append(missing, name)
		}
	}
	return missing
}

// excludedByEnv refuses flags that name what --from-env is to read.
func (in *blockInput) excludedByEnv(flags ...string) error {
	for _, flag := range flags {
		if in.given(flag) {
			return &usageError{fmt.Sprintf("--from-env and --%s exclude each other", flag), "leave one of the two out"}
		}
	}
	return nil
}
