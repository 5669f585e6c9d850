package jinja

import (
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/internal/pytext"
)

// statement is a part of a template: data, output, or a tag by its name.
type statement struct {
	kind string
	// text is of data; name of a block, a macro or the like.
	text, name string
	// exprs are the expressions: those of output, the condition of an if, the target, what is walked over and perhaps the
	// filter of a for, the target and the value of a set.
	exprs []*expression
	// body is what is within the tag; other is what is after its else, or its next elif.
	body, other []*statement
}

// parser reads the tokens of a template.
type parser struct {
	lexer *lexer
	// current is the token that is looked at, ahead those after it that were looked at already.
	current token
	ahead   []token
	// tags are those that are open, and ends for each of them what may end its part.
	tags []string
	ends [][]string
}

func newParser(source string) *parser {
	p := &parser{lexer: newLexer(source)}
	p.advance()
	return p
}

// advance goes to the next token and gives the one before.
func (p *parser) advance() token {
	before := p.current
	if len(p.ahead) > 0 {
		p.current, p.ahead = p.ahead[0], p.ahead[1:]
	} else if before.kind != "eof" {
		if p.current = p.lexer.next(); p.current.kind == "eof" && before.kind != "" {
			p.current.line = before.line
		}
	}
	return before
}

// peek gives the token after the current one.
func (p *parser) peek() token {
	if len(p.ahead) == 0 {
		p.ahead = append(p.ahead, p.lexer.next())
	}
	return p.ahead[0]
}

func (p *parser) is(wanted ...string) bool { return slices.ContainsFunc(wanted, p.current.is) }

// skip goes on if the current token is of a kind.
func (p *parser) skip(want string) bool {
	found := p.current.is(want)
	if found {
		p.advance()
	}
	return found
}

func (p *parser) expect(want string) token {
	if p.current.is(want) {
		return p.advance()
	}
	kind, value, _ := strings.Cut(want, ":")
	wanted := pytext.Repr(describe(kind, value))
	if p.is("eof") {
		fail(p.current.line, "unexpected end of template, expected %s.", wanted)
	}
	fail(p.current.line, "expected token %s, got %s", wanted, pytext.Repr(p.current.describe()))
	return token{}
}

// failTag says that a tag is not known here, or with an empty name that the template ends too early.
func (p *parser) failTag(name string, ends [][]string, line int) {
	words := "Unexpected end of template."
	if name != "" {
		words = "Encountered unknown tag " + pytext.Repr(name) + "."
	}
	if len(ends) > 0 {
		var wanted []string
		for _, end := range ends[len(ends)-1] {
			wanted = append(wanted, pytext.Repr(strings.TrimPrefix(end, "name:")))
		}
		looking := strings.Join(wanted, " or ")
		if name != "" && slices.ContainsFunc(ends, func(e []string) bool { return slices.Contains(e, "name:"+name) }) {
			words += " You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for " + looking + "."
		} else {
			words += " Jinja was looking for the following tags: " + looking + "."
		}
	}
	if len(p.tags) > 0 {
		words += " The innermost block that needs to be closed is " + pytext.Repr(p.tags[len(p.tags)-1]) + "."
	}
	fail(line, "%s", words)
}

// statements reads until one of the ends, which stays the current token, or until the template's end if there are none.
func (p *parser) statements(ends []string) []*statement {
	if ends != nil {
		p.ends = append(p.ends, ends)
		defer func() { p.ends = p.ends[:len(p.ends)-1] }()
	}
	var body []*statement
	for !p.is("eof") {
		switch {
		case p.is("data"):
			body = append(body, &statement{kind: "data", text: p.advance().value})
		case p.is("variable_begin"):
			p.advance()
			body = append(body, &statement{kind: "output", exprs: []*expression{p.tuple(tupleOptions{})}})
			p.expect("variable_end")
		default: // block_begin
			p.advance()
			if p.is(ends...) {
				return body
			}
			body = append(body, p.statement())
			p.expect("block_end")
		}
	}
	return body
}

// within reads what a tag holds, until one of the ends.
func (p *parser) within(ends ...string) []*statement {
	p.skip("colon")
	p.expect("block_end")
	body := p.statements(ends)
	if p.is("eof") {
		p.failTag("", append(slices.Clone(p.ends), ends), p.current.line)
	}
	return body
}

// whole is within, and goes past the end.
func (p *parser) whole(end string) []*statement {
	body := p.within(end)
	p.advance()
	return body
}

// statement reads a tag from its name on.
func (p *parser) statement() *statement {
	tag := p.current
	if tag.kind != "name" {
		fail(tag.line, "tag name expected")
	}
	read, ok := map[string]func(*statement){
		"for": p.forTag, "if": p.ifTag, "set": p.setTag, "with": p.withTag, "autoescape": p.autoescapeTag, "block": p.blockTag,
		"extends": p.extendsTag, "include": p.includeTag, "import": p.importTag, "from": p.fromTag, "macro": p.macroTag,
		"print": p.printTag, "call": p.callTag, "filter": p.filterTag,
	}[tag.value]
	if !ok {
		p.failTag(tag.value, p.ends, tag.line)
	}
	p.tags = append(p.tags, tag.value)
	defer func() { p.tags = p.tags[:len(p.tags)-1] }()
	p.advance()
	s := &statement{kind: tag.value}
	read(s)
	return s
}

func (p *parser) forTag(s *statement) {
	target := p.target(tupleOptions{ends: []string{"name:in"}})
	p.expect("name:in")
	s.exprs = []*expression{target, p.tuple(tupleOptions{plain: true, ends: []string{"name:recursive"}})}
	if p.skip("name:if") {
		s.exprs = append(s.exprs, p.expression())
	}
	if p.skip("name:recursive") {
		s.name = "recursive"
	}
	s.body = p.within("name:endfor", "name:else")
	if p.advance().value != "endfor" {
		s.other = p.whole("name:endfor")
	}
}

func (p *parser) ifTag(s *statement) {
	s.exprs = []*expression{p.tuple(tupleOptions{plain: true})}
	s.body = p.within("name:elif", "name:else", "name:endif")
	switch p.advance().value {
	case "elif":
		next := &statement{kind: "if"}
		p.ifTag(next)
		s.other = []*statement{next}
	case "else":
		s.other = p.whole("name:endif")
	}
}

func (p *parser) setTag(s *statement) {
	s.exprs = []*expression{p.target(tupleOptions{namespaces: true})}
	if p.skip("assign") {
		s.exprs = append(s.exprs, p.tuple(tupleOptions{}))
		return
	}
	s.name = "block"
	if p.is("pipe") {
		s.exprs = append(s.exprs, p.filters(nil, false))
	}
	s.body = p.whole("name:endset")
}

func (p *parser) withTag(s *statement) {
	for !p.is("block_end") {
		if len(s.exprs) > 0 {
			p.expect("comma")
		}
		s.exprs = append(s.exprs, p.target(tupleOptions{}))
		p.expect("assign")
		s.exprs = append(s.exprs, p.expression())
	}
	s.body = p.whole("name:endwith")
}

func (p *parser) autoescapeTag(s *statement) {
	s.exprs = []*expression{p.expression()}
	s.body = p.whole("name:endautoescape")
}

func (p *parser) blockTag(s *statement) {
	s.name = p.expect("name").value
	p.skip("name:scoped")
	required := p.skip("name:required")
	if p.is("sub") {
		fail(p.current.line, "Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an underscore instead.")
	}
	s.body = p.whole("name:endblock")
	if required && slices.ContainsFunc(s.body, func(b *statement) bool { return b.kind != "data" || strings.TrimSpace(b.text) != "" }) {
		fail(p.current.line, "Required blocks can only contain comments or whitespace")
	}
	p.skip("name:" + s.name)
}

func (p *parser) extendsTag(s *statement) { s.exprs = []*expression{p.expression()} }

// context reads "with context" and "without context".
func (p *parser) context() bool {
	if !p.is("name:with", "name:without") || !p.peek().is("name:context") {
		return false
	}
	p.advance()
	p.advance()
	return true
}

func (p *parser) includeTag(s *statement) {
	s.exprs = []*expression{p.expression()}
	if p.is("name:ignore") && p.peek().is("name:missing") {
		p.advance()
		p.advance()
	}
	p.context()
}

func (p *parser) importTag(s *statement) {
	s.exprs = []*expression{p.expression()}
	p.expect("name:as")
	s.name = p.name().name
	p.context()
}

func (p *parser) fromTag(s *statement) {
	s.exprs = []*expression{p.expression()}
	p.expect("name:import")
	for first := true; ; first = false {
		if !first {
			p.expect("comma")
		}
		if !p.is("name") {
			p.expect("name")
		}
		if p.context() {
			return
		}
		target := p.name()
		if strings.HasPrefix(target.name, "_") {
			fail(target.line, "names starting with an underline can not be imported")
		}
		if p.skip("name:as") {
			p.name()
		}
		if p.context() || !p.is("comma") {
			return
		}
	}
}

// signature reads the arguments of a macro.
func (p *parser) signature() {
	p.expect("lparen")
	defaults := false
	for first := true; !p.is("rparen"); first = false {
		if !first {
			p.expect("comma")
		}
		p.name()
		if p.skip("assign") {
			defaults = true
			p.expression()
		} else if defaults {
			fail(p.current.line, "non-default argument follows default argument")
		}
	}
	p.expect("rparen")
}

func (p *parser) macroTag(s *statement) {
	s.name = p.name().name
	p.signature()
	s.body = p.whole("name:endmacro")
}

func (p *parser) printTag(s *statement) {
	for !p.is("block_end") {
		if len(s.exprs) > 0 {
			p.expect("comma")
		}
		s.exprs = append(s.exprs, p.expression())
	}
}

func (p *parser) callTag(s *statement) {
	line := p.current.line
	if p.is("lparen") {
		p.signature()
	}
	call := p.expression()
	if call.kind != "call" {
		fail(line, "expected call")
	}
	s.exprs = []*expression{call}
	s.body = p.whole("name:endcall")
}

func (p *parser) filterTag(s *statement) {
	s.exprs = []*expression{p.filters(nil, true)}
	s.body = p.whole("name:endfilter")
}
