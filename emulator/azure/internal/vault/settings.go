package vault

import (
	"strings"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// settings are what can be changed of a vault besides its tags.
type settings struct {
	sku                                string
	policies                           []accessPolicy
	deployment                         bool
	diskEncryption, templateDeployment *bool
	// rbac says that roles decide about secrets, and no access policy does.
	rbac            bool
	purgeProtection bool
	// retention is how long what is deleted is kept, in days.
	retention    int
	network      *networkACLs
	publicAccess string
	changed      time.Time
	changedBy    string
}

// rbacByDefault is the first api-version in which new vaults that say nothing go by roles.
const rbacByDefault = "2026-02-01"

// The days that what is deleted can be kept for.
const minRetention, maxRetention = 7, 90

// defaults are the settings of a new vault of which nothing is said.
func defaults(r *arm.Request) settings {
	return settings{retention: maxRetention, publicAccess: "Enabled", rbac: r.APIVersion >= rbacByDefault}
}

// invalid is the 400 for a property that cannot be as asked.
func invalid(format string, args ...any) *arm.Error {
	return arm.BadRequest("BadRequest", format, args...)
}

// with lays what a client says over the settings; isNew is for a vault that is not there yet. Lists that are given
// replace those that were.
func (set settings) with(p *propertiesBody, isNew bool, tenant string) (settings, error) {
	if p == nil {
		return set, nil
	}
	if err := set.checkFixed(p, isNew); err != nil {
		return set, err
	}
	if p.TenantID != "" && !strings.EqualFold(p.TenantID, tenant) {
		return set, invalid("The tenant ID '%s' is not that of the subscription's directory, '%s'.", p.TenantID, tenant)
	}
	if p.SKU != nil {
		name, ok := arm.OneOf(p.SKU.Name, "standard", "premium")
		if _, family := arm.OneOf(p.SKU.Family, "A"); !ok || !family {
			return set, invalid("The SKU '%s' of the family '%s' is invalid. The family must be 'A', the name 'standard' or 'premium'.", p.SKU.Name, p.SKU.Family)
		}
		set.sku = name
	}
	if p.AccessPolicies != nil {
		policies, err := checkedPolicies(*p.AccessPolicies, tenant)
		if err != nil {
			return set, err
		}
		set.policies = policies
	}
	setBool(&set.deployment, p.EnabledForDeployment)
	setBool(&set.rbac, p.EnableRbacAuthorization)
	setBool(&set.purgeProtection, p.EnablePurgeProtection)
	if p.EnabledForDiskEncryption != nil {
		set.diskEncryption = p.EnabledForDiskEncryption
	}
	if p.EnabledForTemplateDeployment != nil {
		set.templateDeployment = p.EnabledForTemplateDeployment
	}
	if p.SoftDeleteRetentionInDays != nil {
		set.retention = *p.SoftDeleteRetentionInDays
	}
	return set.withNetwork(p)
}

// checkFixed refuses what Key Vault does not let anybody set or change.
func (set settings) checkFixed(p *propertiesBody, isNew bool) error {
	isFalse := func(value *bool) bool { return value != nil && !*value }
	if isFalse(p.EnablePurgeProtection) {
		return invalid(`The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is an irreversible action.`)
	}
	if isFalse(p.EnableSoftDelete) && !isNew {
		return invalid(`The property "enableSoftDelete" can be set to false only for creating new vault. Enabling the 'soft delete' functionality is an irreversible action.`)
	}
	days := p.SoftDeleteRetentionInDays
	switch {
	case days == nil:
	case *days < minRetention || *days > maxRetention:
		return invalid(`The property "softDeleteRetentionInDays" must be a whole number from %d to %d.`, minRetention, maxRetention)
	case !isNew && *days != set.retention:
		return invalid(`The property "softDeleteRetentionInDays" has been set already and it can't be modified.`)
	}
	return nil
}

func (set settings) withNetwork(p *propertiesBody) (settings, error) {
	if p.PublicNetworkAccess != "" {
		word, ok := arm.OneOf(p.PublicNetworkAccess, "Enabled", "Disabled", "SecuredByPerimeter")
		if !ok {
			return set, invalid("The value '%s' of the property 'publicNetworkAccess' is invalid.", p.PublicNetworkAccess)
		}
		set.publicAccess = word
	}
	if p.NetworkACLs == nil {
		return set, nil
	}
	rules := *p.NetworkACLs
	for _, field := range []struct {
		name, otherwise string
		value           *string
		words           []string
	}{
		{"networkAcls.bypass", "AzureServices", &rules.Bypass, []string{"AzureServices", "None"}},
		{"networkAcls.defaultAction", "Allow", &rules.DefaultAction, []string{"Allow", "Deny"}},
	} {
		if *field.value == "" {
			*field.value = field.otherwise
		}
		word, ok := arm.OneOf(*field.value, field.words...)
		if !ok {
			return set, invalid("The value '%s' of the property '%s' is invalid. The value must be one of %v.", *field.value, field.name, field.words)
		}
		*field.value = word
	}
	rules.IPRules = append([]ipRule{}, rules.IPRules...)
	rules.VirtualNetworkRules = append([]networkRule{}, rules.VirtualNetworkRules...)
	set.network = &rules
	return set, nil
}

// checkNew demands what a new vault cannot be without.
func checkNew(p *propertiesBody, set settings) error {
	switch {
	case p == nil || p.TenantID == "":
		return invalid("The parameter tenantId is not specified.")
	case p.SKU == nil:
		return invalid("The parameter sku is not specified.")
	case p.AccessPolicies == nil && !set.rbac:
		return invalid("The parameter accessPolicies is not specified.")
	}
	return nil
}

func setBool(into, value *bool) {
	if value != nil {
		*into = *value
	}
}
