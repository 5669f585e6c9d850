package resources

import (
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// secretNames are members that Azure takes and never gives back, in lower case, whatever type has them: those of
// Microsoft's API files that are passwords, secrets or written only. What ends in password or secret is one too.
var secretNames = []string{
	"protectedsettings", "customdata", "securevalue", "secureinputs", "workspacekey", "storageaccountkey", "accountkey", "accesskey", "sharedkey",
	"authorizationkey", "apikey", "sastoken", "pfxblob", "privatekey", "encryptedvalue", "secretvalue", "connectionstringvalue",
}

// writeOnly reports whether a resource's properties are secrets as a whole: the settings of a web app, which only an action
// of their own lists.
func writeOnly(res arm.Resource) bool {
	return strings.EqualFold(res.Type, "Microsoft.Web/sites/config") &&
		slices.Contains([]string{"appsettings", "connectionstrings", "azurestorageaccounts"}, strings.ToLower(res.ID.Name()))
}

// shown is a copy of a value without what is secret in it.
func shown(value any) any {
	switch value := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(value))
		for name, v := range value {
			if !isSecret(name, v) {
				out[name] = shownMember(name, v)
			}
		}
		return out
	case []any:
		out := make([]any, len(value))
		for i, v := range value {
			out[i] = shown(v)
		}
		return out
	}
	return value
}

// isSecret reports whether a member is one that Azure never gives back.
func isSecret(name string, value any) bool {
	name = strings.ToLower(name)
	if slices.Contains(secretNames, name) {
		return true
	}
	_, text := value.(string)
	return text && (strings.HasSuffix(name, "password") || strings.HasSuffix(name, "secret"))
}

// shownMember is a member without what is secret in it because of the member's name: the settings of a web app, and the
// values of named secrets.
func shownMember(name string, value any) any {
	switch strings.ToLower(name) {
	case "siteconfig":
		config, ok := shown(value).(map[string]any)
		if !ok {
			return value
		}
		for member := range config {
			if strings.EqualFold(member, "appSettings") || strings.EqualFold(member, "connectionStrings") {
				config[member] = nil
			}
		}
		return config
	case "secrets":
		list, ok := shown(value).([]any)
		if !ok {
			return shown(value)
		}
		for _, one := range list {
			if secret, ok := one.(map[string]any); ok {
				for member := range secret {
					if strings.EqualFold(member, "value") {
						delete(secret, member)
					}
				}
			}
		}
		return list
	}
	return shown(value)
}
