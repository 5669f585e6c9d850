package profiles_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/prefect/profiles"
)

// written writes a file, unless the text is "none", and reads it.
func written(t testing.TB, text string) *profiles.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "profiles.toml")
	if text != "none" {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p, err := profiles.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// saved writes the profiles and gives the file's text.
func saved(t testing.TB, p *profiles.File) string {
	t.Helper()
	if err := p.Save(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(p.Path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestReadProfiles(t *testing.T) {
	p := written(t, `
active = "b"
profiles.b.PREFECT_CLIENT_MAX_RETRIES = 3
profiles.b.PREFECT_DEBUG_MODE = true
[profiles.a]
PREFECT_API_REQUEST_TIMEOUT = 1.0
PREFECT_CLIENT_RETRY_EXTRA_CODES = [404, 429]
[profiles."c d"]
PREFECT_API_KEY = 'hunter2'
MY_TOKEN = "hunter2"
`)
	want := []profiles.Profile{
		{Name: "b", Settings: []profiles.Entry{{Name: "PREFECT_CLIENT_MAX_RETRIES", Value: "3"}, {Name: "PREFECT_DEBUG_MODE", Value: "true"}}},
		{Name: "a", Settings: []profiles.Entry{{Name: "PREFECT_API_REQUEST_TIMEOUT", Value: "1.0"}, {Name: "PREFECT_CLIENT_RETRY_EXTRA_CODES", Value: "404,429"}}},
		{Name: "c d", Settings: []profiles.Entry{{Name: "PREFECT_API_KEY", Value: "hunter2"}, {Name: "MY_TOKEN", Value: "hunter2"}}},
	}
	if diff := cmp.Diff(want, p.All()[:3]); diff != "" || p.Active != "b" {
		t.Errorf("active %q, -want +got:\n%s", p.Active, diff)
	}
	if diff := cmp.Diff([]string{"b", "a", "c d", "ephemeral", "local", "test", "cloud"}, p.Names()); diff != "" {
		t.Errorf("names: -want +got:\n%s", diff)
	}
	for _, s := range p.All()[2].Settings {
		if s.Shown() != prefect.SecretMask {
			t.Errorf("%s is shown as %s", s.Name, s.Shown())
		}
	}
	if got := p.All()[0].Settings[0].Shown(); got != "3" {
		t.Errorf("a harmless value is shown as %s", got)
	}
}

func TestReadProfilesRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"active = 1":                       "active is not a string",
		"profiles = 1":                     "profiles is not a table",
		"[[profiles]]\nA='b'":              "profiles is not a table",
		"[profiles]\nx = 'hunter2'":        `profile "x" is not a table`,
		"a = 'b\n[profiles.x":              "line 1 is not valid TOML",
		"[profiles.a]\nK='1'\nK='hunter2'": "line 3 is not valid TOML",
	} {
		path := filepath.Join(t.TempDir(), "profiles.toml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := profiles.Read(path)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

// An edit changes what it must and nothing else.
func TestEditProfiles(t *testing.T) {
	set := func(profile, name, value string) func(*profiles.File) error {
		return func(p *profiles.File) error { return p.Set(profile, name, value) }
	}
	unset := func(profile, name string) func(*profiles.File) error {
		return func(p *profiles.File) error { return p.Unset(profile, name) }
	}
	use := func(name string) func(*profiles.File) error {
		return func(p *profiles.File) error { return p.Use(name) }
	}
	create := func(name string) func(*profiles.File) error {
		return func(p *profiles.File) error { return p.Create(name) }
	}
	all := func(edits ...func(*profiles.File) error) func(*profiles.File) error {
		return func(p *profiles.File) error {
			for _, edit := range edits {
				if err := edit(p); err != nil {
					return err
				}
			}
			return nil
		}
	}
	const ephemeral = "PREFECT_SERVER_EPHEMERAL_ENABLED"
	const url, key, pool, oldPool = "PREFECT_API_URL", "PREFECT_API_KEY", "PREFECT_DEPLOYMENTS_DEFAULT_WORK_POOL_NAME", "PREFECT_DEFAULT_WORK_POOL_NAME"
	for _, test := range []struct {
		name, text string
		edit       func(*profiles.File) error
		want       string
	}{
		{"replace, comments kept", "# top\n[profiles.a] # head\n  " + url + " = 'x' # tail\n# end\n", set("a", url, "http://y"), "# top\n[profiles.a] # head\n  " + url + " = \"http://y\" # tail\n# end\n"},
		{"replace a number", "[profiles.a]\nPREFECT_CLIENT_MAX_RETRIES = 3\n", set("a", "PREFECT_CLIENT_MAX_RETRIES", "4"), "[profiles.a]\nPREFECT_CLIENT_MAX_RETRIES = \"4\"\n"},
		{"replace a long text", "[profiles.a]\n" + url + " = \"\"\"\n# no comment\n\"\"\"\n" + key + " = 'k'\n", set("a", url, "http://y"), "[profiles.a]\n" + url + " = \"http://y\"\n" + key + " = 'k'\n"},
		{"add behind the last line", "[profiles.a]\n" + url + " = 'x' # u\n\n# about b\n[profiles.b]\n", set("a", key, "k"), "[profiles.a]\n" + url + " = 'x' # u\n" + key + " = \"k\"\n\n# about b\n[profiles.b]\n"},
		{"add to an empty profile", "[profiles.a] # none\n\n[profiles.b]\n", set("a", key, "k"), "[profiles.a] # none\n" + key + " = \"k\"\n\n[profiles.b]\n"},
		{"add without a last line end", "[profiles.a]\n" + url + "='x'", set("a", key, "k"), "[profiles.a]\n" + url + "='x'\n" + key + " = \"k\"\n"},
		{"add a profile", "active = 'a'\n[profiles.a]\n", set("b", key, "k"), "active = 'a'\n[profiles.a]\n\n[profiles.b]\n" + key + " = \"k\"\n"},
		{"add a profile with an odd name", "", set("a.b c", key, "k"), "[profiles.\"a.b c\"]\n" + key + " = \"k\"\n"},
		{"odd value", "", set("a", key, "a\"\\\n\t\x01é"), "[profiles.a]\n" + key + " = \"a\\\"\\\\\\n\\t\\u0001é\"\n"},
		{"carriage returns", "[profiles.a]\r\n" + url + " = 'x'\r\n\r\n[profiles.b]\r\n", set("a", key, "k"), "[profiles.a]\r\n" + url + " = 'x'\r\n" + key + " = \"k\"\r\n\r\n[profiles.b]\r\n"},
		{"indented alike", "[profiles.a]\n    " + url + " = 'x'\n", set("a", key, "k"), "[profiles.a]\n    " + url + " = 'x'\n    " + key + " = \"k\"\n"},
		{"quoted keys", "[ \"profiles\" . 'a' ]\n\"" + url + "\" = 'x'\n", set("a", url, "http://y"), "[ \"profiles\" . 'a' ]\n\"" + url + "\" = \"http://y\"\n"},
		{"dotted keys", "profiles.a." + url + " = 'x'\n[other]\nx = 1\n", set("a", key, "k"), "profiles.a." + url + " = 'x'\nprofiles.a." + key + " = \"k\"\n[other]\nx = 1\n"},
		{"dotted keys below a header", "[profiles]\na." + url + " = 'x'\n", set("a", key, "k"), "[profiles]\na." + url + " = 'x'\na." + key + " = \"k\"\n"},
		{"inline table", "profiles.a = { " + url + " = 'x' }\n", set("a", key, "k"), "profiles.a = { " + url + " = 'x', " + key + " = \"k\" }\n"},
		{"empty inline table", "[profiles]\na = {} # none\n", set("a", key, "k"), "[profiles]\na = { " + key + " = \"k\" } # none\n"},
		{"profile in an inline table", "profiles = { a = {} }\n", set("b", key, "k"), "profiles = { a = {}, b = { " + key + " = \"k\" } }\n"},
		{"value with brackets", "[profiles.a]\n" + url + " = '[x]' # [profiles.b]\nPREFECT_CLIENT_RETRY_EXTRA_CODES = [\n  404, # ]\n]\n", set("a", key, "k"),
			"[profiles.a]\n" + url + " = '[x]' # [profiles.b]\nPREFECT_CLIENT_RETRY_EXTRA_CODES = [\n  404, # ]\n]\n" + key + " = \"k\"\n"},
		{"older name becomes the newer", "[profiles.a]\n" + oldPool + " = 'x'\n", set("a", oldPool, "y"), "[profiles.a]\n" + pool + " = \"y\"\n"},
		{"for Prefect 2", "[profiles.a]\n" + pool + " = 'x'\n", func(p *profiles.File) error { p.Prefect2 = true; return p.Set("a", pool, "y") }, "[profiles.a]\n" + oldPool + " = \"y\"\n"},
		{"for Prefect 2, what it does not know", "", func(p *profiles.File) error {
			p.Prefect2 = true
			return p.Set("a", "PREFECT_API_AUTH_STRING", "u:p")
		}, "[profiles.a]\nPREFECT_API_AUTH_STRING = \"u:p\"\n"},
		{"a packaged profile", "none", set("local", key, "k"), "[profiles.local]\n" + url + " = \"http://127.0.0.1:4200/api\"\n" + key + " = \"k\"\n"},
		{"the default profile is named as the active one", "none", set("ephemeral", key, "k"),
			"active = \"ephemeral\"\n\n[profiles.ephemeral]\n" + ephemeral + " = \"true\"\n" + key + " = \"k\"\n"},
		{"another active one stays", "active = 'a'\n[profiles.a]\n", set("ephemeral", key, "k"),
			"active = 'a'\n[profiles.a]\n\n[profiles.ephemeral]\n" + ephemeral + " = \"true\"\n" + key + " = \"k\"\n"},
		{"with an address no server of its own", "none", all(set("ephemeral", key, "k"), set("ephemeral", url, "http://y")),
			"active = \"ephemeral\"\n\n[profiles.ephemeral]\n" + key + " = \"k\"\n" + url + " = \"http://y\"\n"},
		{"an empty address is none", "none", set("ephemeral", url, ""), "active = \"ephemeral\"\n\n[profiles.ephemeral]\n" + ephemeral + " = \"true\"\n" + url + " = \"\"\n"},
		{"a server of its own was asked for", "none", all(set("ephemeral", ephemeral, "true"), set("ephemeral", url, "http://y")),
			"active = \"ephemeral\"\n\n[profiles.ephemeral]\n" + ephemeral + " = \"true\"\n" + url + " = \"http://y\"\n"},
		{"a server of its own was in the file", "active = 'ephemeral'\n[profiles.ephemeral]\n" + ephemeral + " = 'true'\n", set("ephemeral", url, "http://y"),
			"active = 'ephemeral'\n[profiles.ephemeral]\n" + ephemeral + " = 'true'\n" + url + " = \"http://y\"\n"},
		{"for Prefect 2 no server of its own", "none", func(p *profiles.File) error { p.Prefect2 = true; return p.Set("test", pool, "x") },
			"[profiles.test]\nPREFECT_API_DATABASE_CONNECTION_URL = \"sqlite+aiosqlite:///:memory:\"\n" + oldPool + " = \"x\"\n"},
		{"unset in the default profile", "none", unset("ephemeral", ephemeral), "active = \"ephemeral\"\n\n[profiles.ephemeral]\n"},
		{"unset with its comment", "[profiles.a]\n" + url + " = 'x' # u\n# k\n" + key + " = 'k'\n", unset("a", url), "[profiles.a]\n# k\n" + key + " = 'k'\n"},
		{"unset the last line", "[profiles.a]\n" + key + " = 'k'", unset("a", key), "[profiles.a]\n"},
		{"unset by the other name", "[profiles.a]\n" + oldPool + " = 'x'\n", unset("a", pool), "[profiles.a]\n"},
		{"unset an unknown name", "[profiles.a]\nPREFECT_NOPE = 'x'\n", unset("a", "PREFECT_NOPE"), "[profiles.a]\n"},
		{"unset the first of an inline table", "profiles.a = { " + url + " = 'x', " + key + " = 'k' }\n", unset("a", url), "profiles.a = { " + key + " = 'k' }\n"},
		{"unset the last of an inline table", "profiles.a = { " + url + " = 'x', " + key + " = 'k' }\n", unset("a", key), "profiles.a = { " + url + " = 'x' }\n"},
		{"use", "active = \"a\" # now\n[profiles.a]\n[profiles.b]\n", use("b"), "active = \"b\" # now\n[profiles.a]\n[profiles.b]\n"},
		{"use without active", "# mine\n[profiles.a]\n", use("a"), "active = \"a\"\n\n# mine\n[profiles.a]\n"},
		{"use behind other keys", "x = 1\n[profiles.a]\n", use("a"), "x = 1\nactive = \"a\"\n[profiles.a]\n"},
		{"use a packaged profile", "none", use("local"), "active = \"local\"\n\n[profiles.local]\n" + url + " = \"http://127.0.0.1:4200/api\"\n"},
		{"use an empty packaged profile", "none", use("cloud"), "active = \"cloud\"\n\n[profiles.cloud]\n"},
		{"create", "[profiles.a]\n", create("b"), "[profiles.a]\n\n[profiles.b]\n"},
		{"create in an inline table", "profiles = { a = {} }\n", create("b"), "profiles = { a = {}, b = {} }\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := written(t, test.text)
			if err := test.edit(p); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, saved(t, p)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestEditProfilesRefuses(t *testing.T) {
	const two = "active = 'a'\n[profiles.a]\nPREFECT_API_URL = 'x'\n[profiles.b]\n"
	for name, edit := range map[string]func(*profiles.File) error{
		`profile "c" is not in`:           func(p *profiles.File) error { return p.Use("c") },
		`profile "d" is not in`:           func(p *profiles.File) error { return p.Unset("d", "PREFECT_API_URL") },
		"there is nothing to unset":       func(p *profiles.File) error { return p.Unset("b", "PREFECT_API_URL") },
		"PREFECT_NOPE: want a name":       func(p *profiles.File) error { return p.Set("a", "PREFECT_NOPE", "1") },
		"PREFECT_HOME: want to be set in": func(p *profiles.File) error { return p.Set("a", "PREFECT_HOME", "/") },
		`is "many": want a whole number`:  func(p *profiles.File) error { return p.Set("a", "PREFECT_CLIENT_MAX_RETRIES", "many") },
		`is "maybe": want true or false`:  func(p *profiles.File) error { return p.Set("a", "PREFECT_DEBUG_MODE", "maybe") },
		`is "soon": want a number`:        func(p *profiles.File) error { return p.Set("a", "PREFECT_API_REQUEST_TIMEOUT", "soon") },
		`is "********": want JSON`:        func(p *profiles.File) error { return p.Set("a", "PREFECT_CLIENT_CUSTOM_HEADERS", "hunter2") },
		`is "localhost:4200": want an a`:  func(p *profiles.File) error { return p.Set("a", "PREFECT_API_URL", "localhost:4200") },
		`is "htp://h/api": want an add`:   func(p *profiles.File) error { return p.Set("a", "PREFECT_API_URL", "htp://h/api") },
		`is "loud": want DEBUG, INFO,`:    func(p *profiles.File) error { return p.Set("a", "PREFECT_LOGGING_SERVER_LEVEL", "loud") },
		"the value is not UTF-8":          func(p *profiles.File) error { return p.Set("a", "PREFECT_API_KEY", "\xff") },
		`profile "a" already exists`:      func(p *profiles.File) error { return p.Create("a") },
		"a profile needs a name":          func(p *profiles.File) error { return p.Create("") },
	} {
		p := written(t, two)
		err := edit(p)
		if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v, want %q", err, name)
		}
		if text := saved(t, p); text != two {
			t.Errorf("%s: the file became\n%s", name, text)
		}
	}
	// The last key of a profile that exists only through dotted keys: taking it out would take out the profile.
	p := written(t, "profiles.a.PREFECT_API_URL = 'x'\n")
	if err := p.Unset("a", "PREFECT_API_URL"); err == nil || !strings.Contains(err.Error(), "cannot be changed safely") {
		t.Errorf("got %v, want a refusal", err)
	}
}

func TestSaveProfiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	path := filepath.Join(dir, "profiles.toml")
	set := func(p *profiles.File) error { return p.Set("a", "PREFECT_API_KEY", "k") }
	for range 2 { // the second time nothing changes
		if err := profiles.Update(path, set); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode())
	}
	if runtime.GOOS != "windows" {
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(t.TempDir(), "link.toml")
	if err := os.Symlink(path, link); err != nil {
		t.Skip(err) // Windows, without the right to make one
	}
	if err := profiles.Update(link, func(p *profiles.File) error { return p.Use("a") }); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v, %v", info, err)
	}
	dangling, later := filepath.Join(t.TempDir(), "link.toml"), filepath.Join(t.TempDir(), "later.toml")
	if err := os.Symlink(later, dangling); err != nil {
		t.Fatal(err)
	}
	if err := profiles.Update(dangling, set); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(dangling); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link to no file is gone: %v, %v", info, err)
	}
	if _, err := os.Stat(later); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v, want 0600 again", info.Mode(), err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("left in the folder: %v, %v", left, err)
	}
}

func TestSaveProfilesChangedMeanwhile(t *testing.T) {
	p := written(t, "[profiles.a]\n")
	if err := os.WriteFile(p.Path, []byte("[profiles.b]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := p.Set("a", "PREFECT_API_KEY", "k"); err != nil {
		t.Fatal(err)
	}
	if err := p.Save(); !errors.Is(err, profiles.ErrChanged) {
		t.Errorf("got %v, want ErrChanged", err)
	}
	var times int
	err := profiles.Update(p.Path, func(p *profiles.File) error {
		if times++; times == 1 {
			if err := os.WriteFile(p.Path, []byte("# somebody else\n[profiles.b]\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return p.Set("a", "PREFECT_API_KEY", "k")
	})
	text, _ := os.ReadFile(p.Path)
	if err != nil || times != 2 || string(text) != "# somebody else\n[profiles.b]\n\n[profiles.a]\nPREFECT_API_KEY = \"k\"\n" {
		t.Errorf("after %d times, %v:\n%s", times, err, text)
	}
	err = profiles.Update(p.Path, func(p *profiles.File) error {
		times++
		if err := os.WriteFile(p.Path, []byte(strings.Repeat("#", times)), 0o600); err != nil {
			t.Fatal(err)
		}
		return p.Set("a", "PREFECT_API_KEY", "other")
	})
	if !errors.Is(err, profiles.ErrChanged) {
		t.Errorf("against somebody who never stops: %v", err)
	}
}
