package flow

import (
	"cmp"
	"reflect"
	"strings"
	"sync"

	"github.com/pacific-aci/pacific/prefect"
)

const (
	// maxHeld bounds the results that are followed at a time in one flow run, in bytes. The last one is followed in any case.
	maxHeld = 16 << 20
	// hiddenSize stands for what is behind a pointer or in a map, which is not looked at; addressSize for an address here.
	hiddenSize  = 64 << 10
	addressSize = 128
	// maxElements and maxDepth bound what is read of one value.
	maxElements = 1000
	maxDepth    = 5
)

// lineage knows which value comes from which task, for the edges of the graph. It follows a value by the address of what it
// refers to: text, slices, maps, pointers, also in fields and elements. Prefect's client does the same by Python's id().
// It looks into nothing behind a pointer or in a map, which other goroutines may be changing.
//
// What it follows it holds, so that no other value comes to its address. A flow may make more than fits into memory, so it
// lets the oldest results go: values mostly go from one task to the next.
type lineage struct {
	mu      sync.Mutex
	sources map[uintptr]source
	held    []*heldResult // the oldest first
	size    int           // of all of them
}

// source is where a value comes from.
type source struct {
	prefect.TaskInput
	of *heldResult // nil: a parameter, which the flow holds itself
}

// heldResult is a result that is followed.
type heldResult struct {
	value     any
	addresses []uintptr
	size      int // in bytes, as far as it is looked at
}

// parameters are the flow's own, as sources.
func (l *lineage) parameters(params any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sources = map[uintptr]source{}
	for name, value := range parts(params) {
		walk(value, 0, func(address uintptr, _ int) {
			l.sources[address] = source{TaskInput: prefect.TaskInput{InputType: "parameter", Name: name}}
		})
	}
}

// result makes a node of the graph the source of its result.
func (l *lineage) result(result any, node prefect.ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sources == nil {
		l.sources = map[uintptr]source{}
	}
	held := &heldResult{value: result}
	walk(reflect.ValueOf(result), 0, func(address uintptr, size int) {
		held.addresses = append(held.addresses, address)
		held.size += size + addressSize
		l.sources[address] = source{prefect.TaskInput{InputType: "task_run", ID: node}, held}
	})
	if held.addresses == nil {
		return
	}
	l.held = append(l.held, held)
	for l.size += held.size; l.size > maxHeld && len(l.held) > 1; {
		l.release(l.held[0])
		l.held[0], l.held = nil, l.held[1:]
	}
}

// release forgets a result.
func (l *lineage) release(old *heldResult) {
	for _, address := range old.addresses {
		if l.sources[address].of == old { // no later result refers to it too
			delete(l.sources, address)
		}
	}
	l.size -= old.size
}

// inputs are the sources of a task's input: of each field if it is a struct, else of the whole under the name "input".
func (l *lineage) inputs(in any) prefect.TaskInputs {
	l.mu.Lock()
	defer l.mu.Unlock()
	inputs := prefect.TaskInputs{}
	for name, value := range parts(in) {
		found := []prefect.TaskInput{}
		seen := map[prefect.TaskInput]bool{}
		walk(value, 0, func(address uintptr, _ int) {
			if from, ok := l.sources[address]; ok && !seen[from.TaskInput] {
				seen[from.TaskInput] = true
				found = append(found, from.TaskInput)
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

// walk calls visit with the address and the size of everything that v refers to.
func walk(v reflect.Value, depth int, visit func(address uintptr, size int)) {
	if depth > maxDepth {
		return
	}
	switch v.Kind() {
	case reflect.String:
		if v.Len() > 1 { // Go shares texts of one byte
			visit(v.Pointer(), v.Len())
		}
	case reflect.Pointer:
		if !v.IsNil() && v.Type().Elem().Size() > 0 { // all values without a size share an address
			visit(v.Pointer(), hiddenSize+int(v.Type().Elem().Size()))
		}
	case reflect.Map, reflect.Chan:
		if !v.IsNil() {
			visit(v.Pointer(), hiddenSize)
		}
	case reflect.Slice:
		if v.Len() > 0 && v.Type().Elem().Size() > 0 {
			visit(v.Pointer(), v.Cap()*int(v.Type().Elem().Size()))
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

func walkElements(v reflect.Value, depth int, visit func(uintptr, int)) {
	switch v.Type().Elem().Kind() {
	case reflect.String, reflect.Pointer, reflect.Map, reflect.Slice, reflect.Array, reflect.Struct, reflect.Interface:
		for i := range min(v.Len(), maxElements) {
			walk(v.Index(i), depth+1, visit)
		}
	}
}
