package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/storage/blob"
	"github.com/pacific-aci/pacific/emulator/azure/internal/storage/share"
)

// shareBody is a share as requests bring it.
type shareBody struct {
	Properties struct {
		ShareQuota       *int              `json:"shareQuota"`
		AccessTier       string            `json:"accessTier"`
		EnabledProtocols string            `json:"enabledProtocols"`
		Metadata         map[string]string `json:"metadata"`
	} `json:"properties"`
}

// shareView is a share as replies show it.
type shareView struct {
	ID         string          `json:"id"`
	Name       string          `json:"name"`
	Type       string          `json:"type"`
	Etag       string          `json:"etag"`
	Properties shareProperties `json:"properties"`
}

type shareProperties struct {
	AccessTier             string            `json:"accessTier"`
	EnabledProtocols       string            `json:"enabledProtocols"`
	LastModifiedTime       time.Time         `json:"lastModifiedTime"`
	LeaseState             string            `json:"leaseState"`
	LeaseStatus            string            `json:"leaseStatus"`
	Metadata               map[string]string `json:"metadata,omitempty"`
	ShareQuota             int               `json:"shareQuota"`
	Deleted                bool              `json:"deleted"`
	RemainingRetentionDays int               `json:"remainingRetentionDays"`
}

var shareTiers = []string{"TransactionOptimized", "Hot", "Cool", "Premium"}

func (s *service) shareRoutes(account string) {
	all := account + "/fileServices/default/shares"
	one := all + "/{shareName}"
	for _, row := range []struct {
		id, method, path string
		handler          arm.Handler
	}{
		{"FileShares_List", http.MethodGet, all, s.listShares},
		{"FileShares_Get", http.MethodGet, one, s.getShare},
		{"FileShares_Create", http.MethodPut, one, s.putShare},
		{"FileShares_Update", http.MethodPatch, one, s.patchShare},
		{"FileShares_Delete", http.MethodDelete, one, s.deleteShare},
	} {
		s.core.Handle(arm.Operation{ID: row.id, Method: row.method, Path: row.path}, row.handler)
	}
}

// checkShare checks the name of a share: its rule is that of containers of blobs
// (learn.microsoft.com/rest/api/storageservices/naming-and-referencing-shares--directories--files--and-metadata).
func checkShare(name string) error {
	if blob.ValidContainer(name) {
		return nil
	}
	return arm.BadRequest("ShareNameInvalid", "The specified share name %s is invalid. It must have 3 to 63 lower-case letters, digits and single hyphens between them.", name)
}

// shares are the shares of the account that an id lies in; or ARM's 404.
func (s *service) shares(id arm.ResourceID) (*share.Store, error) {
	a, err := s.accountOf(id)
	if err != nil {
		return nil, err
	}
	return a.shares, nil
}

func viewShare(id arm.ResourceID, now share.Share) shareView {
	return shareView{ID: id.String(), Name: now.Name, Type: share.Type, Etag: now.ETag, Properties: shareProperties{
		AccessTier: now.Tier, EnabledProtocols: "SMB", LastModifiedTime: now.Modified, LeaseState: "available", LeaseStatus: "unlocked",
		Metadata: now.Metadata, ShareQuota: now.Quota,
	}}
}

func (s *service) putShare(r *arm.Request) (*arm.Response, error) {
	if err := checkShare(r.ResourceID().Name()); err != nil {
		return nil, err
	}
	return s.writeShare(r, true)
}

func (s *service) patchShare(r *arm.Request) (*arm.Response, error) {
	return s.writeShare(r, false)
}

// writeShare makes a share, or changes one that is there.
func (s *service) writeShare(r *arm.Request, create bool) (*arm.Response, error) {
	var body shareBody
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	change, err := body.change()
	if err != nil {
		return nil, err
	}
	id := r.ResourceID()
	st, err := s.shares(id)
	if err != nil {
		return nil, err
	}
	if _, there := st.Get(id.Name()); !there && !create {
		return nil, arm.ResourceNotFound(id)
	}
	now, created, err := st.Create(id.Name(), change)
	switch {
	case errors.Is(err, fs.ErrClosed):
		return nil, arm.ParentResourceNotFound(id.Root())
	case err != nil:
		return nil, err
	case created:
		return &arm.Response{Status: http.StatusCreated, Body: viewShare(id, now)}, nil
	}
	return &arm.Response{Body: viewShare(id, now)}, nil
}

// change is what a request sets, once checked.
func (b *shareBody) change() (share.Change, error) {
	p, change := b.Properties, share.Change{}
	if p.EnabledProtocols != "" && !strings.EqualFold(p.EnabledProtocols, "SMB") {
		return change, arm.NotYet("The protocol %s: the shares of the local Azure are mounted by container groups alone, as SMB's are.", p.EnabledProtocols)
	}
	if q := p.ShareQuota; q != nil {
		if *q < 1 || *q > share.MaxQuota {
			return change, invalidValue("shareQuota")
		}
		change.Quota = *q
	}
	if p.AccessTier != "" {
		i := slices.IndexFunc(shareTiers, func(tier string) bool { return strings.EqualFold(tier, p.AccessTier) })
		if i < 0 {
			return change, invalidValue("accessTier")
		}
		change.Tier = shareTiers[i]
	}
	if p.Metadata != nil {
		valid := false
		if change.Metadata, valid = blob.ValidMetadata(p.Metadata); !valid {
			return change, invalidValue("metadata")
		}
	}
	return change, nil
}

func (s *service) getShare(r *arm.Request) (*arm.Response, error) {
	id := r.ResourceID()
	st, err := s.shares(id)
	if err != nil {
		return nil, err
	}
	now, ok := st.Get(id.Name())
	if !ok {
		return nil, arm.ResourceNotFound(id)
	}
	return &arm.Response{Body: viewShare(id, now)}, nil
}

func (s *service) listShares(r *arm.Request) (*arm.Response, error) {
	account := r.ResourceID().Root()
	st, err := s.shares(account)
	if err != nil {
		return nil, err
	}
	views := []shareView{}
	for _, now := range st.List() {
		views = append(views, viewShare(account.Child("fileServices", "default").Child("shares", now.Name), now))
	}
	page, err := arm.Paginate(r, views, 5000, func(v shareView) string { return v.Name })
	if err != nil {
		return nil, err
	}
	return &arm.Response{Body: page}, nil
}

func (s *service) deleteShare(r *arm.Request) (*arm.Response, error) {
	st, err := s.shares(r.ResourceID())
	if err != nil {
		return nil, err
	}
	if !s.removeShare(st, r.ResourceID()) {
		return &arm.Response{Status: http.StatusNoContent}, nil
	}
	return nil, nil
}

// removeShare takes a share away and reports whether it was there. Files that this machine does not let go of are no
// concern of the caller's.
func (s *service) removeShare(st *share.Store, id arm.ResourceID) bool {
	was, err := st.Delete(id.Name())
	if err != nil {
		s.log.Warn("removing the files of a file share", "share", id.String(), "error", err)
	}
	return was
}

func (s *service) deleteShareResource(_ context.Context, id arm.ResourceID) error {
	if st, err := s.shares(id); err == nil {
		s.removeShare(st, id)
	}
	s.core.Delete(id) // with the roles on it
	return nil
}

// openShare finds a share's folder for a container group. Its errors never repeat the key.
func (s *service) openShare(k arm.ShareKey) (string, error) {
	_, a, ok := s.named(k.Account)
	if !ok {
		return "", fmt.Errorf("there is no storage account %s", k.Account)
	}
	if a.refusesKeys() {
		return "", fmt.Errorf("the storage account %s allows no shared keys (allowSharedKeyAccess)", k.Account)
	}
	if k.Key != a.keys[0].value && k.Key != a.keys[1].value {
		return "", fmt.Errorf("the key is none of the storage account %s", k.Account)
	}
	now, ok := a.shares.Get(k.Share)
	if !ok {
		return "", fmt.Errorf("the storage account %s has no share %s", k.Account, k.Share)
	}
	return now.Folder, nil
}
