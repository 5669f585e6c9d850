// Package docpages reads the documentation for the tests that hold it to the program: its commands, and the code in its text.
//
// In a page, a block of kind sh, and an indented one, is commands for a Unix shell; one of kind powershell is the same for
// PowerShell. Everything else in a fence is no command.
package docpages

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Load reads the README, CONTRIBUTING.md, the pages of docs and the READMEs of the examples, by their paths from the root of the
// repository.
func Load(root string) (map[string]string, error) {
	files := []string{filepath.Join(root, "README.md"), filepath.Join(root, "CONTRIBUTING.md")}
	for _, pattern := range []string{"docs/*.md", "examples/*/README.md", "examples/*/*/README.md"} {
		found, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	all := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return nil, err
		}
		all[filepath.ToSlash(name)] = string(text)
	}
	if len(all) < 15 {
		return nil, fmt.Errorf("only %d pages in %s", len(all), root)
	}
	return all, nil
}

// Block is a part of a page that is set apart.
type Block struct {
	// Kind is the word behind the fence, or sh for an indented block.
	Kind string
	// Text has no fence and no indentation.
	Text string
	// Fenced says that it is not an indented one.
	Fenced bool
}

// Commands reports whether a shell runs the block.
func (b Block) Commands() bool { return b.Kind == "sh" }

// Lines are the command lines of a block: those that end in a backslash (in PowerShell, in a backtick) or in a pipe are joined with
// the next. Comments, empty lines and what a command reads from the lines below it are left out.
func (b Block) Lines() []string {
	text := strings.NewReplacer("\\\n", " ", "|\n", "| ").Replace(b.Text)
	if b.Kind == "powershell" {
		text = strings.ReplaceAll(b.Text, "`\n", " ")
	}
	text = hereText.ReplaceAllString(text, "")
	var lines []string
	for line := range strings.Lines(text) {
		if line = comment.ReplaceAllString(strings.TrimSpace(line), ""); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

var hereText = regexp.MustCompile(`(?ms) <<'END'\n.*?\nEND$`)

var comment = regexp.MustCompile(`(?:^|\s+)#(?: .*)?$`)

// Split takes a page apart: its blocks, and the text between them.
func Split(page string) (blocks []Block, text string) {
	var prose strings.Builder
	lines := strings.Split(page, "\n")
	blank := true
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if kind, fenced := strings.CutPrefix(line, "```"); fenced {
			end := i + 1
			for end < len(lines) && lines[end] != "```" {
				end++
			}
			blocks = append(blocks, Block{kind, joined(lines[i+1 : end]), true})
			i, blank = end, true
			continue
		}
		if blank && strings.HasPrefix(line, indent) {
			end := i
			for end < len(lines) && strings.HasPrefix(lines[end], indent) {
				lines[end] = lines[end][len(indent):]
				end++
			}
			blocks = append(blocks, Block{"sh", joined(lines[i:end]), false})
			i = end - 1
			continue
		}
		blank = strings.TrimSpace(line) == ""
		prose.WriteString(line + "\n")
	}
	return blocks, prose.String()
}

const indent = "    "

func joined(lines []string) string { return strings.Join(lines, "\n") + "\n" }

// Spans are the pieces of code in a text, without their backticks.
func Spans(text string) []string {
	var all []string
	for _, found := range span.FindAllStringSubmatch(text, -1) {
		all = append(all, strings.ReplaceAll(strings.ReplaceAll(found[1], "\n", " "), `\|`, "|"))
	}
	return all
}

var span = regexp.MustCompile("`([^`]+)`")

// Words cuts a line as a shell does that knows quotes and nothing else.
func Words(line string) []string {
	words := word.FindAllString(line, -1)
	for i := range words {
		words[i] = strings.NewReplacer("'", "", `"`, "").Replace(words[i])
	}
	return words
}

var word = regexp.MustCompile(`(?:'[^']*'|"[^"]*"|[^\s'"])+`)

// Script is how a page is run: its commands in their order, in one shell.
type Script struct {
	// Setup is what the page takes for granted, as lines for a shell.
	Setup string
	// Instead has what stands in the page and what is run in its place, such as a name that the reader chooses.
	Instead map[string]string
	// Left are lines that are not run, by their beginning, with the reason.
	Left map[string]string
	// OnlyFenced leaves out indented blocks.
	OnlyFenced bool
}

// Text is the script of a page, which ends at the first command that fails; each block of commands is named on standard error
// before it is run. An entry of Instead or Left that is for nothing in the page is an error.
func (s Script) Text(page string) (string, error) {
	blocks, _ := Split(page)
	used := map[string]bool{}
	var script strings.Builder
	script.WriteString("set -e\n" + s.Setup)
	for _, block := range blocks {
		if !block.Commands() || s.OnlyFenced && !block.Fenced {
			continue
		}
		text := s.block(block.Text, used)
		fmt.Fprintf(&script, "cat >&2 <<'THE_END'\n== %sTHE_END\n%s", text, text)
	}
	for _, entries := range []map[string]string{s.Instead, s.Left} {
		for entry := range entries {
			if !used[entry] {
				return "", fmt.Errorf("%q is not in the page", entry)
			}
		}
	}
	return script.String(), nil
}

// block is the text of a block as it is run.
func (s Script) block(text string, used map[string]bool) string {
	var kept strings.Builder
	continued, left := false, false
	for line := range strings.Lines(text) {
		if !continued {
			left = false
			for start := range s.Left {
				if strings.HasPrefix(line, start) {
					used[start], left = true, true
				}
			}
		}
		continued = strings.HasSuffix(line, "\\\n") || strings.HasSuffix(line, "|\n")
		if !left {
			kept.WriteString(line)
		}
	}
	text = kept.String()
	for _, old := range slices.Sorted(maps.Keys(s.Instead)) {
		if strings.Contains(text, old) {
			used[old] = true
			text = strings.ReplaceAll(text, old, s.Instead[old])
		}
	}
	return text
}
