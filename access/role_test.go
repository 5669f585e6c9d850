package access_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/access"
)

// TestRoleAt: each scope has a name and an id of its own, whatever the case of the scope.
func TestRoleAt(t *testing.T) {
	seen := map[string]string{}
	for _, scope := range []string{
		"/subscriptions/1", "/subscriptions/2",
		"/subscriptions/1/resourceGroups/rg", "/subscriptions/2/resourceGroups/rg", "/subscriptions/1/resourceGroups/other",
	} {
		role := access.JobRunner.At(scope)
		for _, key := range []string{role.Name, role.ID(scope)} {
			if seen[key] != "" {
				t.Errorf("%s and %s both have %s", scope, seen[key], key)
			}
			seen[key] = scope
		}
		upper := strings.ToUpper(scope)
		if again := access.JobRunner.At(upper); again.Name != role.Name || again.ID(upper) != role.ID(scope) {
			t.Errorf("%s: got %s, want %s", upper, again.Name, role.Name)
		}
	}
	// A resource group's name has up to 90 characters (learn.microsoft.com/azure/azure-resource-manager/management/
	// resource-name-rules), a role's up to 128.
	long := strings.Repeat("ä", 90)
	if name := access.JobRunner.At("/subscriptions/1/resourceGroups/" + long).Name; !strings.Contains(name, long) || utf8.RuneCountInString(name) > 128 {
		t.Errorf("got %d characters: %s", utf8.RuneCountInString(name), name)
	}
	if name := access.JobRunner.At("/subscriptions/1/resourceGroups/rg/providers/a/b/" + long + long).Name; utf8.RuneCountInString(name) > 128 {
		t.Errorf("got %d characters: %s", utf8.RuneCountInString(name), name)
	}
}

// TestExtend: patterns and exceptions decide what is missing.
func TestExtend(t *testing.T) {
	role := access.Role{Name: "role", Actions: []access.Action{{Name: "A/x/read"}, {Name: "A/x/write"}}}
	for name, test := range map[string]struct {
		have []access.Permission
		want []string // nil: nothing is missing
	}{
		"nothing":                       {nil, []string{"A/x/read", "A/x/write"}},
		"one":                           {[]access.Permission{{Actions: []string{"a/X/READ"}}}, []string{"A/x/write"}},
		"a pattern":                     {[]access.Permission{{Actions: []string{"A/*"}}}, nil},
		"an exception":                  {[]access.Permission{{Actions: []string{"A/*"}, NotActions: []string{"A/*/write"}}}, []string{"A/x/write"}},
		"an exception of another":       {[]access.Permission{{Actions: []string{"*"}, NotActions: []string{"B/*"}}}, nil},
		"another permission gives back": {[]access.Permission{{Actions: []string{"A/*"}, NotActions: []string{"A/*/write"}}, {Actions: []string{"*/write"}}}, nil},
		"data actions are others":       {[]access.Permission{{DataActions: []string{"*"}}}, []string{"A/x/read", "A/x/write"}},
	} {
		all, scopes, changed := role.Extend(test.have, []string{"/S"}, "/s")
		var got []string
		for _, p := range all[len(test.have):] {
			got = append(got, p.Actions...)
		}
		if diff := cmp.Diff(test.want, got); diff != "" || changed != (test.want != nil) || len(scopes) != 1 {
			t.Errorf("%s: changed %t, scopes %v: %s", name, changed, scopes, diff)
		}
		if diff := cmp.Diff(test.have, all[:len(test.have)]); len(test.have) > 0 && diff != "" {
			t.Errorf("%s: what was there changed: %s", name, diff)
		}
	}
}
