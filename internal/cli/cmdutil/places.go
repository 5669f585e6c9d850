package cmdutil

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/internal/config"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

// Place is where container groups of a work pool are made, and as whom.
type Place struct {
	Subscription, ResourceGroup string
	// Credentials are those of a block; without a secret Pacific's own settings sign in. Authority is the host that signs
	// them in, empty: the cloud's.
	Credentials prefect.AzureContainerInstanceCredentials
	Authority   string
}

// GroupID is the ARM id of its resource group.
func (p Place) GroupID() string { return GroupID(p.Subscription, p.ResourceGroup) }

// Places makes the clients for the container groups of a work pool: one for each place and principal, and one cloud for each
// principal, which holds what Azure lets that principal do. It is safe for concurrent use.
type Places struct {
	a        *App
	settings *config.Config
	// own: a flag says how to sign in, and wins over every block.
	own bool

	mu      sync.Mutex
	clouds  map[azure.CredentialOptions]*azure.Cloud
	clients map[clientKey]*aci.Client
}

type clientKey struct {
	cloud               *azure.Cloud
	subscription, group string
}

// NewPlaces reads the settings of cmd. Nothing is sent yet.
func (a *App) NewPlaces(cmd *cobra.Command, settings *config.Config) *Places {
	given := cmd.Flags().Changed
	return &Places{
		a: a, settings: settings, own: given("credential") || given("tenant-id") || given("client-id"),
		clouds: map[azure.CredentialOptions]*azure.Cloud{}, clients: map[clientKey]*aci.Client{},
	}
}

// ForPlan is the client for the place that a plan names.
func (p *Places) ForPlan(ctx context.Context, plan *jobtemplate.Plan) (*aci.Client, error) {
	return p.Client(ctx, Place{
		Subscription: string(plan.SubscriptionID), ResourceGroup: plan.ResourceGroup, Credentials: plan.Credentials, Authority: plan.Authority,
	})
}

// Client is the client for a place that is whole: see [Places.OfPool].
func (p *Places) Client(ctx context.Context, at Place) (*aci.Client, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	cloud, err := p.cloud(ctx, at)
	if err != nil {
		return nil, err
	}
	key := clientKey{cloud, strings.ToLower(at.Subscription), strings.ToLower(at.ResourceGroup)}
	if client := p.clients[key]; client != nil {
		return client, nil
	}
	client, err := aci.NewClient(aci.Config{
		Cloud: cloud, Subscription: at.Subscription, ResourceGroup: at.ResourceGroup, Location: p.settings.Get("location"),
	})
	if err == nil {
		p.clients[key] = client
	}
	return client, err
}

// cloud is Azure as the principal of a place sees it.
func (p *Places) cloud(ctx context.Context, at Place) (*azure.Cloud, error) {
	as := azure.CredentialOptions{}
	if own := at.Credentials; own.ClientSecret != "" && !p.own {
		as = azure.CredentialOptions{
			Method: azure.MethodClientSecret, TenantID: own.TenantID, ClientID: own.ClientID, ClientSecret: string(own.ClientSecret), Authority: at.Authority,
		}
	}
	if cloud := p.clouds[as]; cloud != nil {
		return cloud, nil
	}
	cloud, err := p.a.Cloud(ctx, p.settings)
	if as.Method != "" {
		cloud, err = p.a.CloudAs(ctx, p.settings, as)
	}
	if err == nil {
		p.clouds[as] = cloud
	}
	return cloud, err
}

// Own is Azure as Pacific's own settings sign in.
func (p *Places) Own(ctx context.Context) (*azure.Cloud, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cloud(ctx, Place{})
}

// Close ends the connections that wait to be used again.
func (p *Places) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, cloud := range p.clouds {
		cloud.CloseIdleConnections()
	}
}

// OfPool is where the runs of a pool go that name no other place: what the defaults of its template say, and for the rest the
// settings. A template that is nil has no defaults.
func (p *Places) OfPool(ctx context.Context, client *prefect.Client, template json.RawMessage) (Place, error) {
	at, err := placeOf(ctx, client, template)
	if err != nil {
		return Place{}, err
	}
	if at.ResourceGroup = cmp.Or(at.ResourceGroup, p.settings.Get("resource-group")); at.ResourceGroup == "" {
		return Place{}, WithHint(noPlace(template),
			"give --resource-group, or set PACIFIC_RESOURCE_GROUP")
	}
	if at.Subscription != "" {
		return at, nil
	}
	p.mu.Lock()
	cloud, err := p.cloud(ctx, at)
	p.mu.Unlock()
	if err == nil {
		at.Subscription, err = p.a.Subscription(ctx, cloud, p.settings)
	}
	return at, err
}

// noPlace is the error where neither the settings nor a work pool, if there is one, say where.
func noPlace(template json.RawMessage) error {
	if template == nil {
		return errors.New("no resource group is set")
	}
	return errors.New("no resource group is set, and the work pool has no default for it")
}

// placeOf reads the defaults of a template, and the block that they refer to.
func placeOf(ctx context.Context, client *prefect.Client, raw json.RawMessage) (at Place, err error) {
	template, err := jobtemplate.ReadTemplate(raw)
	if err != nil {
		return Place{}, nil // it is empty: a worker fills it in
	}
	_ = json.Unmarshal(template.Default("subscription_id"), &at.Subscription) // what is a reference or a placeholder is no default
	_ = json.Unmarshal(template.Default("resource_group_name"), &at.ResourceGroup)
	for _, text := range []*string{&at.Subscription, &at.ResourceGroup} {
		if strings.Contains(*text, "{{") {
			*text = ""
		}
	}
	var reference struct {
		Ref struct {
			ID prefect.ID `json:"block_document_id"`
		} `json:"$ref"`
	}
	if json.Unmarshal(template.Default("aci_credentials"), &reference) != nil || reference.Ref.ID == "" {
		return at, nil
	}
	document, err := client.BlockDocument(ctx, reference.Ref.ID, prefect.IncludeSecrets)
	if err != nil {
		return at, fmt.Errorf("reading the credentials of the work pool: %w", err)
	}
	data, err := json.Marshal(document.Data)
	if err == nil {
		err = json.Unmarshal(data, &at.Credentials)
	}
	if err != nil {
		return at, fmt.Errorf("reading the credentials of the work pool: block %s: %w", document.Name, err)
	}
	at.Authority, _ = at.Credentials.CredentialKwargs["authority"].(string)
	return at, nil
}
