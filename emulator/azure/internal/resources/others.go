package resources

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// kept is what the service keeps with a resource of a type that no service has: what the client sent, with the names of
// ARM's own members spelt as ARM does. It is replaced and never changed.
type kept struct{ body map[string]any }

// members are ARM's own of a resource; all others are kept as they are.
var members = []string{"location", "tags", "properties", "sku", "kind", "plan", "identity", "zones", "managedBy", "extendedLocation"}

// unkept are members that only Azure says, or that are a template's.
var unkept = []string{"id", "name", "type", "etag", "systemData", "apiVersion", "dependsOn", "condition", "copy", "comments", "scope", "resources"}

// KeepOthers makes resources of the types that Azure has and no service of the emulator: they are kept as they were sent
// and given back so. Nothing is done with them.
func KeepOthers(core *arm.Core) {
	s := &service{core}
	for _, namespace := range otherProviders {
		core.KeepTypes(namespace)
	}
	for namespace, types := range otherTypes {
		core.KeepTypes(namespace, types...)
	}
	core.KeepTracked(trackedTypes...)
	core.HandleKept(arm.Operation{ID: "Resources_GetById", Method: http.MethodGet}, false, s.getKept)
	core.HandleKept(arm.Operation{ID: "Resources_CreateOrUpdateById", Method: http.MethodPut}, false, s.putKept)
	core.HandleKept(arm.Operation{ID: "Resources_UpdateById", Method: http.MethodPatch}, false, s.patchKept)
	core.HandleKept(arm.Operation{ID: "Resources_DeleteById", Method: http.MethodDelete}, false, s.deleteKept)
	core.HandleKept(arm.Operation{ID: "Resources_ListKept", Method: http.MethodGet}, true, s.listKept)
}

// putKept creates (201) or replaces (200) a resource.
func (s *service) putKept(r *arm.Request) (*arm.Response, error) {
	id := r.ResourceID()
	if root := id.Root(); root.Key() != id.Key() {
		if _, ok := s.core.Get(root); !ok {
			return nil, arm.ParentResourceNotFound(root)
		}
	}
	body, err := readKept(r)
	if err != nil {
		return nil, err
	}
	return s.storeKept(id, body)
}

// readKept reads a resource, its members spelt as ARM does.
func readKept(r *arm.Request) (map[string]any, error) {
	var sent map[string]any
	if err := r.Decode(&sent); err != nil {
		return nil, err
	}
	body := map[string]any{}
	for name, value := range sent {
		same := func(other string) bool { return strings.EqualFold(name, other) }
		if slices.ContainsFunc(unkept, same) {
			continue
		}
		if i := slices.IndexFunc(members, same); i >= 0 {
			name = members[i]
		}
		body[name] = value
	}
	for _, name := range []string{"properties", "tags", "identity"} {
		if value, ok := body[name]; ok && value != nil {
			if _, object := value.(map[string]any); !object {
				return nil, arm.InvalidRequestContent("the value of '%s' is not an object", name)
			}
		}
	}
	return body, nil
}

// storeKept checks what ARM checks of every resource, and stores it.
func (s *service) storeKept(id arm.ResourceID, body map[string]any) (*arm.Response, error) {
	res := arm.Resource{ID: id, ProvisioningState: arm.Succeeded, Value: &kept{body}, Refers: references(nil, body)}
	if text, ok := body["location"].(string); ok && text != "" {
		res.Location = arm.NormalLocation(text)
		if res.Location != "global" {
			if _, err := s.core.CheckLocation(text, id.Type()); err != nil {
				return nil, err
			}
		}
		if old, ok := s.core.Get(id); ok && old.Location != "" && old.Location != res.Location {
			return nil, arm.InvalidResourceLocation(id, old.Location, text)
		}
	} else if s.core.NeedsLocation(id.Type()) {
		return nil, arm.LocationRequired()
	}
	if tags, ok := body["tags"].(map[string]any); ok {
		res.Tags = map[string]string{}
		for _, name := range slices.Sorted(maps.Keys(tags)) {
			text, ok := tags[name].(string)
			if !ok {
				return nil, arm.InvalidRequestContent("the value of the tag '%s' is not a string", name)
			}
			res.Tags[name] = text
		}
	}
	if err := arm.CheckTags(res.Tags); err != nil {
		return nil, err
	}
	delete(body, "tags") // the store's count: others change them too
	created, err := s.core.Put(res)
	if err != nil {
		return nil, err
	}
	if ownIdentity(body) {
		s.core.Directory.AddIdentity(id.String(), id.Name(), false)
	} else {
		s.core.Directory.DeleteIdentity(id.String())
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	stored, ok := s.core.Get(id)
	if !ok {
		return nil, arm.ResourceNotFound(id)
	}
	return &arm.Response{Status: status, Body: s.viewKept(stored)}, nil
}

// references adds the resource ids among the texts of a value to a list.
func references(list []arm.ResourceID, value any) []arm.ResourceID {
	switch value := value.(type) {
	case map[string]any:
		for _, v := range value {
			list = references(list, v)
		}
	case []any:
		for _, v := range value {
			list = references(list, v)
		}
	case string:
		if id, err := arm.ParseResourceID(value); err == nil && id.Namespace != "" {
			list = append(list, id)
		}
	}
	return list
}

// ownIdentity reports whether a resource is to have a principal of its own.
func ownIdentity(body map[string]any) bool {
	identity, _ := body["identity"].(map[string]any)
	for name, value := range identity {
		if text, ok := value.(string); ok && strings.EqualFold(name, "type") {
			return strings.Contains(strings.ToLower(text), "systemassigned")
		}
	}
	return false
}

// viewKept is a resource as it was sent, with what Azure adds.
func (s *service) viewKept(res arm.Resource) map[string]any {
	body := shown(res.Value.(*kept).body).(map[string]any)
	if writeOnly(res) {
		delete(body, "properties")
	}
	body["id"], body["name"], body["type"] = res.ID.String(), res.Name, res.Type
	if res.Tags != nil {
		body["tags"] = res.Tags
	}
	properties, _ := body["properties"].(map[string]any)
	if properties == nil {
		properties = map[string]any{}
	}
	maps.DeleteFunc(properties, func(name string, _ any) bool { return strings.EqualFold(name, "provisioningState") })
	properties["provisioningState"] = arm.Succeeded
	body["properties"] = properties
	if p, ok := s.core.Directory.Identity(res.ID.String()); ok {
		if identity, ok := body["identity"].(map[string]any); ok {
			identity["principalId"], identity["tenantId"] = p.ID, s.core.TenantID()
		}
	}
	return body
}

func (s *service) getKept(r *arm.Request) (*arm.Response, error) {
	stored, ok := s.core.Get(r.ResourceID())
	if !ok {
		return nil, arm.ResourceNotFound(r.ResourceID())
	}
	return &arm.Response{Body: s.viewKept(stored)}, nil
}

// patchKept lays what a client says over what is there, as RFC 7396 has it; tags are replaced.
func (s *service) patchKept(r *arm.Request) (*arm.Response, error) {
	change, err := readKept(r)
	if err != nil {
		return nil, err
	}
	stored, ok := s.core.Get(r.ResourceID())
	if !ok {
		return nil, arm.ResourceNotFound(r.ResourceID())
	}
	tags, replaced := change["tags"]
	delete(change, "tags")
	next := merge(stored.Value.(*kept).body, change).(map[string]any)
	if replaced {
		next["tags"] = tags
	} else if stored.Tags != nil {
		all := map[string]any{}
		for name, value := range stored.Tags {
			all[name] = value
		}
		next["tags"] = all
	}
	return s.storeKept(stored.ID, next)
}

func merge(there, change any) any {
	patch, ok := change.(map[string]any)
	if !ok {
		return change
	}
	out := map[string]any{}
	if old, ok := there.(map[string]any); ok {
		maps.Copy(out, old)
	}
	for name, value := range patch {
		if value == nil {
			delete(out, name)
		} else {
			out[name] = merge(out[name], value)
		}
	}
	return out
}

// deleteKept answers 200, or 204 where there is nothing.
func (s *service) deleteKept(r *arm.Request) (*arm.Response, error) {
	id := r.ResourceID()
	if !s.core.Delete(id) {
		return &arm.Response{Status: http.StatusNoContent}, nil
	}
	s.core.Directory.DeleteIdentity(id.String())
	return nil, nil
}

// listKept lists the resources of a type in a subscription, a resource group or below another resource.
func (s *service) listKept(r *arm.Request) (*arm.Response, error) {
	in := r.ResourceID()
	views := []map[string]any{}
	for _, res := range s.core.List(arm.Filter{Subscription: in.Subscription, ResourceGroup: in.ResourceGroup, Type: r.ListedType()}) {
		if _, ok := res.Value.(*kept); ok && res.ID.Within(in) {
			views = append(views, s.viewKept(res))
		}
	}
	page, err := arm.Paginate(r, views, pageSize, func(v map[string]any) string { return strings.ToLower(v["id"].(string)) })
	if err != nil {
		return nil, err
	}
	return &arm.Response{Body: page}, nil
}
