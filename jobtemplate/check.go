package jobtemplate

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/internal/suggest"
	"github.com/pacific-aci/pacific/prefect"
)

// CheckVariables holds job variables, as a deployment or a flow run gives them, against a pool's base job template: their
// names, and the kinds of their values. Prefect's servers accept any name, and a misspelled one does nothing. What else a
// value may be is for the server to judge.
//
// A template without variables, such as that of a pool whose worker has not started yet, takes everything. Three values fit
// every variable: one with a placeholder and a reference, which stand for another, and null, which takes a variable away. The
// error joins an [*Error] for each variable.
func CheckVariables(template json.RawMessage, v prefect.Version, values map[string]any) error {
	t, err := ReadTemplate(template)
	if err != nil {
		return nil
	}
	used := map[string]bool{envName: true}
	for _, name := range t.Names() {
		used[name] = true
	}
	var configuration any
	if decode(t.root.raw("job_configuration"), &configuration) == nil {
		addPlaceholders(used, configuration)
	}
	return t.check("the work pool's template has no such name", used, values, major(v) >= 3)
}

// CheckFields holds values that an agent puts over the fields of an infrastructure block, whole or as FIELD.KEY, against the
// schema of the block. A schema without properties takes everything. Otherwise it is as [CheckVariables].
func CheckFields(schema json.RawMessage, values map[string]any) error {
	t, err := ReadTemplate(fmt.Appendf(nil, `{"variables":%s}`, schema))
	if err != nil {
		return nil
	}
	fields := map[string]bool{}
	for _, name := range t.Names() {
		fields[name] = true
	}
	return t.check("the block has no such field", fields, values, true)
}

// check refuses names that are not known and values that do not fit. With dots, A.B is a part of A, and its value is left
// unchecked.
func (t *Template) check(problem string, known map[string]bool, values map[string]any, dots bool) error {
	var found []error
	for _, name := range slices.Sorted(maps.Keys(values)) {
		root, isPart := name, false
		if dots {
			root, _, isPart = strings.Cut(withDots(name), ".")
		}
		if !known[root] {
			names := slices.Sorted(maps.Keys(known))
			found = append(found, &Error{Kind: ErrValue, Field: name, Problem: problem, Want: suggest.Hint(root, names, "it has "+strings.Join(names, ", "))})
			continue
		}
		value, err := plain(values[name])
		if err != nil {
			return err
		}
		if schema := t.schemas[root]; !isPart && value != nil && !standsForAnother(value) && !t.fits(schema, value, 0) {
			want := "give " + t.want(schema)
			if text, isText := textOf(value); isText && t.fits(schema, text, 0) {
				want = fmt.Sprintf("give a text, which JSON writes as %q", text)
			}
			found = append(found, &Error{Kind: ErrValue, Field: name, Problem: "must not be " + nature(value), Want: want})
		}
	}
	return errors.Join(found...)
}

// textOf is a number, true or false as it is written.
func textOf(value any) (string, bool) {
	switch value.(type) {
	case json.Number, bool:
		return fmt.Sprint(value), true
	}
	return "", false
}

// standsForAnother reports whether there is a placeholder or a reference anywhere in a value.
func standsForAnother(value any) bool {
	switch v := value.(type) {
	case string:
		return len(placeholders(v)) > 0
	case []any:
		return slices.ContainsFunc(v, standsForAnother)
	case map[string]any:
		_, isReference := v["$ref"]
		return isReference || slices.ContainsFunc(slices.Collect(maps.Values(v)), standsForAnother)
	}
	return false
}
