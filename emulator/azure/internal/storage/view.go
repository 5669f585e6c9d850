package storage

import (
	"maps"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

func (s *service) view(res arm.Resource) *accountView {
	a := res.Value.(*account)
	tier, _, _ := strings.Cut(a.sku, "_")
	v := &accountView{
		SKU: skuView{a.sku, strings.TrimSuffix(tier, "V2")}, Kind: a.kind, ID: res.ID.String(), Name: res.Name, Type: accountType,
		Location: res.Location, Tags: res.Tags, Properties: a.properties(res),
	}
	if v.Tags == nil {
		v.Tags = map[string]string{}
	}
	if a.identity != nil {
		shown := *a.identity
		if p, ok := s.core.Directory.Identity(res.ID.String()); ok {
			shown.PrincipalID, shown.TenantID = p.ID, s.core.TenantID()
		}
		v.Identity = &shown
	}
	return v
}

// properties are an account's, with the defaults that Azure shows.
func (a *account) properties(res arm.Resource) map[string]any {
	enabled := map[string]any{"keyType": "Account", "enabled": true, "lastEnabledTime": a.created}
	all := map[string]any{
		"minimumTlsVersion": "TLS1_0", "allowBlobPublicAccess": false, "supportsHttpsTrafficOnly": true,
		"networkAcls": map[string]any{"bypass": "AzureServices", "virtualNetworkRules": []any{}, "ipRules": []any{}, "defaultAction": "Allow"},
		"encryption":  map[string]any{"services": map[string]any{"file": enabled, "blob": enabled}, "keySource": "Microsoft.Storage"},
	}
	if a.kind != "Storage" {
		all["accessTier"] = "Hot"
	}
	for name, value := range a.settings {
		for known := range all {
			if strings.EqualFold(known, name) {
				name = known
			}
		}
		all[name] = value
	}
	endpoints := map[string]string{}
	for _, name := range services {
		endpoints[name] = "https://" + res.Name + "." + name + Suffix + "/"
	}
	endpoints["web"] = strings.Replace(endpoints["web"], ".web.", ".z6.web.", 1)
	maps.Copy(all, map[string]any{
		"keyCreationTime":            map[string]any{keyNames[0]: a.keys[0].created, keyNames[1]: a.keys[1].created},
		"privateEndpointConnections": []any{}, "provisioningState": a.state, "creationTime": a.created,
		"primaryEndpoints": endpoints, "primaryLocation": res.Location, "statusOfPrimary": "available",
	})
	return all
}

func (s *service) get(r *arm.Request) (*arm.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	res, _, err := s.find(r)
	if err != nil {
		return nil, err
	}
	return &arm.Response{Body: s.view(res)}, nil
}

// list serves the lists of the subscription and of a resource group.
func (s *service) list(r *arm.Request) (*arm.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	views := []*accountView{}
	for _, res := range s.core.List(arm.Filter{Subscription: s.core.SubscriptionID(), ResourceGroup: r.Params["resourceGroupName"], Type: accountType}) {
		views = append(views, s.view(res))
	}
	page, err := arm.Paginate(r, views, 1000, func(v *accountView) string { return strings.ToLower(v.ID) })
	if err != nil {
		return nil, err
	}
	return &arm.Response{Body: page}, nil
}
