package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestClientsTable holds the README's table of clients to what is installed and run: each version in it is pinned, and each
// test in it is there.
func TestClientsTable(t *testing.T) {
	_, rest, found := strings.Cut(read(t, "../README.md"), "## What the local Azure is tested with")
	section, _, _ := strings.Cut(rest, "\n## ")
	rows := regexp.MustCompile(`(?m)^\| [^|]+ \| ([^|]+) \| [^|]+ \| ([^|]+) \|$`).FindAllStringSubmatch(section, -1)
	if !found || len(rows) < 10 {
		t.Fatalf("%d rows in the README's table of clients", len(rows))
	}
	pins := read(t, "setup") + read(t, "../go.mod") + read(t, "terraform/go.mod") + strings.NewReplacer("PREFECT3=", "prefect ", "PREFECT3_AZURE=", "prefect-azure ", "PREFECT2=", "prefect ").Replace(versionsFile)
	var tests strings.Builder
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		tests.WriteString(read(t, file))
	}
	client := regexp.MustCompile(`^(\S+) (\d[\d.]*)$`)
	for _, row := range rows[1:] {
		for part := range strings.SplitSeq(row[1], ", ") {
			m := client.FindStringSubmatch(part)
			if m == nil {
				continue // without a version of ours, such as Debian's
			}
			if pin := regexp.MustCompile(regexp.QuoteMeta(m[1]) + `(/[a-z0-9-]+)?(==|@| v?)` + regexp.QuoteMeta(m[2]) + `\b`); !pin.MatchString(pins) {
				t.Errorf("%s is in the README, and not what make e2e installs", part)
			}
		}
		for name := range strings.SplitSeq(row[2], ", ") {
			if !strings.HasPrefix(name, "Test") {
				continue // by hand
			}
			if !strings.Contains(tests.String(), "\nfunc "+name+"(t *testing.T)") {
				t.Errorf("the README names a test %s, which there is none of", name)
			}
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
