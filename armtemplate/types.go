package armtemplate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/document"
	"github.com/pacific-aci/pacific/armtemplate/internal/eval"
	"github.com/pacific-aci/pacific/armtemplate/internal/functions"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// schema is a type: the node that declares it and, if that refers to definitions, the nodes of those. A member of an
// earlier one wins.
type schema []*document.Node

// resolve follows the $ref of a type.
func (t *Template) resolve(n *document.Node) schema {
	var s schema
	for len(s) < 32 && n != nil { // definitions that refer to each other end somewhere
		s = append(s, n)
		ref := n.Get("$ref")
		if ref.IsNull() {
			break
		}
		n = t.definition(ref.Text)
	}
	return s
}

// definition finds #/definitions/NAME.
func (t *Template) definition(ref string) *document.Node {
	n := t.root
	rest, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return nil
	}
	for part := range strings.SplitSeq(rest, "/") {
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		if n = n.Get(part); n == nil {
			return nil
		}
	}
	return n
}

func (s schema) get(member string) *document.Node {
	for _, n := range s {
		if m := n.Get(member); m != nil {
			return m
		}
	}
	return nil
}

func (s schema) text(member string) string {
	if m := s.get(member); m != nil {
		return m.Text
	}
	return ""
}

func (s schema) kind() string { return strings.ToLower(s.text("type")) }

// secure reports whether the type itself is secure: a secure definition stays so whatever type is named beside its $ref.
func (s schema) secure() bool {
	return slices.ContainsFunc(s, func(n *document.Node) bool {
		m := n.Get("type")
		return m != nil && strings.HasPrefix(strings.ToLower(m.Text), "secure")
	})
}

func (s schema) nullable() bool {
	m := s.get("nullable")
	return m != nil && m.Value == true
}

// subject is what a value is checked for, for messages.
type subject struct {
	kind       string // parameter, output, function parameter or function output
	name       string // with the path inside it: p.a[0]
	node       *document.Node
	hadDefault bool
	depth      int
	budget     *eval.Budget
}

func (s subject) member(name string) subject {
	s.name += name
	s.depth++
	return s
}

// cost is how many steps it takes to hold a value to a type, without what is inside it.
func (of subject) cost(s schema) int {
	steps := 1 + len(of.name)/16
	for _, member := range []string{"allowedValues", "properties", "discriminator"} {
		if n := s.get(member); n != nil {
			steps += len(n.Items) + len(n.Members) + mappings(n)
		}
	}
	return steps
}

func mappings(n *document.Node) int {
	if m := n.Get("mapping"); m != nil {
		return len(m.Members)
	}
	return 0
}

// typeNames are ARM's names for types in its messages.
var typeNames = map[string]string{"string": "String", "securestring": "String", "int": "Integer", "bool": "Boolean",
	"object": "Object", "secureobject": "Object", "array": "Array"}

// check holds a value to a type. A value that is not known yet fits every type; so does null if the type says nullable, and
// everything if version 2.0 gives no type. Names are found without regard to case, values are compared with it.
func (t *Template) check(of subject, s schema, v value.Value) error {
	if _, unknown := v.(*value.Unknown); unknown || of.depth > document.MaxDepth {
		return nil
	}
	if len(s) == 0 {
		return nil
	}
	if err := of.budget.Spend(of.cost(s)); err != nil {
		return err
	}
	if last := s[len(s)-1]; !last.Get("$ref").IsNull() {
		return problemf(last, "The type '%s' of the template %s '%s' is not found.", last.Get("$ref").Text, of.kind, of.name)
	}
	if v == nil && s.nullable() {
		return nil
	}
	kind := s.kind()
	want, known := typeNames[kind]
	switch {
	case kind == "" && t.v2: // any value
	case !known:
		return problemf(of.node, "The type '%s' of the template %s '%s' is not valid. The supported types are 'string, securestring, int, bool, object, secureobject, array'.", s.text("type"), of.kind, of.name)
	case value.TypeName(v) != want:
		return t.wrongType(of, want, value.TypeName(v))
	}
	if err := checkAllowed(of, s, v); err != nil {
		return err
	}
	switch v := v.(type) {
	case string:
		n, _ := (functions.Table["length"]).Do(&functions.Call{Args: []value.Value{v}})
		return lengthBounds.check(of, s, n.(int64))
	case int64:
		return valueBounds.check(of, s, v)
	case []value.Value:
		if err := lengthBounds.check(of, s, int64(len(v))); err != nil {
			return err
		}
		return t.checkItems(of, s, v)
	case *value.Object:
		return t.checkMembers(of, s, v)
	}
	return nil
}

// converted turns a number or a bool that is written as a string into what the type asks for. Templates before version 2.0
// rely on it: many have "defaultValue": "4" for an int.
func (t *Template) converted(s schema, v value.Value) value.Value {
	text, ok := v.(string)
	if !ok || t.v2 {
		return v
	}
	switch s.kind() {
	case "int":
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
	case "bool":
		if b, err := strconv.ParseBool(strings.ToLower(text)); err == nil && len(text) > 1 {
			return b
		}
	}
	return v
}

func (t *Template) wrongType(of subject, want, actual string) error {
	switch {
	case of.kind == "output" && !t.v2:
		return problemf(of.node, "The template output '%s' at line '%d' and column '%d' is not valid: Template output JToken type is not valid. Expected '%s'. Actual '%s'.",
			of.name, of.node.Pos.Line, of.node.Pos.Column, both(want), actual)
	case of.kind == "parameter" && !t.v2:
		return problemf(of.node, "The provided value for the template parameter '%s' at line '%d' and column '%d' is not valid: Template parameter JToken type is not valid. Expected '%s'. Actual '%s'.",
			of.name, of.node.Pos.Line, of.node.Pos.Column, both(want), actual)
	}
	return of.problem("Expected a value of type '%s', but received a value of type '%s'.", want, actual)
}

// both is what ARM says for a string before version 2.0.
func both(want string) string {
	if want == "String" {
		return "String, Uri"
	}
	return want
}

func (of subject) problem(format string, args ...any) error {
	noun := "provided value"
	if strings.HasSuffix(of.kind, "output") || of.hadDefault {
		noun = "value"
	}
	return problemf(of.node, "The %s for the template %s '%s' at line '%d' and column '%d' is not valid. %s",
		noun, of.kind, of.name, of.node.Pos.Line, of.node.Pos.Column, fmt.Sprintf(format, args...))
}

// checkAllowed holds a value to allowedValues. For an array, each element may be one of them instead.
func checkAllowed(of subject, s schema, v value.Value) error {
	n := s.get("allowedValues")
	if n == nil || n.Kind != document.Array {
		return nil
	}
	allowed := n.Literal().([]value.Value)
	is := func(v value.Value) bool {
		for _, a := range allowed {
			text, isText := v.(string)
			other, otherText := a.(string)
			if value.Equal(a, v) || isText && otherText && strings.EqualFold(text, other) {
				return true
			}
		}
		return false
	}
	if is(v) || value.HasUnknown(v) {
		return nil
	}
	if items, ok := v.([]value.Value); ok && of.budget.Spend(len(items)*len(allowed)) == nil {
		all := true
		for _, item := range items {
			all = all && is(item)
		}
		if all {
			return nil
		}
	}
	texts := make([]string, len(allowed))
	for i, a := range allowed {
		texts[i] = functions.Text(a)
	}
	return of.problem("The parameter value is not part of the allowed value(s): '%s'.", shortened(strings.Join(texts, ",")))
}

// bounds are two members of a type that say how small and how large something may be, and what messages call it.
type bounds struct{ what, least, most string }

var (
	lengthBounds = bounds{"Length of the value should", "minLength", "maxLength"}
	valueBounds  = bounds{"The value should", "minValue", "maxValue"}
)

func (b bounds) check(of subject, s schema, n int64) error {
	if m := s.get(b.least); m != nil {
		if bound, ok := m.Value.(int64); ok && n < bound {
			return of.problem("%s be greater than or equal to '%d'.", b.what, bound)
		}
	}
	if m := s.get(b.most); m != nil {
		if bound, ok := m.Value.(int64); ok && n > bound {
			return of.problem("%s be less than or equal to '%d'.", b.what, bound)
		}
	}
	return nil
}
