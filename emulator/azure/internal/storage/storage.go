// Package storage is the service Microsoft.Storage: storage accounts with their settings and keys, the containers of their
// Blob service and their file shares, as Azure Resource Manager sees them. Call [Register]. What is in an account is at the
// endpoints that it shows: package blob serves NAME.blob.core.windows.net, and the others answer that they store nothing.
// Shares (package share) are folders of this machine, which container groups mount.
package storage

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/storage/blob"
	"github.com/pacific-aci/pacific/emulator/azure/internal/storage/share"
)

const (
	namespace   = "Microsoft.Storage"
	accountType = namespace + "/storageAccounts"
	// Suffix is what the hosts of every account end in, after its name and a service's.
	Suffix = ".core.windows.net"
)

// apiVersions are Azure's, newest first; those in between are served too.
var apiVersions = []string{
	"2025-08-01", "2025-06-01", "2025-01-01", "2024-01-01", "2023-05-01", "2023-04-01", "2023-01-01", "2022-09-01", "2022-05-01", "2021-09-01",
	"2021-06-01", "2021-04-01", "2021-02-01", "2021-01-01", "2020-08-01-preview", "2019-06-01", "2019-04-01", "2018-11-01", "2018-07-01", "2018-02-01",
	"2017-10-01", "2017-06-01", "2016-12-01", "2016-05-01", "2016-01-01", "2015-06-15", "2015-05-01-preview",
}

// services are those of an account, as their hosts name them. The first is there.
var services = []string{"blob", "dfs", "file", "queue", "table", "web"}

type service struct {
	core  *arm.Core
	blobs *blob.Service
	// folder gives the folder in which shares are made.
	folder func() (string, error)
	log    *slog.Logger
	// mu is held by whatever creates, changes or deletes accounts: a name depends on all of them.
	mu sync.Mutex
	// byName are the ids of the accounts by their name, which is theirs alone in all of Azure.
	byName map[string]arm.ResourceID
}

// account is what the service keeps with an account in the core's store. It is replaced and never changed.
type account struct {
	kind, sku string
	state     string
	created   time.Time
	// settings are the properties as clients sent them, without those that only Azure says.
	settings map[string]any
	identity *identityBody
	keys     [2]key
	// blobs is what the account's Blob service holds; it is the same in all that replace this.
	blobs *blob.Store
	// shares are the account's file shares; they are the same in all that replace this.
	shares *share.Store
}

// key is an access key. Its value is a secret.
type key struct {
	value   string
	created time.Time
}

// keyNames are what the two keys are called.
var keyNames = [2]string{"key1", "key2"}

func newKey() key {
	secret := make([]byte, 64)
	_, _ = rand.Read(secret) // never fails
	return key{base64.StdEncoding.EncodeToString(secret), time.Now().UTC()}
}

// Options of [Register].
type Options struct {
	// Folder gives a folder of this machine for the files of shares, which only its user can read; required. It is asked
	// when the first share of an account is made.
	Folder func() (string, error)
	// Log receives what could not be removed; nil discards it.
	Log *slog.Logger
}

// Register adds storage accounts, and the hosts that they show, to the core.
func Register(core *arm.Core, o Options) {
	s := &service{core: core, folder: o.Folder, log: o.Log, byName: map[string]arm.ResourceID{}}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.blobs = blob.New(core, s.blobAccount)
	core.AddType(arm.ResourceType{Type: accountType, APIVersions: apiVersions, CheckName: checkName, Delete: s.deleteResource, Purge: s.purge})
	core.AddType(arm.ResourceType{Type: blob.ContainerType, APIVersions: apiVersions, CheckName: checkContainer, Delete: s.deleteContainerResource})
	core.AddType(arm.ResourceType{Type: share.Type, APIVersions: apiVersions, CheckName: checkShare, Delete: s.deleteShareResource})
	core.OpenShare = s.openShare
	const get, put, patch, post, del = http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodPost, http.MethodDelete
	const in = "/subscriptions/{subscriptionId}/providers/" + namespace
	const inGroup = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/" + accountType
	const one = inGroup + "/{accountName}"
	for _, row := range []struct {
		id, method, path string
		handler          arm.Handler
	}{
		{"StorageAccounts_List", get, in + "/storageAccounts", s.list},
		{"StorageAccounts_ListByResourceGroup", get, inGroup, s.list},
		{"StorageAccounts_GetProperties", get, one, s.get},
		{"StorageAccounts_Create", put, one, s.put},
		{"StorageAccounts_Update", patch, one, s.patch},
		{"StorageAccounts_Delete", del, one, s.delete},
		{"StorageAccounts_CheckNameAvailability", post, in + "/checkNameAvailability", s.checkName},
		{"StorageAccounts_ListKeys", post, one + "/listKeys", s.listKeys},
		{"StorageAccounts_RegenerateKey", post, one + "/regenerateKey", s.regenerateKey},
	} {
		op := arm.Operation{ID: row.id, Method: row.method, Path: row.path}
		if row.id == "StorageAccounts_CheckNameAvailability" {
			op.Action = namespace + "/checkNameAvailability/read"
		}
		core.Handle(op, row.handler)
	}
	s.containerRoutes(one)
	s.shareRoutes(one)
	core.AddHost(arm.HostService{Pattern: "*" + blob.Suffix, Handler: s.blobs, Operation: blob.Operation, Serves: s.serves, LargeBodies: true})
	for _, name := range services[1:] {
		core.AddHost(arm.HostService{Pattern: "*." + name + Suffix, Handler: http.HandlerFunc(noData), Serves: s.serves})
	}
}

// validName is Azure's rule (learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules).
var validName = regexp.MustCompile(`^[a-z0-9]{3,24}$`)

func checkName(name string) error {
	if !validName.MatchString(name) {
		return invalidName(name)
	}
	return nil
}

func invalidName(name string) *arm.Error {
	e := arm.BadRequest("AccountNameInvalid", "%s is not a valid storage account name. Storage account name must be between 3 and 24 characters in length and use numbers and lower-case letters only.", name)
	e.Target = name
	return e
}

func taken(name string) *arm.Error {
	e := arm.Conflict("StorageAccountAlreadyTaken", "The storage account named %s is already taken.", name)
	e.Target = name
	return e
}

// checkName says whether a name is free; a name is no secret.
func (s *service) checkName(r *arm.Request) (*arm.Response, error) {
	var body struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if !strings.EqualFold(body.Type, accountType) {
		return nil, invalidValue("type")
	}
	var status struct {
		NameAvailable bool   `json:"nameAvailable"`
		Reason        string `json:"reason,omitempty"`
		Message       string `json:"message,omitempty"`
	}
	s.mu.Lock()
	_, used := s.byName[body.Name]
	s.mu.Unlock()
	switch {
	case !validName.MatchString(body.Name):
		status.Reason, status.Message = "AccountNameInvalid", invalidName(body.Name).Message
	case used:
		status.Reason, status.Message = "AlreadyExists", taken(body.Name).Message
	default:
		status.NameAvailable = true
	}
	return &arm.Response{Body: status}, nil
}

// invalidValue is the 400 for a value that cannot be as asked.
func invalidValue(name string) *arm.Error {
	return arm.BadRequest("InvalidValuesForRequestParameters", "Values for request parameters are invalid: %s.", name)
}

// find is the account of a request's path, or ARM's 404. Call it with mu held.
func (s *service) find(r *arm.Request) (arm.Resource, *account, error) {
	id := r.ResourceID()
	res, ok := s.core.Get(id)
	if !ok {
		return res, nil, arm.ResourceNotFound(id)
	}
	return res, res.Value.(*account), nil
}

// accountOf is the account that an id is, or lies in; or ARM's 404.
func (s *service) accountOf(id arm.ResourceID) (*account, error) {
	root := id.Root()
	res, ok := s.core.Get(root)
	if a, is := res.Value.(*account); ok && is {
		return a, nil
	}
	return nil, arm.ParentResourceNotFound(root)
}

// keysView are an account's keys on the wire.
type keyView struct {
	CreationTime time.Time `json:"creationTime"`
	KeyName      string    `json:"keyName"`
	Value        string    `json:"value"`
	Permissions  string    `json:"permissions"`
}

func viewKeys(a *account) *arm.Response {
	var body struct {
		Keys []keyView `json:"keys"`
	}
	for i, k := range a.keys {
		body.Keys = append(body.Keys, keyView{k.created, keyNames[i], k.value, "FULL"})
	}
	return &arm.Response{Body: body}
}

func (s *service) listKeys(r *arm.Request) (*arm.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, a, err := s.find(r)
	if err != nil {
		return nil, err
	}
	return viewKeys(a), nil
}

// regenerateKey replaces one of the two keys.
func (s *service) regenerateKey(r *arm.Request) (*arm.Response, error) {
	var body struct {
		KeyName string `json:"keyName"`
	}
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	res, a, err := s.find(r)
	if err != nil {
		return nil, err
	}
	next := *a
	switch body.KeyName {
	case keyNames[0]:
		next.keys[0] = newKey()
	case keyNames[1]:
		next.keys[1] = newKey()
	default:
		return nil, invalidValue("keyName")
	}
	s.core.Update(res.ID, func(stored *arm.Resource) { stored.Value = &next })
	return viewKeys(&next), nil
}

func (s *service) delete(r *arm.Request) (*arm.Response, error) {
	if !s.remove(r.ResourceID()) {
		return &arm.Response{Status: http.StatusNoContent}, nil
	}
	return nil, nil
}

// remove takes an account away, with the principal that it may have, and reports whether it was there.
func (s *service) remove(id arm.ResourceID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	res, _ := s.core.Get(id)
	if !s.core.Delete(id) {
		return false
	}
	s.drop(res)
	delete(s.byName, id.Name())
	s.core.Directory.DeleteIdentity(id.String())
	return true
}

// drop frees what an account holds.
func (s *service) drop(res arm.Resource) {
	a := res.Value.(*account)
	a.blobs.Close()
	if err := a.shares.Close(); err != nil {
		s.log.Warn("removing the file shares of a storage account", "account", res.Name, "error", err)
	}
}

func (s *service) deleteResource(_ context.Context, id arm.ResourceID) error {
	s.remove(id)
	return nil
}

func (s *service) purge(context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range s.byName {
		if res, ok := s.core.Get(id); ok {
			s.drop(res)
		}
	}
	clear(s.byName)
}
