package profiles_test

import (
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/prefect/profiles"
)

// A setting that is no secret may still hold a password in an address.
func TestShownHidesPasswords(t *testing.T) {
	for _, test := range []struct{ value, want string }{
		{"http://127.0.0.1:4200/api", "http://127.0.0.1:4200/api"},
		{"https://user:hunter2@host/api", "https://user:********@host/api"},
		{"https://user@host/api", "https://user@host/api"},
		{"user:hunter2@host/api", "user:********@host/api"},
		{"user:hunt@er2@host", "user:********@host"},
		{"mail@host", "mail@host"},
		{"http://user:hunter2@ho st\x7f/", "********"},
	} {
		settings, err := profiles.LoadSettings(profiles.Source{Given: map[string]string{"PREFECT_API_URL": test.value}, Dir: t.TempDir(), Home: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		got := settings.Value("PREFECT_API_URL").Shown()
		if got != test.want || strings.Contains(got, "hunter2") {
			t.Errorf("%q is shown as %q, want %q", test.value, got, test.want)
		}
	}
}
