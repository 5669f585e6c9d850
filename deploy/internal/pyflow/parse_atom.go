package pyflow

// atom reads a name, a constant or a bracketed display.
func (p *parser) atom() *expr {
	t := p.peek()
	switch {
	case t.kind == number:
		p.next()
		return &expr{kind: constant, at: t.at, value: t.value}
	case t.kind == str:
		return p.strings()
	case t.is("None"):
		p.next()
		return &expr{kind: constant, at: t.at}
	case t.is("True"), t.is("False"):
		p.next()
		return &expr{kind: constant, at: t.at, value: t.text == "True"}
	case t.is("..."):
		p.next()
		return &expr{kind: constant, at: t.at, value: ellipsis{}}
	case t.kind == name:
		if t.is("lambda") || t.is("await") || t.is("yield") {
			return p.skip(t)
		}
		p.name()
		return &expr{kind: nameExpr, at: t.at, text: t.text}
	case t.is("("):
		return p.parenthesized()
	case t.is("["):
		p.next()
		return &expr{kind: list, at: t.at, items: p.items("]")}
	case t.is("{"):
		return p.braces()
	}
	p.unexpected()
	return nil
}

// strings joins adjacent literals. Bytes and text do not mix.
func (p *parser) strings() *expr {
	e := &expr{kind: constant, at: p.peek().at, value: p.peek().value}
	p.next()
	for p.peek().kind == str {
		t := p.next()
		switch before := e.value.(type) {
		case string:
			if next, ok := t.value.(string); ok {
				e.value = before + next
				continue
			}
		case pyBytes:
			if next, ok := t.value.(pyBytes); ok {
				e.value = before + next
				continue
			}
		case unreadable:
			continue
		}
		if next, ok := t.value.(unreadable); ok {
			e.value = next
			continue
		}
		failf(t.at, "", "cannot mix bytes and text literals")
	}
	return e
}

// items reads elements up to the closing bracket, which it takes.
func (p *parser) items(end string) []*expr {
	var items []*expr
	for !p.is(end) {
		items = append(items, p.element())
		if !p.take(",") {
			break
		}
	}
	p.expect(end)
	return items
}

// parenthesized reads (x), which is x, or a tuple.
func (p *parser) parenthesized() *expr {
	open := p.next()
	if p.take(")") {
		return &expr{kind: tuple, at: open.at}
	}
	first := p.assignable()
	if p.take(")") {
		return first
	}
	p.expect(",")
	return &expr{kind: tuple, at: open.at, items: append([]*expr{first}, p.items(")")...)}
}

// assignable reads an element; (name := x) is opaque by itself, as ":=" ends no expression.
func (p *parser) assignable() *expr {
	if p.peek().is("yield") {
		return p.skipTo(")")
	}
	return p.element()
}

// skipTo passes over everything up to the closing bracket end, with commas.
func (p *parser) skipTo(end string) *expr {
	first := p.peek()
	for !p.is(end) {
		if p.skip(first); !p.take(",") && !p.take(":") && !p.take("=") {
			break
		}
	}
	return &expr{kind: opaque, at: first.at, text: "an expression"}
}

// braces reads a dict or a set. A comprehension is opaque, if only by its parts.
func (p *parser) braces() *expr {
	open := p.next()
	e := &expr{kind: dict, at: open.at}
	mixed := false
	for !p.is("}") {
		key := p.element()
		switch {
		case key.kind == starred && key.text == "**":
			e.keys, e.items = append(e.keys, nil), append(e.items, key.x)
		case p.take(":"):
			e.keys, e.items = append(e.keys, key), append(e.items, p.expression())
		default:
			mixed = mixed || len(e.keys) > 0 // {k: v for k, v in x}
			e.kind = set
			e.items = append(e.items, key)
		}
		if !p.take(",") {
			break
		}
	}
	p.expect("}")
	if mixed {
		return &expr{kind: opaque, at: open.at, text: "a comprehension"}
	}
	return e
}
