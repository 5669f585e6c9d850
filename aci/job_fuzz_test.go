package aci_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pacific-aci/pacific/aci"
)

// Every generated name is one that ACI takes.
func FuzzNameFor(f *testing.F) {
	f.Add("My flow", "1")
	f.Add("", "")
	f.Add(strings.Repeat("-a", 60), strings.Repeat("b-", 40))
	f.Fuzz(func(t *testing.T, base, unique string) {
		name := aci.NameFor(base, unique)
		if err := (aci.Job{Name: name}).Validate(); err != nil {
			t.Errorf("NameFor(%q, %q): %v", base, unique, err)
		}
	})
}

// A name that passes is one that every shell can set, and a name that does not is refused, by name.
func FuzzEnvName(f *testing.F) {
	for _, seed := range []string{"A", "_", "1", "A-B", "", "Ä", strings.Repeat("x", 64)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		err := aci.Job{Env: map[string]string{name: "v"}}.Validate()
		if aci.EnvName(name) != (err == nil) {
			t.Errorf("%q: %v", name, err)
		}
		if err == nil && (!utf8.ValidString(name) || strings.ContainsAny(name, "= \n\x00")) {
			t.Errorf("%q passed", name)
		}
	})
}
