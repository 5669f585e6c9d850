package pyflow

import (
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"
)

const (
	// maxBits bounds the integers that arithmetic may make.
	maxBits = 4096
	// maxSteps bounds the work on one signature: names that stand for two of each other's kind double it at every step.
	maxSteps = 100_000
)

// A reader makes types, values and schemas of a module's expressions for one version of Prefect.
type reader struct {
	*module
	target  Target
	depth   int
	steps   int
	reading map[*stmt]bool // the classes that are being read, to find those that contain themselves
	classes map[*stmt]*classInfo
	// instances counts the values of library types that were read. As JSON they are texts, which + does not join.
	instances int
}

func newReader(m *module, target Target) *reader {
	return &reader{module: m, target: target, reading: map[*stmt]bool{}, classes: map[*stmt]*classInfo{}}
}

// enter bounds the recursion through names that stand for each other; the caller defers what it returns.
func (r *reader) enter(e *expr) func() {
	if r.depth++; r.depth > maxDepth {
		failf(e.at, hintSchema, "%s leads too deep, or back to itself", describeExpr(e))
	}
	if r.steps++; r.steps > maxSteps {
		failf(e.at, hintSchema, "the types and the defaults of the parameters are too large")
	}
	return func() { r.depth-- }
}

// literal is the value of an expression as JSON: nil, bool, json.Number, string, []any or map[string]any. It is what
// pydantic makes of a default: tuples and sets are arrays, bytes and paths strings, members of an enum their values. It
// fails on what has no value without running the file.
func (r *reader) literal(e *expr) any {
	defer r.enter(e)()
	switch e.kind {
	case constant:
		return constantJSON(e)
	case tuple, list:
		return r.literals(e.items)
	case set:
		if len(e.items) > 1 {
			failf(e.at, hintSchema, "the order of a set is not known without running the file")
		}
		return r.literals(e.items)
	case dict:
		return r.object(e)
	case unary:
		return r.unaryLiteral(e)
	case binary:
		if text, ok := r.joined(e); ok {
			return text
		}
		if value := r.arithmetic(e); value != nil {
			return json.Number(value.String())
		}
	case nameExpr, attribute:
		return r.named(e)
	case call:
		return r.instance(e)
	}
	failf(e.at, hintSchema, "%s is not a literal", describeExpr(e))
	return nil
}

func constantJSON(e *expr) any {
	switch value := e.value.(type) {
	case *big.Int:
		return json.Number(value.String())
	case float64:
		if math.IsInf(value, 0) {
			failf(e.at, hintSchema, "infinity has no JSON")
		}
		return json.Number(floatText(value))
	case pyBytes:
		if !isUTF8(string(value)) {
			failf(e.at, hintSchema, "these bytes are not UTF-8")
		}
		return string(value)
	case unreadable:
		failf(e.at, hintSchema, "%s is not a literal", value)
	case ellipsis:
		failf(e.at, hintSchema, "... has no JSON")
	}
	return e.value
}

func isUTF8(text string) bool { return strings.ToValidUTF8(text, "") == text }

func (r *reader) literals(items []*expr) any {
	values := make([]any, 0, len(items))
	for _, item := range items {
		values = append(values, r.literal(item))
	}
	return values
}

func (r *reader) object(e *expr) any {
	values := map[string]any{}
	for i, key := range e.keys {
		if key == nil {
			failf(e.items[i].at, hintSchema, "** in a dict is not a literal")
		}
		switch k := r.literal(key).(type) {
		case string:
			values[k] = r.literal(e.items[i])
		case json.Number:
			if strings.ContainsAny(k.String(), ".e") {
				failf(key.at, hintSchema, "a float as a key is not read")
			}
			values[k.String()] = r.literal(e.items[i])
		default:
			failf(key.at, hintSchema, "only text and integers are read as keys")
		}
	}
	return values
}

func (r *reader) unaryLiteral(e *expr) any {
	if e.text == "not" {
		if value, ok := r.literal(e.x).(bool); ok {
			return !value
		}
	} else if number, ok := r.literal(e.x).(json.Number); ok {
		if value, ok := new(big.Int).SetString(number.String(), 10); ok {
			return json.Number(unaryInteger(e.text, value).String())
		}
		switch value, _ := number.Float64(); e.text {
		case "-":
			return json.Number(floatText(-value))
		case "+":
			return number
		}
	}
	failf(e.at, hintSchema, "%q is not read here", e.text)
	return nil
}

func unaryInteger(operator string, value *big.Int) *big.Int {
	switch operator {
	case "-":
		return new(big.Int).Neg(value)
	case "~":
		return new(big.Int).Not(value)
	}
	return value
}

// joined is the value of + of two texts.
func (r *reader) joined(e *expr) (string, bool) {
	if e.text != "+" || e.x.kind == opaque || e.y.kind == opaque {
		return "", false
	}
	before := r.instances
	x, isText := r.literal(e.x).(string)
	if !isText || e.x.isBytes() || e.y.isBytes() {
		return "", false
	}
	y, isText := r.literal(e.y).(string)
	return x + y, isText && r.instances == before // not date(2024, 1, 1) + timedelta(days=1)
}

// isBytes reports whether e is a constant of bytes.
func (e *expr) isBytes() bool {
	_, ok := e.value.(pyBytes)
	return ok
}

// arithmetic is the value of +, - and * of integers, such as 60 * 60; nil for anything else.
func (r *reader) arithmetic(e *expr) *big.Int {
	if e.text == "|" {
		return nil
	}
	x, y := r.integer(e.x), r.integer(e.y)
	if x == nil || y == nil || x.BitLen()+y.BitLen() > maxBits {
		return nil
	}
	switch e.text {
	case "+":
		return new(big.Int).Add(x, y)
	case "-":
		return new(big.Int).Sub(x, y)
	}
	return new(big.Int).Mul(x, y)
}

// integer is the value of an integer literal; nil for anything else.
func (r *reader) integer(e *expr) *big.Int {
	if e.kind == opaque {
		return nil
	}
	number, ok := r.literal(e).(json.Number)
	if !ok {
		return nil
	}
	value, ok := new(big.Int).SetString(number.String(), 10)
	if !ok {
		return nil
	}
	return value
}

// named is the value of a constant of the module, or of a member of an enum.
func (r *reader) named(e *expr) any {
	if e.kind == attribute && (e.text == "value" || e.text == "name") && e.x.kind == attribute {
		if of := r.resolve(e.x); of.local != nil && of.member != "" {
			if e.text == "name" {
				return of.member
			}
			return r.member(of, e)
		}
	}
	switch of := r.resolve(e); {
	case of.local != nil && of.member != "":
		return r.member(of, e)
	case of.local != nil && of.local.kind == assigned:
		return r.literal(of.local.value)
	}
	failf(e.at, hintSchema, "%s is not a literal", describeExpr(e))
	return nil
}

// member is the value of a member of an enum.
func (r *reader) member(of meaning, e *expr) any {
	info := r.classOf(of.local, e)
	if info.kind == enumClass {
		for _, m := range info.members {
			if m.name == of.member {
				return m.value
			}
		}
	}
	failf(e.at, hintSchema, "%s is not a literal", describeExpr(e))
	return nil
}

// floatText is repr(float), which is what json.dumps writes too.
func floatText(value float64) string {
	if magnitude := math.Abs(value); magnitude != 0 && (magnitude < 1e-4 || magnitude >= 1e16) {
		return strconv.FormatFloat(value, 'e', -1, 64)
	}
	text := strconv.FormatFloat(value, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}
