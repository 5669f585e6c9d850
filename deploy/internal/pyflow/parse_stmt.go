package pyflow

// A block collects the statements of a module or of a class body, with those under if, try, with, for and while.
type block struct {
	*parser
	stmts        []*stmt
	typeChecking bool // below "if TYPE_CHECKING:"
}

// statements reads to the end of the block: a dedent, which it takes, or the end of the file.
func (b *block) statements() {
	if b.depth++; b.depth > maxDepth {
		failf(b.peek().at, "", "blocks are nested too deep")
	}
	defer func() { b.depth-- }()
	for {
		switch t := b.peek(); {
		case t.kind == endMarker:
			return
		case t.kind == dedent:
			b.next()
			return
		case t.kind == indent:
			failf(t.at, "", "unexpected indentation")
		case t.kind == newline:
			b.next()
		default:
			b.statement()
		}
	}
}

func (b *block) statement() {
	t := b.peek()
	switch {
	case t.is("@"), t.is("def"), t.is("class"), t.is("async") && b.ahead(1).is("def"):
		b.definition()
	case t.is("if"), t.is("elif"), t.is("else"), t.is("try"), t.is("except"), t.is("finally"), t.is("with"), t.is("for"),
		t.is("while"), t.is("async"), b.isMatch():
		b.compound()
	default:
		b.simpleLine()
	}
}

// isMatch reports whether the line starts a match statement or a case of one; both words are ordinary names elsewhere.
func (b *block) isMatch() bool {
	if !b.is("match") && !b.is("case") {
		return false
	}
	switch next := b.ahead(1); next.text {
	case ".", "=", ":", ",", ")", ":=", ";", "\n", "":
		return false
	}
	for i, depth := b.at, 0; ; i++ {
		t := b.tokens[i]
		depth += nesting(t)
		switch {
		case t.kind == newline || t.kind == endMarker:
			return false
		case t.is(":") && depth == 0:
			return b.is("case") || b.tokens[i+1].kind == newline
		}
	}
}

func (b *block) add(s *stmt) {
	s.typeChecking = b.typeChecking
	b.stmts = append(b.stmts, s)
}

// simpleLine reads the simple statements of one logical line.
func (b *block) simpleLine() {
	for {
		b.simple()
		if b.take(";") {
			if b.peek().kind != newline {
				continue
			}
		}
		if t := b.peek(); t.kind == newline {
			b.next()
		} else if t.kind != endMarker && t.kind != dedent {
			b.unexpected()
		}
		return
	}
}

func (b *block) simple() {
	t := b.peek()
	switch {
	case t.is("import"):
		b.imports()
	case t.is("from"):
		b.fromImport()
	case t.kind == name && !keywords[t.text] && b.ahead(1).is("="):
		b.assignment(t)
	case t.kind == name && !keywords[t.text] && b.ahead(1).is(":"):
		b.annotated(t)
	default:
		b.skipSimple()
	}
}

// assignment reads NAME = value; a chain of targets is skipped, which makes each of them unknown.
func (b *block) assignment(t token) {
	start := b.at
	b.at += 2
	value := b.tupleOrExpression()
	if b.is("=") {
		b.at = start
		b.skipSimple()
		return
	}
	b.add(&stmt{kind: assigned, at: t.at, name: t.text, value: value})
}

// tupleOrExpression reads x or x, y without parentheses.
func (b *block) tupleOrExpression() *expr {
	first := b.element()
	if !b.is(",") {
		return first
	}
	e := &expr{kind: tuple, at: first.at, items: []*expr{first}}
	for b.take(",") && !b.ended() {
		e.items = append(e.items, b.element())
	}
	return e
}

func (b *block) annotated(t token) {
	b.at += 2
	s := &stmt{kind: declared, at: t.at, name: t.text, annotation: b.expression()}
	if b.take("=") {
		s.kind, s.value = assigned, b.tupleOrExpression()
	}
	b.add(s)
}

// compound passes over the header of a compound statement and reads its body into the same block.
func (b *block) compound() {
	t := b.peek()
	typeChecking := t.is("if") && (b.ahead(1).is("TYPE_CHECKING") && b.ahead(2).is(":") ||
		b.ahead(2).is(".") && b.ahead(3).is("TYPE_CHECKING") && b.ahead(4).is(":"))
	b.header()
	before := b.typeChecking
	b.typeChecking = before || typeChecking
	b.body()
	b.typeChecking = before
}

// body reads what follows a colon: an indented block, or simple statements on the same line.
func (b *block) body() {
	if b.peek().kind != newline {
		b.simpleLine()
		return
	}
	b.next()
	if b.peek().kind != indent {
		failf(b.peek().at, "", "expected an indented block")
	}
	b.next()
	b.statements()
}
