package docpages

import (
	"slices"
	"strings"
	"testing"
)

const page = "# A page\n\n" +
	"Text with `pacific ps` and `a\nb`.\n\n" +
	"```sh\npacific run --env A=1 \\\n    -- echo a   # says a\n# nothing\ncat > f <<'END'\nname: x\nEND\n```\n\n" +
	"    pacific gc\n    pacific ps | # no command\n    \n" +
	"- a list\n    that goes on\n\n" +
	"```powershell\npacific run `\n    -- b\n```\n\n" +
	"```go\npacific no\n```\n"

func TestSplit(t *testing.T) {
	blocks, text := Split(page)
	var kinds []string
	for _, b := range blocks {
		kinds = append(kinds, b.Kind)
	}
	if want := []string{"sh", "sh", "powershell", "go"}; !slices.Equal(kinds, want) {
		t.Fatalf("blocks %q, want %q", kinds, want)
	}
	for i, want := range [][]string{
		{"pacific run --env A=1      -- echo a", "cat > f"},
		{"pacific gc", "pacific ps |"},
		{"pacific run      -- b"},
	} {
		if got := blocks[i].Lines(); !slices.Equal(got, want) {
			t.Errorf("block %d has the lines %q, want %q", i, got, want)
		}
	}
	if !blocks[0].Fenced || blocks[1].Fenced || blocks[3].Commands() {
		t.Errorf("%+v", blocks)
	}
	if got, want := Spans(text), []string{"pacific ps", "a b"}; !slices.Equal(got, want) {
		t.Errorf("spans %q, want %q", got, want)
	}
	if !strings.Contains(text, "that goes on") || strings.Contains(text, "gc") {
		t.Errorf("the text is %q", text)
	}
}

func TestScript(t *testing.T) {
	for _, test := range []struct {
		script    Script
		has, lack string
		err       string
	}{
		{Script{Setup: "first\n", Instead: map[string]string{"gc": "gc --yes"}, Left: map[string]string{"pacific run": "no account"}}, "first\n", "echo", ""},
		{Script{Instead: map[string]string{"pacific gc": "pacific gc --yes"}}, "\npacific gc --yes\n", "pacific no", ""},
		{Script{OnlyFenced: true}, "name: x", "pacific gc", ""},
		{Script{Left: map[string]string{"pacific nothing": "why"}}, "", "", `"pacific nothing" is not in the page`},
		{Script{Instead: map[string]string{"pacific no": "yes"}}, "", "", `"pacific no" is not in the page`},
	} {
		text, err := test.script.Text(page)
		if test.err != "" {
			if err == nil || err.Error() != test.err {
				t.Errorf("%+v: %v, want %s", test.script, err, test.err)
			}
			continue
		}
		if err != nil || !strings.Contains(text, test.has) || strings.Contains(text, test.lack) {
			t.Errorf("%+v: %v\n%s", test.script, err, text)
		}
	}
}

func TestWords(t *testing.T) {
	if got, want := Words(`run --set "a=[\"b\"]" 'c d' e`), []string{"run", "--set", `a=[\b\]`, "c d", "e"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestLoad(t *testing.T) {
	all, err := Load("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"README.md", "CONTRIBUTING.md", "docs/commands.md", "examples/key_vault_demo/README.md", "examples/key_vault_demo/python/README.md"} {
		if all[want] == "" {
			t.Errorf("%s was not read", want)
		}
	}
	if _, err := Load(t.TempDir()); err == nil {
		t.Error("a folder without pages was read")
	}
}
