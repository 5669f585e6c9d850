package arm

import (
	"context"
	"net/http"
	"slices"
	"strings"
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

type stateView struct {
	ProvisioningState string `json:"provisioningState"`
}

// groupBody is what a client may say of a resource group. Tags are pointers, because a
// PATCH without tags keeps them and one with an empty object removes them.
type groupBody struct {
	Location  string             `json:"location"`
	ManagedBy string             `json:"managedBy"`
	Tags      *map[string]string `json:"tags"`
}

func (c *Core) groupID(name string) ResourceID {
	return ResourceID{Subscription: c.options.SubscriptionID, ResourceGroup: name}
}

func (c *Core) viewGroup(g Group) groupView {
	state := Succeeded
	if g.Deleting {
		state = "Deleting"
	}
	id := c.groupID(g.Name)
	return groupView{
		ID: id.String(), Name: g.Name, Type: id.Type(), Location: g.Location,
		ManagedBy: g.ManagedBy, Tags: g.Tags, Properties: stateView{state},
	}
}

func (c *Core) registerGroups() {
	const one, all = "/subscriptions/{subscriptionId}/resourcegroups/{resourceGroupName}", "/subscriptions/{subscriptionId}/resourcegroups"
	c.Handle(Operation{ID: "ResourceGroups_CreateOrUpdate", Method: http.MethodPut, Path: one}, c.putGroup)
	c.Handle(Operation{ID: "ResourceGroups_Get", Method: http.MethodGet, Path: one}, c.getGroup)
	c.Handle(Operation{ID: "ResourceGroups_CheckExistence", Method: http.MethodHead, Path: one}, c.headGroup)
	c.Handle(Operation{ID: "ResourceGroups_Update", Method: http.MethodPatch, Path: one}, c.patchGroup)
	c.Handle(Operation{ID: "ResourceGroups_Delete", Method: http.MethodDelete, Path: one}, c.deleteGroup)
	c.Handle(Operation{ID: "ResourceGroups_List", Method: http.MethodGet, Path: all}, c.listGroups)
}

func (c *Core) putGroup(r *Request) (*Response, error) {
	name := r.Params["resourceGroupName"]
	if err := checkGroupName(name); err != nil {
		return nil, err
	}
	var body groupBody
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	location, err := c.groupLocation(body.Location)
	if err != nil {
		return nil, err
	}
	var tags map[string]string
	if body.Tags != nil {
		tags = *body.Tags
	}
	if err := CheckTags(tags); err != nil {
		return nil, err
	}
	g, created, err := c.groups.change(name, func(g *Group, ok bool) error {
		switch {
		case ok && g.Deleting:
			return beingDeleted(g.Name)
		case ok && g.Location != location:
			return Conflict("InvalidResourceGroupLocation",
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
	return &Response{Status: status, Body: c.viewGroup(g)}, nil
}

func (c *Core) groupLocation(location string) (string, error) {
	if strings.TrimSpace(location) == "" {
		return "", BadRequest("LocationRequired", "The location property is required for this definition.")
	}
	regions := c.Faults.Settings().Regions
	short := NormalLocation(location)
	if !slices.Contains(regions, short) {
		return "", BadRequest("LocationNotAvailableForResourceGroup",
			"The provided location '%s' is not available for resource group. List of available regions is '%s'.", location, strings.Join(regions, ","))
	}
	return short, nil
}

func (c *Core) getGroup(r *Request) (*Response, error) {
	g, ok := c.groups.get(r.Params["resourceGroupName"])
	if !ok {
		return nil, ResourceGroupNotFound(r.Params["resourceGroupName"])
	}
	return &Response{Body: c.viewGroup(g)}, nil
}

func (c *Core) headGroup(r *Request) (*Response, error) {
	if _, ok := c.groups.get(r.Params["resourceGroupName"]); !ok {
		return nil, ResourceGroupNotFound(r.Params["resourceGroupName"])
	}
	return &Response{Status: http.StatusNoContent}, nil
}

func (c *Core) patchGroup(r *Request) (*Response, error) {
	name := r.Params["resourceGroupName"]
	var body groupBody
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if body.Tags != nil {
		if err := CheckTags(*body.Tags); err != nil {
			return nil, err
		}
	}
	g, _, err := c.groups.change(name, func(g *Group, ok bool) error {
		if !ok {
			return ResourceGroupNotFound(name)
		}
		if g.Deleting {
			return beingDeleted(g.Name)
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
	return &Response{Body: c.viewGroup(g)}, nil
}

// deleteGroup answers at once; the group's resources go in the background, and then the group. A second DELETE ends with
// the first.
func (c *Core) deleteGroup(r *Request) (*Response, error) {
	name := r.Params["resourceGroupName"]
	mine := &deletion{done: make(chan struct{})}
	g, _, err := c.groups.change(name, func(g *Group, ok bool) error {
		if !ok {
			return ResourceGroupNotFound(name)
		}
		if !g.Deleting {
			g.Deleting, g.deletion = true, mine
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	op := c.StartOperation(r, OperationSpec{
		Style: Location, Final: &Response{Status: http.StatusOK},
		Work: func(ctx context.Context, _ *AsyncOperation) error {
			if g.deletion == mine {
				mine.err = c.emptyGroup(ctx, name)
				close(mine.done)
			}
			select {
			case <-g.deletion.done:
				return g.deletion.err
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		},
	})
	return &Response{Status: http.StatusAccepted, Header: op.Header()}, nil
}

// emptyGroup deletes what is in a group, children before parents, and then the group. What
// cannot be deleted keeps the group alive, as in Azure.
func (c *Core) emptyGroup(ctx context.Context, name string) error {
	resources := c.List(Filter{Subscription: c.options.SubscriptionID, ResourceGroup: name})
	slices.SortStableFunc(resources, func(a, b Resource) int { return b.ID.depth() - a.ID.depth() })
	var stuck []string
	for _, res := range resources {
		t, _ := c.typeOf(res.Type)
		if t.Delete == nil {
			c.Delete(res.ID)
			continue
		}
		if err := t.Delete(ctx, res.ID); err != nil {
			c.log.Error("deleting a resource of a resource group", "id", res.ID.String(), "error", err)
			stuck = append(stuck, res.ID.String())
		}
	}
	if len(stuck) == 0 {
		c.groups.remove(name)
		return nil
	}
	_, _, _ = c.groups.change(name, func(g *Group, _ bool) error { g.Deleting, g.deletion = false, nil; return nil })
	return Conflict("ResourceGroupDeletionBlocked",
		"Deletion of resource group '%s' failed as resources with identifiers '%s' could not be deleted. The provisioning state of the resource group will be rolled back.",
		name, strings.Join(stuck, ","))
}

func (c *Core) listGroups(r *Request) (*Response, error) {
	filter, err := parseFilter(r.URL.Query().Get("$filter"), "tagName", "tagValue", "name", "location")
	if err != nil {
		return nil, err
	}
	views := []groupView{}
	for _, g := range c.groups.list() {
		if filter.holds(filterItem{tags: g.Tags, fields: map[string]string{"name": g.Name, "location": g.Location}}) {
			views = append(views, c.viewGroup(g))
		}
	}
	page, err := Paginate(r, views, pageSize, func(v groupView) string { return strings.ToLower(v.Name) })
	if err != nil {
		return nil, err
	}
	return &Response{Body: page}, nil
}

func beingDeleted(name string) *Error {
	return Conflict("ResourceGroupBeingDeleted", "The resource group '%s' is in deprovisioning state and cannot perform this operation.", name)
}
