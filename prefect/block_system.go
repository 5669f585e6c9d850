package prefect

import "encoding/json"

// StringBlock is Prefect's String block: one text that flows read by its name, such as a key vault's URL. 3.x servers no
// longer have the type until somebody registers it.
type StringBlock struct {
	// Value is the text. It may be empty.
	Value string `json:"value"`
}

// BlockTypeSlug names the block's type.
func (*StringBlock) BlockTypeSlug() string { return "string" }

// SecretBlock is Prefect's Secret block. 3.x also allows other JSON values than texts; use [PlainBlock] for those.
type SecretBlock struct {
	// Value is the text, which servers keep encrypted and show masked.
	Value SecretStr `json:"value"`
}

// BlockTypeSlug names the block's type.
func (*SecretBlock) BlockTypeSlug() string { return "secret" }

// MarshalJSON writes the value in clear; it is required, so empty is "" and not null.
func (b SecretBlock) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"value": string(b.Value)})
}
