package block

import (
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
)

// environmentSet reads one of two sets of variables of the same meaning. Azure's own names win as a whole: as soon as one
// of them is set, the others are not looked at, so that half of one account never meets half of another. Empty counts as
// not set. plain are the names without AZURE_, which scripts for Prefect blocks use.
func environmentSet(a *cmdutil.App, plain ...string) ([]string, error) {
	azure := make([]string, len(plain))
	for i, name := range plain {
		azure[i] = "AZURE_" + name
	}
	chosen, other := azure, plain
	if len(unset(a, azure)) == len(azure) {
		chosen, other = plain, nil
	}
	missing := unset(a, chosen)
	switch {
	case len(missing) == len(plain):
		return nil, cmdutil.Usage("--from-env: the environment has none of "+strings.Join(azure, ", "),
			"export them, or "+strings.Join(plain, ", "))
	case len(missing) > 0:
		hint := "export it too"
		if len(missing) > 1 {
			hint = "export them too"
		}
		if other != nil && len(unset(a, other)) == 0 {
			hint += ", or unset what begins with AZURE_: " + strings.Join(other, ", ") + " would do"
		}
		return nil, cmdutil.Usage(fmt.Sprintf("--from-env: %s not set, but part of %s is", strings.Join(missing, ", "), strings.Join(chosen, ", ")), hint)
	}
	values, differ := make([]string, len(chosen)), false
	for i, name := range chosen {
		values[i], _ = a.Env.LookupEnv(name)
		if err := cmdutil.RefuseInvalidUTF8("--from-env: "+name, values[i]); err != nil {
			return nil, err
		}
		if other == nil {
			continue
		}
		if theirs, _ := a.Env.LookupEnv(other[i]); theirs != "" && theirs != values[i] {
			a.Say.Warning(fmt.Sprintf("%s and %s differ: using %s", name, other[i], name))
			differ = true
		}
	}
	if differ {
		a.Say.Hint("to use " + strings.Join(other, ", ") + " instead: unset " + strings.Join(azure, " "))
	}
	return values, nil
}

// unset lists those of the variables that are not set.
func unset(a *cmdutil.App, names []string) []string {
	var missing []string
	for _, name := range names {
		if !a.IsSet(name) {
			missing = append(missing, name)
		}
	}
	return missing
}

// excludedByEnv refuses flags that name what --from-env is to read.
func (in *input) excludedByEnv(flags ...string) error {
	for _, flag := range flags {
		if in.given(flag) {
			return cmdutil.Usage(fmt.Sprintf("--from-env and --%s cannot be used together", flag), "leave one of the two out")
		}
	}
	return nil
}
