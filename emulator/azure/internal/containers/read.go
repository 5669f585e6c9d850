package containers

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// pageSize is how many groups a page of a list holds. Azure's own is not known.
const pageSize = 200

func (s *Service) getGroup(r *arm.Request) (*arm.Response, error) {
	g, err := s.find(r)
	if err != nil {
		return nil, err
	}
	return &arm.Response{Body: g.view(true, r.APIVersion)}, nil
}

// listGroups lists the groups of the subscription or of the path's resource group,
// without instance views.
func (s *Service) listGroups(r *arm.Request) (*arm.Response, error) {
	groups := s.groups(arm.Filter{ResourceGroup: r.ResourceID().ResourceGroup})
	page, err := arm.Paginate(r, groups, pageSize, func(g *group) string { return g.id.Key() })
	if err != nil {
		return nil, err
	}
	views := arm.List[*groupBody]{Value: []*groupBody{}, NextLink: page.NextLink}
	for _, g := range page.Value {
		views.Value = append(views.Value, g.view(false, r.APIVersion))
	}
	return &arm.Response{Body: views}, nil
}

// container finds the container of a request's path. What it returns is guarded by its group's mu.
func (s *Service) container(r *arm.Request) (*group, *container, error) {
	g, err := s.find(r)
	if err != nil {
		return nil, nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.find(strings.ToLower(r.Params["containerName"]))
	if c == nil {
		return nil, nil, arm.NotFound("ContainerNotFound", "The container '%s' in container group '%s' was not found.", r.Params["containerName"], g.id.Name())
	}
	return g, c, nil
}

func (s *Service) listLogs(r *arm.Request) (*arm.Response, error) {
	g, c, err := s.container(r)
	if err != nil {
		return nil, err
	}
	window := logWindow{tail: -1}
	query := r.URL.Query()
	if tail := query.Get("tail"); tail != "" {
		if window.tail, err = strconv.Atoi(tail); err != nil || window.tail < 0 || window.tail > math.MaxInt32 {
			return nil, arm.BadRequest("InvalidQueryParameter", "The value '%s' of the query parameter 'tail' is not a number of lines.", tail)
		}
	}
	if stamps := query.Get("timestamps"); stamps != "" {
		if window.timestamps, err = strconv.ParseBool(strings.ToLower(stamps)); err != nil {
			return nil, arm.BadRequest("InvalidQueryParameter", "The value '%s' of the query parameter 'timestamps' is neither true nor false.", stamps)
		}
	}
	g.mu.Lock()
	log, ended := c.log, c.live.container == nil
	g.mu.Unlock()
	if log == nil {
		return nil, arm.NotFound("ContainerLogNotAvailable", "Log of container '%s' in container group '%s' is not available yet. Please check container 'InstanceView' for more information or retry later.", c.body.Name, g.id.Name())
	}
	window.bytes = s.runningBytes()
	if ended {
		stopped := s.stoppedWindow()
		window.bytes, window.lines = stopped.bytes, stopped.lines
	}
	return &arm.Response{Stream: log.read(window).writeJSON}, nil
}

// listOutbound names what a group in a subnet must be able to reach; one without a
// subnet needs nothing.
func (s *Service) listOutbound(r *arm.Request) (*arm.Response, error) {
	g, err := s.find(r)
	if err != nil {
		return nil, err
	}
	hosts := []string{}
	if len(g.definition().Properties.SubnetIDs) > 0 {
		hosts = append(hosts, "mcr.microsoft.com", "*.data.mcr.microsoft.com")
	}
	return &arm.Response{Body: hosts}, nil
}

func (s *Service) place(r *arm.Request) (string, error) {
	location := arm.NormalLocation(r.Params["location"])
	if regions := s.core.Faults.Settings().Regions; !slices.Contains(regions, location) {
		return "", arm.LocationNotAvailable(r.Params["location"], groupType, regions)
	}
	return location, nil
}

func (s *Service) listUsage(r *arm.Request) (*arm.Response, error) {
	location, err := s.place(r)
	if err != nil {
		return nil, err
	}
	quota := s.core.Faults.Settings().Quota
	groups, cores := s.region(location, nil)
	row := func(name, localized string, current, limit int) usage {
		return usage{
			ID:   "/subscriptions/" + s.core.SubscriptionID() + "/providers/" + namespace + "/locations/" + location + "/usages/" + strings.ToLower(name[:1]) + name[1:],
			Unit: "Count", CurrentValue: current, Limit: limit, Name: usageName{name, localized},
		}
	}
	rows := []usage{
		row("ContainerGroups", "Container Groups", groups, quota.ContainerGroups),
		row("StandardCores", "Standard Cores", int(math.Ceil(cores)), quota.StandardCores),
	}
	// Kinds of cores that this Azure does not have count for nothing, but Azure lists them.
	for _, kind := range []string{"StandardK80Cores", "StandardP100Cores", "StandardV100Cores", "DedicatedContainerGroups", "ConfidentialCores",
		"StandardSpotCores", "NGroups", "StandbyPoolCores"} {
		rows = append(rows, row(kind, spaced(kind), 0, 0))
	}
	return &arm.Response{Body: list[usage]{rows}}, nil
}

// spaced puts a blank before each capital letter after a small one or a digit: Standard K80 Cores.
func spaced(name string) string {
	var out strings.Builder
	for i, r := range name {
		if i > 0 && unicode.IsUpper(r) && !unicode.IsUpper(rune(name[i-1])) {
			out.WriteByte(' ')
		}
		out.WriteRune(r)
	}
	return out.String()
}

func (s *Service) listCapabilities(r *arm.Request) (*arm.Response, error) {
	location, err := s.place(r)
	if err != nil {
		return nil, err
	}
	var rows []capability
	for _, address := range []string{"Public", "Private"} {
		rows = append(rows, capability{
			ResourceType: "containerGroups", OSType: "NotSpecified", Location: location, IPAddressType: address, GPU: "None",
			Capabilities: capabilityMax{MaxMemoryInGB: shownMaxGB, MaxCPU: shownMaxCPU},
		})
	}
	return &arm.Response{Body: list[capability]{rows}}, nil
}

// listCachedImages is empty: no engine has images at hand for everybody.
func (s *Service) listCachedImages(r *arm.Request) (*arm.Response, error) {
	if _, err := s.place(r); err != nil {
		return nil, err
	}
	return &arm.Response{Body: list[cachedImage]{[]cachedImage{}}}, nil
}

// listOperations names the provider's actions, which custom roles are made of.
func (s *Service) listOperations(*arm.Request) (*arm.Response, error) {
	row := func(action, resource, operation string) providerOperation {
		return providerOperation{Name: namespace + "/" + action, Origin: "User", Display: operationDisplay{
			Provider: "Microsoft Container Instance", Resource: resource, Operation: operation, Description: operation + ".",
		}}
	}
	const group, container, location = "Container Group", "Container", "Location"
	return &arm.Response{Body: list[providerOperation]{[]providerOperation{
		row("register/action", "Container Instance Resource Provider", "Registers the subscription for the container instance resource provider"),
		row("containerGroups/read", group, "Get Container Groups"),
		row("containerGroups/write", group, "Create or Update Container Group"),
		row("containerGroups/delete", group, "Delete Container Group"),
		row("containerGroups/restart/action", group, "Restart Container Group"),
		row("containerGroups/stop/action", group, "Stop Container Group"),
		row("containerGroups/start/action", group, "Start Container Group"),
		row("containerGroups/containers/logs/read", container, "Get Logs of a Container"),
		row("containerGroups/containers/exec/action", container, "Execute in a Container"),
		row("containerGroups/containers/attach/action", container, "Attach to the Output of a Container"),
		row("containerGroups/containers/buildlogs/read", container, "Get Build Logs of a Container"),
		row("containerGroups/detectors/read", group, "List Container Group Detectors"),
		row("containerGroups/outboundNetworkDependenciesEndpoints/read", group, "Get Outbound Network Dependencies"),
		row("containerGroups/providers/Microsoft.Insights/diagnosticSettings/read", group, "Read Diagnostic Setting"),
		row("containerGroups/providers/Microsoft.Insights/diagnosticSettings/write", group, "Write Diagnostic Setting"),
		row("containerGroups/providers/Microsoft.Insights/metricDefinitions/read", group, "Read Metric Definitions"),
		row("locations/usages/read", location, "Get Usages"),
		row("locations/cachedImages/read", location, "Get Cached Images"),
		row("locations/capabilities/read", location, "Get Capabilities"),
		row("locations/operations/read", location, "Get Operations"),
		row("locations/deleteVirtualNetworkOrSubnets/action", location, "Notify of a Deleted Virtual Network or Subnet"),
		row("serviceAssociationLinks/delete", "Service Association Link", "Delete Service Association Links"),
		row("operations/read", "Operation", "Get Provider Operations"),
	}}}, nil
}
