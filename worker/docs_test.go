package worker_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestDocsNameTests holds docs/worker-tests.md: every test that it names exists.
func TestDocsNameTests(t *testing.T) {
	page := must(os.ReadFile("../docs/worker-tests.md"))(t)
	defined := map[string]bool{}
	for _, folder := range []string{".", "../jobtemplate", "../e2e"} {
		for _, file := range must(filepath.Glob(filepath.Join(folder, "*_test.go")))(t) {
			for _, match := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllSubmatch(must(os.ReadFile(file))(t), -1) {
				defined[string(match[1])] = true
			}
		}
	}
	named := regexp.MustCompile(`\bTest[A-Z]\w+`).FindAllString(string(page), -1)
	for _, name := range named {
		if !defined[name] {
			t.Errorf("docs/worker-tests.md names %s, which does not exist", name)
		}
	}
	if len(named) < 50 {
		t.Errorf("the page names only %d tests", len(named))
	}
}
