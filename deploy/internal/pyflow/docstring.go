package pyflow

import (
	"strings"
	"unicode"
)

// asciiSpace is what indents a line once the tabs are expanded.
const asciiSpace = " \f\v\r"

// cleanDoc is inspect.cleandoc: it takes away the indentation that all lines below the first share, and the blank lines
// around.
func cleanDoc(doc string) string {
	lines := strings.Split(expandTabs(doc), "\n")
	margin := -1
	for _, line := range lines[1:] {
		if content := strings.TrimLeft(line, asciiSpace); content != "" {
			if width := len(line) - len(content); margin < 0 || width < margin {
				margin = width
			}
		}
	}
	lines[0] = strings.TrimLeft(lines[0], asciiSpace)
	for i := 1; i < len(lines) && margin > 0; i++ {
		lines[i] = lines[i][min(margin, len(lines[i])):]
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	for len(lines) > 0 && lines[0] == "" {
		lines = lines[1:]
	}
	return strings.Join(lines, "\n")
}

func expandTabs(text string) string {
	if !strings.Contains(text, "\t") {
		return text
	}
	var b strings.Builder
	column := 0
	for _, r := range text {
		switch r {
		case '\t':
			width := tabSize - column%tabSize
			b.WriteString(strings.Repeat(" ", width))
			column += width
			continue
		case '\n', '\r':
			column = -1
		}
		b.WriteRune(r)
		column++
	}
	return b.String()
}

// docSections are the titles that griffe's Google parser reads as sections; true for those that describe parameters.
// Everything else that looks like a title is an admonition, and passed over just the same.
var docSections = map[string]bool{"args": true, "arguments": true, "params": true, "parameters": true}

// docParameters is what Prefect takes from a docstring: the descriptions in the last section of parameters, in Google's
// format whatever the format of the docstring (prefect.utilities.callables.parameter_docstrings, by way of griffe). The
// odd rules, such as the blank line above a section, are griffe's.
func docParameters(doc string) map[string]string {
	descriptions := map[string]string{}
	lines := strings.Split(cleanDoc(strings.TrimRightFunc(doc, unicode.IsSpace)), "\n")
	fenced := false
	for at := 0; at < len(lines); at++ {
		line := lines[at]
		if strings.HasPrefix(strings.TrimLeft(line, " "), "```") {
			fenced = !fenced
			continue
		}
		title, ok := sectionTitle(line)
		if fenced || !ok || !startsSection(lines, at) {
			continue
		}
		items, end := blockItems(lines, at+1)
		at = end
		if !docSections[strings.ToLower(title)] {
			continue
		}
		if found := describe(items); len(found) > 0 {
			descriptions = found
		}
	}
	return descriptions
}

// sectionTitle is the text before the colon of "Args:" or "Note: with a title".
func sectionTitle(line string) (title string, ok bool) {
	title, rest, found := strings.Cut(line, ":")
	if !found || title == "" || rest != "" && !unicode.IsSpace([]rune(rest)[0]) {
		return "", false
	}
	for i, r := range title {
		word := isNameRune(r)
		if !word && (i == 0 || r != '-' && !unicode.IsSpace(r)) {
			return "", false
		}
	}
	return title, true
}

// startsSection reports whether the lines around a title make it one: a blank line above, none below, then indented text.
func startsSection(lines []string, at int) bool {
	line := func(i int) (text string, blank, indented bool) {
		if i >= len(lines) {
			return "", false, false
		}
		blank = strings.TrimSpace(lines[i]) == ""
		return lines[i], blank, !blank && strings.HasPrefix(lines[i], " ")
	}
	_, blankBelow, indentedBelow := line(at + 1)
	_, _, indentedAfter := line(at + 2)
	if !indentedBelow && !indentedAfter {
		return false
	}
	if at > 0 && strings.TrimSpace(lines[at-1]) != "" {
		return false
	}
	return !indentedAfter || !blankBelow
}

// blockItems reads the items of an indented block that starts at line from: each is its lines, without the indentation.
// end is the last line of the block.
func blockItems(lines []string, from int) (items [][]string, end int) {
	at := from
	for at < len(lines) && strings.TrimSpace(lines[at]) == "" {
		at++
	}
	if at == len(lines) {
		return nil, at
	}
	indent := len(lines[at]) - len(strings.TrimLeft(lines[at], asciiSpace))
	if indent == 0 {
		return nil, at - 1
	}
	item := []string{lines[at][indent:]}
	for at++; at < len(lines); at++ {
		line := lines[at]
		switch {
		case strings.TrimSpace(line) == "":
			item = append(item, "")
		case strings.HasPrefix(line, strings.Repeat(" ", indent*2)):
			item = append(item, line[indent*2:])
		case strings.HasPrefix(line, strings.Repeat(" ", indent+1)):
			item = append(item, strings.TrimLeft(line, asciiSpace))
		case strings.HasPrefix(line, strings.Repeat(" ", indent)):
			items = append(items, item)
			item = []string{line[indent:]}
		default:
			return append(items, item), at - 1
		}
	}
	return append(items, item), at - 1
}

// describe reads "name (type): description" items.
func describe(items [][]string) map[string]string {
	found := map[string]string{}
	for _, item := range items {
		name, description, ok := strings.Cut(item[0], ":")
		if !ok {
			continue
		}
		description = strings.TrimLeftFunc(description, unicode.IsSpace)
		description = strings.TrimRight(strings.Join(append([]string{description}, item[1:]...), "\n"), "\n")
		if before, _, typed := strings.Cut(name, "("); typed && strings.HasSuffix(name, ")") {
			name = strings.TrimSpace(before)
		}
		found[name] = description
	}
	return found
}
