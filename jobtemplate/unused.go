package jobtemplate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// unused warns of job variables that nothing in the pool's template takes up, such as imag for image. The server does not look
// at their names, and Prefect ignores them.
func (t *baseJobTemplate) unused(chosen chosenVariables) []string {
	used := map[string]bool{envName: true}
	for name := range t.Variables.Properties {
		used[name] = true
	}
	addPlaceholders(used, t.JobConfiguration)
	var warnings []string
	for _, name := range slices.Sorted(maps.Keys(chosen.values)) {
		if !used[name] {
			warnings = append(warnings, fmt.Sprintf("the work pool's template has no job variable %q, so what it is set to does nothing", name))
		}
	}
	return warnings
}

// addPlaceholders adds the variables that a part of a template refers to.
func addPlaceholders(used map[string]bool, template any) {
	switch t := template.(type) {
	case string:
		for _, p := range placeholders(t) {
			root, _, _ := strings.Cut(p.name, ".")
			root, _, _ = strings.Cut(root, "[")
			used[root] = true
		}
	case map[string]any:
		for _, value := range t {
			addPlaceholders(used, value)
		}
	case []any:
		for _, value := range t {
			addPlaceholders(used, value)
		}
	}
}
