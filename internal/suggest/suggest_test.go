package suggest_test

import (
	"testing"

	"github.com/pacific-aci/pacific/internal/suggest"
)

func TestNearest(t *testing.T) {
	candidates := []string{"cloud", "location", "subscription", "resource-group", "memoryGB", "emptyDir", "env", "env-file", "log", "logs", "PREFECT_API_KEY", "PREFECT_API_URL"}
	for word, want := range map[string]string{
		"clodu":          "cloud", // a swap is one edit
		"CLOUD":          "cloud",
		"locaton":        "location",
		"sub":            "subscription",
		"mem":            "memoryGB",
		"memory_gb":      "memoryGB",
		"resource_group": "resource-group",
		"emptyDirectory": "emptyDir",
		"environment":    "env",
		"envfile":        "env-file",
		"logss":          "logs", // nearer than log, though both are its beginning
		"PREFECT_APIURL": "PREFECT_API_URL",
		"rg":             "resource-group", // its initials
		"zebra":          "",
		"":               "",
		"x":              "",
		"su":             "", // too short to be a name cut short
	} {
		if got := suggest.Nearest(word, candidates); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
	if got := suggest.Nearest("cloud", nil); got != "" {
		t.Errorf("of no candidates: got %q", got)
	}
}
