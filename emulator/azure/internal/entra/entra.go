// Package entra is the emulated Microsoft Entra ID: sign-in for applications and
// the managed identity endpoint of containers.
//
// Call [New], serve the [Service] as the http.Handler of the hosts in [Hosts],
// serve [Service.Identity] under /msi/, and let every service of the emulator
// check its callers with [Service.Verify] (Azure Resource Manager with
// [Service.AuthenticateARM], which answers in its words). Tokens that the
// emulator hands out itself come from [Service.Issue].
//
// Only applications sign in here: the client credentials grant with a secret, a
// certificate or a federated credential. There are no users, so the flows that
// need a browser or a device are refused in words.
package entra

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// DefaultLifetime is how long a token is valid unless [Options] say otherwise.
// Real Entra chooses at random between 60 and 90 minutes.
const DefaultLifetime = time.Hour

// Options configure [New].
type Options struct {
	// TenantID is the one tenant, a GUID. It is required.
	TenantID string
	// Domains are names that clients may use for the tenant besides its id, such as
	// contoso.onmicrosoft.com.
	Domains []string
	// Applications may sign in, besides those that Lookup finds.
	Applications []Application
	// Lookup finds an application by its client id, in any case, as it is now; nil knows none.
	Lookup func(clientID string) (Application, bool)
	// Resources are further audiences for which tokens are given out, besides those of
	// Azure's own services and of registered applications ("api://" + client id).
	Resources []string
	// Lifetime is how long tokens are valid; 0 is [DefaultLifetime].
	Lifetime time.Duration
	// Workload finds the running container that an identity endpoint's secret names,
	// as Get of arm.Workloads does. nil knows none.
	Workload func(secret string) (arm.Workload, bool)
	// Present reports whether the principal of a managed identity still exists and is enabled; nil says yes.
	Present func(objectID string) bool
	// IdentityDelay is how long after its start a container is refused tokens; nil is not at all.
	IdentityDelay func() time.Duration
}

// Service is the emulated Entra ID. It is an http.Handler for the hosts in [Hosts].
// Make it with [New]; it is safe for concurrent use.
type Service struct {
	tenant    string
	domains   []string
	apps      map[string]Application // by lower-case client id
	lookup    func(string) (Application, bool)
	present   func(string) bool
	resources []resource
	lifetime  time.Duration
	workload  func(string) (arm.Workload, bool)
	idDelay   func() time.Duration
	key       *ecdsa.PrivateKey
	keyID     string
	mux       *http.ServeMux
	signed    signedTokens
}

// New makes the service with a signing key of its own: tokens of an earlier start
// are not valid here.
func New(o Options) (*Service, error) {
	tenant, err := uuid.Parse(o.TenantID)
	if err != nil {
		return nil, fmt.Errorf("making the emulated Entra ID: TenantID %q is not a GUID: give one such as %s", o.TenantID, uuid.Nil)
	}
	if o.Lifetime < 0 {
		return nil, fmt.Errorf("making the emulated Entra ID: Lifetime %s is negative: give 0 for %s or more", o.Lifetime, DefaultLifetime)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the emulated Entra ID's signing key: %w", err)
	}
	s := &Service{
		tenant:    tenant.String(),
		apps:      map[string]Application{},
		lookup:    o.Lookup,
		present:   o.Present,
		resources: knownResources(o.Resources),
		lifetime:  o.Lifetime,
		workload:  o.Workload,
		idDelay:   o.IdentityDelay,
		key:       key,
		keyID:     keyID(&key.PublicKey),
	}
	for _, d := range o.Domains {
		s.domains = append(s.domains, strings.ToLower(d))
	}
	if s.lifetime == 0 {
		s.lifetime = DefaultLifetime
	}
	if s.workload == nil {
		s.workload = func(string) (arm.Workload, bool) { return arm.Workload{}, false }
	}
	if s.idDelay == nil {
		s.idDelay = func() time.Duration { return 0 }
	}
	if s.lookup == nil {
		s.lookup = func(string) (Application, bool) { return Application{}, false }
	}
	if s.present == nil {
		s.present = func(string) bool { return true }
	}
	for _, app := range o.Applications {
		if err := app.validate(); err != nil {
			return nil, fmt.Errorf("making the emulated Entra ID: %w", err)
		}
		s.apps[strings.ToLower(app.ClientID)] = app
	}
	s.mux = s.routes()
	return s, nil
}

// Hosts are the host names that the sign-in service answers, all alike.
func Hosts() []string {
	return []string{"login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"}
}

// TenantID is the tenant's id, a lower-case GUID.
func (s *Service) TenantID() string { return s.tenant }

// keyID names a key by its own fingerprint, so that a token of another start is
// told from a forged one.
func keyID(pub *ecdsa.PublicKey) string {
	raw, err := pub.Bytes()
	if err != nil {
		// P-256 always encodes; New made the key.
		panic(err)
	}
	sum := sha256.Sum256(raw)
	return base64.RawURLEncoding.EncodeToString(sum[:20])
}
