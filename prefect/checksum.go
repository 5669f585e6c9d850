package prefect

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// SchemaChecksum is the checksum that every Prefect server gives to a block schema's fields, such as
// "sha256:17a9122f…". It is taken over Python's rendering of the fields, so numbers keep the form that they have in
// the JSON: 1.0 and 1 give two different checksums.
//
// The rule is the same in 2.20 and 3.x: every key secret_fields is left out, of the definitions only those stay that are
// referenced and are no blocks (a nested block counts by the checksum under block_schema_references), keys are sorted.
//
// The error says that fields is no JSON object.
func SchemaChecksum(fields []byte) (string, error) {
	root, err := decodeExactly(fields)
	if err != nil {
		return "", fmt.Errorf("reading block schema fields: %w", err)
	}
	object, ok := withoutSecretFields(root).(map[string]any)
	if !ok {
		return "", fmt.Errorf("reading block schema fields: want a JSON object")
	}
	if definitions, ok := object["definitions"].(map[string]any); ok && len(definitions) > 0 {
		if kept := plainDefinitions(object, definitions); len(kept) > 0 {
			object["definitions"] = kept
		} else {
			delete(object, "definitions")
		}
	}
	// Prefect hashes a call's arguments: a list of the one argument, and no keyword arguments.
	sum := sha256.Sum256(appendPython(nil, []any{[]any{object}, map[string]any{}}))
	return "sha256:" + hex.EncodeToString(sum[:]), nil
}

// decodeExactly reads one JSON value and keeps each number's own text.
func decodeExactly(data []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, fmt.Errorf("something follows the JSON value")
	}
	return v, nil
}

// decodeNumbers reads the JSON value that data begins with; numbers in values of type any stay [json.Number].
func decodeNumbers(data []byte, to any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	return decoder.Decode(to)
}

// withoutSecretFields drops the key at every depth of objects. Prefect does not look into lists, so neither do we.
func withoutSecretFields(v any) any {
	object, ok := v.(map[string]any)
	if !ok {
		return v
	}
	kept := make(map[string]any, len(object))
	for key, value := range object {
		if key != "secret_fields" {
			kept[key] = withoutSecretFields(value)
		}
	}
	return kept
}

// plainDefinitions are those that v refers to, directly or through another of them, and that are no blocks.
func plainDefinitions(v any, definitions map[string]any) map[string]any {
	kept := map[string]any{}
	var visit func(any)
	visit = func(v any) {
		for _, ref := range refs(v) {
			name := strings.ReplaceAll(ref, "#/definitions/", "")
			definition, ok := definitions[name].(map[string]any)
			if !ok || len(definition) == 0 || definition["block_type_slug"] != nil || kept[name] != nil {
				continue
			}
			kept[name] = definition
			visit(definition)
		}
	}
	visit(v)
	return kept
}

// refs collects every "$ref" at any depth of objects and lists.
func refs(v any) []string {
	var found []string
	switch v := v.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			found = append(found, ref)
		}
		for _, value := range v {
			found = append(found, refs(value)...)
		}
	case []any:
		for _, value := range v {
			found = append(found, refs(value)...)
		}
	}
	return found
}

// appendPython writes v as Python's json.dumps(v, sort_keys=True) does: ", " and ": " between, ASCII only, floats by repr.
func appendPython(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case json.Number:
		return append(b, pythonNumber(string(v))...)
	case string:
		return appendPythonString(b, v)
	case []any:
		b = append(b, '[')
		for i, value := range v {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = appendPython(b, value)
		}
		return append(b, ']')
	case map[string]any:
		b = append(b, '{')
		for i, key := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = appendPythonString(b, key)
			b = append(b, ": "...)
			b = appendPython(b, v[key])
		}
		return append(b, '}')
	}
	panic(fmt.Sprintf("prefect: %T does not come from a JSON decoder", v))
}

// pythonNumber reads a JSON number as Python does and gives its repr: whole numbers keep their digits at any length.
func pythonNumber(text string) string {
	if !strings.ContainsAny(text, ".eE") {
		if text == "-0" {
			return "0"
		}
		return text
	}
	f, _ := strconv.ParseFloat(text, 64) // out of range: ±Inf, as in Python
	return pythonFloat(f)
}

// pythonFloat is Python's repr of a float: the shortest digits, an exponent below 1e-4 and from 1e16 on, never a bare
// integer.
func pythonFloat(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	if size := math.Abs(f); size != 0 && (size < 1e-4 || size >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64) // Go too writes at least two digits of exponent
	}
	text := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// appendPythonString escapes everything outside of printable ASCII, as pairs of surrogates where it must be.
func appendPythonString(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r == '\b':
			b = append(b, `\b`...)
		case r == '\f':
			b = append(b, `\f`...)
		case r >= ' ' && r <= '~':
			b = append(b, byte(r))
		case r > 0xffff:
			r -= 0x10000
			b = fmt.Appendf(b, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		default:
			b = fmt.Appendf(b, `\u%04x`, r)
		}
	}
	return append(b, '"')
}
