package profiles

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// ErrInUse is [File.Delete]'s answer for the profile that the file names as active.
var ErrInUse = errors.New("it is the active profile")

// Delete takes a profile with its settings out of the file. The active one is refused, and one that Prefect brings along and
// the file does not have cannot be deleted. Comments before and behind the profile stay.
func (p *File) Delete(name string) error {
	if err := p.owned(name); err != nil {
		return err
	}
	if name == p.Active {
		return fmt.Errorf("deleting profile %q: %w", name, ErrInUse)
	}
	return p.edit(func(e *tomlEdit) string { return e.removeTable([]string{"profiles", name}) },
		func(root map[string]any) {
			profiles, _ := root["profiles"].(map[string]any)
			delete(profiles, name)
			if e, err := newTOMLEdit(p.text); err == nil && len(profiles) == 0 && e.head([]string{"profiles"}) == nil && e.find([]string{"profiles"}) < 0 {
				delete(root, "profiles") // it was there by this profile alone
			}
		})
}

// Rename gives a profile of the file another name, which must be new. The file's active profile stays so under its new name.
func (p *File) Rename(name, to string) error {
	if err := p.owned(name); err != nil {
		return err
	}
	if to == "" || !utf8.ValidString(to) {
		return errors.New("a profile needs a name")
	}
	if _, ok := p.Profile(to); ok {
		return fmt.Errorf("profile %q exists already: choose another name", to)
	}
	active := p.namesActive && name == p.Active
	err := p.edit(func(e *tomlEdit) string { return e.renameTable([]string{"profiles", name}, to) },
		func(root map[string]any) {
			profiles, _ := root["profiles"].(map[string]any)
			profiles[to] = profiles[name]
			delete(profiles, name)
		})
	if err == nil && active {
		err = p.setValue([]string{"active"}, to)
	}
	return err
}

// owned refuses a profile that is not in the file.
func (p *File) owned(name string) error {
	profile, ok := p.Profile(name)
	switch {
	case !ok:
		return &UnknownProfileError{Name: name, Path: p.Path, Known: p.Names()}
	case profile.Packaged:
		return fmt.Errorf("profile %q is one that Prefect brings along and is not in %s", name, p.Path)
	}
	return nil
}

// span is a piece of a text and what takes its place.
type span struct {
	start, end int
	piece      string
}

// replaceAll puts pieces in the place of spans. Where two share an empty line, it goes once.
func (e *tomlEdit) replaceAll(spans []span) string {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(b.start, a.start) })
	text, after := e.text, len(e.text)
	for _, s := range spans {
		text = text[:s.start] + s.piece + text[min(s.end, after):]
		after = s.start
	}
	return text
}

// below reports whether a path is the table's or of something in it.
func below(path, table []string) bool {
	return len(path) >= len(table) && slices.Equal(path[:len(table)], table)
}

// removeTable gives the text without a table, in whichever form it is there. With a header go the lines down to its last
// value; comments behind that may belong to what follows.
func (e *tomlEdit) removeTable(path []string) string {
	if i := e.find(path); i >= 0 {
		return e.unset(path)
	}
	var spans []span
	for _, head := range e.heads {
		if !below(head.path, path) {
			continue
		}
		last := head.end
		for _, item := range e.items {
			if !item.inline && item.start >= head.end && item.start < e.nextHead(head) {
				last = max(last, item.end)
			}
		}
		spans = append(spans, e.wholeLines(head.start, last))
	}
	for _, item := range e.items {
		if !item.inline && below(item.path, path) && !below(item.section, path) {
			spans = append(spans, e.wholeLines(item.start, item.end))
		}
	}
	return e.replaceAll(spans)
}

// nextHead is where the header after one begins, or the end of the text.
func (e *tomlEdit) nextHead(head tomlHead) int {
	next := len(e.text)
	for _, other := range e.heads {
		if other.start > head.start {
			next = min(next, other.start)
		}
	}
	return next
}

// wholeLines are the lines that a piece stands in, with one of the empty lines around them where there is one on both sides,
// or nothing on the other.
func (e *tomlEdit) wholeLines(start, end int) span {
	start = strings.LastIndexByte(e.text[:start], '\n') + 1
	end += lineEnd(e.text[end:])
	end = len(e.text) - len(trimOneNewline(e.text[end:]))
	before, empty := strings.CutSuffix(e.text[:start], e.newline+e.newline)
	switch {
	case empty && end == len(e.text):
		start = len(before) + len(e.newline)
	case empty || start == 0:
		end = len(e.text) - len(trimOneNewline(e.text[end:]))
	}
	return span{start, end, ""}
}

// renameTable gives the text with another last name of a table, wherever that stands: in headers, in dotted keys and within
// braces. All else, comments too, stays.
func (e *tomlEdit) renameTable(path []string, to string) string {
	at := len(path) - 1
	renamed := func(key []string, skip int) string {
		key = slices.Clone(key)
		key[at] = to
		return tomlPath(key[skip:])
	}
	var spans []span
	for _, head := range e.heads {
		if below(head.path, path) {
			brackets := 1
			if head.array {
				brackets = 2
			}
			spans = append(spans, span{head.start + brackets, head.end - brackets, renamed(head.path, 0)})
		}
	}
	for _, item := range e.items {
		skip := e.outer(item)
		if below(item.path, path) && skip <= at {
			end := item.start + keyEnd(e.text[item.start:item.value])
			spans = append(spans, span{item.start, end, renamed(item.path, skip)})
		}
	}
	return e.replaceAll(spans)
}

// outer is how many names of an item's path do not stand in its own key.
func (e *tomlEdit) outer(item tomlItem) int {
	outer := len(item.section)
	for _, other := range e.items {
		if other.table && other.value < item.start && item.end < other.end {
			outer = max(outer, len(other.path))
		}
	}
	return outer
}

// keyEnd is where the key in KEY = ends.
func keyEnd(text string) int {
	return len(strings.TrimRight(strings.TrimRight(strings.TrimRight(text, " \t"), "="), " \t"))
}
