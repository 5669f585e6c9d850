// Package parameters fills in and checks what flow runs and jobs are given, as a Prefect server does and with its words for
// what does not fit.
//
// [Fill] replaces what a client left to the server: objects with a __prefect_kind, which stand for the value of a JSON
// text, of a template or of a variable. Then [ValidateValues] holds parameters against the JSON schema of their
// deployment, [ValidateTemplate] checks a work pool's base job template, and [JobVariables] what pools, deployments and
// runs set together.
package parameters

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/pacific-aci/pacific/internal/pytext"
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

// reason is an error whose text goes to the client as it is.
type reason string

func (r reason) Error() string { return string(r) }

// ErrCircular is for a schema whose references never end.
const ErrCircular = reason("Invalid schema: Unable to validate schema with circular references.")

// InvalidSchemaError is for a schema that is none.
type InvalidSchemaError struct {
	// Message is what is wrong with it, without a prefix.
	Message string
}

// Error is the server's reason.
func (e *InvalidSchemaError) Error() string { return "Invalid schema: " + e.Message }

// location is the name that a schema has among those that it refers to.
const location = "prefect:schema"

// ValidateSchema checks that a schema is one of draft 2020-12. Its error is an *InvalidSchemaError.
func ValidateSchema(raw json.RawMessage) error {
	document, err := pytext.Decode(raw)
	if err != nil {
		return fmt.Errorf("reading a schema: %w", err)
	}
	return checkSchema(document)
}

// checkSchema is ValidateSchema for one that is read already.
func checkSchema(document any) error {
	_, err := compile(document, false)
	if invalid, ok := errors.AsType[*InvalidSchemaError](err); ok {
		return invalid
	}
	return nil // a reference to nowhere shows when values come that need it
}

// ValidateValues holds an object against a schema. Its error's text is the server's reason: "Validation failed for field
// 'cpu'. Failure reason: …"; for references without an end it is ErrCircular, and for a schema that is none an
// *InvalidSchemaError.
func ValidateValues(schema, values json.RawMessage, o Options) error {
	document, err := pytext.Decode(schema)
	if err != nil {
		return fmt.Errorf("reading a schema: %w", err)
	}
	instance, err := pytext.Decode(values)
	if err != nil {
		return fmt.Errorf("reading values: %w", err)
	}
	return validate(document, instance, o)
}

// validate changes the schema.
func validate(schema, instance any, o Options) error {
	c, err := newChecker(schema, o)
	if err != nil {
		return err
	}
	return c.check(instance)
}

// checker is a compiled schema, for any number of values.
type checker struct {
	schema   any
	compiled *jsonschema.Schema
}

// newChecker changes the schema, unless it is taken as it is.
func newChecker(schema any, o Options) (checker, error) {
	if !o.AsIs {
		schema = loosen(schema, o.NullableDefaults)
	}
	if o.IgnoreRequired {
		schema = withoutRequired(schema)
	}
	compiled, err := compile(schema, o.Formats)
	return checker{schema, compiled}, err
}

func (c checker) check(instance any) error {
	err := c.compiled.Validate(instance)
	invalid, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return err
	}
	best, err := bestMatch(invalid, c.schema, instance)
	if err != nil {
		return err
	}
	text := "Validation failed."
	if path := best.jsonPath(); path != "" {
		text = "Validation failed for field " + pytext.Repr(path) + "."
	}
	return reason(text + " Failure reason: " + best.message)
}

// nowhere loads nothing: a server fetches no schema from elsewhere.
type nowhere struct{}

func (nowhere) Load(url string) (any, error) { return nil, reason("Unresolvable: " + url) }

// maxDepth is about where Python gives up a schema, with the same words as for one that refers to itself. The time to
// compile one grows with its depth squared and more, and everybody else waits meanwhile.
const maxDepth = 250

// tooDeep reports whether a value is nested deeper than that.
func tooDeep(value any, left int) bool {
	inner := func(item any) bool { return tooDeep(item, left-1) }
	switch v := value.(type) {
	case map[string]any:
		return left == 0 || slices.ContainsFunc(slices.Collect(maps.Values(v)), inner)
	case []any:
		return left == 0 || slices.ContainsFunc(v, inner)
	}
	return false
}

func compile(document any, formats bool) (*jsonschema.Schema, error) {
	if tooDeep(document, maxDepth) {
		return nil, ErrCircular
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(nowhere{})
	if formats {
		c.AssertFormat()
		for _, unknown := range []string{"hostname", "idn-hostname", "uri", "uri-reference", "iri", "iri-reference", "uri-template", "json-pointer", "relative-json-pointer", "duration"} {
			// The server's validator knows them only with packages that a server does not install.
			c.RegisterFormat(&jsonschema.Format{Name: unknown, Validate: func(any) error { return nil }})
		}
	}
	if err := c.AddResource(location, document); err != nil {
		return nil, fmt.Errorf("reading a schema: %w", err)
	}
	compiled, err := c.Compile(location)
	if err == nil {
		return compiled, nil
	}
	if wrong, ok := errors.AsType[*jsonschema.SchemaValidationError](err); ok {
		if invalid, ok := errors.AsType[*jsonschema.ValidationError](wrong.Err); ok {
			best, err := bestMatch(invalid, nil, document)
			if err != nil {
				return nil, err
			}
			return nil, &InvalidSchemaError{Message: best.message}
		}
	}
	return nil, reason("Validation failed. Failure reason: " + unresolvable(err, document))
}

// unresolvable names the reference that leads nowhere.
func unresolvable(err error, document any) string {
	if found, ok := errors.AsType[reason](err); ok {
		return found.Error()
	}
	_, pointer, _ := strings.Cut(err.Error(), "#")
	pointer, _, _ = strings.Cut(pointer, `"`)
	return "PointerToNowhere: " + pytext.Repr(pointer) + " does not exist within " + pytext.Repr(document)
}

var plainKey = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]*$`)
