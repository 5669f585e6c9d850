package jinja_test

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/jinja"
)

// Every template of testdata/vectors.jsonl is refused in the words of a server of 3.9.1, or taken.
func TestVectors(t *testing.T) {
	file, err := os.Open("testdata/vectors.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	refused, n := 0, 0
	var unsupported []string
	for lines := bufio.NewScanner(file); lines.Scan(); n++ {
		var line []any
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		template := line[0].(string)
		got := jinja.Validate(template)
		if number, ok := line[1].(float64); ok {
			refused++
			if got == nil || got.Line != int(number) || got.Message != line[2] {
				t.Errorf("line %d: %q: got %+v, want line %v: %v", n+1, template, got, number, line[2])
			}
			continue
		}
		if got != nil {
			t.Errorf("line %d: %q: got %+v, want it taken", n+1, template, got)
		}
		rendered, err := jinja.Render(template)
		switch want := line[len(line)-1].(string); {
		case err != nil && strings.Contains(err.Error(), "the emulated API does not render"):
			unsupported = append(unsupported, template)
		case line[1] == nil && (err == nil || err.Error() != want):
			t.Errorf("line %d: %q: rendered %q, %v, want the error %s", n+1, template, rendered, err, want)
		case line[1] != nil && (err != nil || rendered != want):
			t.Errorf("line %d: %q: rendered %q, %v, want %q", n+1, template, rendered, err, want)
		}
	}
	if len(unsupported) > 12 {
		t.Errorf("%d templates are not rendered: %q", len(unsupported), unsupported)
	}
	t.Logf("not rendered: %q", unsupported)
	if n < 190 || refused < 90 {
		t.Errorf("read %d vectors of which %d are refused", n, refused)
	}
}
