package jobtemplate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

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

func (r *resolver) block(ctx context.Context, key BlockKey, path string) (map[string]any, error) {
	data, ok := r.blocks[key]
	if !ok {
		err := error(prefect.ErrNotFound)
		if r.lookups.Block != nil {
			data, err = r.lookups.Block(ctx, key)
		}
		if errors.Is(err, prefect.ErrNotFound) {
			return nil, &Error{Kind: ErrReference, Field: path, Err: err, Problem: fmt.Sprintf("the block %s does not exist", key),
				Want: "create it, or take the reference out of the pool's template and the job variables"}
		}
		if err != nil {
			return nil, &Error{Kind: ErrReference, Field: path, Err: err, Problem: fmt.Sprintf("the block %s cannot be read", key)}
		}
		r.blocks[key] = data
	}
	copied, err := plain(data)
	if err != nil {
		return nil, &Error{Kind: ErrReference, Field: path, Err: err, Problem: fmt.Sprintf("the block %s is no JSON", key)}
	}
	return copied, nil
}

// blockText replaces the block placeholders of a text: one that is the whole text by the value itself, the others by
// its text, which 2.20 does not do.
func (r *resolver) blockText(ctx context.Context, s, path string) (any, error) {
	if p, ok := sole(s); ok && p.kind == kindBlock {
		return r.blockValue(ctx, p, path)
	}
	return substitute(s, func(p placeholder) (string, bool, error) {
		if p.kind != kindBlock {
			return "", false, nil
		}
		if r.major < 3 {
			return "", false, &Error{Kind: ErrTemplate, Field: path, Problem: p.name + " stands in a longer text, which Prefect 2 does not allow",
				Want: "let the placeholder be the whole value"}
		}
		value, err := r.blockValue(ctx, p, path)
		if err != nil {
			return "", false, err
		}
		switch value.(type) {
		case map[string]any, []any:
			return "", false, &Error{Kind: ErrReference, Field: path, Problem: p.name + " is no single value and cannot stand in a longer text",
				Want: "name one of its values, such as ⟨block⟩.value"}
		}
		return pyText(value), true, nil
	})
}

// blockValue finds what prefect.blocks.⟨slug⟩.⟨name⟩[.⟨path⟩] stands for. Of a block that has nothing but "value", as
// Secret and String do, that is the value, unless the path itself begins with it.
func (r *resolver) blockValue(ctx context.Context, p placeholder, path string) (any, error) {
	parts := strings.SplitN(strings.ReplaceAll(p.name, blockPrefix, ""), ".", 3)
	if len(parts) < 2 {
		return nil, &Error{Kind: ErrTemplate, Field: path, Problem: p.name + " names no block", Want: "write prefect.blocks.⟨type's slug⟩.⟨name⟩"}
	}
	data, err := r.block(ctx, BlockKey{TypeSlug: parts[0], Name: parts[1]}, path)
	if err != nil {
		return nil, err
	}
	keys := ""
	if len(parts) == 3 {
		keys = parts[2]
	}
	var value any = data
	if only, ok := data["value"]; ok && len(data) == 1 && !r.beginsWithValue(keys) {
		value = only
	}
	if len(parts) < 3 {
		return value, nil
	}
	if value = lookUp(value, keys); value == (missing{}) {
		return nil, &Error{Kind: ErrReference, Field: path, Problem: fmt.Sprintf("the block %s/%s has no %s", parts[0], parts[1], keys),
			Want: "see its fields in the UI"}
	}
	return value, nil
}

func (r *resolver) beginsWithValue(keys string) bool {
	if r.major < 3 {
		return strings.HasPrefix(keys, "value")
	}
	return keys == "value" || strings.HasPrefix(keys, "value.") || strings.HasPrefix(keys, "value[")
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
		return pyText(value), true, nil
	})
}

func (r *resolver) variable(ctx context.Context, p placeholder, path string) (any, error) {
	name := strings.ReplaceAll(p.name, variablePrefix, "")
	value, ok := r.variables[name]
	if !ok {
		value = missing{}
		if r.lookups.Variable != nil {
			found, exists, err := r.lookups.Variable(ctx, name)
			if err != nil {
				return nil, &Error{Kind: ErrReference, Field: path, Err: err, Problem: "the variable " + name + " cannot be read"}
			}
			if exists {
				value = found
			}
		}
		r.variables[name] = value
	}
	if value == (missing{}) {
		return value, nil
	}
	return plain(value)
}

// plain copies a value as JSON has it: maps, lists, texts, json.Number, booleans and nil, whatever Go types it was.
func plain[T any](v T) (T, error) {
	var copied T
	encoded, err := json.Marshal(v)
	if err != nil {
		return copied, err
	}
	return copied, decode(encoded, &copied)
}

// decode reads JSON with numbers as they are written.
func decode(data []byte, to any) error {
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.UseNumber()
	return decoder.Decode(to)
}
