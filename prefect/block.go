package prefect

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"unicode/utf8"

	"github.com/pacific-aci/pacific/internal/pytext"
)

// A Block is the data of a block document with its type. The blocks that Pacific writes are Go types, such as
// [AzureContainerInstanceJob]; every other one is a [PlainBlock].
//
// A block's JSON is the document's data as Prefect's Python class writes it: every field is there, null when it is not
// set, and secrets are in clear. Print a block with fmt or slog and they are masked.
type Block interface {
	// BlockTypeSlug names the block's type in URLs, such as "azure-container-instance-job".
	BlockTypeSlug() string
}

// SecretStr is a text that is not to be seen: fmt and slog print asterisks, only JSON and a conversion to string show it.
// The empty value is null in JSON, as in Prefect's optional secrets.
type SecretStr string

// String hides the value. An empty one stays empty.
func (s SecretStr) String() string {
	if s == "" {
		return ""
	}
	return SecretMask
}

// GoString hides the value from %#v.
func (s SecretStr) GoString() string { return fmt.Sprintf("prefect.SecretStr(%q)", s.String()) }

// LogValue hides the value from slog.
func (s SecretStr) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON writes the value in clear: a server cannot keep what it is not told.
func (s SecretStr) MarshalJSON() ([]byte, error) { return optional(string(s)) }

// optional is null for an empty text: Prefect's optional fields are null, not "".
func optional(s string) ([]byte, error) {
	if s == "" {
		return []byte("null"), nil
	}
	return json.Marshal(s)
}

// optionalString is a text that is null when empty.
type optionalString string

func (s optionalString) MarshalJSON() ([]byte, error) { return optional(string(s)) }

// Nested is a block inside of another: one kept under a name of its own, or given in place.
type Nested[T any] struct {
	// DocumentID is the id of the block document that is referred to. Empty: the block is given in place.
	DocumentID ID
	// Value is the block itself; nil is the block with nothing set. It is not written when DocumentID is set, and it is
	// the document's data when it was read from a server.
	Value *T
}

type documentReference struct {
	Ref struct {
		DocumentID ID `json:"block_document_id"`
	} `json:"$ref"`
}

// MarshalJSON writes {"$ref": {"block_document_id": …}}, or the block in place with its type, as Prefect's classes do.
func (n Nested[T]) MarshalJSON() ([]byte, error) {
	if n.DocumentID != "" {
		var ref documentReference
		ref.Ref.DocumentID = n.DocumentID
		return json.Marshal(ref)
	}
	value := n.Value
	if value == nil {
		value = new(T)
	}
	block, ok := any(value).(Block)
	if !ok {
		return json.Marshal(value)
	}
	data, err := BlockData(block)
	if err != nil {
		return nil, err
	}
	data["block_type_slug"] = block.BlockTypeSlug()
	return json.Marshal(data)
}

// UnmarshalJSON reads either form.
func (n *Nested[T]) UnmarshalJSON(data []byte) error {
	*n = Nested[T]{}
	if string(data) == "null" {
		return nil
	}
	var ref documentReference
	if json.Unmarshal(data, &ref) == nil && ref.Ref.DocumentID != "" {
		n.DocumentID = ref.Ref.DocumentID
		return nil
	}
	n.Value = new(T)
	return unmarshalLax(data, n.Value)
}

// A PlainBlock is a document of any type, with its data as it is on the wire.
type PlainBlock struct {
	// Slug names the type. The server must know it: Pacific has no schema for it.
	Slug string
	// Data is the document's data. References are written as {"$ref": {"block_document_id": "…"}}, at the top level only.
	Data map[string]any
}

// BlockTypeSlug names the block's type.
func (b *PlainBlock) BlockTypeSlug() string { return b.Slug }

// MarshalJSON writes the data.
func (b PlainBlock) MarshalJSON() ([]byte, error) {
	if b.Data == nil {
		return []byte("{}"), nil
	}
	return json.Marshal(b.Data)
}

// UnmarshalJSON reads the data; numbers are [encoding/json.Number]. Data that is not UTF-8 is refused: the decoder would
// change it.
func (b *PlainBlock) UnmarshalJSON(data []byte) error {
	if !utf8.Valid(data) {
		return errors.New("a block's data must be valid UTF-8")
	}
	value, err := pytext.Decode(data)
	if err != nil {
		return err
	}
	object, ok := value.(map[string]any)
	if !ok {
		return fmt.Errorf("a block's data must be a JSON object")
	}
	b.Data = object
	return nil
}
