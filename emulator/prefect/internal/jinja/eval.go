package jinja

import (
	"slices"
)

// maxRange is the most numbers of a range: MAX_TEMPLATE_RANGE.
const maxRange = 100

// maxText is the longest text or list that a repetition may make.
const maxText = 1 << 20

func (r *renderer) eval(e *expression) any {
	r.step()
	switch e.kind {
	case "const":
		return e.value
	case "name":
		if value, ok := r.scope[e.name]; ok {
			return value
		}
		return undefined{e.name}
	case "tuple":
		return tuple(r.evalAll(e.args))
	case "list":
		return r.evalAll(e.args)
	case "dict":
		made := map[string]any{}
		for i := 0; i < len(e.args); i += 2 {
			key, ok := r.eval(e.args[i]).(string)
			if !ok {
				unsupported("a dictionary whose keys are not texts")
			}
			made[key] = r.eval(e.args[i+1])
		}
		return made
	case "getattr":
		return attribute(r.eval(e.args[0]), e.name)
	case "getitem":
		if e.args[1].kind == "slice" {
			return r.cut(r.eval(e.args[0]), e.args[1])
		}
		return item(r.eval(e.args[0]), r.eval(e.args[1]))
	case "condexpr":
		if truth(r.eval(e.args[1])) {
			return r.eval(e.args[0])
		}
		if len(e.args) == 2 {
			return undefined{}
		}
		return r.eval(e.args[2])
	case "not":
		return !truth(r.eval(e.args[0]))
	case "unary":
		value := r.eval(e.args[0])
		if e.name == "add" {
			return arithmetic("add", int64(0), number64(value))
		}
		return arithmetic("sub", int64(0), number64(value))
	case "binary":
		return r.binary(e)
	case "compare":
		return r.compare(e)
	case "filter":
		return r.filter(e, r.eval(e.args[0]))
	case "test":
		if e.spread || len(e.named) > 0 {
			unsupported("named arguments of a test")
		}
		return tests[e.name](r.eval(e.args[0]), r.evalAll(e.args[1:]))
	case "call":
		return r.callFunction(e)
	}
	unsupported("a " + e.kind)
	return nil
}

func (r *renderer) evalAll(list []*expression) []any {
	values := []any{}
	for _, e := range list {
		values = append(values, r.eval(e))
	}
	return values
}

// bounded is two texts in one. A template can double a text again and again, while everybody else waits.
func bounded(a, b string) string {
	if len(a)+len(b) > maxText {
		unsupported("so long a text")
	}
	return a + b
}

// number64 wants a number.
func number64(value any) any {
	switch v := value.(type) {
	case int64, float64:
		return v
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	case undefined:
		raise("UndefinedError", "%s", v.said())
	}
	raise("TypeError", "bad operand type: '%s'", className(value))
	return nil
}

func (r *renderer) binary(e *expression) any {
	left := r.eval(e.args[0])
	switch e.name {
	case "or":
		if truth(left) {
			return left
		}
		return r.eval(e.args[1])
	case "and":
		if !truth(left) {
			return left
		}
		return r.eval(e.args[1])
	}
	right := r.eval(e.args[1])
	if e.name == "tilde" {
		return bounded(text(left), text(right))
	}
	for _, side := range []any{left, right} {
		if u, ok := side.(undefined); ok {
			raise("UndefinedError", "%s", u.said())
		}
	}
	return arithmetic(e.name, left, right)
}

// compare goes through a chain until a comparison does not hold.
func (r *renderer) compare(e *expression) any {
	left := r.eval(e.args[0])
	for _, operand := range e.args[1:] {
		right := r.eval(operand.args[0])
		holds := false
		switch operand.name {
		case "eq":
			holds = equal(left, right)
		case "ne":
			holds = !equal(left, right)
		case "in":
			holds = contains(right, left)
		case "notin":
			holds = !contains(right, left)
		default:
			order := compareValues(left, right)
			holds = map[string]bool{"lt": order < 0, "lteq": order <= 0, "gt": order > 0, "gteq": order >= 0}[operand.name]
		}
		if !holds {
			return false
		}
		left = right
	}
	return true
}

// callFunction knows range, and the methods of a dictionary that loops want.
func (r *renderer) callFunction(e *expression) any {
	if e.spread || len(e.named) > 0 {
		unsupported("named arguments of a call")
	}
	callee, values := e.args[0], []any(nil)
	if callee.kind == "getattr" {
		if object, ok := r.eval(callee.args[0]).(map[string]any); ok && len(e.args) == 1 {
			switch callee.name {
			case "items":
				for _, key := range sortedKeys(object) {
					values = append(values, tuple{key, object[key]})
				}
				return values
			case "values":
				for _, key := range sortedKeys(object) {
					values = append(values, object[key])
				}
				return values
			case "keys":
				return items(object)
			}
		}
	}
	if _, given := r.scope[callee.name]; callee.kind == "name" && callee.name == "range" && !given {
		return numbers(r.evalAll(e.args[1:]))
	}
	if u, ok := r.eval(callee).(undefined); ok && callee.kind == "name" && !slices.Contains([]string{"dict", "lipsum", "cycler", "joiner", "namespace"}, callee.name) {
		raise("UndefinedError", "%s", u.said())
	}
	unsupported("a call")
	return nil
}

// numbers is range(…).
func numbers(args []any) any {
	bounds := []int64{}
	for _, a := range args {
		n, ok := a.(int64)
		if !ok {
			raise("TypeError", "'%s' object cannot be interpreted as an integer", className(a))
		}
		bounds = append(bounds, n)
	}
	from, to, step := int64(0), int64(0), int64(1)
	switch len(bounds) {
	case 1:
		to = bounds[0]
	case 2:
		from, to = bounds[0], bounds[1]
	case 3:
		from, to, step = bounds[0], bounds[1], bounds[2]
	default:
		raise("TypeError", "range expected at least 1 argument, got 0")
	}
	if step == 0 {
		raise("ValueError", "range() arg 3 must not be zero")
	}
	values := []any{}
	for n := from; step > 0 && n < to || step < 0 && n > to; n += step {
		if len(values) == maxRange {
			raise("OverflowError", "Range too big. The sandbox blocks ranges larger than MAX_TEMPLATE_RANGE=%d.", maxRange)
		}
		values = append(values, n)
	}
	return values
}

// attribute and item seek a key, and an index. What is not there is undefined, and so is what is sought in that.
func attribute(value any, name string) any {
	if object, ok := value.(map[string]any); ok {
		if found, ok := object[name]; ok {
			return found
		}
	}
	return undefined{name}
}

func item(value, key any) any {
	switch k := key.(type) {
	case string:
		return attribute(value, k)
	case int64:
		if _, ok := value.(map[string]any); ok {
			return undefined{}
		}
		list, ok := sequence(value)
		if k < 0 {
			k += int64(len(list))
		}
		if ok && k >= 0 && k < int64(len(list)) {
			return list[k]
		}
	}
	return undefined{}
}

// cut is value[from:to:step].
func (r *renderer) cut(value any, s *expression) any {
	list, ok := sequence(value)
	if !ok {
		return undefined{}
	}
	part := func(i int, otherwise int64) int64 {
		if s.args[i] == nil {
			return otherwise
		}
		n, ok := r.eval(s.args[i]).(int64)
		if !ok {
			unsupported("a slice whose bounds are not integers")
		}
		return n
	}
	length := int64(len(list))
	step := part(2, 1)
	if step == 0 {
		raise("ValueError", "slice step cannot be zero")
	}
	low, high := int64(0), length
	if step < 0 {
		low, high = -1, length-1
	}
	within := func(i int, otherwise int64) int64 {
		if s.args[i] == nil {
			return otherwise
		}
		n := part(i, 0)
		if n < 0 {
			n += length
		}
		return min(max(n, low), high)
	}
	from, to := within(0, low), within(1, high)
	if step < 0 {
		from, to = within(0, high), within(1, low)
	}
	picked := []any{}
	for n := from; step > 0 && n < to || step < 0 && n > to; n += step {
		picked = append(picked, list[n])
	}
	return likeOf(value, picked)
}
