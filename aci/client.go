package aci

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"

	"github.com/pacific-aci/pacific/azure"
)

// Config says where a [Client] works.
type Config struct {
	// Cloud is the Azure that is spoken to. Required; make it once and share it, it holds ARM's token buckets.
	Cloud *azure.Cloud
	// Subscription is the subscription's id, ResourceGroup the resource group's name. Both required.
	Subscription  string
	ResourceGroup string
	// Location is where jobs run that name none. Empty: the region of the resource group, which is then asked for once.
	Location string
	// Log gets what no user needs, at debug level. Nil discards.
	Log *slog.Logger
	// FirstPoll is the first wait between two reads of a group's state; each next one is twice as long. Zero: a second,
	// which is what Azure's request limits bear. An Azure in the same process bears any.
	FirstPoll time.Duration
	// LiveFromStart says that this Azure holds a container's output back until its live stream is there, as an Azure in
	// the same process can: then no byte is left to log reads, which cannot carry all of them.
	LiveFromStart bool
}

// Client runs container jobs in one resource group. Make it with [NewClient]. It is safe for concurrent use, keeps
// nothing of a job that is not in Azure too, and owns no goroutine between calls.
type Client struct {
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

	mu       sync.Mutex
	location string
}

// module names Pacific's own requests (log reads) in the SDK's pipeline.
const module = "github.com/pacific-aci/pacific/aci"

// NewClient makes a client. It sends nothing; wrong settings are reported here, missing rights by the first call.
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
		cloud: cfg.Cloud, subscription: cfg.Subscription, resourceGroup: cfg.ResourceGroup, location: cfg.Location,
		log: cfg.Log, firstPoll: cfg.FirstPoll, liveFromStart: cfg.LiveFromStart,
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.firstPoll <= 0 {
		c.firstPoll = time.Second
	}
	options := cfg.Cloud.ARMOptions()
	options.PerCallPolicies = append(options.PerCallPolicies, countRequests{})
	options.PerRetryPolicies = append(options.PerRetryPolicies, detachPut{})
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

// id is the resource id of a container group.
func (c *Client) id(name string) string {
	return fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.ContainerInstance/containerGroups/%s",
		c.subscription, c.resourceGroup, name)
}

// host is the host of Azure Resource Manager, the only one that gets our token.
func (c *Client) host() string {
	u, err := url.Parse(c.cloud.Endpoints().ResourceManager)
	if err != nil {
		return ""
	}
	return u.Host
}

// region is where jobs run that name no location: the configured one, else the resource group's.
func (c *Client) region(ctx context.Context) (string, error) {
	c.mu.Lock()
	known := c.location
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
