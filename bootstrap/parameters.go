package bootstrap

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// nameParameter finds the parameter in a name that is the parameter and nothing else.
var nameParameter = regexp.MustCompile(`^\[\s*parameters\(\s*'([^']+)'\s*\)\s*\]$`)

// checkNames refuses a parameter of the caller's template that gives a resource no name, or a key vault one that Azure would
// refuse, before anything is made. Azure itself names only the line of the template, or says it in the middle of the
// deployment.
func (s *state) checkNames() error {
	if s.request.ours() {
		return nil
	}
	var root struct {
		Resources  json.RawMessage
		Parameters map[string]struct{ DefaultValue json.RawMessage }
	}
	if json.Unmarshal(s.template.JSON(), &root) != nil {
		return nil
	}
	type named struct {
		Type, Name string
		Condition  any
	}
	var all []named
	bySymbol := map[string]named{}
	if json.Unmarshal(root.Resources, &all) != nil && json.Unmarshal(root.Resources, &bySymbol) == nil {
		for _, symbol := range slices.Sorted(maps.Keys(bySymbol)) { // of two mistakes always the same one is named
			all = append(all, bySymbol[symbol])
		}
	}
	for _, r := range all {
		m := nameParameter.FindStringSubmatch(r.Name)
		if m == nil || r.Condition != nil {
			continue
		}
		value, known := s.parameterText(m[1], root.Parameters)
		if !known {
			continue
		}
		kind := kindOf(r.Type)
		var err error
		switch {
		case kind == KindVault:
			err = CheckKeyVault(value)
		case value == "":
			err = &NameError{Field: string(kind) + " name", Rule: "a resource needs one"}
		}
		if err != nil {
			return &ParameterError{Parameter: m[1], Err: err}
		}
	}
	return nil
}

// parameterText is the text that a parameter has, by its value or by a default that is no expression.
func (s *state) parameterText(name string, defaults map[string]struct{ DefaultValue json.RawMessage }) (text string, known bool) {
	given, ok := s.parameters.Get(name)
	if ok && given.Secret != nil {
		return "", false
	}
	value := given.Value
	for one, p := range defaults {
		if !ok && strings.EqualFold(one, name) {
			value = p.DefaultValue
		}
	}
	if len(value) == 0 || json.Unmarshal(value, &text) != nil {
		return "", false
	}
	return text, !unknown(text)
}
