package bootstrap_test

import (
	"strings"
	"testing"
)

// TestSecretsMustBeUTF8: JSON would change other bytes. Each way to give a secret is refused by its name, without the value,
// before anything is made.
func TestSecretsMustBeUTF8(t *testing.T) {
	const binary = "hunter2\xffhunter3"
	for name, test := range map[string]struct {
		words    []string
		stdin    string
		variable string
		want     string
	}{
		"a file":           {[]string{"--secret", "x=@binary"}, "", "", "--secret x binary must be valid UTF-8"},
		"standard input":   {[]string{"--secret", "x=-"}, binary, "", "--secret x: standard input must be valid UTF-8"},
		"the key's file":   {[]string{"--prefect-api-key-file", "binary"}, "", "", "--prefect-api-key-file binary must be valid UTF-8"},
		"the key's stdin":  {[]string{"--prefect-api-key-stdin"}, binary, "", "--prefect-api-key-stdin: standard input must be valid UTF-8"},
		"the address":      {[]string{"--prefect-api-url", "https://" + binary}, "", "", "--prefect-api-url must be valid UTF-8"},
		"a key's variable": {nil, "", "PREFECT_API_KEY", "PREFECT_API_KEY must be valid UTF-8"},
		"an URL's":         {nil, "", "PREFECT_API_URL", "PREFECT_API_URL must be valid UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			h.Write("binary", binary)
			h.Stdin = test.stdin
			if test.variable != "" {
				h.Vars[test.variable] = "https://" + binary
			}
			r := h.Run(append([]string{"bootstrap", "--no-worker", "--yes"}, test.words...)...)
			r.Wants(t, 2, "", test.want)
			if strings.Contains(r.Stderr, "hunter") {
				t.Errorf("a secret is shown: %s", r.Stderr)
			}
			if left := h.RunLong("group", "ls"); strings.Contains(left.Stdout, "aci-rg") {
				t.Errorf("something was made: %s", left.Stdout)
			}
		})
	}
}
