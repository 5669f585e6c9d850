package prefect

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/internal/pytext"
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
	root, err := pytext.Decode(fields)
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
	sum := sha256.Sum256([]byte(pytext.Dumps([]any{[]any{object}, map[string]any{}})))
	return "sha256:" + hex.EncodeToString(sum[:]), nil
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
