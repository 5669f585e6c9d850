package serviceprincipal

import (
	"encoding/json"
	"fmt"
	"strings"
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

// text is the account as it is printed.
func (v view) text(form string) (string, error) {
	var text strings.Builder
	variables := [][2]string{{"TENANT_ID", v.Tenant}, {"CLIENT_ID", v.ClientID}, {"CLIENT_SECRET", v.Secret}, {"SUBSCRIPTION_ID", v.subscription}}
	switch form {
	case outputEnv:
		for _, one := range variables {
			fmt.Fprintf(&text, "export %s='%s'\n", one[0], strings.ReplaceAll(one[1], "'", `'\''`))
		}
	case outputPowerShell:
		for _, one := range variables {
			fmt.Fprintf(&text, "$env:%s = '%s'\n", one[0], powershellQuotes.Replace(one[1]))
		}
	default:
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(v); err != nil {
			return "", fmt.Errorf("writing JSON: %w", err)
		}
	}
	return text.String(), nil
}

// powershellQuotes doubles what ends a text in single quotes: PowerShell takes typographic quotes for the same sign
// (learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules).
var powershellQuotes = strings.NewReplacer("'", "''", "‘", "‘‘", "’", "’’", "‚", "‚‚", "‛", "‛‛")
