package jinja

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pacific-aci/pacific/internal/pytext"
)

// expression is a part of an expression. Its kind is Jinja's word for it in lower case.
type expression struct {
	kind string
	line int
	// name is of a name, an attribute, a filter, a test or an operator.
	name string
	// value is of a const.
	value any
	args  []*expression
	named map[string]*expression
	// spread: the arguments have a star.
	spread bool
}

// tupleOptions say what a tuple may be of, and what else ends it.
type tupleOptions struct {
	// targets: only names and literals. namespaces: also ns.attribute. plain: no "a if b else c". parens: it may be empty.
	targets, namespaces, plain, parens bool
	ends                               []string
}

// tuple reads an expression, or several with commas between them.
func (p *parser) tuple(o tupleOptions) *expression {
	var items []*expression
	line, several := p.current.line, false
	for {
		if len(items) > 0 {
			p.expect("comma")
		}
		if p.is("variable_end", "block_end", "rparen") || p.is(o.ends...) {
			break
		}
		switch {
		case o.targets:
			items = append(items, p.primary(o.namespaces))
		case o.plain:
			items = append(items, p.or())
		default:
			items = append(items, p.expression())
		}
		if !p.is("comma") {
			break
		}
		several, line = true, p.current.line
	}
	if !several {
		if len(items) > 0 {
			return items[0]
		}
		if !o.parens {
			fail(p.current.line, "Expected an expression, got %s", pytext.Repr(p.current.describe()))
		}
	}
	return &expression{kind: "tuple", line: line, args: items}
}

// target reads what something is assigned to.
func (p *parser) target(o tupleOptions) *expression {
	o.targets = true
	target := p.tuple(o)
	if !assignable(target) {
		fail(target.line, "can't assign to %s", pytext.Repr(target.kind))
	}
	return target
}

func assignable(e *expression) bool {
	switch e.kind {
	case "tuple":
		return !slices.ContainsFunc(e.args, func(item *expression) bool { return !assignable(item) })
	case "name", "nsref":
		return true
	}
	return false
}

// name reads a name that something is assigned to.
func (p *parser) name() *expression {
	t := p.expect("name")
	if slices.Contains([]string{"true", "false", "none", "True", "False", "None"}, t.value) {
		fail(t.line, "can't assign to 'name'")
	}
	return &expression{kind: "name", line: t.line, name: t.value}
}

// expression reads one, perhaps with a condition: a if b else c.
func (p *parser) expression() *expression {
	e := p.or()
	for p.is("name:if") {
		line := p.advance().line
		e = &expression{kind: "condexpr", line: line, args: []*expression{e, p.or()}}
		if p.skip("name:else") {
			e.args = append(e.args, p.expression())
		}
	}
	return e
}

// binary reads operands of one rank, from the left.
func (p *parser) binary(operand func() *expression, kinds ...string) *expression {
	left := operand()
	for p.is(kinds...) {
		t := p.advance()
		name := t.kind
		if name == "name" {
			name = t.value
		}
		left = &expression{kind: "binary", line: t.line, name: name, args: []*expression{left, operand()}}
	}
	return left
}

func (p *parser) or() *expression  { return p.binary(p.and, "name:or") }
func (p *parser) and() *expression { return p.binary(p.not, "name:and") }

func (p *parser) not() *expression {
	if p.is("name:not") {
		return &expression{kind: "not", line: p.advance().line, args: []*expression{p.not()}}
	}
	return p.compare()
}

// compare reads a comparison, which may be a chain: a < b < c.
func (p *parser) compare() *expression {
	first := p.sum()
	chain := &expression{kind: "compare", line: first.line, args: []*expression{first}}
	for {
		name := p.current.kind
		switch {
		case p.is("eq", "ne", "lt", "lteq", "gt", "gteq"):
			p.advance()
		case p.skip("name:in"):
			name = "in"
		case p.is("name:not") && p.peek().is("name:in"):
			p.advance()
			p.advance()
			name = "notin"
		default:
			if len(chain.args) == 1 {
				return first
			}
			return chain
		}
		operand := p.sum()
		chain.args = append(chain.args, &expression{kind: "operand", line: operand.line, name: name, args: []*expression{operand}})
	}
}

func (p *parser) sum() *expression    { return p.binary(p.concat, "add", "sub") }
func (p *parser) concat() *expression { return p.binary(p.product, "tilde") }
func (p *parser) product() *expression {
	return p.binary(p.power, "mul", "div", "floordiv", "mod")
}
func (p *parser) power() *expression {
	return p.binary(func() *expression { return p.unary(true) }, "pow")
}

func (p *parser) unary(filters bool) *expression {
	var e *expression
	if p.is("sub", "add") {
		t := p.advance()
		e = &expression{kind: "unary", line: t.line, name: t.kind, args: []*expression{p.unary(false)}}
	} else {
		e = p.primary(false)
	}
	e = p.postfix(e)
	for filters {
		switch {
		case p.is("pipe"):
			e = p.filters(e, false)
		case p.is("name:is"):
			e = p.test(e)
		case p.is("lparen"):
			e = p.call(e)
		default:
			return e
		}
	}
	return e
}

func (p *parser) primary(namespaces bool) *expression {
	t := p.current
	constant := func(value any) *expression { return &expression{kind: "const", line: t.line, value: value} }
	switch t.kind {
	case "name":
		p.advance()
		switch t.value {
		case "true", "True", "false", "False":
			return constant(strings.EqualFold(t.value, "true"))
		case "none", "None":
			return constant(nil)
		}
		if namespaces && p.skip("dot") {
			return &expression{kind: "nsref", line: t.line, name: t.value + "." + p.expect("name").value}
		}
		return &expression{kind: "name", line: t.line, name: t.value}
	case "string":
		var text strings.Builder
		for p.is("string") {
			text.WriteString(p.advance().value)
		}
		return constant(text.String())
	case "integer", "float":
		return constant(number(p.advance()))
	case "lparen":
		p.advance()
		e := p.tuple(tupleOptions{parens: true})
		p.expect("rparen")
		return e
	case "lbracket":
		p.advance()
		return &expression{kind: "list", line: t.line, args: p.items("rbracket", func() []*expression { return []*expression{p.expression()} })}
	case "lbrace":
		p.advance()
		return &expression{kind: "dict", line: t.line, args: p.items("rbrace", func() []*expression {
			key := p.expression()
			p.expect("colon")
			return []*expression{key, p.expression()}
		})}
	}
	fail(t.line, "unexpected %s", pytext.Repr(t.describe()))
	return nil
}

// number is a token's: an int64 where that is large enough, else a float64.
func number(t token) any {
	if t.kind == "integer" {
		if n, err := strconv.ParseInt(t.value, 0, 64); err == nil {
			return n
		}
	}
	f, _ := strconv.ParseFloat(t.value, 64)
	return f
}

// items reads a list with commas, of which there may be one too many, until its end.
func (p *parser) items(end string, item func() []*expression) (all []*expression) {
	for !p.is(end) {
		if len(all) > 0 {
			p.expect("comma")
		}
		if p.is(end) {
			break
		}
		all = append(all, item()...)
	}
	p.expect(end)
	return all
}
