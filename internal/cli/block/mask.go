package block

import (
	"encoding/json"
	"maps"
	"strings"

	"github.com/pacific-aci/pacific/prefect"
)

// blockFields is what Pacific reads of a block schema.
type blockFields struct {
	Properties map[string]json.RawMessage `json:"properties"`
	Required   []string                   `json:"required"`
	// Secret are the paths of the secrets, such as aci_credentials.client_secret; a * stands for every key.
	Secret []string `json:"secret_fields"`
}

// masked is a block's data with asterisks for the secrets that the schema names, and for fields that it does not know: one
// of those may be a secret whose name was mistyped. The data itself stays as it is. A schema that cannot be read hides
// everything: it is the only one that says what is secret.
func masked(data map[string]any, schema json.RawMessage) map[string]any {
	var fields blockFields
	if json.Unmarshal(schema, &fields) != nil {
		fields.Secret = []string{"*"}
	}
	if fields.Properties != nil {
		for name := range data {
			if _, known := fields.Properties[name]; !known {
				fields.Secret = append(fields.Secret, name)
			}
		}
	}
	var value any = data
	for _, path := range fields.Secret {
		value = maskedAt(value, strings.Split(path, "."))
	}
	object, _ := value.(map[string]any)
	return object
}

func maskedAt(value any, path []string) any {
	if value == nil {
		return nil
	}
	if len(path) == 0 {
		return prefect.SecretMask
	}
	switch v := value.(type) {
	case map[string]any:
		v = maps.Clone(v)
		for key, inner := range v {
			if path[0] == "*" || path[0] == key {
				v[key] = maskedAt(inner, path[1:])
			}
		}
		return v
	case []any:
		list := make([]any, len(v))
		for i, inner := range v {
			list[i] = maskedAt(inner, path)
		}
		return list
	}
	if path[0] == "*" {
		return prefect.SecretMask // a text in a list whose every value is secret
	}
	return value
}
