package pyflow

import "strings"

// imports reads import a.b, c as d. Without "as" the first part of the name is bound.
func (b *block) imports() {
	b.expect("import")
	for {
		t := b.peek()
		module := b.dotted()
		s := &stmt{kind: imported, at: t.at, module: module}
		if b.take("as") {
			s.name = b.name().text
		} else {
			s.name, _, _ = strings.Cut(module, ".")
			s.module = s.name
		}
		b.add(s)
		if !b.take(",") {
			return
		}
	}
}

func (b *block) dotted() string {
	var text strings.Builder
	text.WriteString(b.name().text)
	for b.take(".") {
		text.WriteString("." + b.name().text)
	}
	return text.String()
}

// fromImport reads from a.b import c as d, e. Names of relative imports keep their dots: ".models.Config".
func (b *block) fromImport() {
	b.expect("from")
	start := b.at
	for b.is(".") || b.is("...") {
		b.next()
	}
	if !b.is("import") {
		b.dotted()
	}
	module := joined(b.tokens[start:b.at])
	b.expect("import")
	if t := b.peek(); b.take("*") {
		b.add(&stmt{kind: starImport, at: t.at, module: module})
		return
	}
	parenthesized := b.take("(")
	for !b.is(")") {
		t := b.name()
		s := &stmt{kind: imported, at: t.at, name: t.text, module: module + "." + t.text}
		if b.take("as") {
			s.name = b.name().text
		}
		b.add(s)
		if !b.take(",") {
			break
		}
	}
	if parenthesized {
		b.expect(")")
	}
}

// joined is the text of tokens without the space between them.
func joined(tokens []token) string {
	var text strings.Builder
	for _, t := range tokens {
		text.WriteString(t.text)
	}
	return text.String()
}
