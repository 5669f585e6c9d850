package pyflow

import "strings"

// definition reads decorators and the function or the class below them.
func (b *block) definition() {
	var decorators []*expr
	for b.is("@") {
		b.next()
		decorators = append(decorators, b.expression())
		if b.peek().kind != newline {
			b.unexpected()
		}
		b.next()
	}
	b.take("async")
	switch t := b.peek(); {
	case b.take("def"):
		defined := b.name()
		b.add(&stmt{kind: function, at: defined.at, name: defined.text, function: b.signature(), decorators: decorators})
	case b.take("class"):
		b.class(decorators)
	default:
		failf(t.at, "", "invalid syntax: a decorator without a function or a class")
	}
}

// signature reads from behind the name of a function to the end of its body.
func (b *block) signature() *functionDef {
	def := &functionDef{generic: b.is("[")}
	b.skipBrackets()
	b.expect("(")
	kind := positionalOrKeyword
	for !b.is(")") {
		t := b.peek()
		switch {
		case b.take("/"):
			for _, before := range def.parameters {
				before.kind = positionalOnly
			}
		case t.is("*") && b.ahead(1).is(","):
			b.next()
			kind = keywordOnly
		case b.take("**"):
			def.parameters = append(def.parameters, b.parameter(varKeyword))
		case b.take("*"):
			def.parameters = append(def.parameters, b.parameter(varPositional))
			kind = keywordOnly
		default:
			def.parameters = append(def.parameters, b.parameter(kind))
		}
		if !b.take(",") {
			break
		}
	}
	b.expect(")")
	if b.take("->") {
		b.expression()
	}
	b.expect(":")
	def.doc = b.skipBody()
	return def
}

// skipBrackets passes over the type parameters of def f[T] and class C[T].
func (b *block) skipBrackets() {
	if b.is("[") {
		b.at = b.closing(b.at) + 1
	}
}

func (b *block) parameter(kind parameterKind) *parameter {
	t := b.name()
	p := &parameter{kind: kind, at: t.at, name: t.text}
	if b.take(":") {
		p.annotation = b.element()
	}
	if b.take("=") {
		p.defaultValue = b.expression()
	}
	return p
}

// skipBody passes over the body of a function and returns its docstring. What the body binds is its own, but for globals.
func (b *block) skipBody() (doc *expr) {
	if b.peek().kind != newline {
		doc = b.docstring()
		for b.peek().kind != newline && b.peek().kind != endMarker {
			if b.is("global") {
				b.noteGlobals()
			}
			b.next()
		}
		return doc
	}
	b.next()
	if b.peek().kind != indent {
		failf(b.peek().at, "", "expected an indented block")
	}
	b.next()
	doc = b.docstring()
	for open := 1; open > 0; b.next() {
		if b.is("global") {
			b.noteGlobals()
		}
		switch b.peek().kind {
		case indent:
			open++
		case dedent:
			open--
		case endMarker:
			return doc
		}
	}
	return doc
}

// docstring reads ahead, without moving, for a text that is a statement by itself.
func (b *block) docstring() *expr {
	start := b.at
	defer func() { b.at = start }()
	for b.is("(") {
		b.next()
	}
	if b.peek().kind != str {
		return nil
	}
	b.at = start
	e := b.expression()
	if k := b.peek().kind; k != newline && k != endMarker && !b.is(";") || e.kind != constant {
		return nil
	}
	for _, t := range b.tokens[start:b.at] {
		if prefix, _, _ := strings.Cut(t.text, t.text[len(t.text)-1:]); t.kind == str && strings.ContainsAny(prefix, "fFtT") {
			return nil // an f-string is none, even without a field
		}
	}
	return e
}

// class reads from behind the word class to the end of its body.
func (b *block) class(decorators []*expr) {
	t := b.name()
	def := &classDef{name: t.text, generic: b.is("[")}
	b.skipBrackets()
	if b.is("(") {
		arguments := b.arguments(&expr{at: t.at})
		def.bases, def.keywords = arguments.items, arguments.keywords
	}
	b.expect(":")
	if b.peek().kind == newline && b.ahead(1).kind == indent {
		b.at += 2
		def.doc = b.docstring()
		b.at -= 2
	} else {
		def.doc = b.docstring()
	}
	inner := &block{parser: b.parser}
	inner.body()
	def.body = inner.stmts
	b.add(&stmt{kind: class, at: t.at, name: t.text, class: def, decorators: decorators})
}
