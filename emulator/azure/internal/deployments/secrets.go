package deployments

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"github.com/pacific-aci/pacific/armtemplate"
	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// secrets are values that no error may hold. They grow while the deployment is evaluated.
type secrets struct{ *armtemplate.Secrets }

// inheritedKey is the key of the secrets of the deployment that a nested one is in: it may have them as plain parameters.
type inheritedKey struct{}

// newSecrets are those of the deployment whose request is served, and what it computes of them.
func newSecrets(ctx context.Context) secrets {
	s := secrets{&armtemplate.Secrets{}}
	if outer, ok := ctx.Value(inheritedKey{}).(*armtemplate.Secrets); ok {
		for _, text := range outer.Texts() {
			s.Add(text)
		}
	}
	return s
}

// masked is an error without secrets.
func (s *secrets) masked(e *arm.Error) *arm.Error {
	out := *e
	out.Message, out.Target, out.Details, out.AdditionalInfo = s.Mask(e.Message), s.Mask(e.Target), nil, nil
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
		return s.Mask(v)
	case json.Number:
		if slices.Contains(s.Texts(), v.String()) {
			return s.Mask(v.String())
		}
	case []any:
		for i := range v {
			v[i] = s.cleanTree(v[i])
		}
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, member := range v {
			out[s.Mask(name)] = s.cleanTree(member)
		}
		return out
	}
	return v
}
