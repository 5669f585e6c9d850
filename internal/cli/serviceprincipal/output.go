package serviceprincipal

import (
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
)

// The forms in which the account can be printed.
const (
	outputJSON       = "json"
	outputEnv        = "env"
	outputPowerShell = "powershell"
)

var outputs = []string{outputJSON, outputEnv, outputPowerShell}

// view is the account as az ad sp create-for-rbac prints it.
type view struct {
	ClientID string `json:"appId"`
	Name     string `json:"displayName"`
	Secret   string `json:"password"`
	Tenant   string `json:"tenant"`

	subscription string
}

// print writes the account to standard output, and nothing else.
func (v view) print(a *cmdutil.App, form string) error {
	variables := [][2]string{{"TENANT_ID", v.Tenant}, {"CLIENT_ID", v.ClientID}, {"CLIENT_SECRET", v.Secret}, {"SUBSCRIPTION_ID", v.subscription}}
	switch form {
	case outputEnv:
		for _, one := range variables {
			a.Out.Line("export %s='%s'", one[0], strings.ReplaceAll(one[1], "'", `'\''`))
		}
	case outputPowerShell:
		for _, one := range variables {
			a.Out.Line("$env:%s = '%s'", one[0], powershellQuotes.Replace(one[1]))
		}
	default:
		return a.Out.JSON(v)
	}
	return nil
}

// powershellQuotes doubles what ends a text in single quotes: PowerShell takes typographic quotes for the same sign
// (learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules).
var powershellQuotes = strings.NewReplacer("'", "''", "‘", "‘‘", "’", "’’", "‚", "‚‚", "‛", "‛‛")
