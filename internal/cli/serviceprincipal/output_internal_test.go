package serviceprincipal

import (
	"bytes"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
)

// TestQuoting: a quote in a value does not end it, whichever kind of quote PowerShell takes.
func TestQuoting(t *testing.T) {
	v := view{ClientID: "c", Name: "n", Secret: "a'b’c$d`e", Tenant: "t", subscription: "s"}
	for form, want := range map[string]string{
		outputEnv:        `export CLIENT_SECRET='a'\''b’c$d` + "`e'\n",
		outputPowerShell: "$env:CLIENT_SECRET = 'a''b’’c$d`e'\n",
		outputJSON:       `"password":"a'b’c$d` + "`e\"",
	} {
		var out bytes.Buffer
		if err := v.print(cmdutil.NewApp(cmdutil.Env{Stdout: &out}), form); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s: got %s, want %s", form, out.String(), want)
		}
	}
}
