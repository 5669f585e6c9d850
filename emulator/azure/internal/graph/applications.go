package graph

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/directory"
)

// audiences are the values of signInAudience.
var audiences = []string{"AzureADMyOrg", "AzureADMultipleOrgs", personalAudience, "PersonalMicrosoftAccount"}

const personalAudience = "AzureADandPersonalMicrosoftAccount"

// applicationDefaults are the properties of an application that clients may set and that are only kept, with the values
// of a new one (learn.microsoft.com/graph/api/resources/application).
var applicationDefaults = object{
	"addIns": []any{}, "appRoles": []any{}, "defaultRedirectUri": nil, "description": nil, "groupMembershipClaims": nil,
	"isDeviceOnlyAuthSupported": nil, "isFallbackPublicClient": nil, "notes": nil, "optionalClaims": nil, "requiredResourceAccess": []any{},
	"samlMetadataUrl": nil, "serviceManagementReference": nil, "servicePrincipalLockConfiguration": nil, "tags": []any{}, "tokenEncryptionKeyId": nil,
	"uniqueName": nil,
	"api": object{
		"acceptMappedClaims": nil, "knownClientApplications": []any{}, "requestedAccessTokenVersion": nil,
		"oauth2PermissionScopes": []any{}, "preAuthorizedApplications": []any{},
	},
	"info": object{
		"logoUrl": nil, "marketingUrl": nil, "privacyStatementUrl": nil, "supportUrl": nil, "termsOfServiceUrl": nil,
	},
	"parentalControlSettings": object{"countriesBlockedForMinors": []any{}, "legalAgeGroupRule": "Allow"},
	"publicClient":            object{"redirectUris": []any{}},
	"spa":                     object{"redirectUris": []any{}},
	"web": object{
		"homePageUrl": nil, "logoutUrl": nil, "redirectUris": []any{}, "redirectUriSettings": []any{},
		"implicitGrantSettings": object{"enableAccessTokenIssuance": false, "enableIdTokenIssuance": false},
	},
}

// applicationReadOnly are the properties that clients cannot set.
var applicationReadOnly = []string{
	"id", "appId", "applicationTemplateId", "createdDateTime", "deletedDateTime", "disabledByMicrosoftStatus", "publisherDomain", "verifiedPublisher", "certification",
}

// viewApplication is an application in JSON.
func (s *service) viewApplication(a directory.Application) object {
	o := maps.Clone(applicationDefaults)
	maps.Copy(o, a.More)
	maps.Copy(o, object{
		"id": a.ID, "deletedDateTime": nil, "appId": a.AppID, "applicationTemplateId": nil, "disabledByMicrosoftStatus": nil,
		"createdDateTime": timestamp(a.Created), "displayName": a.DisplayName, "identifierUris": append([]string{}, a.IdentifierURIs...),
		"publisherDomain": "emulated.onmicrosoft.com", "signInAudience": a.Audience, "certification": nil,
		"verifiedPublisher":   object{"displayName": nil, "verifiedPublisherId": nil, "addedDateTime": nil},
		"passwordCredentials": viewPasswords(a.Passwords), "keyCredentials": viewKeys(a.Keys),
	})
	return o
}

// object finds what the path names: an application or a service principal.
func (s *service) object(c *call) (object, error) {
	if c.collection == "serviceprincipals" {
		p, err := s.principal(c)
		return s.viewPrincipal(p), err
	}
	a, err := s.application(c)
	return s.viewApplication(a), err
}

// application finds the application that the path names.
func (s *service) application(c *call) (directory.Application, error) {
	var a directory.Application
	var ok bool
	switch c.key {
	case "":
		a, ok = s.directory.Application(c.id)
	case "appid":
		a, ok = s.directory.ApplicationOf(c.id)
	case "uniquename":
		a, ok = s.uniquelyNamed(c.id)
	}
	if !ok {
		return a, notFound(c.id)
	}
	return a, nil
}

// uniquelyNamed finds the application with a uniqueName.
func (s *service) uniquelyNamed(name string) (directory.Application, bool) {
	all := s.directory.Applications()
	i := slices.IndexFunc(all, func(a directory.Application) bool { return a.More["uniqueName"] == name })
	if i < 0 {
		return directory.Application{}, false
	}
	return all[i], true
}

func (s *service) listApplications(c *call) (reply, error) {
	var all []object
	for _, a := range s.directory.Applications() {
		all = append(all, s.viewApplication(a))
	}
	return c.page(all, "applications")
}

func (s *service) getApplication(c *call) (reply, error) {
	a, err := s.application(c)
	if err != nil {
		return reply{}, err
	}
	return c.single(http.StatusOK, s.viewApplication(a), "applications"), nil
}

func (s *service) createApplication(c *call) (reply, error) {
	body, err := c.decode()
	if err != nil {
		return reply{}, err
	}
	return s.create(c, body, directory.Application{Audience: "AzureADMyOrg"})
}

// create registers an application from a body; begun has what else it is to have.
func (s *service) create(c *call, body fields, begun directory.Application) (reply, error) {
	if err := s.setApplication(&begun, body, true); err != nil {
		return reply{}, err
	}
	if begun.DisplayName == "" {
		return reply{}, badRequest("A value is required for property 'displayName' of resource 'Application'.")
	}
	a := s.directory.Add(begun)
	o := s.viewApplication(a)
	o["passwordCredentials"] = shownOnce(a.Passwords)
	return c.single(http.StatusCreated, o, "applications"), nil
}

// updateApplication changes an application. With Prefer: create-if-missing it creates one with the unique name of the path
// that is not there.
func (s *service) updateApplication(c *call) (reply, error) {
	body, err := c.decode()
	if err != nil {
		return reply{}, err
	}
	if c.key == "uniquename" && strings.EqualFold(c.Header.Get("Prefer"), "create-if-missing") {
		s.upserts.Lock()
		defer s.upserts.Unlock()
		if _, there := s.uniquelyNamed(c.id); !there {
			return s.create(c, body, directory.Application{Audience: "AzureADMyOrg", More: object{"uniqueName": c.id}})
		}
	}
	a, err := s.application(c)
	if err != nil {
		return reply{}, err
	}
	found, err := s.directory.Change(a.ID, func(a *directory.Application) error { return s.setApplication(a, body, false) })
	if err == nil && !found {
		err = notFound(c.id)
	}
	return reply{status: http.StatusNoContent}, err
}

// setApplication lays the fields of a body over an application. It must not ask the directory.
func (s *service) setApplication(a *directory.Application, body fields, isNew bool) error {
	for name, value := range body {
		var err error
		switch _, kept := applicationDefaults[name]; {
		case strings.HasPrefix(name, "@odata."):
		case name == "displayName":
			err = value.text(name, 256, &a.DisplayName)
		case name == "signInAudience":
			err = value.oneOf(name, audiences, &a.Audience)
		case name == "identifierUris":
			err = value.texts(name, &a.IdentifierURIs)
		case name == "passwordCredentials":
			a.Passwords, err = setPasswords(value, a.Passwords, isNew)
		case name == "keyCredentials":
			a.Keys, err = setKeys(value, a.Keys)
		case name == "uniqueName", slices.Contains(applicationReadOnly, name):
			err = badRequest("Property '%s' is read-only and cannot be set.", name)
		case !kept:
			err = badRequest("Invalid property '%s'.", name)
		default:
			a.More, err = value.keep(name, a.More)
		}
		if err != nil {
			return err
		}
	}
	return checkPasswordCount(a.Passwords, a.Audience)
}

func (s *service) deleteApplication(c *call) (reply, error) {
	a, err := s.application(c)
	if err == nil && !s.directory.Delete(a.ID) {
		err = notFound(c.id)
	}
	return reply{status: http.StatusNoContent}, err
}
