package graph

import (
	"net/http"
	"slices"
	"strings"
)

// maxIDs is how many objects can be asked for at once (learn.microsoft.com/graph/api/directoryobject-getbyids).
const maxIDs = 1000

// The types of objects.
const (
	applicationType = "#microsoft.graph.application"
	principalType   = "#microsoft.graph.servicePrincipal"
)

// lookUp finds an object of any type by its id.
func (s *service) lookUp(id string) (object, bool) {
	if p, ok := s.directory.Principal(id); ok {
		o := s.viewPrincipal(p)
		o["@odata.type"] = principalType
		return o, true
	}
	if a, ok := s.directory.Application(id); ok {
		o := s.viewApplication(a)
		o["@odata.type"] = applicationType
		return o, true
	}
	return nil, false
}

// getByIDs answers with those of the objects that are there. Types narrow them; none are all.
func (s *service) getByIDs(c *call) (reply, error) {
	if !strings.EqualFold(strings.TrimPrefix(c.id, "microsoft.graph."), "getByIds") {
		return reply{}, refuse(http.StatusBadRequest, "BadRequest", "Resource not found for the segment '%s'.", c.id)
	}
	body, err := c.decode()
	if err != nil {
		return reply{}, err
	}
	var ids, types []string
	if err := body["ids"].into("ids", &ids); err != nil {
		return reply{}, err
	}
	if value, ok := body["types"]; ok {
		if err := value.into("types", &types); err != nil {
			return reply{}, err
		}
	}
	if len(ids) > maxIDs {
		return reply{}, badRequest("The number of ids, %d, is over the limit of %d.", len(ids), maxIDs)
	}
	value := []object{}
	for _, id := range ids {
		o, ok := s.lookUp(id)
		if !ok {
			continue
		}
		kind, _ := o["@odata.type"].(string)
		wanted := func(t string) bool {
			return strings.EqualFold(t, "directoryObject") || strings.EqualFold("#microsoft.graph."+t, kind)
		}
		if len(types) == 0 || slices.ContainsFunc(types, wanted) {
			value = append(value, o)
		}
	}
	return reply{http.StatusOK, object{"@odata.context": c.context("directoryObjects"), "value": value}}, nil
}

func (s *service) getObject(c *call) (reply, error) {
	o, ok := s.lookUp(c.id)
	if !ok || c.key != "" {
		return reply{}, notFound(c.id)
	}
	return c.single(http.StatusOK, o, "directoryObjects"), nil
}

// getMe is for users, of whom there are none here.
func (s *service) getMe(*call) (reply, error) {
	return reply{}, refuse(http.StatusBadRequest, "BadRequest", "/me request is only valid with delegated authentication flow.")
}

// listOrganizations shows the tenant.
func (s *service) listOrganizations(c *call) (reply, error) {
	return c.page([]object{{
		"id": s.core.TenantID(), "deletedDateTime": nil, "displayName": "Emulated tenant", "countryLetterCode": "US", "tenantType": "AAD",
		"createdDateTime": "2020-01-01T00:00:00Z", "assignedPlans": []any{}, "provisionedPlans": []any{}, "businessPhones": []any{},
		"verifiedDomains": []object{{"capabilities": "Email, OfficeCommunicationsOnline", "isDefault": true, "isInitial": true, "name": "emulated.onmicrosoft.com", "type": "Managed"}},
	}}, "organization")
}
