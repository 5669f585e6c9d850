package aci

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
	"go.yaml.in/yaml/v3"
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
		f.wrong(node, "base", "must be a container group: "+err.Error(), "")
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
			return f.text(node, field)
		}
		return f.object(node, field, t)
	case reflect.Map:
		object := map[string]any{}
		for _, p := range f.pairs(node, field, func(key string) string { return key }) {
			object[p.key] = f.typed(p.value, keyed(field, p.key), t.Elem())
		}
		return object
	case reflect.Slice:
		if node.Kind != yaml.SequenceNode {
			f.wrongKind(node, field, "a list")
			return nil
		}
		list := []any{}
		for i, item := range node.Content {
			list = append(list, f.typed(item, at(field, i), t.Elem()))
		}
		return list
	case reflect.String:
		return f.text(node, field)
	case reflect.Bool:
		if node.Tag != "!!bool" {
			f.wrongKind(node, field, "true or false")
			return nil
		}
		value, err := strconv.ParseBool(node.Value)
		if err != nil {
			f.wrongKind(node, field, "true or false")
		}
		return value
	case reflect.Int32:
		return f.whole(node, field)
	case reflect.Float32, reflect.Float64:
		return f.number(node, field)
	}
	return f.anything(node, field, 0)
}

// object reads an object of the SDK's type t.
func (f *jobFile) object(node *yaml.Node, field string, t reflect.Type) any {
	known := jsonFields(t)
	object := map[string]any{}
	for _, p := range f.pairs(node, field, func(key string) string { return key }) {
		if inner, ok := known[p.key]; ok {
			object[p.key] = f.typed(p.value, under(field, p.key), inner)
		} else {
			f.unknown(p.node, field, sortedKeys(known))
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
			list = append(list, f.anything(item, at(field, i), depth+1))
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

// jsonFields gives the JSON names of an SDK type's fields, and their types. The SDK has them in its encoder alone,
// so each field is set and encoded on its own.
func jsonFields(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for i := range t.NumField() {
		value := reflect.New(t)
		place := value.Elem().Field(i)
		switch place.Kind() {
		case reflect.Pointer:
			place.Set(reflect.New(place.Type().Elem()))
		case reflect.Slice:
			place.Set(reflect.MakeSlice(place.Type(), 0, 0))
		case reflect.Map:
			place.Set(reflect.MakeMap(place.Type()))
		case reflect.Interface:
			place.Set(reflect.ValueOf(map[string]any{}))
		default:
			continue
		}
		encoded, err := json.Marshal(value.Interface())
		var object map[string]any
		if err != nil || json.Unmarshal(encoded, &object) != nil {
			continue
		}
		for name := range object {
			fields[name] = t.Field(i).Type
		}
	}
	return fields
}
