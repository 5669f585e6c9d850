package storage

import (
	"net/http"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/storage/blob"
)

// serves reports whether a host is an account's.
func (s *service) serves(host string) bool {
	name, _, _ := strings.Cut(host, ".")
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.byName[name]
	return ok
}

// blobAccount is an account as its Blob service sees it.
func (s *service) blobAccount(name string) (blob.Account, bool) {
	res, a, ok := s.named(name)
	if !ok {
		return blob.Account{}, false
	}
	return blob.Account{
		ID: res.ID, Keys: [2]string{a.keys[0].value, a.keys[1].value}, NoKeys: a.refusesKeys(), SKU: a.sku, Kind: a.kind, Store: a.blobs,
	}, true
}

// named finds an account by its name, which no other has. An account is not changed where it is kept, but replaced.
func (s *service) named(name string) (arm.Resource, *account, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, ok := s.byName[name]
	if !ok {
		return arm.Resource{}, nil, false
	}
	res, ok := s.core.Get(id)
	if !ok {
		return arm.Resource{}, nil, false
	}
	return res, res.Value.(*account), true
}

// refusesKeys reports whether an account's keys, and what is signed with them, are no good.
func (a *account) refusesKeys() bool {
	for name, value := range a.settings {
		if strings.EqualFold(name, "allowSharedKeyAccess") {
			return value == false
		}
	}
	return false
}

// noData answers at the other hosts of accounts.
func noData(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("X-Ms-Error-Code", "NotImplemented")
	w.WriteHeader(http.StatusNotImplemented)
	_, _ = w.Write([]byte(`<?xml version="1.0" encoding="utf-8"?><Error><Code>NotImplemented</Code><Message>The storage accounts of the local Azure serve blobs alone; container groups mount their file shares.</Message></Error>`))
}
