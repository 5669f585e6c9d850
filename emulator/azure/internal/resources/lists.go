package resources

import (
	"net/http"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// pageSize is ARM's own page of resources and groups.
const pageSize = 1000

// resourceView is a resource in a generic list.
type resourceView struct {
	ID       string            `json:"id"`
	Name     string            `json:"name"`
	Type     string            `json:"type"`
	Location string            `json:"location,omitempty"`
	Identity any               `json:"identity,omitempty"`
	Tags     map[string]string `json:"tags,omitempty"`
	// The following only where $expand asks.
	CreatedTime       *time.Time `json:"createdTime,omitempty"`
	ChangedTime       *time.Time `json:"changedTime,omitempty"`
	ProvisioningState string     `json:"provisioningState,omitempty"`
}

func (s *service) registerLists() {
	s.core.Handle(arm.Operation{ID: "Resources_List", Method: http.MethodGet, Path: "/subscriptions/{subscriptionId}/resources", PerItem: true}, s.listResources)
	s.core.Handle(arm.Operation{ID: "Resources_ListByResourceGroup", Method: http.MethodGet,
		Path: "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/resources", PerItem: true}, s.listResources)
	s.core.Handle(arm.Operation{ID: "Resources_CheckExistenceById", Method: http.MethodHead, Path: "/{resourceId}", Action: "{resourceType}/read"}, s.headResource)
}

// listResources serves both lists: of the subscription and of a group.
func (s *service) listResources(r *arm.Request) (*arm.Response, error) {
	query := r.URL.Query()
	filter, err := parseFilter(query.Get("$filter"), "resourceType", "tagName", "tagValue", "name", "resourceGroup", "location")
	if err != nil {
		return nil, err
	}
	expand := strings.ToLower(query.Get("$expand"))
	views := []resourceView{}
	for _, res := range s.core.List(arm.Filter{Subscription: s.core.SubscriptionID(), ResourceGroup: r.Params["resourceGroupName"]}) {
		item := filterItem{tags: res.Tags, fields: map[string]string{
			"resourceType": res.Type, "name": res.Name, "resourceGroup": res.ID.ResourceGroup, "location": res.Location,
		}}
		if res.Location != "" && filter.holds(item) && s.readable(r, res.ID) {
			views = append(views, viewResource(res, expand))
		}
	}
	page, err := arm.Paginate(r, views, pageSize, func(v resourceView) string { return strings.ToLower(v.ID) })
	if err != nil {
		return nil, err
	}
	return &arm.Response{Body: page}, nil
}

// readable reports whether the caller may see a resource or group in a list.
func (s *service) readable(r *arm.Request, id arm.ResourceID) bool {
	action := id.Type() + "/read"
	if id.Namespace == "" {
		action = namespace + "/subscriptions/resourceGroups/read"
	}
	return s.core.Allowed(r.Context(), arm.Access{Principal: r.Principal, Action: action, Scope: id}) == nil
}

func viewResource(res arm.Resource, expand string) resourceView {
	v := resourceView{
		ID: res.ID.String(), Name: strings.Join(res.ID.Names, "/"), Type: res.Type, Location: res.Location, Identity: res.Identity, Tags: res.Tags,
	}
	if strings.Contains(expand, "createdtime") {
		v.CreatedTime = &res.Created
	}
	if strings.Contains(expand, "changedtime") {
		v.ChangedTime = &res.Changed
	}
	if strings.Contains(expand, "provisioningstate") {
		v.ProvisioningState = res.ProvisioningState
	}
	return v
}

// headResource is checkExistence for any resource.
func (s *service) headResource(r *arm.Request) (*arm.Response, error) {
	id := r.ResourceID()
	if id.Namespace == "" {
		return nil, arm.NotFound("NotFound", "No resource has the id '%s'.", r.Params["resourceId"])
	}
	if _, ok := s.core.Get(id); !ok {
		return nil, arm.ResourceNotFound(id)
	}
	return &arm.Response{Status: http.StatusNoContent}, nil
}
