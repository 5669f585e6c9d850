package deployments

import (
	"net/http"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// cancel ends a deployment that runs. What it has made stays, and what a service is making is made.
func (s *service) cancel(r *arm.Request) (*arm.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.find(r)
	if err != nil {
		return nil, err
	}
	if !d.active() {
		return nil, arm.Conflict("DeploymentCannotBeCancelled", "The deployment '%s' cannot be cancelled because its provisioning state is '%s'.", d.id.Name(), d.state)
	}
	d.stop()
	return &arm.Response{Status: http.StatusNoContent}, nil
}

// delete forgets a deployment. What it made stays.
func (s *service) delete(r *arm.Request) (*arm.Response, error) {
	id := s.idOf(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	stored, ok := s.core.Get(id)
	if !ok {
		return &arm.Response{Status: http.StatusNoContent}, nil
	}
	if d := stored.Value.(*record); d.active() {
		return nil, arm.Conflict("DeploymentActive", "Unable to delete deployment '%s': it is still active. Please see https://aka.ms/arm-deploy for usage details.", id.Name())
	}
	s.core.Delete(id)
	op := s.core.StartOperation(r, arm.OperationSpec{Style: arm.Location})
	return &arm.Response{Status: http.StatusAccepted, Header: op.Header()}, nil
}
