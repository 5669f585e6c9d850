package cmdutil

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAzDefaultSubscription(t *testing.T) {
	const id = "11111111-2222-3333-4444-555555555555"
	for _, test := range []struct {
		name, file, want string
	}{
		{"default", "\xef\xbb\xbf" + `{"subscriptions":[{"id":"00000000-0000-0000-0000-000000000000"},{"id":"` + id + `","isDefault":true}]}`, id},
		{"none is default", `{"subscriptions":[{"id":"` + id + `"}]}`, ""},
		{"no id", `{"subscriptions":[{"id":"N/A(tenant level account)","isDefault":true}]}`, ""},
		{"not JSON", "{", ""},
		{"absent", "", ""},
	} {
		home := t.TempDir()
		if test.file != "" {
			if err := os.MkdirAll(filepath.Join(home, ".azure"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(home, ".azure", "azureProfile.json"), []byte(test.file), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, env := range []map[string]string{{"HOME": home}, {"USERPROFILE": home}, {"AZURE_CONFIG_DIR": filepath.Join(home, ".azure")}} {
			got := azDefaultSubscription(func(name string) (string, bool) { v, ok := env[name]; return v, ok })
			if got != test.want {
				t.Errorf("%s with %v: got %q, want %q", test.name, env, got, test.want)
			}
		}
	}
	if got := azDefaultSubscription(func(string) (string, bool) { return "", false }); got != "" {
		t.Errorf("without a home folder: got %q", got)
	}
}

func TestAzDefaultLocation(t *testing.T) {
	dir := t.TempDir()
	text := "# az's own\n[core]\nlocation = nowhere\n\n[defaults]\ngroup = jobs\nLocation = westeurope\n[cloud]\nname = AzureCloud\n"
	if err := os.WriteFile(filepath.Join(dir, "config"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{"AZURE_CONFIG_DIR": dir}, "westeurope"},
		{map[string]string{"AZURE_CONFIG_DIR": dir, "AZURE_DEFAULTS_LOCATION": "uksouth"}, "uksouth"},
		{map[string]string{"AZURE_CONFIG_DIR": t.TempDir()}, ""},
		{nil, ""},
	} {
		a := NewApp(Env{LookupEnv: func(name string) (string, bool) { v, ok := test.env[name]; return v, ok }})
		if got := a.AzDefaultLocation(); got != test.want {
			t.Errorf("%v: got %q, want %q", test.env, got, test.want)
		}
	}
}
