// Package azureemulator is a local Azure for Azure's own clients: sign-in, applications in Microsoft
// Graph, Azure Resource Manager with roles and managed identities, container registries with their
// images, key vaults with their secrets, and Container Instances, as far as Pacific uses them.
//
// In a test, call [NewServer] and give the client under test [Server.Transport]. Nothing listens,
// and in testing/synctest hours of a container's life pass in no time:
//
//	server, err := azureemulator.NewServer(azureemulator.Options{Engine: azureemulator.Func(job)})
//	defer server.Close()
//	client := &http.Client{Transport: server.Transport()}
//
// For programs in other languages, [Start] serves the same on one port, with TLS for Azure's host
// names. A [Server] is an http.Handler too, for a listener of your own.
//
// [Server.Account] is the one account, which owns the one subscription; every other principal may do
// what was assigned to it. [Server.PatchSettings] and
// [Server.AddFaults] decide how slow things are and what goes wrong.
package azureemulator

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
	"github.com/pacific-aci/pacific/emulator/internal/serve"
)

// The ids of an emulated account, the same at every start so that scripts and saved
// logins stay good.
const (
	DefaultTenantID       = "7ac1f1c0-0a2e-4d51-9c1b-5f6e2d3b8a01"
	DefaultSubscriptionID = "7ac1f1c0-5b3d-4e62-8f2a-1c4d7e9b0a02"
	DefaultClientID       = "7ac1f1c0-c11e-4f73-a83c-2b5f8a0d1e03"
)

// The resource group of an emulator that [Start] serves, there from the start so that
// no other tool is needed to make one.
const (
	DefaultResourceGroup = "local"
	DefaultLocation      = "westeurope"
)

// Options of a Server. The zero value is a server that runs nothing and signs in with
// a random secret.
type Options struct {
	// Engine is where containers run; nil is [Simulate]. The Server closes it.
	Engine Engine
	// TenantID, SubscriptionID and ClientID are GUIDs; empty are the Default ones.
	TenantID, SubscriptionID, ClientID string
	// ClientSecret signs in, ControlToken opens the control API; empty are random ones.
	ClientSecret, ControlToken string
	// Settings is a JSON object laid over the default settings; a reset comes back to it.
	Settings []byte
	// ResourceGroup is there from the start and after a reset, in [DefaultLocation]; empty: the subscription is empty.
	ResourceGroup string
	// StopGrace is the time between SIGTERM and SIGKILL of a stop, as the platform has it; 0 is 30 s.
	StopGrace time.Duration
	// OutputWaits makes the output of a group's first container wait for those attached to it, as at a pipe: nothing of it
	// is shown before a client is attached (for at most ten seconds), and a client that reads slowly slows the container
	// down instead of being cut off. Azure does neither; it is for a caller in the same process, who then loses nothing.
	OutputWaits bool
	// ContainerBase is this emulator's URL as its containers reach it, such as http://127.0.0.1:4280; empty
	// where there is no listener.
	ContainerBase string
	// ContainerCA is a file on this machine with the certificate authorities, this emulator's among them, that containers
	// are given; empty where there is no listener.
	ContainerCA string
	// Cloud is what GET /_emulator/cloud says of the way in; empty where there is no listener.
	Cloud CloudAccess
	// Log receives what must not be shown to clients; nil discards.
	Log *slog.Logger
}

// CloudAccess is how a client outside of this process reaches the emulated Azure.
type CloudAccess struct {
	// CA is the PEM of the authority that the emulator's certificates come from.
	CA string
	// Proxy is the URL of the CONNECT port.
	Proxy string
}

// Account is the service principal that owns the subscription.
type Account struct {
	TenantID, SubscriptionID, ClientID string
	// ClientSecret is a secret.
	ClientSecret string
}

// Server is an emulated Azure. Make it with [NewServer], end it with [Server.Close].
type Server struct {
	account      Account
	controlToken string
	cloud        CloudAccess
	// resourceGroup is the one of the start; empty for none.
	resourceGroup string
	log           *slog.Logger
	engine        Engine
	core          *arm.Core
	services      services
	scratch       scratch
	control       http.Handler
	identity      http.Handler
	inProcess     *serve.InProcess

	// calls end with Close: a client that waits or stalls must not hold it up.
	calls *serve.Calls
	once  sync.Once
	ended error
}

// NewServer makes an emulated Azure and starts nothing that costs time: a few
// milliseconds. Errors name the option that is wrong.
func NewServer(o Options) (*Server, error) { return newServer(o, "{}") }

// newServer lays the options' settings over those given, and these over the defaults.
func newServer(o Options, settings string) (*Server, error) {
	s := &Server{
		account: Account{
			TenantID: first(o.TenantID, DefaultTenantID), SubscriptionID: first(o.SubscriptionID, DefaultSubscriptionID),
			ClientID: first(o.ClientID, DefaultClientID), ClientSecret: o.ClientSecret,
		},
		controlToken: o.ControlToken, cloud: o.Cloud, resourceGroup: o.ResourceGroup, log: o.Log, engine: o.Engine, calls: serve.NewCalls(),
	}
	if s.account.ClientSecret == "" {
		s.account.ClientSecret = rand.Text()
	}
	if s.controlToken == "" {
		s.controlToken = rand.Text()
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.engine == nil {
		s.engine = Simulate()
	}
	for _, one := range []struct {
		name string
		id   *string
	}{{"TenantID", &s.account.TenantID}, {"SubscriptionID", &s.account.SubscriptionID}, {"ClientID", &s.account.ClientID}} {
		if uuid.Validate(*one.id) != nil || len(*one.id) != 36 {
			return nil, fmt.Errorf("starting the emulated Azure: %s %q is not a GUID", one.name, *one.id)
		}
		*one.id = strings.ToLower(*one.id)
	}
	switches := faults.New()
	if err := switches.Start([]byte(settings)); err != nil {
		return nil, fmt.Errorf("starting the emulated Azure: %w", err)
	}
	if len(o.Settings) > 0 {
		if err := switches.Start(o.Settings); err != nil {
			return nil, fmt.Errorf("starting the emulated Azure: reading settings: %w", err)
		}
	}
	s.core = arm.New(arm.Options{
		TenantID: s.account.TenantID, SubscriptionID: s.account.SubscriptionID, Faults: switches, Log: s.log, ContainerBase: o.ContainerBase,
		ContainerCA: o.ContainerCA,
	})
	if err := s.register(o); err != nil {
		return nil, fmt.Errorf("starting the emulated Azure: %w", err)
	}
	if o.ResourceGroup != "" {
		s.core.StartWith(o.ResourceGroup, DefaultLocation)
	}
	s.control = s.controlAPI()
	s.inProcess = serve.NewInProcess(s, s.log)
	return s, nil
}

func first(given, otherwise string) string {
	if given != "" {
		return given
	}
	return otherwise
}

// Account is the service principal that owns the one subscription.
func (s *Server) Account() Account { return s.account }

// ControlToken opens the control API. It is a secret.
func (s *Server) ControlToken() string { return s.controlToken }

// Close ends all connections, container groups and background work, waits for all of it, closes the engine and
// removes the files with images. Idempotent; the errors are the engine's and of the removal.
func (s *Server) Close() error {
	s.once.Do(func() {
		s.calls.End()
		s.inProcess.Stop()
		s.services.close()
		s.core.Close()
		s.ended = s.engine.Close()
		s.calls.Wait()
		s.inProcess.Wait()
		s.ended = errors.Join(s.ended, s.scratch.remove())
	})
	return s.ended
}

// Reset goes back to the subscription, the settings and the absence of faults of the start.
func (s *Server) Reset(ctx context.Context) { s.core.Reset(ctx) }
