package profiles

import (
	"fmt"
	"slices"
	"strings"
)

// tomlEdit is a TOML text that is changed in place: everything that is not asked for stays as it is.
type tomlEdit struct {
	*tomlScan
	newline string
}

func newTOMLEdit(text string) (*tomlEdit, error) {
	scan, err := scanTOML(text)
	if err != nil {
		return nil, err
	}
	newline := "\n"
	if strings.Contains(text, "\r\n") {
		newline = "\r\n"
	}
	return &tomlEdit{scan, newline}, nil
}

// replaced is the text with another piece between two places.
func (e *tomlEdit) replaced(start, end int, piece string) string {
	return e.text[:start] + piece + e.text[end:]
}

// set gives the text with path = value, where value is TOML already.
func (e *tomlEdit) set(path []string, value string) string {
	parent, key := path[:len(path)-1], path[len(path)-1]
	if i := e.find(path); i >= 0 {
		return e.replaced(e.items[i].value, e.items[i].end, value)
	}
	if i := e.find(parent); i >= 0 && e.items[i].table {
		return e.setInline(e.items[i], tomlKey(key)+" = "+value)
	}
	if head := e.head(parent); head != nil || len(parent) == 0 {
		return e.setBelow(head, tomlKey(key)+" = "+value)
	}
	if i := e.lastBelow(parent); i >= 0 {
		// a.b.C = 1 under some header: one more of the same kind behind it.
		item := e.items[i]
		return e.insertLine(item.end, tomlPath(path[len(item.section):])+" = "+value)
	}
	if i := e.find(parent[:len(parent)-1]); i >= 0 && e.items[i].table {
		return e.setInline(e.items[i], tomlKey(parent[len(parent)-1])+" = { "+tomlKey(key)+" = "+value+" }")
	}
	return e.appended("[" + tomlPath(parent) + "]" + e.newline + tomlKey(key) + " = " + value)
}

// table gives the text with an empty table at the path, which must not exist yet.
func (e *tomlEdit) table(path []string) string {
	if i := e.find(path[:len(path)-1]); i >= 0 && e.items[i].table {
		return e.setInline(e.items[i], tomlKey(path[len(path)-1])+" = {}")
	}
	return e.appended("[" + tomlPath(path) + "]")
}

// unset gives the text without the item; a comment in the same line goes with it.
func (e *tomlEdit) unset(path []string) string {
	i := e.find(path)
	if i < 0 {
		return e.text
	}
	item := e.items[i]
	if item.inline {
		return e.unsetInline(item)
	}
	start := strings.LastIndexAny(e.text[:item.start], "\n") + 1
	end := item.end + lineEnd(e.text[item.end:])
	end += len(e.text[end:]) - len(trimOneNewline(e.text[end:]))
	return e.replaced(start, end, "")
}

// unsetInline takes an item and one comma out of an inline table.
func (e *tomlEdit) unsetInline(item tomlItem) string {
	start, end := item.start, item.end
	rest := strings.TrimLeft(e.text[end:], " \t")
	if strings.HasPrefix(rest, ",") {
		rest = strings.TrimLeft(rest[1:], " \t")
		return e.replaced(start, len(e.text)-len(rest), "")
	}
	before := strings.TrimRight(e.text[:start], " \t")
	if strings.HasSuffix(before, ",") {
		start = len(before) - 1
	}
	return e.replaced(start, end, "")
}

// setInline adds an item before the closing brace.
func (e *tomlEdit) setInline(table tomlItem, item string) string {
	brace := table.end - 1
	inner := strings.TrimRight(e.text[table.value+1:brace], " \t")
	switch {
	case strings.TrimSpace(inner) == "":
		return e.replaced(table.value, table.end, "{ "+item+" }")
	case strings.HasSuffix(inner, ","):
		item = " " + item
	default:
		item = ", " + item
	}
	return e.replaced(table.value+1+len(inner), brace, item+" ")
}

// setBelow adds a line behind the last one of a header's section; nil is the top of the file.
func (e *tomlEdit) setBelow(head *tomlHead, line string) string {
	start, end := 0, len(e.text)
	if head != nil {
		start = head.end
	}
	for _, other := range e.heads {
		if other.start >= start && other.start < end {
			end = other.start
		}
	}
	last := -1
	for _, item := range e.items {
		if !item.inline && item.start >= start && item.start < end {
			last = max(last, item.end)
		}
	}
	switch {
	case last >= 0:
		return e.insertLine(last, line)
	case head != nil:
		return e.insertLine(head.end, line)
	case e.text == "":
		return line + e.newline
	}
	mark := len(e.text) - len(strings.TrimPrefix(e.text, "\ufeff"))
	return e.replaced(mark, mark, line+e.newline+e.newline)
}

// insertLine adds a line behind the one that the place is in, indented alike.
func (e *tomlEdit) insertLine(place int, line string) string {
	first := strings.LastIndexByte(e.text[:place], '\n') + 1
	indent := e.text[first : first+len(e.text[first:])-len(strings.TrimLeft(e.text[first:], " \t"))]
	if first+len(indent) > place {
		indent = ""
	}
	end := place + lineEnd(e.text[place:])
	rest := trimOneNewline(e.text[end:])
	if len(rest) == len(e.text[end:]) {
		return e.text[:end] + e.newline + indent + line + e.newline
	}
	return e.text[:len(e.text)-len(rest)] + indent + line + e.newline + rest
}

// appended adds a block at the end, behind an empty line.
func (e *tomlEdit) appended(block string) string {
	text := strings.TrimRight(e.text, " \t\r\n")
	if text == "" {
		return e.text[:len(e.text)-len(strings.TrimLeft(e.text, "\ufeff"))] + block + e.newline
	}
	return text + e.newline + e.newline + block + e.newline
}

// find gives the index of the item at a path, or -1.
func (e *tomlEdit) find(path []string) int {
	return slices.IndexFunc(e.items, func(item tomlItem) bool { return slices.Equal(item.path, path) })
}

func (e *tomlEdit) head(path []string) *tomlHead {
	for i := range e.heads {
		if !e.heads[i].array && slices.Equal(e.heads[i].path, path) {
			return &e.heads[i]
		}
	}
	return nil
}

// lastBelow gives the last line item whose key is longer than the path and begins so, under a shorter header.
func (e *tomlEdit) lastBelow(path []string) int {
	last := -1
	for i, item := range e.items {
		if !item.inline && len(item.path) > len(path) && len(item.section) < len(path) && slices.Equal(item.path[:len(path)], path) {
			last = i
		}
	}
	return last
}

func trimOneNewline(s string) string {
	if after, ok := strings.CutPrefix(s, "\r\n"); ok {
		return after
	}
	return strings.TrimPrefix(s, "\n")
}

// tomlPath writes a dotted key.
func tomlPath(path []string) string {
	parts := make([]string, len(path))
	for i, part := range path {
		parts[i] = tomlKey(part)
	}
	return strings.Join(parts, ".")
}

// tomlKey writes a key bare where that is allowed.
func tomlKey(key string) string {
	for i := range len(key) {
		if !bareKeyByte(key[i]) {
			return tomlString(key)
		}
	}
	if key == "" {
		return `""`
	}
	return key
}

// tomlString writes a text so that every TOML parser reads it back, that of Prefect 2.20 included: in double quotes, with
// \uXXXX for what must not stand bare.
func tomlString(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case c == '\r':
			b.WriteString(`\r`)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
