package jobtemplate

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/internal/pytext"
	"github.com/pacific-aci/pacific/prefect"
)

// block gives a document's data, which is not to be changed. Each document is looked up, and made plain, once: a template
// may refer to a large one hundreds of times.
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
		if data, err = plain(data); err != nil {
			return nil, &Error{Kind: ErrReference, Field: path, Err: err, Problem: fmt.Sprintf("the block %s is not valid JSON", key)}
		}
		r.blocks[key] = data
	}
	return data, nil
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
			return "", false, &Error{Kind: ErrReference, Field: path, Problem: p.name + " is not a single value and cannot be part of a longer text",
				Want: "name one of its values, such as ⟨block⟩.value"}
		}
		return pytext.Str(value), true, nil
	})
}

// blockValue finds what prefect.blocks.⟨slug⟩.⟨name⟩[.⟨path⟩] stands for. Of a block that has nothing but "value", as
// Secret and String do, that is the value, unless the path itself begins with it.
func (r *resolver) blockValue(ctx context.Context, p placeholder, path string) (any, error) {
	parts := strings.SplitN(strings.ReplaceAll(p.name, blockPrefix, ""), ".", 3)
	if len(parts) < 2 {
		return nil, &Error{Kind: ErrTemplate, Field: path, Problem: p.name + " is not a block", Want: "write prefect.blocks.⟨type's slug⟩.⟨name⟩"}
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
	if value = lookUp(value, keys, r.major >= 3); value == (missing{}) {
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
