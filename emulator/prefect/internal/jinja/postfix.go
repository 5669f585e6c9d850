package jinja

// What stands behind an expression: attributes, items, calls, filters and tests.

import "strings"

func (p *parser) postfix(e *expression) *expression {
	for {
		switch {
		case p.is("dot"):
			line := p.advance().line
			t := p.advance()
			switch t.kind {
			case "name":
				e = &expression{kind: "getattr", line: line, name: t.value, args: []*expression{e}}
			case "integer":
				e = &expression{kind: "getitem", line: line, args: []*expression{e, {kind: "const", line: t.line, value: number(t)}}}
			default:
				fail(t.line, "expected name or number")
			}
		case p.is("lbracket"):
			e = p.subscript(e)
		case p.is("lparen"):
			e = p.call(e)
		default:
			return e
		}
	}
}

func (p *parser) subscript(e *expression) *expression {
	line := p.advance().line
	var keys []*expression
	for !p.is("rbracket") {
		if len(keys) > 0 {
			p.expect("comma")
		}
		keys = append(keys, p.slice())
	}
	p.expect("rbracket")
	key := &expression{kind: "tuple", line: line, args: keys}
	if len(keys) == 1 {
		key = keys[0]
	}
	return &expression{kind: "getitem", line: line, args: []*expression{e, key}}
}

// slice reads what is in brackets: an expression, or up to three with colons between them.
func (p *parser) slice() *expression {
	s := &expression{kind: "slice", line: p.current.line, args: make([]*expression, 3)}
	if !p.is("colon") {
		if s.args[0] = p.expression(); !p.is("colon") {
			return s.args[0]
		}
	}
	p.advance()
	if !p.is("colon", "rbracket", "comma") {
		s.args[1] = p.expression()
	}
	if p.skip("colon") && !p.is("rbracket", "comma") {
		s.args[2] = p.expression()
	}
	return s
}

func (p *parser) call(e *expression) *expression {
	c := &expression{kind: "call", line: p.current.line, args: []*expression{e}}
	p.arguments(c)
	return c
}

// arguments reads those of a call, a filter or a test.
func (p *parser) arguments(c *expression) {
	line := p.expect("lparen").line
	ensure := func(ok bool) {
		if !ok {
			fail(line, "invalid syntax for function call expression")
		}
	}
	star, stars := false, false
	c.named = map[string]*expression{}
	for first := true; !p.is("rparen"); first = false {
		if !first {
			p.expect("comma")
			if p.is("rparen") {
				break
			}
		}
		switch {
		case p.is("mul"):
			ensure(!star && !stars)
			p.advance()
			p.expression()
			star, c.spread = true, true
		case p.is("pow"):
			ensure(!stars)
			p.advance()
			p.expression()
			stars, c.spread = true, true
		case p.is("name") && p.peek().is("assign"):
			ensure(!stars)
			key := p.advance().value
			p.advance()
			c.named[key] = p.expression()
		default:
			ensure(!star && !stars && len(c.named) == 0)
			c.args = append(c.args, p.expression())
		}
	}
	p.expect("rparen")
}

// dotted reads the name of a filter or a test.
func (p *parser) dotted() string {
	var name strings.Builder
	name.WriteString(p.expect("name").value)
	for p.skip("dot") {
		name.WriteString("." + p.expect("name").value)
	}
	return name.String()
}

// filters reads filters behind an expression. inline is for the first of a filter tag, which has no bar before it.
func (p *parser) filters(e *expression, inline bool) *expression {
	for inline || p.is("pipe") {
		if !inline {
			p.advance()
		}
		inline = false
		f := &expression{kind: "filter", line: p.current.line, args: []*expression{e}}
		f.name = p.dotted()
		if p.is("lparen") {
			p.arguments(f)
		}
		e = f
	}
	return e
}

func (p *parser) test(e *expression) *expression {
	line := p.advance().line
	negated := p.skip("name:not")
	t := &expression{kind: "test", line: line, args: []*expression{e}}
	t.name = p.dotted()
	switch {
	case p.is("lparen"):
		p.arguments(t)
	case p.is("name", "string", "integer", "float", "lbracket", "lbrace") && !p.is("name:else", "name:or", "name:and"):
		if p.is("name:is") {
			fail(p.current.line, "You cannot chain multiple tests with is")
		}
		t.args = append(t.args, p.postfix(p.primary(false)))
	}
	if negated {
		return &expression{kind: "not", line: line, args: []*expression{t}}
	}
	return t
}
