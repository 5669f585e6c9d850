package deployments

import (
	"context"
	"net/http"
	"regexp"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// maxDeployments is how many deployments a resource group remembers
// (learn.microsoft.com/azure/azure-resource-manager/templates/deployment-quota-exceeded).
const maxDeployments = 800

// validName is Azure's rule (learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules).
var validName = regexp.MustCompile(`^[-\w.()]{1,64}$`)

func checkName(name string) error {
	if validName.MatchString(name) {
		return nil
	}
	return arm.BadRequest("InvalidDeploymentName",
		"The provided deployment name '%s' is invalid. It must have 1 to 64 characters, each of which can only be a letter, digit, '-', '.', '(', ')' or '_'.", name)
}

// validate answers what is wrong with a deployment, or what it would make.
func (s *service) validate(r *arm.Request) (*arm.Response, error) {
	id := s.idOf(r)
	if err := checkName(id.Name()); err != nil {
		return nil, err
	}
	p, err := s.planned(r)
	if err != nil {
		return nil, err
	}
	if err := s.rights(r, p); err != nil {
		return nil, err
	}
	d := newRecord(r, id, p)
	d.state = arm.Succeeded
	if err := s.hasRoom(id); err != nil {
		return nil, err
	}
	v := s.view(d)
	v.Properties.ValidatedResources = p.references()
	if r.APIVersion >= "2024" {
		return &arm.Response{Body: v}, nil
	}
	return &arm.Response{Body: struct {
		Properties propertiesView `json:"properties"`
	}{v.Properties}}, nil
}

// put begins a deployment: 201 for a new name, 200 for that of one that has ended.
func (s *service) put(r *arm.Request) (*arm.Response, error) {
	id := s.idOf(r)
	if err := checkName(id.Name()); err != nil {
		return nil, err
	}
	p, err := s.planned(r)
	if err != nil {
		return nil, err
	}
	d := newRecord(r, id, p)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.mayBegin(id); err != nil {
		return nil, err
	}
	created, err := s.core.Put(arm.Resource{ID: id, Tags: d.tags, Value: d})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	d.abort = func() { cancel(errCanceled) }
	op := s.core.StartOperation(r, arm.OperationSpec{
		Style: arm.AzureAsync, Path: id.String() + "/operationStatuses", Running: running,
		Work: func(life context.Context, op *arm.AsyncOperation) error {
			stop := context.AfterFunc(life, d.abort)
			defer stop()
			return s.run(ctx, &run{service: s, plan: p, record: d, caller: r.Principal, operation: op})
		},
	})
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return &arm.Response{Status: status, Header: op.Header(), Body: s.view(d)}, nil
}

// mayBegin refuses the name of a deployment that runs, and one more than a group remembers. It is called with mu held.
func (s *service) mayBegin(id arm.ResourceID) error {
	if stored, ok := s.core.Get(id); ok {
		if d := stored.Value.(*record); d.active() {
			return arm.Conflict("DeploymentActive",
				"Unable to edit or replace deployment '%s': previous deployment from '%s' is still active (expiration time is '%s'). Please see https://aka.ms/arm-deploy for usage details.",
				id.Name(), d.began.Format(usTime), d.began.AddDate(0, 0, 7).Format(usTime))
		}
		return nil
	}
	return s.hasRoom(id)
}

// hasRoom refuses one deployment more than a group remembers.
func (s *service) hasRoom(id arm.ResourceID) error {
	if _, ok := s.core.Get(id); ok {
		return nil
	}
	if n := len(s.core.List(arm.Filter{ResourceGroup: id.ResourceGroup, Type: deploymentType})); n >= maxDeployments {
		return arm.Conflict("DeploymentQuotaExceeded",
			"Creating the deployment '%s' would exceed the quota of '%d'. The current deployment count is '%d', please delete some deployments before creating a new one. Please see https://aka.ms/arm-deploy for usage details.",
			id.Name(), maxDeployments, n)
	}
	return nil
}

// usTime is how messages of Azure Resource Manager write a time.
const usTime = "1/2/2006 3:04:05 PM"
