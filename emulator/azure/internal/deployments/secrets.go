package deployments

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// secrets are values that no error may hold.
type secrets struct{ values []string }

// add takes a value, as it is and as a JSON string has it. One of a few characters may be part of any word, and is passed
// over.
func (s *secrets) add(value string) {
	const shortest = 4
	if len(value) < shortest {
		return
	}
	for _, form := range []string{value, escaped(value)} {
		if !slices.Contains(s.values, form) {
			s.values = append(s.values, form)
		}
	}
	slices.SortFunc(s.values, func(a, b string) int { return len(b) - len(a) }) // one may be part of another
}

// escaped is a text as it is inside a JSON string.
func escaped(text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a string can always be encoded
	return strings.TrimSuffix(b.String()[1:], "\"\n")
}

// addJSON takes the texts of a value.
func (s *secrets) addJSON(raw json.RawMessage) {
	var v any
	if json.Unmarshal(raw, &v) == nil {
		s.addValue(v)
	}
}

func (s *secrets) addValue(v any) {
	switch v := v.(type) {
	case string:
		s.add(v)
	case []any:
		for _, e := range v {
			s.addValue(e)
		}
	case map[string]any:
		for _, e := range v {
			s.addValue(e)
		}
	}
}

func (s *secrets) clean(text string) string {
	for _, value := range s.values {
		text = strings.ReplaceAll(text, value, "***")
	}
	return text
}

// masked is an error without secrets.
func (s *secrets) masked(e *arm.Error) *arm.Error {
	out := *e
	out.Message, out.Target, out.Details, out.AdditionalInfo = s.clean(e.Message), s.clean(e.Target), nil, nil
	for _, detail := range e.Details {
		out.Details = append(out.Details, s.masked(detail))
	}
	for _, info := range e.AdditionalInfo {
		out.AdditionalInfo = append(out.AdditionalInfo, arm.ErrorInfo{Type: info.Type, Info: s.cleanValue(info.Info)})
	}
	return &out
}

// cleanValue is what a value is as JSON, without secrets in its strings, numbers and names. What cannot be written or read
// as JSON is left out.
func (s *secrets) cleanValue(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	var tree any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if d.Decode(&tree) != nil {
		return nil
	}
	return s.cleanTree(tree)
}

func (s *secrets) cleanTree(v any) any {
	switch v := v.(type) {
	case string:
		return s.clean(v)
	case json.Number:
		if slices.Contains(s.values, v.String()) {
			return s.clean(v.String())
		}
	case []any:
		for i := range v {
			v[i] = s.cleanTree(v[i])
		}
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, member := range v {
			out[s.clean(name)] = s.cleanTree(member)
		}
		return out
	}
	return v
}
