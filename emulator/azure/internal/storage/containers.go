package storage

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/storage/blob"
)

// containerBody is what a client may say of a container to Azure Resource Manager.
type containerBody struct {
	Properties struct {
		PublicAccess string            `json:"publicAccess"`
		Metadata     map[string]string `json:"metadata"`
	} `json:"properties"`
}

// containerView is a container on Azure Resource Manager's wire.
type containerView struct {
	ID         string              `json:"id"`
	Name       string              `json:"name"`
	Type       string              `json:"type"`
	Etag       string              `json:"etag"`
	Properties containerProperties `json:"properties"`
}

type containerProperties struct {
	PublicAccess                string            `json:"publicAccess"`
	LeaseStatus                 string            `json:"leaseStatus"`
	LeaseState                  string            `json:"leaseState"`
	LastModifiedTime            time.Time         `json:"lastModifiedTime"`
	Metadata                    map[string]string `json:"metadata,omitempty"`
	DefaultEncryptionScope      string            `json:"defaultEncryptionScope"`
	DenyEncryptionScopeOverride bool              `json:"denyEncryptionScopeOverride"`
	HasImmutabilityPolicy       bool              `json:"hasImmutabilityPolicy"`
	HasLegalHold                bool              `json:"hasLegalHold"`
	Deleted                     bool              `json:"deleted"`
	RemainingRetentionDays      int               `json:"remainingRetentionDays"`
}

// containerRoutes adds the containers below an account's path.
func (s *service) containerRoutes(account string) {
	all := account + "/blobServices/default/containers"
	one := all + "/{containerName}"
	for _, row := range []struct {
		id, method, path string
		handler          arm.Handler
	}{
		{"BlobContainers_List", http.MethodGet, all, s.listContainers},
		{"BlobContainers_Get", http.MethodGet, one, s.getContainer},
		{"BlobContainers_Create", http.MethodPut, one, s.putContainer},
		{"BlobContainers_Update", http.MethodPatch, one, s.patchContainer},
		{"BlobContainers_Delete", http.MethodDelete, one, s.deleteContainer},
	} {
		s.core.Handle(arm.Operation{ID: row.id, Method: row.method, Path: row.path}, row.handler)
	}
}

// checkContainer is the error of a name that no container can have.
func checkContainer(name string) error {
	if blob.ValidContainer(name) {
		return nil
	}
	return arm.BadRequest("ContainerNameInvalid", "The specified container name %s is invalid. It must have 3 to 63 lower-case letters, digits and single hyphens between them.", name)
}

// store is what the account of an id holds; or ARM's 404.
func (s *service) store(id arm.ResourceID) (*blob.Store, error) {
	a, err := s.accountOf(id)
	if err != nil {
		return nil, err
	}
	return a.blobs, nil
}

func viewContainer(id arm.ResourceID, c blob.Container) containerView {
	return containerView{ID: id.String(), Name: c.Name, Type: blob.ContainerType, Etag: c.ETag, Properties: containerProperties{
		PublicAccess: "None", LeaseStatus: "Unlocked", LeaseState: "Available", LastModifiedTime: c.Modified, Metadata: c.Metadata,
		DefaultEncryptionScope: "$account-encryption-key",
	}}
}

// putContainer creates (201) a container, or changes (200) one.
func (s *service) putContainer(r *arm.Request) (*arm.Response, error) {
	if err := checkContainer(r.ResourceID().Name()); err != nil {
		return nil, err
	}
	return s.writeContainer(r, true)
}

func (s *service) patchContainer(r *arm.Request) (*arm.Response, error) {
	return s.writeContainer(r, false)
}

// writeContainer changes a container, or with create makes it if it is not there.
func (s *service) writeContainer(r *arm.Request, create bool) (*arm.Response, error) {
	var body containerBody
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if access := body.Properties.PublicAccess; access != "" && !strings.EqualFold(access, "None") {
		return nil, arm.NotYet("Public access: the containers of the local Azure are for callers with a credential alone.")
	}
	id := r.ResourceID()
	st, err := s.store(id)
	if err != nil {
		return nil, err
	}
	var metadata map[string]string
	if sent := body.Properties.Metadata; sent != nil {
		valid := false
		if metadata, valid = blob.ValidMetadata(sent); !valid {
			return nil, invalidValue("metadata")
		}
	}
	if _, there := st.Get(id.Name()); !there && !create {
		return nil, arm.ResourceNotFound(id)
	}
	status := http.StatusOK
	switch created, ok := st.Create(id.Name(), metadata); {
	case !ok:
		return nil, arm.ParentResourceNotFound(id.Root())
	case created:
		status = http.StatusCreated
	}
	now, ok := st.Get(id.Name())
	if !ok { // deleted in between
		return nil, arm.ResourceNotFound(id)
	}
	return &arm.Response{Status: status, Body: viewContainer(id, now)}, nil
}

func (s *service) getContainer(r *arm.Request) (*arm.Response, error) {
	id := r.ResourceID()
	st, err := s.store(id)
	if err != nil {
		return nil, err
	}
	c, ok := st.Get(id.Name())
	if !ok {
		return nil, arm.ResourceNotFound(id)
	}
	return &arm.Response{Body: viewContainer(id, c)}, nil
}

// listContainers lists the containers of an account, whose id the path ends with.
func (s *service) listContainers(r *arm.Request) (*arm.Response, error) {
	account := r.ResourceID().Root()
	st, err := s.store(account)
	if err != nil {
		return nil, err
	}
	views := []containerView{}
	for _, c := range st.List() {
		views = append(views, viewContainer(account.Child("blobServices", "default").Child("containers", c.Name), c))
	}
	page, err := arm.Paginate(r, views, 5000, func(v containerView) string { return v.Name })
	if err != nil {
		return nil, err
	}
	return &arm.Response{Body: page}, nil
}

func (s *service) deleteContainer(r *arm.Request) (*arm.Response, error) {
	st, err := s.store(r.ResourceID())
	if err != nil {
		return nil, err
	}
	if !st.Delete(r.ResourceID().Name()) {
		return &arm.Response{Status: http.StatusNoContent}, nil
	}
	return nil, nil
}

// deleteContainerResource deletes a container whose resource group goes.
func (s *service) deleteContainerResource(_ context.Context, id arm.ResourceID) error {
	if st, err := s.store(id); err == nil {
		st.Delete(id.Name())
	}
	s.core.Delete(id)
	return nil
}
