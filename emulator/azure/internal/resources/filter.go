package resources

import (
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// filter is a parsed $filter of ARM's lists: comparisons by eq and ne, substringof('x', field) and startswith(field, 'x'),
// joined by and, or and brackets. A nil filter holds for everything.
type filter struct {
	or, and []*filter
	// A leaf.
	op, field, value string
}

// filterItem is what a filter is held against. Fields are by their names in ARM's spelling.
type filterItem struct {
	tags   map[string]string
	fields map[string]string
}

// parseFilter reads a $filter over the allowed fields; its error is ARM's 400.
func parseFilter(text string, allowed ...string) (*filter, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	p := &filterParser{tokens: filterTokens(text), allowed: allowed}
	f := p.or(0)
	if f == nil || len(p.tokens) > 0 {
		return nil, arm.BadRequest("InvalidFilterInQueryString", "Invalid $filter '%s' specified in the query string.", text)
	}
	return f, nil
}

// maxFilterDepth bounds the brackets: what is deeper is no filter that a client means.
const maxFilterDepth = 20

type filterParser struct {
	tokens  []string
	allowed []string
}

func (p *filterParser) or(depth int) *filter {
	f := &filter{}
	for {
		next := p.and(depth)
		if next == nil {
			return nil
		}
		if f.or = append(f.or, next); !p.take("or") {
			return f
		}
	}
}

func (p *filterParser) and(depth int) *filter {
	f := &filter{}
	for {
		next := p.leaf(depth)
		if next == nil {
			return nil
		}
		if f.and = append(f.and, next); !p.take("and") {
			return f
		}
	}
}

func (p *filterParser) leaf(depth int) *filter {
	switch {
	case p.take("("):
		if depth == maxFilterDepth {
			return nil
		}
		f := p.or(depth + 1)
		if f == nil || !p.take(")") {
			return nil
		}
		return f
	case p.take("substringof"):
		return p.call("substringof", false)
	case p.take("startswith"):
		return p.call("startswith", true)
	}
	field := p.field()
	op := "eq"
	if !p.take("eq") {
		if op = "ne"; !p.take("ne") {
			return nil
		}
	}
	value, ok := p.literal()
	if field == "" || !ok {
		return nil
	}
	return &filter{op: op, field: field, value: value}
}

// call reads (field, 'value') or ('value', field).
func (p *filterParser) call(op string, fieldFirst bool) *filter {
	f := &filter{op: op}
	if !p.take("(") {
		return nil
	}
	var ok bool
	if fieldFirst {
		f.field = p.field()
		ok = p.take(",")
		if ok {
			f.value, ok = p.literal()
		}
	} else {
		if f.value, ok = p.literal(); ok {
			ok = p.take(",")
			f.field = p.field()
		}
	}
	if !ok || f.field == "" || !p.take(")") {
		return nil
	}
	return f
}

func (p *filterParser) take(word string) bool {
	if len(p.tokens) == 0 || !strings.EqualFold(p.tokens[0], word) {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

func (p *filterParser) field() string {
	for _, name := range p.allowed {
		if p.take(name) {
			return name
		}
	}
	return ""
}

func (p *filterParser) literal() (string, bool) {
	if len(p.tokens) == 0 || !strings.HasPrefix(p.tokens[0], "'") {
		return "", false
	}
	value := p.tokens[0][1:]
	p.tokens = p.tokens[1:]
	return value, true
}

// filterTokens splits into words, brackets, commas and string literals; a literal keeps its
// first quote as a mark, and a doubled quote inside stands for one. An open literal becomes no token that fits.
func filterTokens(text string) []string {
	var tokens []string
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == ' ' || c == '\t':
			i++
		case strings.IndexByte("(),", c) >= 0:
			tokens = append(tokens, string(c))
			i++
		case c == '\'':
			var b strings.Builder
			b.WriteByte('\'')
			for i++; ; i++ {
				if i >= len(text) {
					return append(tokens, "")
				}
				if text[i] == '\'' {
					if i+1 >= len(text) || text[i+1] != '\'' {
						break
					}
					i++
				}
				b.WriteByte(text[i])
			}
			i++
			tokens = append(tokens, b.String())
		default:
			end := i + 1
			for end < len(text) && strings.IndexByte(" \t(),'", text[end]) < 0 {
				end++
			}
			tokens = append(tokens, text[i:end])
			i = end
		}
	}
	return tokens
}

// holds reports whether the item passes. tagName and tagValue in one "and" speak of the same tag.
func (f *filter) holds(item filterItem) bool {
	switch {
	case f == nil:
		return true
	case len(f.or) > 0:
		return slices.ContainsFunc(f.or, func(g *filter) bool { return g.holds(item) })
	case len(f.and) > 0:
		return f.allHold(item)
	case strings.HasPrefix(f.field, "tag"):
		return f.tagHolds(item, []*filter{f})
	}
	return f.compare(item.fields[f.field])
}

func (f *filter) allHold(item filterItem) bool {
	var tags []*filter
	for _, part := range f.and {
		if strings.HasPrefix(part.field, "tag") {
			tags = append(tags, part)
		} else if !part.holds(item) {
			return false
		}
	}
	return len(tags) == 0 || f.tagHolds(item, tags)
}

// tagHolds reports whether one tag satisfies all conditions.
func (f *filter) tagHolds(item filterItem, conditions []*filter) bool {
	for name, value := range item.tags {
		fits := true
		for _, c := range conditions {
			got := name
			if c.field == "tagValue" {
				got = value
			}
			fits = fits && c.compare(got)
		}
		if fits {
			return true
		}
	}
	return false
}

func (f *filter) compare(got string) bool {
	switch f.op {
	case "eq":
		return strings.EqualFold(got, f.value)
	case "ne":
		return !strings.EqualFold(got, f.value)
	case "startswith":
		return strings.HasPrefix(strings.ToLower(got), strings.ToLower(f.value))
	}
	return strings.Contains(strings.ToLower(got), strings.ToLower(f.value))
}
