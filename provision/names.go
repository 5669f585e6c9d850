package provision

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Names are what the resources of a push pool are called. The zero value of a field means its default.
type Names struct {
	// ResourceGroup holds everything; prefect-aci-push-pool-rg.
	ResourceGroup string
	// Application is the app registration that Prefect signs in as; prefect-aci-push-pool-app.
	Application string
	// RegistryPrefix begins the name of a new registry; prefect. The time and four random characters follow it.
	RegistryPrefix string
	// Registry is the whole name of a registry to use, instead of a prefix. It is created if there is none of that name.
	Registry string
	// Identity is the managed identity that pulls images; prefect-acr-identity.
	Identity string
	// CredentialsBlock is the name of the block with the application's secret; made from the pool's name.
	CredentialsBlock string
}

// The default names, which are those of Prefect's own provisioner, so that either finds what the other made.
const (
	DefaultResourceGroup  = "prefect-aci-push-pool-rg"
	DefaultApplication    = "prefect-aci-push-pool-app"
	DefaultRegistryPrefix = "prefect"
	DefaultIdentity       = "prefect-acr-identity"
)

// DefaultNames are the names for a pool where nobody chooses others.
func DefaultNames(pool string) Names {
	return Names{
		ResourceGroup: DefaultResourceGroup, Application: DefaultApplication,
		RegistryPrefix: DefaultRegistryPrefix, Identity: DefaultIdentity,
		CredentialsBlock: CredentialsBlockName(pool),
	}
}

// or fills the empty fields from another.
func (n Names) or(other Names) Names {
	for _, f := range []struct{ to, from *string }{
		{&n.ResourceGroup, &other.ResourceGroup}, {&n.Application, &other.Application}, {&n.RegistryPrefix, &other.RegistryPrefix},
		{&n.Identity, &other.Identity}, {&n.CredentialsBlock, &other.CredentialsBlock},
	} {
		if *f.to == "" {
			*f.to = *f.from
		}
	}
	return n
}

// NameError is a name that Azure or Prefect would refuse.
type NameError struct {
	// Field says which name it is, such as "resource group name".
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

// nameRule is what a name must match.
type nameRule struct {
	field, rule string
	pattern     *regexp.Regexp
}

// The rules are Azure's (learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules), but for the
// prefix, which leaves room for what is put after it, and for the block and the pool, whose rules are Prefect's.
var (
	groupRule    = nameRule{"resource group name", "1 to 90 letters, digits, periods, underscores, hyphens and parentheses, without a period at the end", regexp.MustCompile(`^[-\w.()\p{L}\p{N}]{0,89}[-\w()\p{L}\p{N}]$`)}
	prefixRule   = nameRule{"registry prefix", "1 to 36 letters a-z and digits, because 14 more characters follow and a registry name has at most 50", regexp.MustCompile(`^[a-zA-Z0-9]{1,36}$`)}
	registryRule = nameRule{"registry name", "5 to 50 letters a-z and digits", regexp.MustCompile(`^[a-zA-Z0-9]{5,50}$`)}
	identityRule = nameRule{"managed identity name", "3 to 128 letters a-z, digits, hyphens and underscores, with a letter or digit first", regexp.MustCompile(`^[a-zA-Z0-9][-\w]{2,127}$`)}
	blockRule    = nameRule{"credentials block name", "lower-case letters a-z, digits and hyphens", regexp.MustCompile(`^[a-z0-9-]+$`)}
	poolRule     = nameRule{"work pool name", `it cannot contain / % & > <, or begin with "prefect"`, regexp.MustCompile(`^[^/%&><]+$`)}
)

func (r nameRule) check(name string) error {
	if !r.pattern.MatchString(name) {
		return &NameError{r.field, name, r.rule}
	}
	return nil
}

// CheckResourceGroup returns a [*NameError] for a name that no resource group can have.
func CheckResourceGroup(name string) error { return groupRule.check(name) }

// CheckApplication returns a [*NameError] for a name that no app registration can have: Microsoft Graph takes up to 256
// characters for displayName.
func CheckApplication(name string) error {
	if n := utf8.RuneCountInString(name); strings.TrimSpace(name) == "" || n > 256 || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }) {
		return &NameError{"app registration name", name, "1 to 256 characters, without line breaks"}
	}
	return nil
}

// CheckRegistryPrefix returns a [*NameError] for a prefix that leads to no legal registry name.
func CheckRegistryPrefix(prefix string) error { return prefixRule.check(prefix) }

// CheckRegistry returns a [*NameError] for a name that no container registry can have.
func CheckRegistry(name string) error { return registryRule.check(name) }

// CheckIdentity returns a [*NameError] for a name that no user-assigned identity can have.
func CheckIdentity(name string) error { return identityRule.check(name) }

// CheckCredentialsBlock returns a [*NameError] for a name that no block can have.
func CheckCredentialsBlock(name string) error { return blockRule.check(name) }

// CheckPool returns a [*NameError] for a name that no work pool can have. Prefect itself would say so only after everything
// in Azure was made.
func CheckPool(name string) error {
	if strings.HasPrefix(strings.ToLower(name), "prefect") {
		return &NameError{poolRule.field, name, poolRule.rule}
	}
	return poolRule.check(name)
}

// Check returns the first [*NameError] of the names, which must all be there but for Registry.
func (n Names) Check() error {
	for _, err := range []error{
		CheckResourceGroup(n.ResourceGroup), CheckApplication(n.Application), CheckIdentity(n.Identity), CheckCredentialsBlock(n.CredentialsBlock),
	} {
		if err != nil {
			return err
		}
	}
	if n.Registry != "" {
		return CheckRegistry(n.Registry)
	}
	return CheckRegistryPrefix(n.RegistryPrefix)
}

var (
	notInBlockName = regexp.MustCompile(`[^a-z0-9]+`)
	blockSuffix    = "-push-pool-credentials"
)

// CredentialsBlockName is the name of a pool's credentials block: the pool's name in what Prefect allows there, lower-case
// letters, digits and hyphens, and a suffix. Prefect's provisioner takes the name as it is and fails for many, after it
// has made a secret.
func CredentialsBlockName(pool string) string {
	legal := strings.Trim(notInBlockName.ReplaceAllString(strings.ToLower(pool), "-"), "-")
	if legal == "" {
		return strings.TrimPrefix(blockSuffix, "-")
	}
	return legal + blockSuffix
}
