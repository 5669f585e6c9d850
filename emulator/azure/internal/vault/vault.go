// Package vault is the service Microsoft.KeyVault: vaults as resources, and behind each of them its secrets at
// NAME.vault.azure.net.
//
// [Register] adds both to the core. A vault that is deleted is kept, with its secrets and its name, until its retention is
// over or it is purged; so is a secret that is deleted from a vault that is there:
//
//	PUT ──▶ RegisteringDns ──▶ Succeeded ──DELETE──▶ deleted ─┬─ createMode recover ──▶ Succeeded
//	                                                         └─ purge, or time ───────▶ gone
//
// Who may do what with secrets is decided for each call: by roles ([arm.Core.Allowed], data actions) where the vault says
// enableRbacAuthorization, else by its access policies. Values of secrets leave the service through its host alone, never
// through Azure Resource Manager. Keys and certificates are not there.
package vault

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

const (
	namespace   = "Microsoft.KeyVault"
	vaultType   = namespace + "/vaults"
	secretType  = vaultType + "/secrets"
	deletedType = namespace + "/deletedVaults"
	// Suffix is what the host of every vault ends in.
	Suffix = ".vault.azure.net"
	// registering is the state of a vault whose host is not there yet.
	registering = "RegisteringDns"
)

// apiVersions are those that Azure's own clients send; preview ones in between are served too.
var apiVersions = []string{"2026-02-01", "2025-05-01", "2024-11-01", "2024-04-01-preview", "2023-07-01", "2023-02-01", "2022-11-01", "2022-07-01",
	"2021-10-01", "2021-06-01-preview", "2019-09-01", "2018-02-14", "2016-10-01", "2015-06-01"}

// Service is the service Microsoft.KeyVault. Make it with [Register].
type Service struct {
	core *arm.Core
	// key seals the backups of this start.
	key [32]byte

	// mu guards all below, and all vaults with their secrets.
	mu sync.Mutex
	// byName are the vaults by their lower-case name, which is theirs alone in all of Azure, the deleted ones included.
	byName map[string]*vault
}

// A vault is one vault resource, there or deleted. It is guarded by the service's mu. Its tags are in the core's store
// while it is there.
type vault struct {
	id        arm.ResourceID
	location  string
	created   time.Time
	createdBy string
	settings  settings
	state     string
	// secrets are by lower-case name, the deleted ones included.
	secrets map[string]*secret
	// deletion is nil for a vault that is there.
	deletion *deletion
}

// deletion is what is known of a deleted vault or secret.
type deletion struct {
	at, purge time.Time
	// tags are those that a vault had.
	tags map[string]string
	// purging is set once the purge was asked for.
	purging bool
}

func (d *deletion) over(now time.Time) bool { return d != nil && !now.Before(d.purge) }

// Register adds vaults, their hosts and their provider to the core.
func Register(core *arm.Core) *Service {
	s := &Service{core: core, byName: map[string]*vault{}}
	_, _ = rand.Read(s.key[:]) // never fails
	core.AddType(arm.ResourceType{Type: vaultType, APIVersions: apiVersions, CheckName: checkName, Delete: s.deleteResource, Purge: s.purgeAll})
	core.AddType(arm.ResourceType{Type: secretType, APIVersions: apiVersions, Delete: s.dropSecretResource})
	core.AddType(arm.ResourceType{Type: deletedType, APIVersions: apiVersions, Global: true})
	s.routes()
	core.AddHost(arm.HostService{Pattern: "*" + Suffix, Handler: s, Operation: hostOperation, Serves: s.serves})
	return s
}

// host is the name of the vault's host.
func (v *vault) host() string { return strings.ToLower(v.id.Name()) + Suffix }

// uri is the vault's address, without a slash at the end while it is being made.
func (v *vault) uri() string {
	uri := "https://" + v.host()
	if v.state == registering {
		return uri
	}
	return uri + "/"
}

// named finds a vault, there or deleted, by its name, and drops it if its retention is over. It is called with mu held.
func (s *Service) named(name string) (*vault, bool) {
	key := strings.ToLower(name)
	v, ok := s.byName[key]
	if ok && v.deletion.over(time.Now()) {
		delete(s.byName, key)
		return nil, false
	}
	return v, ok
}

// live finds a vault that is there. It is called with mu held.
func (s *Service) live(name string) (*vault, bool) {
	v, ok := s.named(name)
	return v, ok && v.deletion == nil
}

// serves reports whether a host is a vault's: until one is made, and after it is deleted, its name does not resolve.
func (s *Service) serves(host string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.live(strings.TrimSuffix(host, Suffix))
	return ok && v.state == arm.Succeeded
}

// find returns the vault that an id names, itself or as a parent, or ARM's 404. It is called with mu held.
func (s *Service) find(id arm.ResourceID) (*vault, arm.Resource, error) {
	for len(id.Types) > 1 {
		id, _ = id.Parent()
	}
	stored, ok := s.core.Get(id)
	v, is := stored.Value.(*vault)
	if !ok || !is {
		return nil, stored, arm.ResourceNotFound(id)
	}
	return v, stored, nil
}

// purgeAll forgets everything, for a reset.
func (s *Service) purgeAll(context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.byName)
}
