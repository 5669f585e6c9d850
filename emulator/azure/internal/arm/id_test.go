package arm_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

func TestParseResourceID(t *testing.T) {
	tests := []struct {
		id   string
		want arm.ResourceID
		text string
		kind string
		name string
	}{
		{"/subscriptions/s/resourceGroups/g", arm.ResourceID{Subscription: "s", ResourceGroup: "g"}, "/subscriptions/s/resourceGroups/g", "Microsoft.Resources/resourceGroups", "g"},
		{"/SUBSCRIPTIONS/s/resourcegroups/G/providers/N.S/t/n/", arm.ResourceID{Subscription: "s", ResourceGroup: "G", Namespace: "N.S", Types: []string{"t"}, Names: []string{"n"}},
			"/subscriptions/s/resourceGroups/G/providers/N.S/t/n", "N.S/t", "n"},
		{"/subscriptions/s/resourceGroups/g/Providers/N.S/t/n/u/m", arm.ResourceID{Subscription: "s", ResourceGroup: "g", Namespace: "N.S", Types: []string{"t", "u"}, Names: []string{"n", "m"}},
			"/subscriptions/s/resourceGroups/g/providers/N.S/t/n/u/m", "N.S/t/u", "m"},
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
	}
	for _, bad := range []string{
		"", "/", "job-1", "/my/managed/identity/123abc", "subscriptions/s/resourceGroups/g", "/subscriptions/s", "/subscriptions/s/resourceGroups", "/subscriptions//resourceGroups/g",
		"/subscriptions/s/resourceGroups/g/providers", "/subscriptions/s/resourceGroups/g/providers/N.S/t", "/subscriptions/s/resourceGroups/g/providers/N.S", "/subscriptions/s/resourceGroups/g/t/n",
		"/subscriptions/s/resourceGroups/g/providers/N.S/t/n/u", "/subscriptions/s/resourceGroups/g//providers/N.S/t/n", "/subscriptions/s/providers/N.S/t/n",
	} {
		if got, err := arm.ParseResourceID(bad); err == nil {
			t.Errorf("%q is taken for %v", bad, got)
		}
	}
}

func FuzzParseResourceID(f *testing.F) {
	f.Add("/subscriptions/s/resourceGroups/g/providers/N.S/t/n/u/m")
	f.Add("/subscriptions/s/resourcegroups/g")
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
	})
}

// However a path is spelt, ARM answers it with an error object or what was asked for, and never panics or redirects.
func FuzzRouting(f *testing.F) {
	f.Add("GET", "/subscriptions/"+subscription+"/resourcegroups//g/providers/Contoso.Storage/boxes/b%2F", "2023-05-01", `{"location":"eastus"}`)
	f.Add("PUT", "/subscriptions/"+subscription+"/resourceGroups/g", "2023-05-01", `{"location":1}`)
	f.Add("HEAD", "/a/providers/Microsoft.Resources/tags/default", "2023-05-01", ``)
	f.Add("POST", "/providers/providers/providers", "2023-05-01-preview", `[`)
	f.Add("DELETE", "//%00/../..", "x", `null`)
	f.Fuzz(func(t *testing.T, method, path, version, body string) {
		u, err := url.Parse("https://management.azure.com/" + strings.TrimLeft(path, "/"))
		if err != nil || u.Host != "management.azure.com" || !validMethod(method) {
			return
		}
		c := newCore(t, "")
		call(c, "PUT", sub+"/resourcegroups/g", `{"location":"eastus"}`)
		got := call(c, method, u.EscapedPath()+"?api-version="+url.QueryEscape(version), body)
		if got.Code/100 == 3 || got.Code == 500 || got.dropped {
			t.Errorf("%s %s: %d %s", method, u, got.Code, got.Body)
		}
		if code, _ := got.fault(); got.Code >= 400 && method != "HEAD" && code == "" {
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
