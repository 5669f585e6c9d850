package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pages are the README and the pages of docs, by their path from the root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	examples, err := filepath.Glob("../../examples/*/README.md")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, file := range append(append(files, examples...), "../../README.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.ToSlash(strings.TrimPrefix(file, "../../"))] = string(text)
	}
	if len(all) < 15 {
		t.Fatalf("only %d pages found", len(all))
	}
	return all
}

var (
	pageBlock   = regexp.MustCompile("(?ms)^```(sh|powershell)\n(.*?)^```$|(?m)((?:^(?: {4}.*)?\n)+)")
	pageComment = regexp.MustCompile(`\s+#.*`)
	pageProgram = regexp.MustCompile(`(?:^|[\s("'])(?:bin/)?pacific ([a-z].*)`)
	// pageEnd is where a command line of Pacific's ends inside a longer line.
	pageEnd  = regexp.MustCompile(` (?:--|\||\|\||&&|>|&|'|"\$)(?: |$)|&$|\)"?$|\)" | &&$|[;']$`)
	pageLink = regexp.MustCompile(`\]\(([^)#\s]*)(#[^)\s]*)?\)`)
	heading  = regexp.MustCompile(`(?m)^#+ (.*)$`)
)

// TestPagesParse reads every command line of Pacific's in the documentation: its command and its flags exist.
func TestPagesParse(t *testing.T) {
	parsed := 0
	for page, text := range pages(t) {
		for _, block := range pageBlock.FindAllStringSubmatch(text, -1) {
			lines := strings.NewReplacer("\\\n", " ", "`\n", " ").Replace(block[2] + block[3])
			for line := range strings.Lines(lines) {
				program := pageProgram.FindStringSubmatch(pageComment.ReplaceAllString(strings.TrimSpace(line), ""))
				if program == nil || strings.HasPrefix(program[1], "pacific ") {
					continue
				}
				words := program[1]
				if end := pageEnd.FindStringIndex(words); end != nil {
					words = words[:end[0]]
				}
				found, args, err := testTree(t).Find(pageWords(words))
				if err != nil || !found.Runnable() {
					t.Errorf("%s: %q is no command: %v", page, words, err)
					continue
				}
				if err := found.ParseFlags(args); err != nil {
					t.Errorf("%s: %q: %v", page, words, err)
				}
				parsed++
			}
		}
	}
	if parsed < 120 {
		t.Errorf("only %d command lines found", parsed)
	}
}

// pageWords cuts a line as a shell does that knows quotes and nothing else.
func pageWords(line string) []string {
	words := regexp.MustCompile(`(?:'[^']*'|"[^"]*"|[^\s'"])+`).FindAllString(line, -1)
	for i, word := range words {
		words[i] = strings.NewReplacer("'", "", `"`, "").Replace(word)
	}
	return words
}

// TestPagesLink follows every link of the documentation into this repository, to the heading that it names.
func TestPagesLink(t *testing.T) {
	all := pages(t)
	for page, text := range all {
		for _, link := range pageLink.FindAllStringSubmatch(text, -1) {
			to, anchor := link[1], strings.TrimPrefix(link[2], "#")
			if strings.Contains(to, "://") {
				continue
			}
			target := page
			if to != "" {
				target = filepath.ToSlash(filepath.Join(filepath.Dir(page), to))
			}
			if _, err := os.Stat(filepath.Join("../..", target)); err != nil {
				t.Errorf("%s: %s does not exist", page, link[0])
				continue
			}
			if anchor != "" && !slices.Contains(anchors(all[target]), anchor) {
				t.Errorf("%s: %s: no such heading", page, link[0])
			}
		}
	}
}

// anchors are what the headings of a page are called in links, as GitHub makes them.
func anchors(text string) (all []string) {
	for _, found := range heading.FindAllStringSubmatch(text, -1) {
		name := regexp.MustCompile(`[^\pL\pN _-]`).ReplaceAllString(strings.ToLower(found[1]), "")
		all = append(all, strings.ReplaceAll(name, " ", "-"))
	}
	return all
}
