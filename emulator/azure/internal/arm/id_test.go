package arm_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/armtest"
)

func TestParseResourceID(t *testing.T) {
	group := arm.ResourceID{Subscription: "s", ResourceGroup: "g"}
	vault := group.Resource("Microsoft.KeyVault", "vaults", "v")
	tests := []struct {
		id   string
		want arm.ResourceID
		text string
		kind string
		name string
		// scope and parent are what the id is in or on, and what is one level up; no parent is "".
		scope, parent string
	}{
		{"/", arm.ResourceID{}, "/", "Microsoft.Resources/tenants", "", "/", ""},
		{"/subscriptions/s", arm.ResourceID{Subscription: "s"}, "/subscriptions/s", "Microsoft.Resources/subscriptions", "s", "/subscriptions/s", "/"},
		{"/subscriptions/s/resourceGroups/g", group, "/subscriptions/s/resourceGroups/g", "Microsoft.Resources/resourceGroups", "g", "/subscriptions/s/resourceGroups/g", "/subscriptions/s"},
		{"/SUBSCRIPTIONS/s/resourcegroups/G/providers/N.S/t/n/", arm.ResourceID{Subscription: "s", ResourceGroup: "G", Namespace: "N.S", Types: []string{"t"}, Names: []string{"n"}},
			"/subscriptions/s/resourceGroups/G/providers/N.S/t/n", "N.S/t", "n", "/subscriptions/s/resourceGroups/G", "/subscriptions/s/resourceGroups/G"},
		{"/subscriptions/s/resourceGroups/g/Providers/N.S/t/n/u/m", arm.ResourceID{Subscription: "s", ResourceGroup: "g", Namespace: "N.S", Types: []string{"t", "u"}, Names: []string{"n", "m"}},
			"/subscriptions/s/resourceGroups/g/providers/N.S/t/n/u/m", "N.S/t/u", "m", "/subscriptions/s/resourceGroups/g", "/subscriptions/s/resourceGroups/g/providers/N.S/t/n"},
		{"/subscriptions/s/providers/Microsoft.Authorization/roleAssignments/a", arm.ResourceID{Subscription: "s"}.Resource("Microsoft.Authorization", "roleAssignments", "a"),
			"/subscriptions/s/providers/Microsoft.Authorization/roleAssignments/a", "Microsoft.Authorization/roleAssignments", "a", "/subscriptions/s", "/subscriptions/s"},
		{"/subscriptions/s/resourceGroups/g/providers/Microsoft.Authorization/roleAssignments/a", group.Resource("Microsoft.Authorization", "roleAssignments", "a"),
			"/subscriptions/s/resourceGroups/g/providers/Microsoft.Authorization/roleAssignments/a", "Microsoft.Authorization/roleAssignments", "a", "/subscriptions/s/resourceGroups/g", "/subscriptions/s/resourceGroups/g"},
		{vault.String() + "/PROVIDERS/Microsoft.Authorization/roleAssignments/a", vault.Resource("Microsoft.Authorization", "roleAssignments", "a"),
			vault.String() + "/providers/Microsoft.Authorization/roleAssignments/a", "Microsoft.Authorization/roleAssignments", "a", vault.String(), vault.String()},
		{vault.String() + "/secrets/x/providers/A.B/t/n/providers/C.D/u/m/w/k", vault.Child("secrets", "x").Resource("A.B", "t", "n").Resource("C.D", "u", "m").Child("w", "k"),
			vault.String() + "/secrets/x/providers/A.B/t/n/providers/C.D/u/m/w/k", "C.D/u/w", "k", vault.String() + "/secrets/x/providers/A.B/t/n", vault.String() + "/secrets/x/providers/A.B/t/n/providers/C.D/u/m"},
		{"/providers/Microsoft.Authorization/roleDefinitions/r", arm.ResourceID{}.Resource("Microsoft.Authorization", "roleDefinitions", "r"),
			"/providers/Microsoft.Authorization/roleDefinitions/r", "Microsoft.Authorization/roleDefinitions", "r", "/", "/"},
		{"/providers/Microsoft.Management/managementGroups/m/providers/A.B/t/n", arm.ResourceID{}.Resource("Microsoft.Management", "managementGroups", "m").Resource("A.B", "t", "n"),
			"/providers/Microsoft.Management/managementGroups/m/providers/A.B/t/n", "A.B/t", "n", "/providers/Microsoft.Management/managementGroups/m", "/providers/Microsoft.Management/managementGroups/m"},
		{"/subscriptions/s/resourceGroups/providers/providers/N.S/t/providers", arm.ResourceID{Subscription: "s", ResourceGroup: "providers"}.Resource("N.S", "t", "providers"),
			"/subscriptions/s/resourceGroups/providers/providers/N.S/t/providers", "N.S/t", "providers", "/subscriptions/s/resourceGroups/providers", "/subscriptions/s/resourceGroups/providers"},
	}
	for _, tt := range tests {
		got, err := arm.ParseResourceID(tt.id)
		if err != nil {
			t.Errorf("%s: %v", tt.id, err)
			continue
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || got.String() != tt.text || got.Type() != tt.kind || got.Name() != tt.name || got.Key() != strings.ToLower(tt.text) {
			t.Errorf("%s is %s, a %s named %s, key %s (-want +got):\n%s", tt.id, got, got.Type(), got.Name(), got.Key(), diff)
		}
		parent, ok := got.Parent()
		if got.Scope().String() != tt.scope || ok != (tt.parent != "") || ok && parent.String() != tt.parent {
			t.Errorf("%s has the scope %s, want %s, and the parent %s (%t), want %q", tt.id, got.Scope(), tt.scope, parent, ok, tt.parent)
		}
	}
	for _, bad := range []string{
		"", "job-1", "/my/managed/identity/123abc", "subscriptions/s/resourceGroups/g", "/subscriptions", "/subscriptions/s/resourceGroups", "/subscriptions//resourceGroups/g",
		"/subscriptions/s/resourceGroups/g/providers", "/subscriptions/s/resourceGroups/g/providers/N.S/t", "/subscriptions/s/resourceGroups/g/providers/N.S", "/subscriptions/s/resourceGroups/g/t/n",
		"/subscriptions/s/resourceGroups/g/providers/N.S/t/n/u", "/subscriptions/s/resourceGroups/g//providers/N.S/t/n", "/subscriptions/s/locations/l", "/providers/N.S", "/resourceGroups/g",
		"/subscriptions/s/providers/N.S/providers/M.T/t/n", "/subscriptions/s/providers/N.S/t/n/providers/M.T", "/subscriptions/s/providers/N.S/t/n/providers",
	} {
		if got, err := arm.ParseResourceID(bad); err == nil {
			t.Errorf("%q is taken for %v", bad, got)
		}
	}
}

func TestWithin(t *testing.T) {
	parse := func(s string) arm.ResourceID {
		id, err := arm.ParseResourceID(s)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	const vault = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v"
	for _, tt := range []struct {
		id, scope string
		want      bool
	}{
		{"/", "/", true},
		{"/subscriptions/s", "/", true},
		{"/", "/subscriptions/s", false},
		{vault, "/", true},
		{vault, "/SUBSCRIPTIONS/S", true},
		{vault, "/subscriptions/s2", false},
		{vault, "/subscriptions/s/resourcegroups/G", true},
		{"/subscriptions/s/resourceGroups/group", "/subscriptions/s/resourceGroups/g", false},
		{vault, vault, true},
		{vault + "/secrets/x", vault, true},
		{vault + "/providers/Microsoft.Authorization/roleAssignments/a", vault, true},
		{vault + "2", vault, false},
		{vault, vault + "/secrets/x", false},
		{"/subscriptions/s/providers/A.B/t/n", "/subscriptions/s/resourceGroups/g", false},
	} {
		if got := parse(tt.id).Within(parse(tt.scope)); got != tt.want {
			t.Errorf("%s within %s: %t, want %t", tt.id, tt.scope, got, tt.want)
		}
	}
}

// What is made from an id shares nothing with it.
func TestChildrenAreSeparate(t *testing.T) {
	parent := arm.ResourceID{}.Resource("A.B", "t", "n").Child("u", "m").Child("v", "k")
	one, two := parent.Child("w", "1"), parent.Child("x", "2")
	if up, _ := one.Parent(); one.Name() != "1" || two.Name() != "2" || up.Key() != parent.Key() || up.Child("y", "3").Name() != "3" || one.Name() != "1" {
		t.Errorf("%s %s %s", parent, one, two)
	}
}

func FuzzParseResourceID(f *testing.F) {
	f.Add("/subscriptions/s/resourceGroups/g/providers/N.S/t/n/u/m")
	f.Add("/subscriptions/s/resourcegroups/g")
	f.Add("/subscriptions/s/resourceGroups/g/providers/N.S/t/n/providers/Microsoft.Authorization/roleAssignments/a")
	f.Add("/providers/N.S/providers/x/providers/M.T/t/providers")
	f.Add("//")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := arm.ParseResourceID(s)
		if err != nil {
			return
		}
		again, err := arm.ParseResourceID(id.String())
		if err != nil {
			t.Fatalf("%q is an id, its canonical form %q not: %v", s, id, err)
		}
		if diff := cmp.Diff(id, again); diff != "" {
			t.Errorf("%q changes when it is written and read:\n%s", s, diff)
		}
		if len(id.Types) != len(id.Names) || id.Key() != again.Key() {
			t.Errorf("%q: %+v", s, id)
		}
		levels := 0
		for up, ok := id.Parent(); ok; up, ok = up.Parent() {
			if !id.Within(up) || up.Within(id) || !id.Within(up.Scope()) {
				t.Errorf("%q is not below %s", s, up)
			}
			if levels++; levels > len(s) {
				t.Fatalf("%q has no top", s)
			}
		}
	})
}

// However a path is spelt, ARM answers it with an error object or what was asked for, and never panics or redirects.
func FuzzRouting(f *testing.F) {
	f.Add("GET", "/subscriptions/"+subscription+"/resourcegroups//g/providers/Contoso.Storage/boxes/b%2F", "2023-05-01", `{"location":"eastus"}`)
	f.Add("PUT", "/subscriptions/"+subscription+"/resourceGroups/g", "2023-05-01", `{"location":1}`)
	f.Add("HEAD", "/a/providers/Microsoft.Resources/tags/default", "2023-05-01", ``)
	f.Add("POST", "/providers/providers/providers", "2023-05-01-preview", `[`)
	f.Add("PUT", "/subscriptions/"+subscription+"/resourceGroups/g/providers/Contoso.Storage/boxes/b/providers/Contoso.Rights/grants/a%2Fb", "2023-05-01", `{}`)
	f.Add("DELETE", "//%00/../..", "x", `null`)
	f.Fuzz(func(t *testing.T, method, path, version, body string) {
		u, err := url.Parse("https://management.azure.com/" + strings.TrimLeft(path, "/"))
		if err != nil || u.Host != "management.azure.com" || !validMethod(method) {
			return
		}
		c := armtest.NewCore(t, "")
		armtest.Call(c, "PUT", sub+"/resourcegroups/g", `{"location":"eastus"}`)
		got := armtest.Call(c, method, u.EscapedPath()+"?api-version="+url.QueryEscape(version), body)
		if got.Code/100 == 3 || got.Code == 500 || got.Dropped {
			t.Errorf("%s %s: %d %s", method, u, got.Code, got.Body)
		}
		if code, _ := got.Fault(); got.Code >= 400 && method != "HEAD" && code == "" {
			t.Errorf("%s %s: %d without an error object: %s", method, u, got.Code, got.Body)
		}
	})
}

func validMethod(m string) bool {
	for _, r := range m {
		if r < 'A' || r > 'Z' {
			return false
		}
	}
	return m != ""
}
