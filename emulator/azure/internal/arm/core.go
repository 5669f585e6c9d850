package arm

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/directory"
	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

// Options of a Core.
type Options struct {
	// TenantID and SubscriptionID are GUIDs, required: the one tenant and its one subscription.
	TenantID, SubscriptionID string
	// Faults is shared with the other rooms; nil makes one of its own.
	Faults *faults.Injector
	// Log receives what must not be shown to clients; nil discards.
	Log *slog.Logger
	// ContainerBase is this emulator's URL as its containers reach it; empty where there is no listener.
	ContainerBase string
	// ContainerCA is a file with the authorities that containers are to trust; empty where there is no listener.
	ContainerCA string
}

// Access is a question to the authorisation hook.
type Access struct {
	Principal *Principal
	// Action such as Microsoft.ContainerInstance/containerGroups/write.
	Action string
	// Data says that Action is one of a data plane, such as Microsoft.KeyVault/vaults/secrets/getSecret/action, which
	// only the dataActions of a role grant.
	Data bool
	// Scope is the id of the resource, group or subscription, or of a provider in one of these for a list. Whether
	// another scope covers it is what [ResourceID.Within] says.
	Scope ResourceID
}

// Core is the emulated Azure Resource Manager. Fields are set before it serves.
type Core struct {
	// Faults is never nil.
	Faults *faults.Injector
	// Directory is the tenant's applications and principals.
	Directory *directory.Directory
	// Workloads are the running containers' identity endpoints.
	Workloads *Workloads
	// Subnets are the subnets of virtual networks and who has an address in them.
	Subnets *Subnets
	// OpenShare finds the folder of a file share for who shows a key of its account. Package storage sets it and package
	// containers mounts the folder. Both meet here and not by a request: nothing in Azure's APIs tells where a share is.
	OpenShare func(ShareKey) (folder string, err error)
	// Requests is the request log of all hosts.
	Requests *RequestLog
	// Authenticate verifies a bearer token (for the audience of Azure Resource Manager). Its *Error is sent as it is; any other
	// error is a 401 InvalidAuthenticationToken. Nil refuses every call that is not anonymous.
	Authenticate func(ctx context.Context, bearer string) (*Principal, error)
	// Verify checks a bearer token for a service that goes by one of the audiences; for the hosts of other services than
	// Azure Resource Manager. Its errors say what is wrong with the token and never hold it. Nil knows no token.
	Verify func(ctx context.Context, bearer string, audiences ...string) (*Principal, error)
	// SignIn checks a client id and its secret, for services that take them as user name and password. Nil knows none.
	SignIn func(ctx context.Context, clientID, secret string) (*Principal, error)
	// Authorize decides; its *Error is sent as it is. Nil allows: every authenticated caller is Owner. Services ask
	// with [Core.Allowed].
	Authorize func(ctx context.Context, a Access) error
	// Reaches reports whether a principal has some right at a scope, above it or below it. Nil says yes.
	Reaches func(p *Principal, scope ResourceID) bool

	options Options
	log     *slog.Logger
	routes  router
	types   []ResourceType
	// kept are the types that no service has and that resources are kept of, by lower-case provider; keptRoutes their
	// operations by method.
	kept       map[string][]string
	tracked    map[string]bool // kept types that have a location, in lower case
	keptRoutes map[string]*route
	onReset    []func(context.Context)
	hosts      []HostService
	store      store
	groups     groupTable
	operations operationTable
	providers  providerTable
	// initial are the resource groups that are there from the start, set before serving.
	initial []Group
	// onStart run at the start and at the end of a reset.
	onStart []func()
	// regionalIDs are namespaces, set before serving.
	regionalIDs []string
	life        lifetime
}

// New returns a Core that serves the cloud's metadata and the polls of long-running operations; all else is the services'.
func New(o Options) *Core {
	c := &Core{Faults: o.Faults, Workloads: &Workloads{}, Subnets: &Subnets{}, Requests: NewRequestLog(), options: o, log: o.Log}
	if c.Faults == nil {
		c.Faults = faults.New()
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	c.Directory = directory.New(func() time.Duration { return c.Faults.Settings().Propagation.Directory.Std() })
	c.store.byID = map[string]Resource{}
	c.life.begin()
	c.registerOwn()
	return c
}

// TenantID is the one tenant's id.
func (c *Core) TenantID() string { return c.options.TenantID }

// SubscriptionID is the one subscription's id.
func (c *Core) SubscriptionID() string { return c.options.SubscriptionID }

// ContainerBase is this emulator's URL as its containers reach it, such as
// http://127.0.0.1:4280; empty where there is no listener.
func (c *Core) ContainerBase() string { return c.options.ContainerBase }

// ContainerCA is a file on this machine with the certificate authorities that containers are to trust; empty where
// there is no listener.
func (c *Core) ContainerCA() string { return c.options.ContainerCA }

// OnStart runs a function now and at the end of each reset; for rooms with resources that are there from the start.
func (c *Core) OnStart(f func()) {
	c.onStart = append(c.onStart, f)
	f()
}

// OnReset adds a hook that [Core.Reset] calls; for rooms that hold state without resources.
func (c *Core) OnReset(hook func(ctx context.Context)) { c.onReset = append(c.onReset, hook) }

// Handle adds an operation to the routing table. It panics on a route that is there
// already: that is a mistake in the program. It is called before the core serves.
func (c *Core) Handle(op Operation, h Handler) { c.routes.add(op, h) }

// Go runs f in a goroutine that [Core.Close] waits for. Its ctx ends with Close, not
// with the request and not with a reset. After Close f is not run.
func (c *Core) Go(f func(ctx context.Context)) { c.life.goUntilClose(f) }

// GoUntilReset is [Core.Go] for work that a reset ends too; false means that the core is closed and f does not run.
func (c *Core) GoUntilReset(f func(ctx context.Context)) bool { return c.life.goUntilReset(f) }

// Close ends the background work and waits for all of it. It does not ask services to
// end theirs; they have their own Close. Idempotent.
func (c *Core) Close() { c.life.end() }

// lifetime owns the background goroutines: all end with Close, those of an epoch with a reset too.
type lifetime struct {
	mu     sync.Mutex
	closed bool
	ctx    context.Context
	cancel context.CancelFunc
	epoch  *epoch
	all    sync.WaitGroup
}

type epoch struct {
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

func (l *lifetime) begin() {
	l.ctx, l.cancel = context.WithCancel(context.Background())
	l.epoch = newEpoch(l.ctx)
}

func newEpoch(parent context.Context) *epoch {
	e := &epoch{}
	e.ctx, e.cancel = context.WithCancel(parent)
	return e
}

func (l *lifetime) goUntilClose(f func(context.Context)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.all.Go(func() { f(l.ctx) })
	}
}

func (l *lifetime) goUntilReset(f func(context.Context)) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	e := l.epoch
	e.wg.Add(1)
	l.all.Go(func() {
		defer e.wg.Done()
		f(e.ctx)
	})
	return true
}

// next ends the current epoch, waits for its goroutines and begins another.
func (l *lifetime) next() {
	l.mu.Lock()
	old := l.epoch
	l.epoch = newEpoch(l.ctx)
	l.mu.Unlock()
	old.cancel()
	old.wg.Wait()
}

func (l *lifetime) end() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.cancel()
	l.all.Wait()
}
