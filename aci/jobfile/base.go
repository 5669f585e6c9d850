package jobfile

import (
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
	"go.yaml.in/yaml/v3"

	"github.com/pacific-aci/pacific/aci/internal/fields"
)

// base reads a container group in ARM's form. The SDK's own decoder drops what it does not know, so the tree is held
// to the SDK's types first: a misspelt volume must not be a job without its data.
func (f *jobFile) base(node *yaml.Node) *armcontainerinstance.ContainerGroup {
	before := len(f.found)
	tree := f.typed(node, "base", reflect.TypeFor[armcontainerinstance.ContainerGroup]())
	if len(f.found) > before {
		return nil
	}
	encoded, err := json.Marshal(tree)
	group := new(armcontainerinstance.ContainerGroup)
	if err == nil {
		err = json.Unmarshal(encoded, group)
	}
	if err != nil {
		f.wrong(node, "base", "must be a container group in the form of ARM's JSON", "") // err would show Go's types
		return nil
	}
	return group
}

// typed gives a node as a value for encoding/json, as far as type t takes it.
func (f *jobFile) typed(node *yaml.Node, field string, t reflect.Type) any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		return nil
	}
	switch t.Kind() {
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() {
			return f.time(node, field)
		}
		return f.object(node, field, t)
	case reflect.Map:
		object := map[string]any{}
		for _, p := range f.pairs(node, field, func(key string) string { return key }) {
			object[p.key] = f.typed(p.value, fields.Keyed(field, p.key), t.Elem())
		}
		return object
	case reflect.Slice:
		if node.Kind != yaml.SequenceNode {
			f.wrongKind(node, field, "a list")
			return nil
		}
		list := []any{}
		for i, item := range node.Content {
			list = append(list, f.typed(item, fields.At(field, i), t.Elem()))
		}
		return list
	case reflect.String:
		return f.text(node, field)
	case reflect.Bool:
		return f.boolean(node, field)
	case reflect.Int32:
		return f.whole(node, field)
	case reflect.Float32, reflect.Float64:
		return f.number(node, field)
	}
	return f.anything(node, field, 0)
}

// boolean reads true and false as ARM does: as text in any case too, and as a number, of which 0 is false.
func (f *jobFile) boolean(node *yaml.Node, field string) bool {
	if node.Kind == yaml.ScalarNode {
		switch strings.ToLower(strings.TrimSpace(node.Value)) {
		case "true":
			return true
		case "false":
			return false
		}
		if number, err := strconv.ParseFloat(node.Value, 64); err == nil && kindOf(node) == "a number" {
			return number != 0
		}
	}
	f.wrongKind(node, field, "true or false")
	return false
}

// time reads a time, which only a definition that was read from Azure has.
func (f *jobFile) time(node *yaml.Node, field string) any {
	text := f.text(node, field)
	if _, err := time.Parse(time.RFC3339, text); err != nil && node.Kind == yaml.ScalarNode {
		f.wrong(node, field, "must be a time", `one such as "2026-01-31T12:00:00Z"`)
	}
	return text
}

// object reads an object of the SDK's type t. ARM's names have no case.
func (f *jobFile) object(node *yaml.Node, field string, t reflect.Type) any {
	known := jsonFields(t)
	names := map[string]string{}
	for name := range known {
		names[strings.ToLower(name)] = name
	}
	object := map[string]any{}
	for _, p := range f.pairs(node, field, strings.ToLower) {
		name, ok := names[strings.ToLower(p.key)]
		switch {
		case ok:
			object[name] = f.typed(p.value, under(field, name), known[name])
		case field == "base" && strings.EqualFold(p.key, "apiVersion"):
			// A template and az's own files have one; the client knows which version it speaks.
			f.text(p.value, "base.apiVersion")
		default:
			f.unknown(p.node, field, slices.Sorted(maps.Keys(known)))
		}
	}
	return object
}

// anything reads what ARM leaves open, such as an emptyDir's {}.
func (f *jobFile) anything(node *yaml.Node, field string, depth int) any {
	if depth > maxDepth {
		f.wrong(node, field, "is nested too deeply", "")
		return nil
	}
	switch node.Kind {
	case yaml.MappingNode:
		object := map[string]any{}
		for _, p := range f.pairs(node, field, func(key string) string { return key }) {
			object[p.key] = f.anything(p.value, under(field, p.key), depth+1)
		}
		return object
	case yaml.SequenceNode:
		list := []any{}
		for i, item := range node.Content {
			list = append(list, f.anything(item, fields.At(field, i), depth+1))
		}
		return list
	case yaml.ScalarNode:
		return scalar(node)
	}
	f.wrongKind(node, field, "a value")
	return nil
}

// scalar reads a scalar by its own tag.
func scalar(node *yaml.Node) any {
	switch node.Tag {
	case "!!null":
		return nil
	case "!!bool":
		if value, err := strconv.ParseBool(node.Value); err == nil {
			return value
		}
	case "!!int", "!!float":
		if value, err := strconv.ParseFloat(node.Value, 64); err == nil && !math.IsNaN(value) && !math.IsInf(value, 0) {
			return value
		}
	}
	return node.Value
}

// jsonFields gives the JSON names of an SDK type's fields, and their types.
func jsonFields(t reflect.Type) map[string]reflect.Type {
	found := map[string]reflect.Type{}
	for i := range t.NumField() {
		if name := fields.JSONName(t, i); name != "" {
			found[name] = t.Field(i).Type
		}
	}
	return found
}
