package arm

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Azure's limits for tags
// (learn.microsoft.com, azure-resource-manager/management/tag-resources, Limitations).
const (
	maxTags     = 50
	maxTagName  = 512
	maxTagValue = 256
)

// CheckTags holds Azure's rules for the tags of a resource or resource group: at most 50,
// names of 1 to 512 characters without <>%&\?/ and without the prefixes microsoft, azure and
// windows, values of at most 256. The error is an *Error, 400, that names the tag.
func CheckTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return BadRequest("TooManyTags", "The number of tags '%d' exceeds the maximum allowed '%d'.", len(tags), maxTags)
	}
	seen := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		lower := strings.ToLower(name)
		switch {
		case strings.TrimSpace(name) == "":
			return tagError("InvalidTagName", name, "must not be empty")
		case len([]rune(name)) > maxTagName:
			return tagError("InvalidTagNameLength", name[:64]+"…", "is longer than 512 characters")
		case strings.ContainsAny(name, `<>%&\?/`) || strings.ContainsFunc(name, isControl):
			return tagError("InvalidTagNameCharacters", name, `has reserved characters '<,>,%,&,\,?,/' or control characters`)
		case seen[lower] != "":
			return tagError("DuplicateTagName", name, "is there in another case as '"+seen[lower]+"': tag names have no case")
		case len([]rune(tags[name])) > maxTagValue:
			return tagError("InvalidTagValueLength", name, "has a value longer than 256 characters")
		}
		for _, prefix := range []string{"microsoft", "azure", "windows"} {
			if strings.HasPrefix(lower, prefix) {
				return tagError("ReservedTagNamePrefix", name, "has the prefix '"+prefix+"', which is reserved for Azure")
			}
		}
		seen[lower] = name
	}
	return nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

func tagError(code, name, why string) *Error {
	e := BadRequest(code, "The tag name '%s' %s.", name, why)
	e.Target = "tags"
	return e
}

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

func (c *Core) registerTags() {
	const path = "/{scope}/providers/Microsoft.Resources/tags/default"
	c.Handle(Operation{ID: "Tags_GetAtScope", Method: http.MethodGet, Path: path}, c.tagsAtScope)
	c.Handle(Operation{ID: "Tags_CreateOrUpdateAtScope", Method: http.MethodPut, Path: path}, c.tagsAtScope)
	c.Handle(Operation{ID: "Tags_UpdateAtScope", Method: http.MethodPatch, Path: path}, c.tagsAtScope)
	c.Handle(Operation{ID: "Tags_DeleteAtScope", Method: http.MethodDelete, Path: path}, c.tagsAtScope)
}

// tagsAtScope reads or changes the tags of a resource group or resource.
func (c *Core) tagsAtScope(r *Request) (*Response, error) {
	id := r.ResourceID().Scope()
	if id.ResourceGroup == "" {
		return nil, NotYet("Tags of the scope '%s' are not served yet: only those of resource groups and resources are.", r.Params["scope"])
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
	id, tags, err := c.changeTags(id, change)
	if err != nil {
		return nil, err
	}
	if r.Method == http.MethodDelete {
		return &Response{}, nil
	}
	if tags == nil {
		tags = map[string]string{}
	}
	return &Response{Body: tagsView{
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
	return nil, BadRequest("InvalidTagsPatchOperation", "The operation '%s' is not one of Merge, Replace and Delete.", operation)
}

// changeTags reads (change nil) or replaces the tags of a group or resource and tells the type's owner.
func (c *Core) changeTags(id ResourceID, change func(map[string]string) map[string]string) (ResourceID, map[string]string, error) {
	if id.Namespace == "" {
		g, _, err := c.groups.change(id.ResourceGroup, func(g *Group, ok bool) error {
			if !ok {
				return ResourceGroupNotFound(id.ResourceGroup)
			}
			if change == nil {
				return nil
			}
			g.Tags = maps.Clone(change(g.Tags))
			return CheckTags(g.Tags)
		})
		return c.groupID(g.Name), g.Tags, err
	}
	var tags map[string]string
	var wrong error
	found := c.Update(id, func(r *Resource) {
		id, tags = r.ID, r.Tags
		if change == nil {
			return
		}
		tags = change(maps.Clone(tags))
		if wrong = CheckTags(tags); wrong == nil {
			r.Tags = maps.Clone(tags)
		}
	})
	if !found {
		return id, nil, ResourceNotFound(id)
	}
	if t, _ := c.typeOf(id.Type()); wrong == nil && change != nil && t.Tagged != nil {
		t.Tagged(id, maps.Clone(tags))
	}
	return id, tags, wrong
}
