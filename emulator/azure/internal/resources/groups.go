package resources

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// groupView is a resource group on the wire.
type groupView struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Type       string            `json:"type"`
	Location   string            `json:"location"`
	ManagedBy  string            `json:"managedBy,omitempty"`
	Tags       map[string]string `json:"tags,omitzero"`
	Properties stateView         `json:"properties"`
}

// stateView is the properties of a resource group on the wire.
type stateView struct {
	ProvisioningState string `json:"provisioningState"`
}

// groupBody is a resource group as a client sends it. Tags is a pointer because a PATCH without tags
// keeps them, while one with an empty object removes them.
type groupBody struct {
	Location  string             `json:"location"`
	ManagedBy string             `json:"managedBy"`
	Tags      *map[string]string `json:"tags"`
}

func (s *service) groupID(name string) arm.ResourceID {
	return arm.ResourceID{Subscription: s.core.SubscriptionID(), ResourceGroup: name}
}

func (s *service) viewGroup(g arm.Group) groupView {
	state := arm.Succeeded
	if g.Deleting {
		state = "Deleting"
	}
	id := s.groupID(g.Name)
	return groupView{
		ID: id.String(), Name: g.Name, Type: id.Type(), Location: g.Location,
		ManagedBy: g.ManagedBy, Tags: g.Tags, Properties: stateView{state},
	}
}

func (s *service) registerGroups() {
	const one, all = "/subscriptions/{subscriptionId}/resourcegroups/{resourceGroupName}", "/subscriptions/{subscriptionId}/resourcegroups"
	s.core.Handle(arm.Operation{ID: "ResourceGroups_CreateOrUpdate", Method: http.MethodPut, Path: one}, s.putGroup)
	s.core.Handle(arm.Operation{ID: "ResourceGroups_Get", Method: http.MethodGet, Path: one}, s.getGroup)
	s.core.Handle(arm.Operation{ID: "ResourceGroups_CheckExistence", Method: http.MethodHead, Path: one}, s.headGroup)
	s.core.Handle(arm.Operation{ID: "ResourceGroups_Update", Method: http.MethodPatch, Path: one}, s.patchGroup)
	s.core.Handle(arm.Operation{ID: "ResourceGroups_Delete", Method: http.MethodDelete, Path: one}, s.deleteGroup)
	s.core.Handle(arm.Operation{ID: "ResourceGroups_List", Method: http.MethodGet, Path: all, PerItem: true}, s.listGroups)
}

// putGroup creates a resource group (201) or replaces its tags (200). Its location cannot change.
func (s *service) putGroup(r *arm.Request) (*arm.Response, error) {
	name := r.Params["resourceGroupName"]
	if err := checkGroupName(name); err != nil {
		return nil, err
	}
	var body groupBody
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	location, err := s.groupLocation(body.Location)
	if err != nil {
		return nil, err
	}
	var tags map[string]string
	if body.Tags != nil {
		tags = *body.Tags
	}
	if err := arm.CheckTags(tags); err != nil {
		return nil, err
	}
	g, created, err := s.core.ChangeGroup(name, func(g *arm.Group, ok bool) error {
		switch {
		case ok && g.Deleting:
			return arm.ResourceGroupBeingDeleted(g.Name)
		case ok && g.Location != location:
			return arm.Conflict("InvalidResourceGroupLocation",
				"Invalid resource group location '%s'. The Resource group already exists in location '%s'.", body.Location, g.Location)
		case !ok:
			g.Name = name
		}
		g.Location, g.Tags, g.ManagedBy = location, tags, body.ManagedBy
		return nil
	})
	if err != nil {
		return nil, err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return &arm.Response{Status: status, Body: s.viewGroup(g)}, nil
}

// groupLocation checks a location and gives it in Azure's short form.
func (s *service) groupLocation(location string) (string, error) {
	if strings.TrimSpace(location) == "" {
		return "", arm.LocationRequired()
	}
	regions := s.core.Faults.Settings().Regions
	short := arm.NormalLocation(location)
	if !slices.Contains(regions, short) {
		return "", arm.BadRequest("LocationNotAvailableForResourceGroup",
			"The provided location '%s' is not available for resource group. List of available regions is '%s'.", location, strings.Join(regions, ","))
	}
	return short, nil
}

func (s *service) getGroup(r *arm.Request) (*arm.Response, error) {
	g, ok := s.core.Group(r.Params["resourceGroupName"])
	if !ok {
		return nil, arm.ResourceGroupNotFound(r.Params["resourceGroupName"])
	}
	return &arm.Response{Body: s.viewGroup(g)}, nil
}

// headGroup answers 204 or 404, for CheckExistence.
func (s *service) headGroup(r *arm.Request) (*arm.Response, error) {
	if _, ok := s.core.Group(r.Params["resourceGroupName"]); !ok {
		return nil, arm.ResourceGroupNotFound(r.Params["resourceGroupName"])
	}
	return &arm.Response{Status: http.StatusNoContent}, nil
}

// patchGroup changes what the body names: tags and managedBy. Everything else of a group is fixed.
func (s *service) patchGroup(r *arm.Request) (*arm.Response, error) {
	name := r.Params["resourceGroupName"]
	var body groupBody
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if body.Tags != nil {
		if err := arm.CheckTags(*body.Tags); err != nil {
			return nil, err
		}
	}
	g, _, err := s.core.ChangeGroup(name, func(g *arm.Group, ok bool) error {
		if !ok {
			return arm.ResourceGroupNotFound(name)
		}
		if g.Deleting {
			return arm.ResourceGroupBeingDeleted(g.Name)
		}
		if body.Tags != nil {
			g.Tags = *body.Tags
		}
		if body.ManagedBy != "" {
			g.ManagedBy = body.ManagedBy
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &arm.Response{Body: s.viewGroup(g)}, nil
}

// deleteGroup answers at once and deletes the group's resources in the background, then the group. A second DELETE waits
// for the same end.
func (s *service) deleteGroup(r *arm.Request) (*arm.Response, error) {
	empty, err := s.core.DeleteGroup(r.Params["resourceGroupName"])
	if err != nil {
		return nil, err
	}
	op := s.core.StartOperation(r, arm.OperationSpec{
		Style: arm.Location, Final: &arm.Response{Status: http.StatusOK},
		Work: func(ctx context.Context, _ *arm.AsyncOperation) error { return empty(ctx) },
	})
	return &arm.Response{Status: http.StatusAccepted, Header: op.Header()}, nil
}

// listGroups lists the groups that match $filter and that the caller may read.
func (s *service) listGroups(r *arm.Request) (*arm.Response, error) {
	filter, err := parseFilter(r.URL.Query().Get("$filter"), "tagName", "tagValue", "name", "location")
	if err != nil {
		return nil, err
	}
	views := []groupView{}
	for _, g := range s.core.Groups() {
		if filter.holds(filterItem{tags: g.Tags, fields: map[string]string{"name": g.Name, "location": g.Location}}) &&
			s.readable(r, s.groupID(g.Name)) {
			views = append(views, s.viewGroup(g))
		}
	}
	page, err := arm.Paginate(r, views, pageSize, func(v groupView) string { return strings.ToLower(v.Name) })
	if err != nil {
		return nil, err
	}
	return &arm.Response{Body: page}, nil
}

// checkGroupName checks Azure's naming rule: 1 to 90 letters and digits of any language,
// - . _ ( ), and no period at the end
// (learn.microsoft.com, azure-resource-manager/management/resource-name-rules).
func checkGroupName(name string) error {
	if n := len([]rune(name)); n > 90 {
		return arm.BadRequest("InvalidParameter", "%s", fmt.Sprintf("The entity name 'resourceGroupName' is invalid: it has %d characters, and at most 90 are allowed.", n))
	}
	var invalid []string
	for _, char := range name {
		if !unicode.IsLetter(char) && !unicode.IsDigit(char) && !strings.ContainsRune("-._()", char) && !slices.Contains(invalid, string(char)) {
			invalid = append(invalid, string(char))
		}
	}
	if len(invalid) == 0 && strings.HasSuffix(name, ".") {
		invalid = []string{"."}
	}
	if len(invalid) > 0 {
		return arm.BadRequest("InvalidResourceGroup",
			"The provided resource group name '%s' has these invalid characters: '%s'. The name can only be a letter, digit, '-', '.', '(', ')' or '_' and must not end with '.'.",
			name, strings.Join(invalid, ""))
	}
	return nil
}
