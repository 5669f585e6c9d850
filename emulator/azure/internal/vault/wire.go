package vault

import (
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// vaultBody is what a client may say of a vault. Pointers and slices are nil for what it does not say.
type vaultBody struct {
	Location   string             `json:"location"`
	Tags       *map[string]string `json:"tags"`
	Properties *propertiesBody    `json:"properties"`
}

type propertiesBody struct {
	TenantID                     string          `json:"tenantId"`
	SKU                          *skuView        `json:"sku"`
	AccessPolicies               *[]accessPolicy `json:"accessPolicies"`
	EnabledForDeployment         *bool           `json:"enabledForDeployment"`
	EnabledForDiskEncryption     *bool           `json:"enabledForDiskEncryption"`
	EnabledForTemplateDeployment *bool           `json:"enabledForTemplateDeployment"`
	EnableSoftDelete             *bool           `json:"enableSoftDelete"`
	SoftDeleteRetentionInDays    *int            `json:"softDeleteRetentionInDays"`
	EnableRbacAuthorization      *bool           `json:"enableRbacAuthorization"`
	EnablePurgeProtection        *bool           `json:"enablePurgeProtection"`
	CreateMode                   string          `json:"createMode"`
	NetworkACLs                  *networkACLs    `json:"networkAcls"`
	PublicNetworkAccess          string          `json:"publicNetworkAccess"`
}

type skuView struct {
	Family string `json:"family"`
	Name   string `json:"name"`
}

// networkACLs are kept and given back; nothing here is closed by them.
type networkACLs struct {
	Bypass              string        `json:"bypass"`
	DefaultAction       string        `json:"defaultAction"`
	IPRules             []ipRule      `json:"ipRules"`
	VirtualNetworkRules []networkRule `json:"virtualNetworkRules"`
}

type ipRule struct {
	Value string `json:"value"`
}

type networkRule struct {
	ID                               string `json:"id"`
	IgnoreMissingVnetServiceEndpoint *bool  `json:"ignoreMissingVnetServiceEndpoint,omitempty"`
}

// vaultView is a vault on the wire, with the members that it was recorded with.
type vaultView struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Type       string            `json:"type"`
	Location   string            `json:"location"`
	Tags       map[string]string `json:"tags"`
	SystemData systemData        `json:"systemData"`
	Properties propertiesView    `json:"properties"`
}

type systemData struct {
	CreatedBy          string    `json:"createdBy"`
	CreatedByType      string    `json:"createdByType"`
	CreatedAt          time.Time `json:"createdAt"`
	LastModifiedBy     string    `json:"lastModifiedBy"`
	LastModifiedByType string    `json:"lastModifiedByType"`
	LastModifiedAt     time.Time `json:"lastModifiedAt"`
}

type propertiesView struct {
	SKU                          skuView        `json:"sku"`
	TenantID                     string         `json:"tenantId"`
	NetworkACLs                  *networkACLs   `json:"networkAcls,omitempty"`
	AccessPolicies               []accessPolicy `json:"accessPolicies"`
	EnabledForDeployment         bool           `json:"enabledForDeployment"`
	EnabledForDiskEncryption     *bool          `json:"enabledForDiskEncryption,omitempty"`
	EnabledForTemplateDeployment *bool          `json:"enabledForTemplateDeployment,omitempty"`
	EnableSoftDelete             bool           `json:"enableSoftDelete"`
	SoftDeleteRetentionInDays    int            `json:"softDeleteRetentionInDays"`
	EnableRbacAuthorization      bool           `json:"enableRbacAuthorization"`
	EnablePurgeProtection        bool           `json:"enablePurgeProtection,omitempty"`
	VaultURI                     string         `json:"vaultUri"`
	ProvisioningState            string         `json:"provisioningState"`
	PublicNetworkAccess          string         `json:"publicNetworkAccess"`
}

// view shows a vault with its tags, an empty object if there are none. It is called with mu held.
func (s *Service) view(v *vault, tags map[string]string) *vaultView {
	set := v.settings
	return &vaultView{
		ID: v.id.String(), Name: v.id.Name(), Type: vaultType, Location: v.location, Tags: shown(tags),
		SystemData: systemData{
			CreatedBy: v.createdBy, CreatedByType: "Application", CreatedAt: v.created,
			LastModifiedBy: set.changedBy, LastModifiedByType: "Application", LastModifiedAt: set.changed,
		},
		Properties: propertiesView{
			SKU: skuView{Family: "A", Name: set.sku}, TenantID: s.core.TenantID(), NetworkACLs: set.network, AccessPolicies: append([]accessPolicy{}, set.policies...),
			EnabledForDeployment: set.deployment, EnabledForDiskEncryption: set.diskEncryption, EnabledForTemplateDeployment: set.templateDeployment,
			EnableSoftDelete: true, SoftDeleteRetentionInDays: set.retention, EnableRbacAuthorization: set.rbac, EnablePurgeProtection: set.purgeProtection,
			VaultURI: v.uri(), ProvisioningState: v.state, PublicNetworkAccess: set.publicAccess,
		},
	}
}

// shown is never nil, so that JSON has {} and not null.
func shown(tags map[string]string) map[string]string {
	if tags == nil {
		return map[string]string{}
	}
	return tags
}

// deletedView is a deleted vault on the wire.
type deletedView struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Type       string            `json:"type"`
	Properties deletedProperties `json:"properties"`
}

type deletedProperties struct {
	VaultID                string            `json:"vaultId"`
	Location               string            `json:"location"`
	Tags                   map[string]string `json:"tags"`
	DeletionDate           string            `json:"deletionDate"`
	ScheduledPurgeDate     string            `json:"scheduledPurgeDate"`
	PurgeProtectionEnabled bool              `json:"purgeProtectionEnabled,omitempty"`
}

func (s *Service) deletedID(v *vault) arm.ResourceID {
	scope := arm.ResourceID{Subscription: s.core.SubscriptionID()}
	return scope.Resource(namespace, "locations", v.location).Child("deletedVaults", v.id.Name())
}

func (s *Service) deletedView(v *vault) deletedView {
	whole := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	return deletedView{ID: s.deletedID(v).String(), Name: v.id.Name(), Type: deletedType, Properties: deletedProperties{
		VaultID: v.id.String(), Location: v.location, Tags: shown(v.deletion.tags), DeletionDate: whole(v.deletion.at),
		ScheduledPurgeDate: whole(v.deletion.purge), PurgeProtectionEnabled: v.settings.purgeProtection,
	}}
}
