//go:build e2e

package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTutorial types what docs/tutorial.md shows, all of it in one shell inside the local Azure, and holds what each step
// prints to what the page says: the lines of a text block come in that order, … stands for anything.
func TestTutorial(t *testing.T) {
	seconds(t)
	page, err := os.ReadFile("../docs/tutorial.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?ms)^```(sh|text)\n(.*?)^```$").FindAllStringSubmatch(string(page), -1)
	if len(blocks) < 10 {
		t.Fatalf("only %d blocks found in the page", len(blocks))
	}
	const mark = "== step =="
	var script strings.Builder
	script.WriteString("set -e\nexec 2>&1\n")
	var wants []string
	for _, block := range blocks {
		if block[1] == "text" {
			wants[len(wants)-1] = block[2]
			continue
		}
		script.WriteString("echo '" + mark + "'\n" + block[2])
		wants = append(wants, "")
	}
	pacific := binary(t)
	cmd := exec.Command(pacific, "emulator", "run", "--with-prefect", "--", "bash", "-c", script.String())
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(pacific)+":"+os.Getenv("PATH"), "HOME="+cmd.Dir, "NO_COLOR=1")
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		t.Errorf("%v\n%s", err, &output)
	}
	steps := strings.Split(output.String(), mark+"\n")[1:]
	for i, want := range wants {
		if i >= len(steps) {
			t.Errorf("step %d did not run", i+1)
			continue
		}
		rest := steps[i]
		for line := range strings.Lines(want) {
			words := strings.Split(regexp.QuoteMeta(strings.TrimSuffix(line, "\n")), "…")
			found := regexp.MustCompile("(?m)^" + strings.Join(words, ".*") + "$").FindStringIndex(rest)
			if found == nil {
				t.Errorf("step %d: %q did not come, or not in this order; there was\n%s", i+1, strings.TrimSpace(line), steps[i])
				break
			}
			rest = rest[found[1]:]
		}
	}
}
