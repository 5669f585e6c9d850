package serviceprincipal

import (
	"strings"
	"testing"
)

// TestQuoting: a quote in a value does not end it, whichever kind of quote PowerShell takes.
func TestQuoting(t *testing.T) {
	v := view{ClientID: "c", Name: "n", Secret: "a'b’c$d`e", Tenant: "t", subscription: "s"}
	for form, want := range map[string]string{
		outputEnv:        `export CLIENT_SECRET='a'\''b’c$d` + "`e'\n",
		outputPowerShell: "$env:CLIENT_SECRET = 'a''b’’c$d`e'\n",
		outputJSON:       `"password":"a'b’c$d` + "`e\"",
	} {
		got, err := v.text(form)
		if err != nil || !strings.Contains(got, want) {
			t.Errorf("%s: got %s, %v, want %s", form, got, err, want)
		}
	}
}
