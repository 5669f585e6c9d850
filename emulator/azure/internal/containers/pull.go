package containers

import (
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
)

// pullSpec is an image as the engine pulls it. An image of a registry in this Azure is asked for there, in process; where
// the group names an identity for that registry, as the identity.
func (g *group) pullSpec(image string) engine.PullSpec {
	spec := engine.PullSpec{Image: image, Credentials: g.credentials()}
	server := imageServer(image)
	if _, emulated := g.svc.core.Host(server); server != "" && emulated {
		spec.Registry = g.svc.core.Transport(g.puller(server))
	}
	return spec
}

// credentials are the registries' sign-ins with a password.
func (g *group) credentials() []engine.RegistryCredential {
	var list []engine.RegistryCredential
	for _, c := range g.definition().Properties.ImageRegistryCredentials {
		if c.Identity == "" {
			list = append(list, engine.RegistryCredential{Server: c.Server, Username: c.Username, Password: c.Password})
		}
	}
	return list
}

// puller is the identity that pulls from a registry; nil if a password does, or nobody.
func (g *group) puller(server string) *arm.Principal {
	for _, c := range g.definition().Properties.ImageRegistryCredentials {
		if c.Identity == "" || !strings.EqualFold(c.Server, server) {
			continue
		}
		for _, id := range g.identities() {
			if !id.SystemAssigned && strings.EqualFold(id.ResourceID, c.Identity) {
				return &arm.Principal{ObjectID: id.PrincipalID, AppID: id.ClientID, TenantID: g.svc.core.TenantID(), Name: id.ClientID}
			}
		}
	}
	return nil
}

// imageServer is the registry that an image names; empty if it names none, which means Docker Hub.
func imageServer(image string) string {
	server, _, ok := strings.Cut(image, "/")
	if !ok || !strings.ContainsAny(server, ".:") {
		return ""
	}
	return server
}
