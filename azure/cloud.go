package azure

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// Options says which Azure, and as whom. The zero value is the public cloud with the
// default chain of credentials and an empty environment.
type Options struct {
	// Cloud is "public" (or empty), "china", "government", or the http or https URL of an
	// emulator, which tells its endpoints, proxy and CA itself.
	Cloud string
	// LookupEnv reads the environment: the AZURE_* variables of a credential and the
	// proxy variables. Nil: nothing is set.
	LookupEnv func(string) (string, bool)
	// Transport carries every request instead of the network, an emulator in the same
	// process for instance. Then no proxy is used, nothing else is contacted, and the
	// default chain does not start az. Nil: the network.
	Transport http.RoundTripper
	// Credential says how to sign in. Zero: the default chain.
	Credential CredentialOptions
	// Log gets waits for ARM's limits and the chosen credential, at debug level. Nil discards.
	Log *slog.Logger
	// Application opens the User-Agent, "pacific/1.2.3" for instance. The SDK keeps 24
	// characters of it. Empty: "pacific".
	Application string
}

// Cloud is one Azure, seen by one principal. Make it once with [NewCloud] and share it:
// ARM counts requests for each principal, so two Clouds of the same principal would each
// believe they had the whole allowance. It is safe for concurrent use and owns no
// goroutine.
type Cloud struct {
	name      string
	emulated  bool
	inProcess bool
	endpoints Endpoints
	app       string
	log       *slog.Logger
	env       func(string) (string, bool)
	client    *http.Client
	creds     CredentialOptions
	limits    *limiter
	signIn    func() (azcore.TokenCredential, error)
}

// NewCloud makes a Cloud. For an emulator's URL it asks the emulator for its endpoints,
// within 5 seconds; otherwise it sends nothing. Wrong settings are reported here, a
// partial credential included; whether a credential works shows with the first request.
func NewCloud(ctx context.Context, o Options) (*Cloud, error) {
	c := &Cloud{
		app:       cmp.Or(o.Application, "pacific"),
		log:       o.Log,
		env:       o.LookupEnv,
		inProcess: o.Transport != nil,
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.env == nil {
		c.env = func(string) (string, bool) { return "", false }
	}
	if err := c.connect(ctx, o); err != nil {
		return nil, err
	}
	creds, err := o.Credential.resolve(c.env)
	if err != nil {
		return nil, err
	}
	c.creds = creds
	c.limits = newLimiter(creds.principal(), c.log)
	c.signIn = sync.OnceValues(c.newCredential)
	return c, nil
}

// connect finds the endpoints and makes the HTTP client.
func (c *Cloud) connect(ctx context.Context, o Options) error {
	if base, ok := emulatorURL(o.Cloud); ok {
		return c.connectEmulator(ctx, base, o.Transport)
	}
	known, err := lookupCloud(o.Cloud)
	if err != nil {
		return err
	}
	c.name, c.endpoints = known.name, known.endpoints
	rt := o.Transport
	if rt == nil {
		rt = newTransport(environmentProxy(c.env), nil)
	}
	c.client = newHTTPClient(rt)
	return nil
}

// Name is "public", "china", "government" or the emulator's URL.
func (c *Cloud) Name() string { return c.name }

// Emulated reports whether the Cloud was named by an emulator's URL.
func (c *Cloud) Emulated() bool { return c.emulated }

// Endpoints returns where the services of this cloud live.
func (c *Cloud) Endpoints() Endpoints { return c.endpoints }

// Principal names who we are, as far as that is known without asking: the client id if
// one was given, else a hash of the way to sign in. It is a key and a log value, never
// a secret.
func (c *Cloud) Principal() string { return c.limits.principal }

// Credential returns the one credential of this Cloud, made at the first call. Its tokens
// are cached for all clients that share it, so that az is not started for each of them.
func (c *Cloud) Credential() (azcore.TokenCredential, error) { return c.signIn() }

// HTTPClient returns the client that every request of this Cloud goes through: same
// connections, proxy and trusted CAs. It is for what the SDK cannot do, such as the
// websockets of attach and exec; it adds no token and waits for no limit. A request ends
// after two minutes without an answer, 30 seconds without a byte of the answer's body, or 15
// minutes in all; a websocket has no deadline after its handshake.
func (c *Cloud) HTTPClient() *http.Client { return c.client }

// CloseIdleConnections closes connections that wait to be used again. Use it at the end of
// a test or a program; the Cloud stays usable.
func (c *Cloud) CloseIdleConnections() { c.client.CloseIdleConnections() }

// ARMOptions returns options for clients of Azure Resource Manager, a new copy for each
// call: endpoints, connections, User-Agent, and the token buckets of this Cloud. The SDK's
// own retries are off (policy lives with the caller, who knows which error it was), and so
// is its automatic registration of resource providers (see [Cloud.RegisterProvider]). A 401
// is answered with a new token, once a request. To see a request that is about to be sent,
// after the wait for the bucket, add to PerRetryPolicies.
func (c *Cloud) ARMOptions() *arm.ClientOptions {
	o := &arm.ClientOptions{ClientOptions: c.ClientOptions(), DisableRPRegistration: true}
	// Before the SDK's policy that puts on the token: a wait for the bucket may be longer than a token's life.
	o.PerCallPolicies = append(o.PerCallPolicies, refusePages{}, c.limits)
	return o
}

// ClientOptions returns options for clients of Azure's other services (vaults, storage,
// Graph), a new copy for each call: as [Cloud.ARMOptions], without ARM's token buckets.
func (c *Cloud) ClientOptions() policy.ClientOptions {
	return policy.ClientOptions{
		Cloud: cloud.Configuration{
			ActiveDirectoryAuthorityHost: c.endpoints.ActiveDirectory,
			Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
				cloud.ResourceManager: {
					Endpoint: c.endpoints.ResourceManager,
					Audience: c.endpoints.Audience,
				},
			},
		},
		Retry:           policy.RetryOptions{MaxRetries: -1},
		Telemetry:       policy.TelemetryOptions{ApplicationID: c.app},
		Transport:       c.client,
		PerCallPolicies: []policy.Policy{renewRefused{c}},
	}
}

// String is the name: a Cloud printed as a structure would show its credential.
func (c *Cloud) String() string { return "azure.Cloud(" + c.name + ")" }

// GoString is [Cloud.String], for %#v.
func (c *Cloud) GoString() string { return c.String() }

// LogValue gives name, principal and endpoints.
func (c *Cloud) LogValue() slog.Value {
	return slog.GroupValue(slog.String("name", c.name), slog.String("principal", c.Principal()), slog.Any("endpoints", c.endpoints))
}
