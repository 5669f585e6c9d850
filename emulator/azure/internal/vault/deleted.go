package vault

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// day is what retention is counted in.
const day = 24 * time.Hour

// delete answers 200 when the vault is deleted, 204 if there was none.
func (s *Service) delete(r *arm.Request) (*arm.Response, error) {
	if !s.remove(r.ResourceID()) {
		return &arm.Response{Status: http.StatusNoContent}, nil
	}
	return nil, nil
}

// deleteResource deletes a vault whose resource group goes.
func (s *Service) deleteResource(_ context.Context, id arm.ResourceID) error {
	s.remove(id)
	return nil
}

// dropSecretResource takes a secret whose resource group goes out of the core's store alone: it stays in its vault.
func (s *Service) dropSecretResource(_ context.Context, id arm.ResourceID) error {
	s.core.Delete(id)
	return nil
}

// remove makes a vault a deleted one and reports whether it was there. Roles on it and on its secrets go for good.
func (s *Service) remove(id arm.ResourceID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, stored, err := s.find(id)
	if err != nil {
		return false
	}
	for _, sec := range v.secrets {
		s.core.Delete(v.secretID(sec.name))
	}
	s.core.Delete(v.id)
	now := time.Now().UTC().Truncate(time.Second)
	v.deletion = &deletion{at: now, purge: now.Add(time.Duration(v.settings.retention) * day), tags: maps.Clone(stored.Tags)}
	return true
}

// recover brings a deleted vault back, with its secrets and settings as they were. What the request says besides does not
// count. It is called with mu held.
func (s *Service) recover(r *arm.Request, v *vault, location string) (*arm.Response, error) {
	id := r.ResourceID()
	switch {
	case v.deletion.purging:
		return nil, arm.Conflict("ConflictError", "The deleted vault '%s' is being purged.", v.id.Name())
	case v.location != location || v.id.Key() != id.Key():
		return nil, arm.Conflict("ConflictError", "The deleted vault '%s' was in the location '%s' and the resource group '%s'; it can be recovered there alone.", v.id.Name(), v.location, v.id.ResourceGroup)
	}
	tags := v.deletion.tags
	if _, err := s.core.Put(arm.Resource{ID: v.id, Location: v.location, Tags: tags, ProvisioningState: arm.Succeeded, Value: v}); err != nil {
		return nil, err
	}
	v.deletion, v.state = nil, arm.Succeeded
	v.settings.touch(r)
	for _, sec := range v.secrets {
		if sec.deletion == nil {
			s.enter(v, sec)
		}
	}
	return &arm.Response{Body: s.view(v, tags)}, nil
}

// findDeleted finds the deleted vault of a request's path. It is called with mu held.
func (s *Service) findDeleted(r *arm.Request) (*vault, error) {
	v, ok := s.named(r.Params["vaultName"])
	if !ok || v.deletion == nil || v.location != arm.NormalLocation(r.Params["location"]) {
		return nil, arm.NotFound("DeletedVaultNotFound", "The deleted vault '%s' was not found in the location '%s'.", r.Params["vaultName"], r.Params["location"])
	}
	return v, nil
}

func (s *Service) getDeleted(r *arm.Request) (*arm.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.findDeleted(r)
	if err != nil {
		return nil, err
	}
	return &arm.Response{Body: s.deletedView(v)}, nil
}

func (s *Service) listDeleted(r *arm.Request) (*arm.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []deletedView{}
	for _, name := range slices.Sorted(maps.Keys(s.byName)) {
		if v, ok := s.named(name); ok && v.deletion != nil {
			all = append(all, s.deletedView(v))
		}
	}
	page, err := arm.Paginate(r, all, pageSize, func(v deletedView) string { return strings.ToLower(v.Name) })
	if err != nil {
		return nil, err
	}
	return &arm.Response{Body: page}, nil
}

// purgeStatus is what the last poll of a purge answers.
type purgeStatus struct {
	CreatedDateTime    string `json:"createdDateTime"`
	LastActionDateTime string `json:"lastActionDateTime"`
	Status             string `json:"status"`
}

// purge ends a deleted vault for good: 202, and Location leads to the end.
func (s *Service) purge(r *arm.Request) (*arm.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.findDeleted(r)
	if err != nil {
		return nil, err
	}
	if v.settings.purgeProtection {
		return nil, arm.Errorf(http.StatusMethodNotAllowed, "MethodNotAllowed", "Operation 'DeletedVaultPurge' is not allowed.")
	}
	v.deletion.purging = true
	status := &purgeStatus{CreatedDateTime: time.Now().UTC().Format("2006-01-02 15:04:05Z"), Status: arm.Succeeded}
	op := s.core.StartOperation(r, arm.OperationSpec{
		Style: arm.Location, Namespace: namespace, Location: v.location, Final: &arm.Response{Body: status},
		Work: func(_ context.Context, op *arm.AsyncOperation) error {
			status.LastActionDateTime = time.Now().UTC().Format("2006-01-02 15:04:05Z")
			s.endPurge(v, op.Forced == "" || op.Forced == arm.Succeeded)
			return nil
		},
	})
	return &arm.Response{Status: http.StatusAccepted, Header: op.Header()}, nil
}

// endPurge forgets a vault or, if the purge failed, leaves it deleted.
func (s *Service) endPurge(v *vault, done bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v.deletion.purging = false
	if key := strings.ToLower(v.id.Name()); done && s.byName[key] == v {
		delete(s.byName, key)
	}
}
