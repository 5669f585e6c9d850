package graph

import (
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/emulator/azure/internal/directory"
)

// principalDefaults are the properties of a service principal that clients may set and that are only kept, with the
// values of a new one (learn.microsoft.com/graph/api/resources/serviceprincipal).
var principalDefaults = object{
	"addIns": []any{}, "appRoleAssignmentRequired": false, "description": nil, "homepage": nil, "loginUrl": nil, "logoutUrl": nil, "notes": nil,
	"notificationEmailAddresses": []any{}, "preferredSingleSignOnMode": nil, "preferredTokenSigningKeyThumbprint": nil, "replyUrls": []any{},
	"samlSingleSignOnSettings": nil, "tags": []any{}, "tokenEncryptionKeyId": nil,
}

// principalReadOnly are the properties that clients cannot set.
var principalReadOnly = []string{
	"id", "appId", "appDescription", "appDisplayName", "appOwnerOrganizationId", "applicationTemplateId", "createdDateTime", "deletedDateTime",
	"disabledByMicrosoftStatus", "servicePrincipalNames", "servicePrincipalType", "signInAudience", "alternativeNames", "displayName", "verifiedPublisher",
}

// viewPrincipal is a service principal in JSON.
func (s *service) viewPrincipal(p directory.Principal) object {
	o := maps.Clone(principalDefaults)
	maps.Copy(o, p.More)
	kind, name, audience := "Application", p.DisplayName, any(nil)
	names, alternatives := []string{p.AppID}, []string{}
	if a, ok := s.directory.ApplicationOf(p.AppID); ok {
		name, audience, names = a.DisplayName, a.Audience, append(names, a.IdentifierURIs...)
	}
	if p.Managed() {
		kind = "ManagedIdentity"
		sum := sha256.Sum256([]byte(p.ID))
		names = append(names, "https://identity.azure.net/"+base64.StdEncoding.EncodeToString(sum[:]))
		explicit := strconv.FormatBool(p.UserAssigned)
		alternatives = []string{"isExplicit=" + strings.ToUpper(explicit[:1]) + explicit[1:], p.ResourceID}
	}
	maps.Copy(o, object{
		"id": p.ID, "deletedDateTime": nil, "accountEnabled": !p.Disabled, "alternativeNames": alternatives, "appDescription": nil, "appDisplayName": name,
		"appId": p.AppID, "applicationTemplateId": nil, "appOwnerOrganizationId": s.core.TenantID(), "createdDateTime": timestamp(p.Created),
		"disabledByMicrosoftStatus": nil, "displayName": name, "servicePrincipalNames": names, "servicePrincipalType": kind, "signInAudience": audience,
		"appRoles": []any{}, "oauth2PermissionScopes": []any{}, "resourceSpecificApplicationPermissions": []any{},
		"info":                object{"logoUrl": nil, "marketingUrl": nil, "privacyStatementUrl": nil, "supportUrl": nil, "termsOfServiceUrl": nil},
		"verifiedPublisher":   object{"displayName": nil, "verifiedPublisherId": nil, "addedDateTime": nil},
		"passwordCredentials": viewPasswords(p.Passwords), "keyCredentials": viewKeys(p.Keys),
	})
	return o
}

// principal finds the service principal that the path names.
func (s *service) principal(c *call) (directory.Principal, error) {
	var p directory.Principal
	var ok bool
	switch c.key {
	case "":
		p, ok = s.directory.Principal(c.id)
	case "appid":
		p, ok = s.directory.PrincipalOf(c.id)
	}
	if !ok {
		return p, notFound(c.id)
	}
	return p, nil
}

func (s *service) listPrincipals(c *call) (reply, error) {
	var all []object
	for _, p := range s.directory.Principals() {
		all = append(all, s.viewPrincipal(p))
	}
	return c.page(all, "servicePrincipals")
}

func (s *service) getPrincipal(c *call) (reply, error) {
	p, err := s.principal(c)
	if err != nil {
		return reply{}, err
	}
	return c.single(http.StatusOK, s.viewPrincipal(p), "servicePrincipals"), nil
}

// createPrincipal makes the service principal of an application of this tenant: there are no others here.
func (s *service) createPrincipal(c *call) (reply, error) {
	body, err := c.decode()
	if err != nil {
		return reply{}, err
	}
	var appID string
	if value, ok := body["appId"]; !ok || value.into("appId", &appID) != nil || uuid.Validate(appID) != nil {
		return reply{}, badRequest("Invalid value specified for property 'appId' of resource 'ServicePrincipal'.")
	}
	delete(body, "appId")
	a, ok := s.directory.ApplicationOf(appID)
	if !ok || !s.directory.Settled(a.Created) {
		return reply{}, refuse(http.StatusBadRequest, "NoBackingApplicationObject",
			"The appId '%s' of the service principal does not reference a valid application object.", appID)
	}
	p := directory.Principal{AppID: a.AppID, DisplayName: a.DisplayName}
	if err := s.setPrincipal(&p, body); err != nil {
		return reply{}, err
	}
	p, isNew := s.directory.AddPrincipal(p)
	if !isNew {
		return reply{}, refuse(http.StatusConflict, "Request_MultipleObjectsWithSameKeyValue",
			"The service principal cannot be created, updated, or restored because the service principal name %s is already in use.", appID)
	}
	return c.single(http.StatusCreated, s.viewPrincipal(p), "servicePrincipals"), nil
}

func (s *service) updatePrincipal(c *call) (reply, error) {
	body, err := c.decode()
	if err != nil {
		return reply{}, err
	}
	p, err := s.principal(c)
	if err != nil {
		return reply{}, err
	}
	found, err := s.directory.ChangePrincipal(p.ID, func(p *directory.Principal) error { return s.setPrincipal(p, body) })
	if err == nil && !found {
		err = notFound(c.id)
	}
	return reply{status: http.StatusNoContent}, err
}

// setPrincipal lays the fields of a body over a service principal. It must not ask the directory.
func (s *service) setPrincipal(p *directory.Principal, body fields) error {
	for name, value := range body {
		var err error
		switch _, kept := principalDefaults[name]; {
		case strings.HasPrefix(name, "@odata."):
		case name == "accountEnabled":
			var enabled *bool
			if err = value.into(name, &enabled); err == nil && enabled == nil {
				err = badRequest("Invalid value specified for property '%s' of the resource.", name)
			}
			p.Disabled = enabled == nil || !*enabled
		case name == "passwordCredentials":
			p.Passwords, err = setPasswords(value, p.Passwords, false)
		case name == "keyCredentials":
			p.Keys, err = setKeys(value, p.Keys)
		case slices.Contains(principalReadOnly, name):
			err = badRequest("Property '%s' is read-only and cannot be set.", name)
		case !kept:
			err = badRequest("Invalid property '%s'.", name)
		default:
			p.More, err = value.keep(name, p.More)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// deletePrincipal removes a service principal; that of a managed identity goes with its resource alone.
func (s *service) deletePrincipal(c *call) (reply, error) {
	p, err := s.principal(c)
	switch {
	case err != nil:
	case p.Managed():
		err = refuse(http.StatusForbidden, "Authorization_RequestDenied", "The service principal of a managed identity is deleted with its resource.")
	case !s.directory.DeletePrincipal(p.ID):
		err = notFound(c.id)
	}
	return reply{status: http.StatusNoContent}, err
}
