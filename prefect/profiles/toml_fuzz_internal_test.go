package profiles

import (
	"strings"
	"testing"
)

// FuzzEditProfiles gives the editor any file that a TOML parser takes. What it does must be what was asked, or nothing.
func FuzzEditProfiles(f *testing.F) {
	for _, text := range []string{
		"", "active = 'a' # x\n[profiles.a]\nPREFECT_API_URL = \"\"\"x\"\"\"\"\n", "profiles = { a = { b = [1, { c = '}' }] } }", "[profiles]\na.PREFECT_API_KEY = 1 # c\r\n",
		"[[x]]\n[profiles.'a']\n\"PREFECT_API_KEY\" = '''\n'''\n# y", "profiles.a.b.c = 1979-05-27 07:32:00Z\n", "\ufeff[profiles.a]\n", "[profiles.a.b]\nx = inf # y\n[profiles]\n",
	} {
		f.Add(text, "a", "k")
	}
	const name = "PREFECT_API_KEY"
	f.Fuzz(func(t *testing.T, text, profile, value string) {
		p := &File{Path: "profiles.toml"}
		if p.parse(text) != nil {
			return
		}
		before := p.All()
		if p.Set(profile, name, value) != nil {
			return
		}
		set := p.text
		checkEdit(t, text, set, func(q Profile, s Entry) bool { return q.Name == profile && s.Name == name }, before)
		if err := p.parse(set); err != nil {
			t.Fatalf("%q became %q: %v", text, set, err)
		}
		if got, _ := p.Profile(profile); !hasSetting(got, name, value) {
			t.Fatalf("%q became %q, where %s is not %q", text, set, name, value)
		}
		before = p.All()
		if p.Unset(profile, name) != nil {
			return
		}
		checkEdit(t, set, p.text, func(q Profile, s Entry) bool { return q.Name == profile && s.Name == name }, before)
		if got, _ := p.Profile(profile); hasSetting(got, name, value) {
			t.Fatalf("%q became %q, which still sets %s", set, p.text, name)
		}
		if p.Use(profile) == nil && p.Active != profile {
			t.Fatalf("%q became %q, where %q is active", set, p.text, p.Active)
		}
	})
}

// checkEdit looks for settings and comments that an edit lost.
func checkEdit(t *testing.T, text, now string, meant func(Profile, Entry) bool, before []Profile) {
	t.Helper()
	after := &File{Path: "profiles.toml"}
	if err := after.parse(now); err != nil {
		t.Fatalf("%q became %q: %v", text, now, err)
	}
	for _, was := range before {
		is, _ := after.Profile(was.Name)
		for _, s := range was.Settings {
			if !meant(was, s) && !hasSetting(is, s.Name, s.Value) {
				t.Fatalf("%q became %q, and %s of %s is lost", text, now, s.Name, was.Name)
			}
		}
	}
	// A comment goes only with the line of the value that goes.
	lost := strings.Count(text, "\n#") - strings.Count(now, "\n#")
	if !strings.ContainsAny(text, "'\"") && lost > 0 {
		t.Fatalf("%q became %q, and a comment is lost", text, now)
	}
}

func hasSetting(p Profile, name, value string) bool {
	got, ok := p.Value(name)
	return ok && got == value
}
