package containers

import (
	"maps"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// identity checks the form of the managed identities; whether they exist is checked elsewhere.
func (c *checker) identity() error {
	id := c.body.Identity
	if id == nil {
		return nil
	}
	id.Type = strings.ReplaceAll(id.Type, " ", "")
	var ok bool
	if id.Type, ok = arm.OneOf(id.Type, "None", "SystemAssigned", "UserAssigned", "SystemAssigned,UserAssigned"); !ok {
		return c.bad("InvalidIdentityType", "The identity type '%s' of container group '%s' is invalid. The value must be one of 'SystemAssigned', 'UserAssigned', 'SystemAssigned, UserAssigned' and 'None'.", id.Type, c.group)
	}
	if id.Type == "None" {
		id.Type = ""
	}
	user := strings.Contains(id.Type, "UserAssigned")
	if user != (len(id.UserAssignedIdentities) > 0) {
		return c.bad("InvalidUserAssignedIdentities", "The 'userAssignedIdentities' of container group '%s' must name at least one identity if, and only if, the identity type says 'UserAssigned'.", c.group)
	}
	for _, s := range slices.Sorted(maps.Keys(id.UserAssignedIdentities)) {
		if !validIdentityID(s) {
			return c.bad("LinkedInvalidPropertyId", "Property id '%s' at path 'identity.userAssignedIdentities' is invalid. Expect fully qualified resource Id that start with '/subscriptions/{subscriptionId}' or '/providers/{resourceProviderNamespace}/'.", s)
		}
	}
	id.Type = strings.ReplaceAll(id.Type, ",", ", ")
	if id.Type == "" {
		c.body.Identity = nil
	}
	return nil
}

func validIdentityID(s string) bool {
	id, err := arm.ParseResourceID(s)
	return err == nil && id.ResourceGroup != "" && id.On == nil && strings.EqualFold(id.Type(), "Microsoft.ManagedIdentity/userAssignedIdentities")
}

func (c *checker) registries() error {
	creds := c.props.ImageRegistryCredentials
	if len(creds) > len(c.props.Containers)+len(c.props.InitContainers) {
		return c.bad("MoreImageRegistryCredentialsThanContainers", "More image registry credentials provided than containers in container group '%s'.", c.group)
	}
	servers := map[string]bool{}
	for _, cred := range creds {
		if !validServer(cred.Server) {
			return c.bad("InvalidImageRegistryServer", "The server '%s' in the 'imageRegistryCredentials' of container group '%s' is invalid. It should be a valid host name without protocol.", cred.Server, c.group)
		}
		server := strings.ToLower(cred.Server)
		if servers[server] {
			return c.bad("DuplicateImageRegistryCredentialServer", "The server '%s' is used more than once in the 'imageRegistryCredentials' of container group '%s'.", cred.Server, c.group)
		}
		servers[server] = true
		if err := c.registry(cred); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) registry(cred registryCredential) error {
	if cred.PasswordReference != "" {
		return c.notYet("a passwordReference for registry '" + cred.Server + "'")
	}
	if cred.Identity != "" || cred.IdentityURL != "" {
		if !c.hasIdentity(cred.Identity) {
			return c.bad("InvalidImageRegistryIdentity", "The identity in the 'imageRegistryCredentials' of container group '%s' not found in container group identity list", c.group)
		}
		return nil
	}
	if cred.Username == "" || cred.Password == "" {
		return c.bad("InvalidImageRegistryCredential", "The 'username' and 'password' for server '%s' in the 'imageRegistryCredentials' of container group '%s' are required.", cred.Server, c.group)
	}
	return nil
}

func (c *checker) hasIdentity(id string) bool {
	if c.body.Identity == nil {
		return false
	}
	for own := range c.body.Identity.UserAssignedIdentities {
		if strings.EqualFold(own, id) {
			return true
		}
	}
	return false
}
