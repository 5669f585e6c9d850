package parameters

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/pacific-aci/pacific/internal/pytext"
)

// mismatch is one thing that does not fit, as Python's validator sees it.
type mismatch struct {
	// path is from the whole value; relative of it is the part below the choice that it is in.
	path     []string
	relative int
	message  string
	// weak is for a choice that nothing of fits: what is wrong with its branches says more.
	weak bool
	// typed says that the value is of the type that the schema wants.
	typed bool
	// branches is what is wrong with each branch of a choice.
	branches []*mismatch
	instance any
}

// bestMatch picks what the server tells of all that is wrong, by the rule of Python's jsonschema: what is nearest to the
// root, but in a choice what is farthest from it.
func bestMatch(err *jsonschema.ValidationError, schema, instance any) (*mismatch, error) {
	f := finder{schema: schema, instance: instance}
	all := f.find(err.Causes, 0)
	if f.circular {
		return nil, ErrCircular
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("reading what does not fit a schema: nothing in %v", err)
	}
	best := slices.MaxFunc(all, byRelevance)
	for len(best.branches) > 0 {
		sorted := slices.SortedStableFunc(slices.Values(best.branches), byRelevance)
		if len(sorted) > 1 && byRelevance(sorted[0], sorted[1]) == 0 {
			break // no branch is nearer than another
		}
		best = sorted[0]
	}
	return best, nil
}

func byRelevance(a, b *mismatch) int {
	flag := func(yes bool) int {
		if yes {
			return 1
		}
		return 0
	}
	return cmp.Or(
		cmp.Compare(len(b.path)-b.relative, len(a.path)-a.relative),
		slices.Compare(a.path[a.relative:], b.path[b.relative:]),
		cmp.Compare(flag(!a.weak), flag(!b.weak)),
		cmp.Compare(flag(!a.typed), flag(!b.typed)),
	)
}

// jsonPath is the way to the value as the server writes it: without "$." wherever that stands, "" for the whole.
func (m *mismatch) jsonPath() string {
	if len(m.path) == 0 {
		return ""
	}
	var out strings.Builder
	out.WriteString("$")
	at := m.instance
	for _, key := range m.path {
		switch v := at.(type) {
		case []any:
			out.WriteString("[" + key + "]")
			if i, err := strconv.Atoi(key); err == nil && i < len(v) {
				at = v[i]
			}
			continue
		case map[string]any:
			at = v[key]
		}
		if plainKey.MatchString(key) {
			out.WriteString("." + key)
		} else {
			out.WriteString("['" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(key) + "']")
		}
	}
	return strings.ReplaceAll(out.String(), "$.", "")
}

// finder turns the tree of errors into the list that Python's validator would give.
type finder struct {
	schema   any
	instance any
	circular bool
}

func (f *finder) find(errors []*jsonschema.ValidationError, relative int) []*mismatch {
	var all []*mismatch
	for _, err := range errors {
		switch k := err.ErrorKind.(type) {
		case *kind.Group, *kind.AllOf, *kind.Reference, *kind.Schema:
			all = append(all, f.find(err.Causes, relative)...)
		case *kind.PropertyNames:
			name := finder{schema: f.schema, instance: k.Property}
			for _, m := range name.find(err.Causes, 0) {
				m.path, m.relative, m.instance = err.InstanceLocation, relative, f.instance
				all = append(all, m)
			}
		case *kind.RefCycle:
			f.circular = true
		case *kind.Required:
			for _, name := range k.Missing {
				all = append(all, f.one(err, relative, pytext.Repr(name)+" is a required property"))
			}
		case *kind.DependentRequired:
			for _, name := range k.Missing {
				all = append(all, f.one(err, relative, pytext.Repr(name)+" is a dependency of "+pytext.Repr(k.Prop)))
			}
		case *kind.AnyOf:
			all = append(all, f.choice(err, relative))
		case *kind.OneOf:
			if k.Subschemas == nil {
				all = append(all, f.choice(err, relative))
				continue
			}
			all = append(all, f.one(err, relative, f.repr(err)+" is valid under each of "+f.branches(err, k)))
		default:
			all = append(all, f.one(err, relative, f.message(err)))
		}
	}
	return all
}

func (f *finder) choice(err *jsonschema.ValidationError, relative int) *mismatch {
	m := f.one(err, relative, f.repr(err)+" is not valid under any of the given schemas")
	m.weak, m.branches = true, f.find(err.Causes, len(err.InstanceLocation))
	return m
}

func (f *finder) one(err *jsonschema.ValidationError, relative int, message string) *mismatch {
	_, wrongType := err.ErrorKind.(*kind.Type)
	object, _ := f.schemaAt(err).(map[string]any)
	_, typed := object["type"]
	return &mismatch{path: slices.Clone(err.InstanceLocation), relative: relative, message: message, typed: typed && !wrongType, instance: f.instance}
}

// repr is the value that does not fit.
func (f *finder) repr(err *jsonschema.ValidationError) string {
	return pytext.Repr(walk(f.instance, err.InstanceLocation))
}

// schemaAt is the part of the schema that the value does not fit; nil if it is a part of the drafts' own.
func (f *finder) schemaAt(err *jsonschema.ValidationError) any {
	pointer, ours := strings.CutPrefix(err.SchemaURL, location+"#")
	if !ours {
		return nil
	}
	var path []string
	for key := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		path = append(path, unescape(key))
	}
	if pointer == "" {
		path = nil
	}
	return walk(f.schema, path)
}

// branches lists those that all fit where one should: the server's order has the first of them last.
func (f *finder) branches(err *jsonschema.ValidationError, k *kind.OneOf) string {
	object, _ := f.schemaAt(err).(map[string]any)
	list, _ := object["oneOf"].([]any)
	var out []string
	for _, i := range append(slices.Clone(k.Subschemas[1:]), k.Subschemas[0]) {
		if i < len(list) {
			out = append(out, pytext.Repr(list[i]))
		}
	}
	return strings.Join(out, ", ")
}

func walk(value any, path []string) any {
	for _, key := range path {
		switch v := value.(type) {
		case map[string]any:
			value = v[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}
