package jobtemplate

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pacific-aci/pacific/internal/pytext"
	"github.com/pacific-aci/pacific/prefect"
)

// BlockKey names a block document: by ID, else by the slug of its type and its own name.
type BlockKey struct {
	ID             prefect.ID
	TypeSlug, Name string
}

// String is the id, or slug/name.
func (k BlockKey) String() string {
	if k.ID != "" {
		return string(k.ID)
	}
	return k.TypeSlug + "/" + k.Name
}

// Lookups are where the things come from that a template refers to. A nil function knows nothing: its blocks do not
// exist, its variables and environment are not set.
type Lookups struct {
	// Block gives a document's data, secrets in clear and nested blocks expanded; an error that matches
	// [prefect.ErrNotFound] says that there is none. Each block is asked for once in a rendering.
	Block func(ctx context.Context, key BlockKey) (map[string]any, error)
	// Variable gives the JSON value of a variable of Prefect's, and false if there is none.
	Variable func(ctx context.Context, name string) (value any, ok bool, err error)
	// Env gives a variable of the environment of the process that renders, for {{ $NAME }}.
	Env func(name string) (string, bool)
}

// resolver replaces references to blocks and variables. It is for one rendering.
type resolver struct {
	lookups   Lookups
	major     int
	blocks    map[BlockKey]map[string]any
	variables map[string]any // missing if there is none
	// wrong collects the references to variables that do not exist, and the environments that are no map.
	wrong []error
}

func newResolver(l Lookups, v prefect.Version) *resolver {
	return &resolver{lookups: l, major: major(v), blocks: map[BlockKey]map[string]any{}, variables: map[string]any{}}
}

// major is the version's major number; a version that is not known counts as 3.
func major(v prefect.Version) int {
	if v.Major == 0 {
		return 3
	}
	return v.Major
}

// walk gives a copy of v in which every text has gone through text, and every map that whole wants through whole.
// What text and whole give is taken as it is: values of blocks and variables are shared, never changed.
func walk(v any, path string, whole func(map[string]any, string) (any, bool, error), text func(s, path string) (any, error)) (any, error) {
	switch v := v.(type) {
	case string:
		return text(v, path)
	case map[string]any:
		if whole != nil {
			if replaced, ok, err := whole(v, path); ok || err != nil {
				return replaced, err
			}
		}
		copied := make(map[string]any, len(v))
		for key, value := range v {
			replaced, err := walk(value, join(path, key), whole, text)
			if err != nil {
				return nil, err
			}
			copied[key] = replaced
		}
		return copied, nil
	case []any:
		copied := make([]any, len(v))
		for i, value := range v {
			replaced, err := walk(value, path+"["+strconv.Itoa(i)+"]", whole, text)
			if err != nil {
				return nil, err
			}
			copied[i] = replaced
		}
		return copied, nil
	}
	return v, nil
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// resolve replaces references to blocks and then, what blocks brought included, those to variables.
func (r *resolver) resolve(ctx context.Context, v any) (any, error) {
	v, err := walk(v, "",
		func(m map[string]any, path string) (any, bool, error) { return r.reference(ctx, m, path) },
		func(s, path string) (any, error) { return r.blockText(ctx, s, path) })
	if err != nil {
		return nil, err
	}
	return walk(v, "", nil, func(s, path string) (any, error) { return r.variableText(ctx, s, path) })
}

// reference replaces {"$ref": {"block_document_id": id}}, whatever else is in the map, by the document's data.
// A $ref that is a text, as JSON Schema has it, is no such reference.
func (r *resolver) reference(ctx context.Context, m map[string]any, path string) (any, bool, error) {
	ref, _ := m["$ref"].(map[string]any)
	id, _ := ref["block_document_id"].(string)
	if id == "" {
		return nil, false, nil
	}
	data, err := r.block(ctx, BlockKey{ID: prefect.ID(id)}, path)
	return data, true, err
}

// variableText replaces the variable placeholders of a text; a variable that does not exist is empty.
func (r *resolver) variableText(ctx context.Context, s, path string) (any, error) {
	if p, ok := sole(s); ok && p.kind == kindVariable {
		value, err := r.variable(ctx, p, path)
		if value == (missing{}) {
			return "", err
		}
		return value, err
	}
	return substitute(s, func(p placeholder) (string, bool, error) {
		if p.kind != kindVariable {
			return "", false, nil
		}
		value, err := r.variable(ctx, p, path)
		if err != nil || value == (missing{}) {
			return "", true, err
		}
		return pytext.Str(value), true, nil
	})
}

func (r *resolver) variable(ctx context.Context, p placeholder, path string) (any, error) {
	name := strings.ReplaceAll(p.name, variablePrefix, "")
	value, ok := r.variables[name]
	if !ok {
		value = any(missing{})
		if r.lookups.Variable != nil {
			found, exists, err := r.lookups.Variable(ctx, name)
			if err != nil {
				return nil, &Error{Kind: ErrReference, Field: path, Err: err, Problem: "the variable " + name + " cannot be read"}
			}
			if exists {
				if value, err = plain(found); err != nil {
					return nil, &Error{Kind: ErrReference, Field: path, Err: err, Problem: "the variable " + name + " is not valid JSON"}
				}
			}
		}
		r.variables[name] = value
	}
	if value == (missing{}) {
		r.wrong = append(r.wrong, &Error{Kind: ErrReference, Field: path, Problem: "the variable " + name + " does not exist",
			Want: "create it, or take the reference out of the pool's template and the job variables"})
	}
	return value, nil
}

// errNotUTF8 is about text that the encoder or the decoder of JSON would change.
var errNotUTF8 = errors.New("all of its text must be valid UTF-8")

// plain copies a value as JSON has it: maps, lists, texts, json.Number, booleans and nil, whatever Go types it was.
func plain[T any](v T) (T, error) {
	var copied T
	encoded, err := json.Marshal(v)
	if err != nil {
		return copied, err
	}
	if pytext.Replaced(encoded) {
		return copied, errNotUTF8
	}
	return copied, decode(encoded, &copied)
}

// decode reads JSON with numbers as they are written.
func decode(data []byte, to any) error {
	if !utf8.Valid(data) {
		return errNotUTF8
	}
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.UseNumber()
	return decoder.Decode(to)
}
