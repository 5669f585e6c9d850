package bootstrap_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pacific-aci/pacific/armtemplate"
	"github.com/pacific-aci/pacific/bootstrap"
)

// useOwn makes a template of these resources the one that is deployed.
func (s *site) useOwn(resources string) {
	s.t.Helper()
	template, err := armtemplate.Parse([]byte(`{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
		"contentVersion":"1.0.0.0","resources":[` + resources + `]}`))
	if err != nil {
		s.t.Fatal(err)
	}
	s.use(bootstrap.Request{Template: template, TemplateName: "mine"})
}

// TestAnyOrderIsUnchanged: a template may have a child before its parent, and a role before the identity that gets it.
func TestAnyOrderIsUnchanged(t *testing.T) {
	const (
		network  = `{"type":"Microsoft.Network/virtualNetworks","apiVersion":"2023-11-01","name":"net","location":"northeurope","properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]}}}`
		subnet   = `{"type":"Microsoft.Network/virtualNetworks/subnets","apiVersion":"2023-11-01","name":"net/a","dependsOn":["net"],"properties":{"addressPrefix":"10.0.1.0/24"}}`
		identity = `{"type":"Microsoft.ManagedIdentity/userAssignedIdentities","apiVersion":"2023-01-31","name":"someone","location":"northeurope"}`
	)
	role := roleFor("[reference(resourceId('Microsoft.ManagedIdentity/userAssignedIdentities','someone'),'2023-01-31').principalId]")
	for name, resources := range map[string][]string{
		"a child first": {subnet, network}, "a role first": {role, identity}, "both last": {network, identity, subnet, role},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, nil)
				s.useOwn(strings.Join(resources, ","))
				s.must()
				s.unchanged()
			})
		})
	}
}
