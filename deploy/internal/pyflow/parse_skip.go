package pyflow

// What is not read is skipped by its tokens, but the names that it binds are noted: a name that such a statement also binds
// is not known to be what another statement made it.

// skipSimple passes over a simple statement.
func (b *block) skipSimple() {
	first, start := b.peek(), b.at
	targets := start // up to where names are bound: the last = of a chain, or an augmented one
	depth := 0
	for {
		t := b.peek()
		if t.kind == newline || t.kind == endMarker || t.kind == indent || t.kind == dedent || t.is(";") {
			break
		}
		depth += nesting(t)
		if t.kind == op && depth == 0 && isAssignment(t.text) {
			targets = b.at
		}
		b.next()
	}
	if b.at == start {
		b.unexpected()
	}
	alias := b.tokens[start+1]
	switch {
	case first.is("del"):
		b.noteTargets(start, b.at)
	case first.is("type") && alias.kind == name && !keywords[alias.text]: // type Name[T] = ...
		b.add(&stmt{kind: skipped, at: alias.at, name: alias.text})
	default:
		b.noteTargets(start, targets)
	}
	b.noteNamed(start, b.at)
}

// header passes over everything to the colon that starts a body, and takes it.
func (b *block) header() {
	first, start := b.peek(), b.at
	lambdas, depth := 0, 0
	for ; ; b.next() {
		t := b.peek()
		depth += nesting(t)
		switch {
		case t.kind == newline || t.kind == endMarker:
			b.unexpected()
		case t.is("lambda") && depth == 0:
			lambdas++
		case t.is("in") && depth == 0 && (first.is("for") || first.is("async")):
			b.noteTargets(start, b.at)
		case t.is("as"):
			b.noteTargets(b.at+1, b.at+2)
			if b.ahead(1).is("(") {
				b.noteTargets(b.at+1, b.closing(b.at+1))
			}
		case t.is(":") && depth == 0 && lambdas > 0:
			lambdas--
		case t.is(":") && depth == 0:
			if first.is("case") {
				b.noteTargets(start+1, b.at)
			}
			b.noteNamed(start, b.at)
			b.next()
			return
		}
	}
}

// closing is the index of the bracket that closes the one at index open.
func (b *block) closing(open int) int {
	depth := 0
	for i := open; i < len(b.tokens); i++ {
		if depth += nesting(b.tokens[i]); depth == 0 {
			return i
		}
	}
	return len(b.tokens)
}

// noteTargets notes every name from index from to before index to, but those of attributes and what is called or indexed.
func (b *block) noteTargets(from, to int) {
	for i := from; i < min(to, len(b.tokens)-1); i++ {
		t, next := b.tokens[i], b.tokens[i+1]
		if t.kind != name || keywords[t.text] || i > 0 && b.tokens[i-1].is(".") || next.is(".") || next.is("(") || next.is("[") {
			continue
		}
		b.add(&stmt{kind: skipped, at: t.at, name: t.text})
	}
}

// noteNamed notes the names of assignment expressions: name := x.
func (b *block) noteNamed(from, to int) {
	for i := from; i+1 < to; i++ {
		if b.tokens[i].kind == name && b.tokens[i+1].is(":=") {
			b.add(&stmt{kind: skipped, at: b.tokens[i].at, name: b.tokens[i].text})
		}
	}
}

// noteGlobals notes the names of a global statement in a function: a call of it may bind them. The parser stays where it is.
func (b *block) noteGlobals() {
	for i := b.at + 1; b.tokens[i].kind == name || b.tokens[i].is(","); i++ {
		if t := b.tokens[i]; t.kind == name {
			b.globals = append(b.globals, &stmt{kind: skipped, at: t.at, name: t.text})
		}
	}
}

// nesting is what a token adds to the depth of brackets.
func nesting(t token) int {
	if t.kind != op {
		return 0
	}
	switch t.text {
	case "(", "[", "{":
		return 1
	case ")", "]", "}":
		return -1
	}
	return 0
}

// isAssignment reports whether the operator is = or an augmented assignment.
func isAssignment(operator string) bool {
	switch operator {
	case "==", "!=", "<=", ">=", ":=":
		return false
	}
	return operator[len(operator)-1] == '='
}
