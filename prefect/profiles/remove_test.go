package profiles_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/prefect/profiles"
)

// editText writes a file, edits it and gives what it is then.
func editText(t *testing.T, text string, edit func(*profiles.File) error) (string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "profiles.toml")
	check(t, os.WriteFile(path, []byte(text), 0o600))
	err := profiles.Update(path, edit)
	now := must(os.ReadFile(path))(t)
	return string(now), err
}

func TestDeleteProfile(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"in the middle":     {"# top\nactive = 'x'\n\n# about a\n[profiles.a] # a\nK = '1'\nL = '2'\n\n# about x\n[profiles.x]\nM = '3'\n", "# top\nactive = 'x'\n\n# about a\n\n# about x\n[profiles.x]\nM = '3'\n"},
		"between":           {"active = 'x'\n\n[profiles.a]\nK = '1'\n\n[profiles.x]\n", "active = 'x'\n\n[profiles.x]\n"},
		"at the end":        {"active = 'x'\r\n\r\n[profiles.a]\r\nK = '1'\r\n", "active = 'x'\r\n"},
		"at the top":        {"[profiles.a]\n\n[profiles.x]\nK = '1'", "[profiles.x]\nK = '1'"},
		"the only one":      {"[profiles.a]\nK = '1'\n", ""},
		"no values":         {"[profiles.a]\n# later\n[profiles.x]\n", "# later\n[profiles.x]\n"},
		"an own name":       {"[profiles.\"a\"]\nK = \"\"\"\nx\n\"\"\"\n[profiles.ab]\n", "[profiles.ab]\n"},
		"with a table":      {"[profiles.a]\nK = '1'\n[profiles.x]\n[profiles.a.b]\nL = '2'\n", "[profiles.x]\n"},
		"dotted":            {"[profiles]\na.K = '1'\nx.K = '2' # x\na.L = '3'\n", "[profiles]\nx.K = '2' # x\n"},
		"in braces":         {"profiles = { a = { K = '1' }, x = { L = '2' } }\n", "profiles = { x = { L = '2' } }\n"},
		"a line of its own": {"[profiles]\na = { K = '1' } # a\nx = {}\n", "[profiles]\nx = {}\n"},
	} {
		got, err := editText(t, test.text, func(p *profiles.File) error { return p.Delete("a") })
		if err != nil || got != test.want {
			t.Errorf("%s: %q became %q (%v), want %q", name, test.text, got, err, test.want)
		}
	}
}

func TestDeleteProfileRefused(t *testing.T) {
	const text = "active = 'a'\n[profiles.a]\n"
	for name, want := range map[string]string{"a": "it is the active profile", "local": "is one that Prefect brings along", "none": `profile "none" is not in`} {
		got, err := editText(t, text, func(p *profiles.File) error { return p.Delete(name) })
		if err == nil || !strings.Contains(err.Error(), want) || got != text {
			t.Errorf("%s: got error %v and %q, want %q", name, err, got, want)
		}
		if errors.Is(err, profiles.ErrInUse) != (name == "a") {
			t.Errorf("%s: is %v in use?", name, err)
		}
	}
}

func TestRenameProfile(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"the active one": {"active = 'a' # now\n\n# about a\n[ profiles.a ] # head\nK = '1' # one\n\n[profiles.x]\n", "active = \"new one\" # now\n\n# about a\n[profiles.\"new one\"] # head\nK = '1' # one\n\n[profiles.x]\n"},
		"another one":    {"active = 'x'\n[profiles.\"a\"]\n[profiles.a.b]\nK = '1'\n[[profiles.a.c]]\n[profiles.x]\n", "active = 'x'\n[profiles.\"new one\"]\n[profiles.\"new one\".b]\nK = '1'\n[[profiles.\"new one\".c]]\n[profiles.x]\n"},
		"dotted":         {"[profiles]\na.K = '1' # k\nx.K = '2'\na.L = '3'\n", "[profiles]\n\"new one\".K = '1' # k\nx.K = '2'\n\"new one\".L = '3'\n"},
		"at the top":     {"profiles.a.K = '1'\n", "profiles.\"new one\".K = '1'\n"},
		"in braces":      {"profiles = { x = { a = 'a' }, a = { a = '1' } }\n", "profiles = { x = { a = 'a' }, \"new one\" = { a = '1' } }\n"},
	} {
		got, err := editText(t, test.text, func(p *profiles.File) error { return p.Rename("a", "new one") })
		if err != nil || got != test.want {
			t.Errorf("%s: %q became %q (%v), want %q", name, test.text, got, err, test.want)
		}
	}
	const text = "[profiles.a]\n[profiles.x]\n"
	for _, test := range []struct{ name, to, want string }{
		{"a", "x", "exists already"}, {"a", "local", "exists already"}, {"a", "", "needs a name"}, {"none", "b", `"none" is not in`}, {"cloud", "b", "brings along"},
	} {
		got, err := editText(t, text, func(p *profiles.File) error { return p.Rename(test.name, test.to) })
		if err == nil || !strings.Contains(err.Error(), test.want) || got != text {
			t.Errorf("%s to %q: got error %v and %q, want %q", test.name, test.to, err, got, test.want)
		}
	}
}
