package deploy

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestIgnoreAsPrefect holds the rules to what Prefect makes of them: testdata/ignore.py.
func TestIgnoreAsPrefect(t *testing.T) {
	text, err := os.ReadFile("testdata/ignore.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Paths []string
		Cases []struct {
			Rules   string
			LeftOut []string `json:"left_out"`
		}
	}
	if err := json.Unmarshal(text, &golden); err != nil || len(golden.Cases) < 50 || len(golden.Paths) < 30 {
		t.Fatalf("%v, %d cases", err, len(golden.Cases))
	}
	for _, test := range golden.Cases {
		rules, err := parseIgnore(test.Rules)
		if err != nil {
			t.Errorf("%q: %v", test.Rules, err)
			continue
		}
		left := []string{}
		for _, path := range golden.Paths {
			if rules.leavesOut(path) {
				left = append(left, path)
			}
		}
		slices.Sort(left)
		slices.Sort(test.LeftOut)
		if diff := cmp.Diff(test.LeftOut, left); diff != "" {
			t.Errorf("%q (-Prefect +ours):\n%s", test.Rules, diff)
		}
	}
	for _, bad := range []string{"[z-a].py", `a\`} {
		if _, err := parseIgnore(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func FuzzIgnore(f *testing.F) {
	for _, rules := range []string{"*.py[co]\n!a", "[]-]", "**/a/**", `\ `, "a/[!/]b"} {
		f.Add(rules, "a/b.py")
	}
	f.Fuzz(func(t *testing.T, rules, path string) {
		if parsed, err := parseIgnore(rules); err == nil {
			parsed.leavesOut(path)
		}
	})
}
