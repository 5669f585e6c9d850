package blocks

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"strings"

	"github.com/pacific-aci/pacific/internal/pytext"
)

// checksum names a schema by what it says: by its fields without what is secret in them and without the definitions of
// other blocks, as Python's json module writes the arguments ([fields], {}) of the server's hash function.
func checksum(fields map[string]any) string {
	plain, _ := withoutSecretFields(fields).(map[string]any)
	if definitions, ok := plain["definitions"].(map[string]any); ok && len(definitions) > 0 {
		if own := ownDefinitions(plain, definitions); len(own) > 0 {
			plain["definitions"] = own
		} else {
			delete(plain, "definitions")
		}
	}
	sum := sha256.Sum256([]byte(pytext.Dumps([]any{[]any{plain}, map[string]any{}})))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// withoutSecretFields copies objects in objects without the key; what lies in lists stays as it is, as on the server.
func withoutSecretFields(value any) any {
	object, ok := value.(map[string]any)
	if !ok {
		return value
	}
	out := make(map[string]any, len(object))
	for key, item := range object {
		if key != "secret_fields" {
			out[key] = withoutSecretFields(item)
		}
	}
	return out
}

// ownDefinitions are those that an object refers to, and so on, and that are no blocks.
func ownDefinitions(object any, definitions map[string]any) map[string]any {
	own := map[string]any{}
	addOwn(object, definitions, own)
	return own
}

func addOwn(object any, definitions, own map[string]any) {
	for _, name := range references(object) {
		definition, ok := definitions[name].(map[string]any)
		if _, seen := own[name]; !ok || seen || len(definition) == 0 || definition["block_type_slug"] != nil {
			continue
		}
		own[name] = definition
		addOwn(definition, definitions, own)
	}
}

// references are the names of the definitions that a value refers to, at whatever depth.
func references(value any) []string {
	var names []string
	switch v := value.(type) {
	case map[string]any:
		if name, ok := v["$ref"].(string); ok && name != "" {
			names = append(names, strings.ReplaceAll(name, "#/definitions/", ""))
		}
		for item := range maps.Values(v) {
			names = append(names, references(item)...)
		}
	case []any:
		for _, item := range v {
			names = append(names, references(item)...)
		}
	}
	return names
}
