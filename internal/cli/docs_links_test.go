package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	pageLink = regexp.MustCompile(`\]\(([^)#\s]*)(#[^)\s]*)?\)`)
	heading  = regexp.MustCompile(`(?m)^#+ (.*)$`)
)

// TestPagesLink follows every link of the documentation into this repository, to the heading that it names.
func TestPagesLink(t *testing.T) {
	all := docPages(t)
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
