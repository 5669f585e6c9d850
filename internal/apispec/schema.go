package apispec

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A Finding is one thing in the traffic that Microsoft's files do not say.
type Finding struct {
	// Operation is the operationId, empty when none was found.
	Operation string
	// Where is "request" or "response", then the JSON path.
	Where string
	// What is wrong, in one line.
	What string
	// Warning marks what real Azure does too, or a newer version may: it does not fail a test.
	Warning bool
}

func (f Finding) String() string {
	kind := "error"
	if f.Warning {
		kind = "warning"
	}
	return fmt.Sprintf("%s: %s: %s: %s", kind, f.Operation, f.Where, f.What)
}

// walker holds one body against one schema.
type walker struct {
	m        match
	response bool
	patch    bool
	findings []Finding
}

func (w *walker) add(warning bool, at, format string, args ...any) {
	w.findings = append(w.findings, Finding{Operation: w.m.id, Where: at, What: fmt.Sprintf(format, args...), Warning: warning})
}

func (w *walker) deref(s *schema) *schema {
	for s != nil && s.Ref != "" {
		name, ok := strings.CutPrefix(s.Ref, "#/definitions/")
		if !ok {
			return nil
		}
		target := w.m.doc.definitions[name]
		if target == nil {
			return nil
		}
		s = target
	}
	return s
}

// known are properties that real clients or real Azure send although no file names them.
var known = map[string]bool{"isCustomProvisioningTimeout": true, "provisioningTimeoutInSeconds": true, "isDelegatedIdentity": true,
	"systemData": true, "authorization": true, "trackingId": true, "ipamPoolPrefixAllocations": true}

// flat is a schema with everything of its allOf gathered in.
type flat struct {
	properties map[string]*schema
	required   []string
	open       bool    // any further property is allowed
	values     *schema // the schema of further properties, if they have one
}

func (w *walker) flatten(s *schema, into *flat) {
	s = w.deref(s)
	if s == nil {
		into.open = true
		return
	}
	for _, part := range s.AllOf {
		w.flatten(part, into)
	}
	maps.Copy(into.properties, s.Properties)
	into.required = append(into.required, s.Required...)
	switch extra := strings.TrimSpace(string(s.AdditionalProperties)); {
	case extra == "" || extra == "false":
	case extra == "true":
		into.open = true
	default:
		into.open = true
		var values schema
		if json.Unmarshal(s.AdditionalProperties, &values) == nil {
			into.values = &values
		}
	}
}

// value holds v against s and everything below it.
func (w *walker) value(at string, s *schema, v any) {
	s = w.deref(s)
	if s == nil {
		return
	}
	if v == nil {
		// Real Azure answers null for much that is unset, and in a PATCH null removes.
		if !w.response && !w.patch {
			w.add(true, at, "null")
		}
		return
	}
	switch {
	case s.Type == "array":
		w.array(at, s, v)
	case s.Type == "object" || s.Type == "" && (len(s.Properties) > 0 || len(s.AllOf) > 0):
		w.object(at, s, v)
	case s.Type == "":
	default:
		w.scalar(at, s, v)
	}
}

func (w *walker) array(at string, s *schema, v any) {
	list, ok := v.([]any)
	if !ok {
		w.add(false, at, "is %s, wants an array", kindOf(v))
		return
	}
	for i, item := range list {
		w.value(fmt.Sprintf("%s[%d]", at, i), s.Items, item)
	}
}

func (w *walker) object(at string, s *schema, v any) {
	fields, ok := v.(map[string]any)
	if !ok {
		w.add(false, at, "is %s, wants an object", kindOf(v))
		return
	}
	f := flat{properties: map[string]*schema{}}
	w.flatten(s, &f)
	if len(f.properties) == 0 && !f.open {
		f.open = true // a bare "type: object" is free-form
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		below := at + "." + name
		prop, ok := f.properties[name]
		switch {
		case ok:
			w.value(below, prop, fields[name])
		case f.values != nil:
			w.value(below, f.values, fields[name])
		case !f.open && !known[name]:
			w.unknown(below, name, f.properties)
		}
	}
	w.required(at, f, fields)
}

func (w *walker) unknown(at, name string, properties map[string]*schema) {
	near := ""
	for p := range properties {
		if strings.EqualFold(p, name) {
			near = fmt.Sprintf(" (the file spells it %s)", p)
		}
	}
	w.add(!w.m.exact && near == "", at, "unknown property%s", near)
}

func (w *walker) required(at string, f flat, fields map[string]any) {
	for _, name := range f.required {
		if _, ok := fields[name]; ok {
			continue
		}
		prop := f.properties[name]
		resolved := w.deref(prop)
		if prop == nil || resolved == nil {
			continue
		}
		secret := prop.Secret || resolved.Secret
		readOnly := prop.ReadOnly || resolved.ReadOnly || len(prop.Mutability) == 1 && prop.Mutability[0] == "read"
		// A required secret must be absent from answers; what only the server writes is never required of a client.
		if w.response && secret || !w.response && (readOnly || w.patch) {
			continue
		}
		w.add(false, at, "required property %s is missing", name)
	}
}

func (w *walker) scalar(at string, s *schema, v any) {
	switch s.Type {
	case "string":
		text, ok := v.(string)
		if !ok {
			w.add(false, at, "is %s, wants a string", kindOf(v))
			return
		}
		w.text(at, s, text)
	case "integer":
		n, ok := v.(float64)
		if !ok || n != math.Trunc(n) {
			w.add(false, at, "is %v, wants an integer", v)
			return
		}
		if s.Format == "int32" && (n < math.MinInt32 || n > math.MaxInt32) {
			w.add(false, at, "%v does not fit 32 bits", v)
		}
		w.bounds(at, s, n)
	case "number":
		n, ok := v.(float64)
		if !ok {
			w.add(false, at, "is %s, wants a number", kindOf(v))
			return
		}
		w.bounds(at, s, n)
	case "boolean":
		if _, ok := v.(bool); !ok {
			w.add(false, at, "is %s, wants a boolean", kindOf(v))
		}
	}
}

func (w *walker) bounds(at string, s *schema, n float64) {
	if s.Minimum != nil && n < *s.Minimum || s.Maximum != nil && n > *s.Maximum {
		w.add(false, at, "%v is out of bounds", n)
	}
}

func (w *walker) text(at string, s *schema, text string) {
	if s.MinLength != nil && len(text) < *s.MinLength || s.MaxLength != nil && len(text) > *s.MaxLength {
		w.add(false, at, "length %d is out of bounds", len(text))
	}
	if s.Pattern != "" {
		// Look-ahead is not Go's: such a pattern is passed over.
		if re, err := regexp.Compile(s.Pattern); err == nil && !re.MatchString(text) {
			w.add(false, at, "does not match %s", s.Pattern)
		}
	}
	if s.Format == "date-time" {
		if _, err := time.Parse(time.RFC3339Nano, text); err != nil {
			w.add(false, at, "%q is no RFC 3339 time", text)
		}
	}
	w.enum(at, s, text)
}

// enum allows any case on the way in, as Azure does, and wants the file's own spelling in answers. A modelAsString
// list is open: values that it does not hold are warnings.
func (w *walker) enum(at string, s *schema, text string) {
	if len(s.Enum) == 0 || slices.Contains(s.Enum, any(text)) {
		return
	}
	open := s.Enums != nil && s.Enums.ModelAsString
	for _, e := range s.Enum {
		if name, ok := e.(string); ok && strings.EqualFold(name, text) {
			w.add(!w.response, at, "%q is spelt %q in the file", text, name)
			return
		}
	}
	w.add(open, at, "%q is not one of %v", text, s.Enum)
}

func kindOf(v any) string {
	switch v.(type) {
	case map[string]any:
		return "an object"
	case []any:
		return "an array"
	case string:
		return "a string"
	case bool:
		return "a boolean"
	}
	return "a number"
}
