// Package blob is the Blob service of storage accounts, at NAME.blob.core.windows.net: containers, and block blobs with
// their blocks, properties, metadata, copies and lists.
//
// A [Service] serves the hosts of all accounts; each [Account] has its own [Store]. A call goes through these steps:
//
//	host ──▶ account ──▶ operation ──▶ caller ──▶ right ──▶ conditions ──▶ store
//	                        501       401, 403     403      304, 409, 412
//
// A caller is known by an account key (Shared Key), by a shared access signature (SAS) of an account, a container or a
// blob, signed with an account key or a user delegation key, or by a token of Entra ID. Keys may do everything, signatures
// what they say, and tokens what the caller's roles at the blob's container allow.
//
// Not there, and refused with 501: leases, snapshots, versions, soft delete, tags, tiers that have to be rehydrated, append
// and page blobs, access policies and public access, batches, and the properties of the service.
//
// Content is kept in memory, [MaxBytes] of it for all accounts together, and is gone with the emulator.
package blob

import (
	"crypto/rand"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

const (
	// Suffix is what the hosts of the service end in, after an account's name.
	Suffix = ".blob.core.windows.net"
	// ContainerType is the type of containers, on which roles can be assigned.
	ContainerType = "Microsoft.Storage/storageAccounts/blobServices/containers"
	// audience is what tokens for storage are issued for.
	audience = "https://storage.azure.com"
	// maxDrain is how much of the body of a refused request is read.
	maxDrain = 64 << 20
	// oldestBearer is the first version of the service that takes tokens.
	oldestBearer = "2017-11-09"
)

// Account is a storage account as a call finds it.
type Account struct {
	ID arm.ResourceID
	// Keys are the two access keys, in base64. They are secrets.
	Keys [2]string
	// NoKeys says that the account refuses its keys, and signatures that were made with them.
	NoKeys bool
	// SKU and Kind are Azure's words, such as Standard_LRS and StorageV2.
	SKU, Kind string
	// Store is the account's own, made with [Service.NewStore].
	Store *Store
}

// Service serves the hosts of accounts. Make it with [New].
type Service struct {
	core *arm.Core
	find func(name string) (Account, bool)
	// secret is what the user delegation keys of this start are made from.
	secret [32]byte
	memory *memory
}

// New returns the service for the accounts that find knows by their name.
func New(core *arm.Core, find func(name string) (Account, bool)) *Service {
	s := &Service{core: core, find: find, memory: &memory{limit: MaxBytes}}
	_, _ = rand.Read(s.secret[:]) // never fails
	return s
}

// a call is one request to the host of an account.
type call struct {
	*http.Request
	w       http.ResponseWriter
	account Account
	// query has the names of the parameters in lower case.
	query url.Values
	// container and blob are the path's; empty where it has none.
	container, blob string
	// version is the version of the service that the client asks for: a date, or empty.
	version string
	caller  caller
	// createOnly says that the caller may make a blob, and not replace one.
	createOnly bool
}

// ServeHTTP serves a request to the host of an account.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host := arm.HostName(r.Host)
	account, ok := s.find(strings.TrimSuffix(host, Suffix))
	if !ok {
		http.Error(w, "no storage account "+host, http.StatusMisdirectedRequest) // it has gone while the client was connected
		return
	}
	c := &call{Request: r, w: w, account: account, query: lowerNames(r.URL.Query())}
	c.container, c.blob, _ = strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if c.version = r.Header.Get("X-Ms-Version"); c.version == "" {
		c.version = c.query.Get("sv")
	}
	h := w.Header()
	h.Set("Server", "Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0")
	h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	h.Set("X-Ms-Request-Id", uuid.NewString())
	if c.version != "" {
		h.Set("X-Ms-Version", c.version)
	}
	if id := r.Header.Get("X-Ms-Client-Request-Id"); id != "" && len(id) <= 1024 {
		h.Set("X-Ms-Client-Request-Id", id)
	}
	if p := s.serveCall(c); p != nil {
		// A client that is still sending its blob would see a broken connection and not the answer.
		_, _ = io.CopyN(io.Discard, c.Body, maxDrain)
		p.write(c)
	}
}

// serveCall finds the caller, then the operation, then the right, so that nobody learns without a credential what is there.
func (s *Service) serveCall(c *call) *problem {
	if _, err := time.Parse(time.DateOnly, c.version); err != nil && c.version != "" {
		return badHeader("x-ms-version", c.version)
	}
	who, p := s.identify(c)
	if p != nil {
		return p
	}
	c.caller = who
	if who.principal != nil {
		arm.NotePrincipal(c.Context(), who.principal.AppID)
	}
	op := findOperation(c.Request)
	if op == nil || op.serve == nil {
		return notYet("this operation")
	}
	if p := c.unsupported(); p != nil {
		return p
	}
	if c.createOnly, p = s.authorize(c, op.need, place{c.account, c.container, c.blob}); p != nil {
		return p
	}
	return op.serve(s, c)
}

// lowerNames brings the names of query parameters into lower case.
func lowerNames(q url.Values) url.Values {
	lower := url.Values{}
	for name, values := range q {
		lower[strings.ToLower(name)] = append(lower[strings.ToLower(name)], values...)
	}
	return lower
}

// byteOrderMark begins every document of the real service.
const byteOrderMark = "\ufeff"

// writeXML answers with a document.
func (c *call) writeXML(status int, v any) {
	c.w.Header().Set("Content-Type", "application/xml")
	c.w.WriteHeader(status)
	if c.Method == http.MethodHead {
		return
	}
	text, err := xml.Marshal(v)
	if err != nil { // a text that XML cannot hold is written encoded, so this does not happen
		panic(err)
	}
	_, _ = c.w.Write([]byte(byteOrderMark + `<?xml version="1.0" encoding="utf-8"?>` + string(text)))
}

// stamp writes what changes with each change.
func (c *call) stamp(etag string, modified time.Time) {
	c.w.Header().Set("Etag", etag)
	c.w.Header().Set("Last-Modified", modified.Format(http.TimeFormat))
}
