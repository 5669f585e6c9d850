package registry

import (
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// settings are what can be changed of a registry besides its tags.
type settings struct {
	sku              string
	admin, anonymous bool
	bypass, zones    string
	policies         policiesView
	changed          time.Time
	changedBy        string
}

// defaults are the settings of a registry of which nothing is said.
func defaults(now time.Time) settings {
	return settings{
		bypass: "AzureServices", zones: "Disabled", changed: now,
		policies: policiesView{
			Quarantine: statusBody{disabled}, Trust: trustView{Type: "Notary", Status: disabled},
			Retention: retentionView{Days: 7, LastUpdatedTime: now, Status: disabled}, Export: statusBody{enabled}, ARMTokens: statusBody{enabled},
			SoftDelete: softDeleteView{RetentionDays: 7, LastUpdatedTime: now, Status: disabled},
		},
	}
}

// invalid is the 400 for a property that cannot be as asked.
func invalid(format string, args ...any) *arm.Error {
	return arm.BadRequest("InvalidRegistryProperty", format, args...)
}

// with lays what a client says over the settings.
func (set settings) with(body *registryBody) (settings, error) {
	if body.SKU != nil {
		sku, ok := arm.OneOf(body.SKU.Name, "Basic", "Standard", "Premium")
		if !ok {
			return set, arm.BadRequest("InvalidSku", "The SKU '%s' is invalid. The value must be one of 'Basic', 'Standard' and 'Premium'.", body.SKU.Name)
		}
		set.sku = sku
	}
	if set.sku == "" {
		return set, arm.BadRequest("SkuRequired", "The sku property is required for this definition.")
	}
	p := body.Properties
	if err := refused(body); err != nil {
		return set, err
	}
	setBool(&set.admin, p.AdminUserEnabled)
	setBool(&set.anonymous, p.AnonymousPullEnabled)
	if set.anonymous && set.sku == "Basic" {
		return set, invalid("Anonymous pull is not supported for the SKU 'Basic'.")
	}
	for _, field := range []struct {
		name, value string
		into        *string
		words       []string
	}{
		{"networkRuleBypassOptions", p.NetworkRuleBypassOptions, &set.bypass, []string{"AzureServices", "None"}},
		{"zoneRedundancy", p.ZoneRedundancy, &set.zones, []string{"Enabled", "Disabled"}},
	} {
		if err := setWord(field.into, field.name, field.value, field.words...); err != nil {
			return set, err
		}
	}
	return set, set.policies.with(p.Policies, set.changed)
}

// refused is the error for what the emulator does not do, and would otherwise have to ignore.
func refused(body *registryBody) error {
	p := body.Properties
	what := ""
	is := func(value string, harmless ...string) bool {
		if value == "" {
			return false
		}
		_, ok := arm.OneOf(value, harmless...)
		return !ok
	}
	switch {
	case body.Identity != nil && is(body.Identity.Type, "None"):
		what = "a managed identity of its own"
	case p.Encryption != nil && is(p.Encryption.Status, disabled):
		what = "encryption with a key of yours"
	case is(p.PublicNetworkAccess, "Enabled"):
		what = "no public network access"
	case p.NetworkRuleSet != nil && (is(p.NetworkRuleSet.DefaultAction, "Allow") || len(p.NetworkRuleSet.IPRules) > 0):
		what = "network rules"
	case p.DataEndpointEnabled != nil && *p.DataEndpointEnabled, is(p.RegionalEndpoints, "Disabled"):
		what = "endpoints of its own for data"
	case is(p.DomainNameLabelScope, "Unsecure"):
		what = "a domain name label scope"
	case is(p.RoleAssignmentMode, "LegacyRegistryPermissions"):
		what = "permissions for single repositories"
	}
	if what == "" {
		return nil
	}
	return arm.NotYet("The registry asks for %s, which this emulated Azure does not do yet; it refuses rather than ignore it.", what)
}

func setBool(into, value *bool) {
	if value != nil {
		*into = *value
	}
}

func setWord(into *string, name, value string, words ...string) error {
	if value == "" {
		return nil
	}
	word, ok := arm.OneOf(value, words...)
	if !ok {
		return invalid("The value '%s' of the property '%s' is invalid. The value must be one of %v.", value, name, words)
	}
	*into = word
	return nil
}

// with lays policies over those that hold.
func (v *policiesView) with(body *policiesBody, now time.Time) error {
	if body == nil {
		return nil
	}
	status := func(into *string, name string, value *statusBody) error {
		if value == nil {
			return nil
		}
		return setWord(into, name+".status", value.Status, enabled, disabled)
	}
	if err := status(&v.Quarantine.Status, "quarantinePolicy", body.Quarantine); err != nil {
		return err
	}
	if err := status(&v.Export.Status, "exportPolicy", body.Export); err != nil {
		return err
	}
	if err := status(&v.ARMTokens.Status, "azureADAuthenticationAsArmPolicy", body.ARMTokens); err != nil {
		return err
	}
	if t := body.Trust; t != nil {
		if err := status(&v.Trust.Status, "trustPolicy", &statusBody{t.Status}); err != nil {
			return err
		}
	}
	if r := body.Retention; r != nil {
		if r.Days != nil {
			v.Retention.Days = *r.Days
		}
		v.Retention.LastUpdatedTime = now
		if err := status(&v.Retention.Status, "retentionPolicy", &statusBody{r.Status}); err != nil {
			return err
		}
	}
	if d := body.SoftDelete; d != nil {
		if d.Days != nil {
			v.SoftDelete.RetentionDays = *d.Days
		}
		v.SoftDelete.LastUpdatedTime = now
		return status(&v.SoftDelete.Status, "softDeletePolicy", &statusBody{d.Status})
	}
	return nil
}
