package deployments

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

func (s *service) get(r *arm.Request) (*arm.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.find(r)
	if err != nil {
		return nil, err
	}
	res := &arm.Response{Body: s.view(d), Header: http.Header{}}
	if d.active() {
		s.core.RetryAfter(res.Header)
	}
	return res, nil
}

func (s *service) head(r *arm.Request) (*arm.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.find(r); err != nil {
		return nil, err
	}
	return &arm.Response{Status: http.StatusNoContent}, nil
}

// stateFilter is the one filter that lists of deployments have
// (learn.microsoft.com/rest/api/resources/deployments/list-by-resource-group).
var stateFilter = regexp.MustCompile(`(?i)^\s*provisioningState\s+eq\s+'([A-Za-z]+)'\s*$`)

// list shows the deployments of a resource group by name.
func (s *service) list(r *arm.Request) (*arm.Response, error) {
	state := ""
	if filter := r.URL.Query().Get("$filter"); filter != "" {
		found := stateFilter.FindStringSubmatch(filter)
		if found == nil {
			return nil, arm.BadRequest("InvalidFilterInQueryString", "Invalid $filter '%s' specified in the query string.", filter)
		}
		state = found[1]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	views := []*view{}
	for _, stored := range s.core.List(arm.Filter{ResourceGroup: r.Params["resourceGroupName"], Type: deploymentType}) {
		if d := stored.Value.(*record); state == "" || strings.EqualFold(state, d.state) {
			views = append(views, s.view(d))
		}
	}
	page, err := arm.Paginate(r, views, pageSize, func(v *view) string { return strings.ToLower(v.ID) })
	if err != nil {
		return nil, err
	}
	return &arm.Response{Body: page}, nil
}

// exportTemplate gives the template back, as strict JSON.
func (s *service) exportTemplate(r *arm.Request) (*arm.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.find(r)
	if err != nil {
		return nil, err
	}
	return &arm.Response{Body: struct {
		Template json.RawMessage `json:"template"`
	}{d.template}}, nil
}

// listOutputs gives the values of the outputs, secret ones too: what a template reads of a module's secure outputs.
func (s *service) listOutputs(r *arm.Request) (*arm.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.find(r)
	if err != nil {
		return nil, err
	}
	values := map[string]json.RawMessage{}
	maps.Copy(values, d.values)
	return &arm.Response{Body: values}, nil
}

// listOperations shows what a deployment did, in the order in which it began.
func (s *service) listOperations(r *arm.Request) (*arm.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.find(r)
	if err != nil {
		return nil, err
	}
	views := []operationView{}
	for _, op := range d.operations {
		views = append(views, d.viewOperation(op))
	}
	page, err := arm.Paginate(r, views, pageSize, func(v operationView) string { return v.OperationID })
	if err != nil {
		return nil, err
	}
	return &arm.Response{Body: page}, nil
}

func (s *service) getOperation(r *arm.Request) (*arm.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.find(r)
	if err != nil {
		return nil, err
	}
	for _, op := range d.operations {
		if strings.EqualFold(op.id, r.Params["operationId"]) {
			return &arm.Response{Body: d.viewOperation(op)}, nil
		}
	}
	return nil, arm.NotFound("DeploymentOperationNotFound", "The deployment operation '%s' of the deployment '%s' could not be found.", r.Params["operationId"], d.id.Name())
}

// pollStatus says how a deployment goes: its state and, if it failed, its error.
func (s *service) pollStatus(r *arm.Request) (*arm.Response, error) {
	op, err := s.core.Polled(r)
	if err != nil {
		return nil, err
	}
	res := &arm.Response{Header: http.Header{}}
	status, failure := op.Status()
	if failure != nil && failure.Code == canceled {
		status = arm.Canceled
	}
	select {
	case <-op.Done():
	default:
		s.core.RetryAfter(res.Header)
	}
	res.Body = statusMessage{status, failure}
	return res, nil
}
