package bootstrap

import (
	"strings"
	"testing"
)

// TestTemplateHasWords: what a worker that is there is read by is what the template writes.
func TestTemplateHasWords(t *testing.T) {
	for _, want := range []string{
		"createArray('pacific', 'worker', 'start', '" + poolFlag + "', parameters('workPool')",
		"createArray('pacific', 'agent', 'start', '" + queueFlag + "', parameters('queue')",
		`"name": "` + vaultVariable + `", "value": "[parameters('keyVaultName')]"`,
	} {
		if !strings.Contains(string(environment), want) {
			t.Errorf("the template has no %s", want)
		}
	}
}

// TestTellingLine: the error that a worker ends with is shown, and not the hint below it.
func TestTellingLine(t *testing.T) {
	const failed = `pacific: error: no work pool "p"`
	for output, want := range map[string]string{
		"":                 "",
		"first\nlast":      "last",
		"first\n" + failed: failed,
		"first\n" + failed + "\npacific: hint: create it\npacific: hint: list them": failed,
		"pacific: hint: create it": "pacific: hint: create it",
	} {
		if got := tellingLine(output); got != want {
			t.Errorf("tellingLine(%q) = %q, want %q", output, got, want)
		}
	}
}
