package flow

import (
	"cmp"
	"reflect"
	"strings"
	"sync"

	"github.com/pacific-aci/pacific/prefect"
)

const (
	// maxLineage is how many results are followed in one flow run. They are kept in memory, so that no address is used twice.
	maxLineage = 10_000
	// maxElements and maxDepth bound what is read of one value.
	maxElements = 1000
	maxDepth    = 5
)

// lineage knows which value comes from which task, for the edges of the graph. It follows a value by the address of what it
// refers to: text, slices, maps, pointers, also in fields and elements. Prefect's client does the same by Python's id().
// It looks into nothing behind a pointer or in a map, which other goroutines may be changing.
type lineage struct {
	mu      sync.Mutex
	sources map[uintptr]prefect.TaskInput
	kept    []any
}

// parameters are the flow's own, as sources.
func (l *lineage) parameters(params any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, value := range parts(params) {
		l.add(value, prefect.TaskInput{InputType: "parameter", Name: name})
	}
	l.kept = append(l.kept, params)
}

// result makes a node of the graph the source of its result.
func (l *lineage) result(result any, node prefect.ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.kept) >= maxLineage {
		return
	}
	if l.add(reflect.ValueOf(result), prefect.TaskInput{InputType: "task_run", ID: node}) {
		l.kept = append(l.kept, result)
	}
}

func (l *lineage) add(value reflect.Value, source prefect.TaskInput) (added bool) {
	if l.sources == nil {
		l.sources = map[uintptr]prefect.TaskInput{}
	}
	walk(value, 0, func(address uintptr) {
		l.sources[address] = source
		added = true
	})
	return added
}

// inputs are the sources of a task's input: of each field if it is a struct, else of the whole under the name "input".
func (l *lineage) inputs(in any) prefect.TaskInputs {
	l.mu.Lock()
	defer l.mu.Unlock()
	inputs := prefect.TaskInputs{}
	for name, value := range parts(in) {
		found := []prefect.TaskInput{}
		seen := map[prefect.TaskInput]bool{}
		walk(value, 0, func(address uintptr) {
			if source, ok := l.sources[address]; ok && !seen[source] {
				seen[source] = true
				found = append(found, source)
			}
		})
		inputs[name] = found
	}
	return inputs
}

// parts are the exported fields of a struct by their JSON names, or the value itself as "input".
func parts(value any) map[string]reflect.Value {
	v := reflect.ValueOf(value)
	if v.Kind() != reflect.Struct {
		return map[string]reflect.Value{"input": v}
	}
	fields := map[string]reflect.Value{}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); f.IsExported() {
			fields[cmp.Or(name, f.Name)] = v.Field(i)
		}
	}
	return fields
}

// walk calls visit with the address of everything that v refers to.
func walk(v reflect.Value, depth int, visit func(uintptr)) {
	if depth > maxDepth {
		return
	}
	switch v.Kind() {
	case reflect.String:
		if v.Len() > 1 { // Go shares texts of one byte
			visit(v.Pointer())
		}
	case reflect.Pointer:
		if !v.IsNil() && v.Type().Elem().Size() > 0 { // all values without a size share an address
			visit(v.Pointer())
		}
	case reflect.Map, reflect.Chan:
		if !v.IsNil() {
			visit(v.Pointer())
		}
	case reflect.Slice:
		if v.Len() > 0 && v.Type().Elem().Size() > 0 {
			visit(v.Pointer())
		}
		walkElements(v, depth, visit)
	case reflect.Array:
		walkElements(v, depth, visit)
	case reflect.Struct:
		for i := range v.NumField() {
			walk(v.Field(i), depth+1, visit)
		}
	case reflect.Interface:
		walk(v.Elem(), depth+1, visit)
	}
}

func walkElements(v reflect.Value, depth int, visit func(uintptr)) {
	switch v.Type().Elem().Kind() {
	case reflect.String, reflect.Pointer, reflect.Map, reflect.Slice, reflect.Array, reflect.Struct, reflect.Interface:
		for i := range min(v.Len(), maxElements) {
			walk(v.Index(i), depth+1, visit)
		}
	}
}
