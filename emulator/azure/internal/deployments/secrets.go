package deployments

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// secrets are values that no message may hold.
type secrets struct{ values []string }

// add takes a value. One of a few characters may be part of any word, and is passed over.
func (s *secrets) add(value string) {
	const shortest = 4
	if len(value) >= shortest && !slices.Contains(s.values, value) {
		s.values = append(s.values, value)
		slices.SortFunc(s.values, func(a, b string) int { return len(b) - len(a) }) // one may be part of another
	}
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
	out.Message, out.Details = s.clean(e.Message), nil
	for _, detail := range e.Details {
		out.Details = append(out.Details, s.masked(detail))
	}
	return &out
}
