package bootstrap

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// NameError is a name that Azure would refuse.
type NameError struct {
	// Field says which name it is, such as "key vault name".
	Field string
	// Name is what was given.
	Name string
	// Rule is what a name must be.
	Rule string
}

// Error names the field and the rule.
func (e *NameError) Error() string {
	if e.Name == "" {
		return "the " + e.Field + " is empty: " + e.Rule
	}
	return fmt.Sprintf("%q is not a valid %s: %s", e.Name, e.Field, e.Rule)
}

// The rules are Azure's (learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules). The prefix is that
// of a container group, whose name is the shortest and strictest of those that it begins, but for the vault's, which takes
// what it can of it.
var (
	vaultPattern  = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]$`)
	prefixPattern = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9-]{0,38}[a-zA-Z0-9]$|^[a-zA-Z]$`)
	secretPattern = regexp.MustCompile(`^[a-zA-Z0-9-]{1,127}$`)
)

// CheckKeyVault returns a [*NameError] for a name that no key vault can have.
func CheckKeyVault(name string) error {
	if !vaultPattern.MatchString(name) || strings.Contains(name, "--") {
		return &NameError{"key vault name", name, "3 to 24 letters a-z, digits and hyphens, a letter first, no hyphen last and no two in a row"}
	}
	return nil
}

// CheckNamePrefix returns a [*NameError] for a prefix that leads to a name which Azure would refuse.
func CheckNamePrefix(prefix string) error {
	if !prefixPattern.MatchString(prefix) || strings.Contains(prefix, "--") {
		return &NameError{"name prefix", prefix, "1 to 40 letters a-z, digits and hyphens, a letter first, no hyphen last and no two in a row"}
	}
	return nil
}

// CheckSecret returns a [*NameError] for a name that no secret of a key vault can have.
func CheckSecret(name string) error {
	if !secretPattern.MatchString(name) {
		return &NameError{"secret name", name, "1 to 127 letters a-z, digits and hyphens"}
	}
	return nil
}

// maxSecret is how many bytes a key vault keeps of a secret (learn.microsoft.com/azure/key-vault/secrets/about-secrets: 25k).
const maxSecret = 25_600

// checkValue refuses the value of a secret that a key vault would not take as it is. The error does not show it.
func (s Secret) checkValue() error {
	if !utf8.ValidString(s.Value) {
		return fmt.Errorf("secret %s is not valid UTF-8, as which key vaults keep it", s.Name)
	}
	if n := len(s.Value); n > maxSecret {
		return fmt.Errorf("secret %s has %d bytes: a key vault keeps up to %d", s.Name, n, maxSecret)
	}
	return nil
}
