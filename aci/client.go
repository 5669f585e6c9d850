package aci

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"

	"github.com/pacific-aci/pacific/azure"
)

// Config says where a [Client] works.
type Config struct {
	// Cloud is which Azure to use, and how to sign in. Required. Make one with azure.NewCloud and share it between clients,
	// as it counts their requests against Azure's limits.
	Cloud *azure.Cloud
	// Subscription is the subscription's id, ResourceGroup the resource group's name. Both required.
	Subscription  string
	ResourceGroup string
	// Location is the region of jobs that name none. Empty: that of the resource group, which is read once.
	Location string
	// Log gets what helps to find faults in Pacific itself, at debug level. Nil: it is discarded.
	Log *slog.Logger
	// FirstPoll is the first wait between two reads of a group; each wait is twice the last. Zero: a second, which Azure's
	// request limits allow. An emulator in the same process has no such limits.
	FirstPoll time.Duration
	// LiveFromStart says that this Azure keeps a container's output back until its live stream is connected, as an emulator
	// in the same process can. Then every byte comes through the stream; log reads are JSON and cannot carry all bytes.
	LiveFromStart bool
}

// Client runs container jobs in one resource group. Make it with [NewClient]. It is safe for concurrent use, keeps
// nothing of a job that is not in Azure too, and owns no goroutine between calls.
type Client struct {
	cfg           Config
	cloud         *azure.Cloud
	subscription  string
	resourceGroup string
	log           *slog.Logger
	firstPoll     time.Duration
	liveFromStart bool

	groups     *armcontainerinstance.ContainerGroupsClient
	containers *armcontainerinstance.ContainersClient
	locations  *armcontainerinstance.LocationClient
	raw        *arm.Client

	watching atomic.Int64 // watches that run

	mu       sync.Mutex
	location string
	left     map[string]CreatesLeft // by region
	asking   chan struct{}          // holds one value while somebody asks for location
}

// module names the requests that do not go through the SDK's typed clients, in the User-Agent and in traces.
const module = "github.com/pacific-aci/pacific/aci"

// NewClient makes a client. It sends nothing: it reports wrong settings, and the first call reports missing rights.
func NewClient(cfg Config) (*Client, error) {
	switch {
	case cfg.Cloud == nil:
		return nil, errors.New("aci: Config.Cloud is missing; make one with azure.NewCloud")
	case cfg.Subscription == "":
		return nil, errors.New("aci: Config.Subscription is missing; give the subscription's id")
	case cfg.ResourceGroup == "":
		return nil, errors.New("aci: Config.ResourceGroup is missing; give the resource group's name")
	case strings.ContainsAny(cfg.Subscription+cfg.ResourceGroup, "/?#"):
		return nil, fmt.Errorf("aci: subscription %q and resource group %q are names, not resource ids", cfg.Subscription, cfg.ResourceGroup)
	}
	credential, err := cfg.Cloud.Credential()
	if err != nil {
		return nil, fmt.Errorf("signing in: %w", err)
	}
	c := &Client{
		cfg: cfg, cloud: cfg.Cloud, subscription: cfg.Subscription, resourceGroup: cfg.ResourceGroup, location: cfg.Location,
		log: cfg.Log, firstPoll: cfg.FirstPoll, liveFromStart: cfg.LiveFromStart, asking: make(chan struct{}, 1),
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.firstPoll <= 0 {
		c.firstPoll = time.Second
	}
	options := cfg.Cloud.ARMOptions()
	options.PerCallPolicies = append(options.PerCallPolicies, countRequests{})
	options.PerRetryPolicies = append(options.PerRetryPolicies, detachPut{}, tellSent{})
	factory, err := armcontainerinstance.NewClientFactory(cfg.Subscription, credential, options)
	if err != nil {
		return nil, fmt.Errorf("making Azure's client: %w", err)
	}
	c.groups, c.containers, c.locations = factory.NewContainerGroupsClient(), factory.NewContainersClient(), factory.NewLocationClient()
	if c.raw, err = arm.NewClient(module, "v1.0.0", credential, options); err != nil {
		return nil, fmt.Errorf("making Azure's client: %w", err)
	}
	return c, nil
}

// In makes a client for another resource group of the same subscription, with the same sign-in.
func (c *Client) In(resourceGroup string) (*Client, error) {
	cfg := c.cfg
	cfg.ResourceGroup = resourceGroup
	return NewClient(cfg)
}

// ResourceGroupID is the ARM id of the resource group that the client works in.
func (c *Client) ResourceGroupID() string {
	return "/subscriptions/" + c.subscription + "/resourceGroups/" + c.resourceGroup
}

// id is the resource id of a container group.
func (c *Client) id(name string) string {
	return c.ResourceGroupID() + "/providers/Microsoft.ContainerInstance/containerGroups/" + name
}

// host is the host of Azure Resource Manager, the only one that may get our token.
func (c *Client) host() string {
	u, err := url.Parse(c.cloud.Endpoints().ResourceManager)
	if err != nil {
		return ""
	}
	return u.Host
}

// Location is the region of jobs that name none: the client's own, else that of the resource group, which is read once.
func (c *Client) Location(ctx context.Context) (string, error) {
	location, err := c.region(ctx)
	if err != nil {
		return "", fmt.Errorf("reading the region of resource group %q: %w", c.resourceGroup, azure.Plain(err))
	}
	return region(location), nil
}

// region is the region of jobs that name none: the configured one, else the resource group's.
func (c *Client) region(ctx context.Context) (string, error) {
	c.mu.Lock()
	known := c.location
	c.mu.Unlock()
	if known != "" {
		return known, nil
	}
	// One at a time: a thousand jobs that start at once need one answer.
	select {
	case c.asking <- struct{}{}:
		defer func() { <-c.asking }()
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	c.mu.Lock()
	known = c.location
	c.mu.Unlock()
	if known != "" {
		return known, nil
	}
	group, err := repeat(ctx, c, c.resourceGroup, func(ctx context.Context) (azure.ResourceGroup, error) {
		return c.cloud.ResourceGroup(ctx, c.subscription, c.resourceGroup)
	})
	if err != nil {
		return "", err
	}
	c.mu.Lock()
	c.location = group.Location
	c.mu.Unlock()
	return group.Location, nil
}
