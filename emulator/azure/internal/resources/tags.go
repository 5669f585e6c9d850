package resources

import (
	"maps"
	"net/http"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// tagsView is Microsoft.Resources/tags.
type tagsView struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Type       string   `json:"type"`
	Properties tagsBody `json:"properties"`
}

type tagsBody struct {
	Tags map[string]string `json:"tags"`
}

func (s *service) registerTags() {
	const path = "/{scope}/providers/Microsoft.Resources/tags/default"
	s.core.Handle(arm.Operation{ID: "Tags_GetAtScope", Method: http.MethodGet, Path: path}, s.tagsAtScope)
	s.core.Handle(arm.Operation{ID: "Tags_CreateOrUpdateAtScope", Method: http.MethodPut, Path: path}, s.tagsAtScope)
	s.core.Handle(arm.Operation{ID: "Tags_UpdateAtScope", Method: http.MethodPatch, Path: path}, s.tagsAtScope)
	s.core.Handle(arm.Operation{ID: "Tags_DeleteAtScope", Method: http.MethodDelete, Path: path}, s.tagsAtScope)
}

// tagsAtScope reads or changes the tags of a resource group or resource.
func (s *service) tagsAtScope(r *arm.Request) (*arm.Response, error) {
	id := r.ResourceID().Scope()
	if id.ResourceGroup == "" {
		return nil, arm.NotYet("Tags of the scope '%s' are not served yet: only those of resource groups and resources are.", r.Params["scope"])
	}
	change := func(map[string]string) map[string]string { return nil } // DELETE
	switch r.Method {
	case http.MethodGet:
		change = nil
	case http.MethodPut, http.MethodPatch:
		var body struct {
			Operation  string   `json:"operation"`
			Properties tagsBody `json:"properties"`
		}
		if err := r.Decode(&body); err != nil {
			return nil, err
		}
		operation := "Replace"
		if r.Method == http.MethodPatch {
			operation = body.Operation
		}
		var err error
		if change, err = tagChange(operation, body.Properties.Tags); err != nil {
			return nil, err
		}
	}
	id, tags, err := s.changeTags(id, change)
	if err != nil {
		return nil, err
	}
	if r.Method == http.MethodDelete {
		return &arm.Response{}, nil
	}
	if tags == nil {
		tags = map[string]string{}
	}
	return &arm.Response{Body: tagsView{
		ID: id.String() + "/providers/Microsoft.Resources/tags/default", Name: "default", Type: "Microsoft.Resources/tags", Properties: tagsBody{tags},
	}}, nil
}

func tagChange(operation string, given map[string]string) (func(map[string]string) map[string]string, error) {
	switch strings.ToLower(operation) {
	case "replace":
		return func(map[string]string) map[string]string { return given }, nil
	case "merge":
		return func(tags map[string]string) map[string]string {
			merged := maps.Clone(tags)
			if merged == nil {
				merged = map[string]string{}
			}
			for name, value := range given {
				maps.DeleteFunc(merged, func(old, _ string) bool { return strings.EqualFold(old, name) })
				merged[name] = value
			}
			return merged
		}, nil
	case "delete":
		return func(tags map[string]string) map[string]string {
			left := maps.Clone(tags)
			for name, value := range given {
				maps.DeleteFunc(left, func(old, v string) bool { return strings.EqualFold(old, name) && v == value })
			}
			return left
		}, nil
	}
	return nil, arm.BadRequest("InvalidTagsPatchOperation", "The operation '%s' is not one of Merge, Replace and Delete.", operation)
}

// changeTags reads (change nil) or replaces the tags of a group or resource and tells the type's owner.
func (s *service) changeTags(id arm.ResourceID, change func(map[string]string) map[string]string) (arm.ResourceID, map[string]string, error) {
	if id.Namespace == "" {
		g, _, err := s.core.ChangeGroup(id.ResourceGroup, func(g *arm.Group, ok bool) error {
			if !ok {
				return arm.ResourceGroupNotFound(id.ResourceGroup)
			}
			if change == nil {
				return nil
			}
			g.Tags = maps.Clone(change(g.Tags))
			return arm.CheckTags(g.Tags)
		})
		return s.groupID(g.Name), g.Tags, err
	}
	var tags map[string]string
	var wrong error
	found := s.core.Update(id, func(r *arm.Resource) {
		id, tags = r.ID, r.Tags
		if change == nil {
			return
		}
		tags = change(maps.Clone(tags))
		if wrong = arm.CheckTags(tags); wrong == nil {
			r.Tags = maps.Clone(tags)
		}
	})
	if !found {
		return id, nil, arm.ResourceNotFound(id)
	}
	if t, _ := s.core.TypeOf(id.Type()); wrong == nil && change != nil && t.Tagged != nil {
		t.Tagged(id, maps.Clone(tags))
	}
	return id, tags, wrong
}
