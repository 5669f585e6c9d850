package jinja

import (
	"slices"
	"strings"
)

var tests = map[string]func(value any, args []any) bool{
	"defined": func(v any, _ []any) bool { return className(v) != "ChainableUndefined" }, "undefined": is("ChainableUndefined"),
	"none": is("NoneType"), "string": is("str"), "number": is("int", "float", "bool"), "integer": is("int"), "float": is("float"),
	"boolean": is("bool"), "mapping": is("dict"), "sequence": is("str", "list", "tuple", "dict", "ChainableUndefined"),
	"iterable": is("str", "list", "tuple", "dict", "ChainableUndefined"),
	"true":     func(v any, _ []any) bool { return v == true }, "false": func(v any, _ []any) bool { return v == false },
	"even": func(v any, _ []any) bool { return remainder(v, 2) == 0 }, "odd": func(v any, _ []any) bool { return remainder(v, 2) == 1 },
	"divisibleby": func(v any, args []any) bool {
		by, ok := argument(args, 0, nil).(int64)
		return ok && remainder(v, by) == 0
	},
	"eq": with(equal), "equalto": with(equal), "ne": with(func(a, b any) bool { return !equal(a, b) }),
	"in": with(func(value, holder any) bool { return contains(holder, value) }),
	"lt": order(func(n int) bool { return n < 0 }), "lessthan": order(func(n int) bool { return n < 0 }), "le": order(func(n int) bool { return n <= 0 }),
	"gt": order(func(n int) bool { return n > 0 }), "greaterthan": order(func(n int) bool { return n > 0 }), "ge": order(func(n int) bool { return n >= 0 }),
	"upper": func(v any, _ []any) bool {
		return strings.ToUpper(text(v)) == text(v) && strings.ToLower(text(v)) != text(v)
	},
	"lower": func(v any, _ []any) bool {
		return strings.ToLower(text(v)) == text(v) && strings.ToUpper(text(v)) != text(v)
	},
}

// is tests for some of Python's classes.
func is(classes ...string) func(any, []any) bool {
	return func(value any, _ []any) bool { return slices.Contains(classes, className(value)) }
}

// with tests a value against the test's argument.
func with(compare func(value, other any) bool) func(any, []any) bool {
	return func(value any, args []any) bool { return compare(value, argument(args, 0, undefined{})) }
}

func order(holds func(int) bool) func(any, []any) bool {
	return with(func(value, other any) bool { return holds(compareValues(value, other)) })
}

func remainder(value any, by int64) int64 {
	n, _ := arithmetic("mod", number64(value), by).(int64)
	return n
}
