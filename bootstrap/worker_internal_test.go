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
