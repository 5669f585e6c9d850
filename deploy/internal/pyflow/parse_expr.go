package pyflow

// maxDepth bounds the recursion of the parser and of what walks its trees; no file that a person wrote comes near.
const maxDepth = 400

// maxChain is how many operators or trailers may follow each other; a longer chain is opaque.
const maxChain = 100

// A parser reads statements and expressions from the tokens of one file, or of one annotation in a string.
type parser struct {
	tokens []token
	at     int
	depth  int
	// globals are the names that functions may bind in the module.
	globals []*stmt
}

func (p *parser) peek() token         { return p.tokens[p.at] }
func (p *parser) is(text string) bool { return p.peek().is(text) }

// ahead is the token n places on, the endMarker past the end.
func (p *parser) ahead(n int) token { return p.tokens[min(p.at+n, len(p.tokens)-1)] }

func (p *parser) next() token {
	t := p.peek()
	if t.kind != endMarker {
		p.at++
	}
	return t
}

func (p *parser) take(text string) bool {
	if p.is(text) {
		p.at++
		return true
	}
	return false
}

func (p *parser) expect(text string) {
	if !p.take(text) {
		p.unexpected()
	}
}

func (p *parser) unexpected() {
	t := p.peek()
	if t.text == "" || t.text == "\n" {
		failf(t.at, "", "invalid syntax: the line ends too early")
	}
	failf(t.at, "", "invalid syntax at %q", t.text)
}

func (p *parser) name() token {
	t := p.peek()
	if t.kind != name || keywords[t.text] {
		p.unexpected()
	}
	return p.next()
}

// expression reads one expression and leaves the parser at what ends it. What the grammar below does not know, such as a
// comparison, is opaque.
func (p *parser) expression() *expr {
	if p.depth++; p.depth > maxDepth {
		failf(p.peek().at, "", "expressions are nested too deep")
	}
	defer func() { p.depth-- }()
	first := p.peek()
	if first.is("lambda") || first.is("yield") || first.is("await") {
		return p.skip(first)
	}
	e := p.operand(0)
	if !p.ended() {
		return p.skip(first)
	}
	return e
}

// ended reports whether an expression ends at the next token.
func (p *parser) ended() bool {
	t := p.peek()
	switch t.kind {
	case newline, endMarker, indent, dedent:
		return true
	case op:
		switch t.text {
		case ",", ")", "]", "}", ":", "=", ";":
			return true
		}
	}
	return false
}

// skip passes over the rest of an expression: brackets are balanced, which the lexer has seen to. A lambda's own colon and
// commas belong to it.
func (p *parser) skip(first token) *expr {
	what := "an expression"
	if first.is("lambda") {
		what = "a lambda"
	}
	lambdas, depth := 0, 0
	for {
		t := p.peek()
		switch {
		case t.kind == endMarker || t.kind == indent || t.kind == dedent || t.kind == newline:
			return &expr{kind: opaque, at: first.at, text: what}
		case t.is("lambda") && depth == 0:
			lambdas++
		case t.is(":") && depth == 0 && lambdas > 0:
			lambdas--
		case depth == 0 && lambdas == 0 && p.ended():
			return &expr{kind: opaque, at: first.at, text: what}
		case t.is("(") || t.is("[") || t.is("{"):
			depth++
		case t.is(")") || t.is("]") || t.is("}"):
			if depth--; depth < 0 {
				return &expr{kind: opaque, at: first.at, text: what}
			}
		}
		p.next()
	}
}

// precedence of the binary operators that types and numbers use.
var precedence = map[string]int{"|": 1, "+": 2, "-": 2, "*": 3}

func (p *parser) operand(above int) *expr {
	first := p.peek()
	x := p.unary()
	for count := 0; ; count++ {
		t := p.peek()
		level := precedence[t.text]
		if t.kind != op || level <= above {
			return x
		}
		if count > maxChain {
			return p.skip(first)
		}
		p.next()
		y := p.operand(level)
		x = &expr{kind: binary, at: x.at, text: t.text, x: x, y: y}
	}
}

func (p *parser) unary() *expr {
	t := p.peek()
	if t.is("-") || t.is("+") || t.is("~") || t.is("not") {
		p.next()
		if p.depth++; p.depth > maxDepth {
			failf(t.at, "", "expressions are nested too deep")
		}
		defer func() { p.depth-- }()
		if t.text == "not" { // binds less than the binary operators
			return &expr{kind: unary, at: t.at, text: t.text, x: p.operand(0)}
		}
		return &expr{kind: unary, at: t.at, text: t.text, x: p.unary()}
	}
	return p.trailers(p.atom())
}

// trailers reads .name, [items] and (arguments) behind an atom.
func (p *parser) trailers(x *expr) *expr {
	first := p.peek()
	for count := 0; ; count++ {
		switch {
		case count > maxChain:
			return p.skip(first)
		case p.take("."):
			x = &expr{kind: attribute, at: x.at, text: p.name().text, x: x}
		case p.take("["):
			x = &expr{kind: subscript, at: x.at, x: x, items: []*expr{p.index()}}
			p.expect("]")
		case p.is("("):
			x = p.arguments(x)
		default:
			return x
		}
	}
}

// index reads what stands between [ and ]; a slice is opaque.
func (p *parser) index() *expr {
	first := p.peek()
	var items []*expr
	commas, slice := false, false
	for !p.is("]") {
		if p.take(":") {
			slice = true
			continue
		}
		items = append(items, p.element())
		if p.take(",") {
			commas = true
		} else if !p.is(":") {
			break
		}
	}
	switch {
	case slice:
		return &expr{kind: opaque, at: first.at, text: "a slice"}
	case len(items) == 0:
		p.unexpected()
	case len(items) == 1 && !commas:
		return items[0]
	}
	return &expr{kind: tuple, at: first.at, items: items}
}

// element reads an expression that may be starred.
func (p *parser) element() *expr {
	if t := p.peek(); t.is("*") || t.is("**") {
		p.next()
		return &expr{kind: starred, at: t.at, text: t.text, x: p.expression()}
	}
	return p.expression()
}

func (p *parser) arguments(callee *expr) *expr {
	p.expect("(")
	e := &expr{kind: call, at: callee.at, x: callee}
	for !p.is(")") {
		t := p.peek()
		switch {
		case t.is("**"):
			p.next()
			e.keywords = append(e.keywords, keyword{at: t.at, value: p.expression()})
		case t.kind == name && p.ahead(1).is("="):
			p.next()
			p.next()
			e.keywords = append(e.keywords, keyword{name: t.text, at: t.at, value: p.expression()})
		default:
			e.items = append(e.items, p.element())
		}
		if !p.take(",") {
			break
		}
	}
	p.expect(")")
	return e
}
