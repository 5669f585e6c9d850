package deploy

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/prefect"
)

// The block types that code is sent by.
const (
	slugAzure       = "azure"
	slugContainer   = "azure-blob-storage-container"
	slugCredentials = "azure-blob-storage-credentials"
)

// place is a [Storage] that was looked up.
type place struct {
	// container and folder are where the code goes; folder may be empty and has no slash at either end.
	container, folder string
	// missing: the container is not there, and is made.
	missing bool
	access  access
	// document is the block that Prefect 2 loads code by without a pull step; empty: there is none.
	document prefect.ID
	// credentials are the pull step's. nil: no pull step can use this storage, for the reason in unfit.
	credentials any
	unfit       string
	// anonymous: the storage block itself would not sign in. A pull step does.
	anonymous bool

	clients Clients
	cloud   *azure.Cloud // of who deploys
}

// access is how blobs are written: by a connection string, else to an account with its key, else with a token of the cloud's.
type access struct {
	connection string
	account    string // https://ACCOUNT.blob.core.windows.net
	name, key  string
	cloud      *azure.Cloud
}

// lookup finds where code goes.
func (s Storage) lookup(ctx context.Context, c Clients) (*place, error) {
	if c.Azure == nil {
		return nil, errNoAzure
	}
	cloud, err := c.Azure(ctx, azure.CredentialOptions{})
	if err != nil {
		return nil, err
	}
	p := &place{clients: c, cloud: cloud}
	if s.URL == "" {
		return p, s.byBlock(ctx, p)
	}
	if s.Block != "" || s.Container != "" {
		return nil, invalid("leave one of them out", "storage is given as an address and as a block")
	}
	return p, p.byURL(s.URL)
}

// byURL is a container by its address, without any secret.
func (p *place) byURL(address string) error {
	at, err := url.Parse(address)
	if err != nil || at.Scheme != "https" || at.Host == "" || at.User != nil || at.RawQuery != "" || at.Fragment != "" || strings.Trim(at.Path, "/") == "" {
		// The address is not repeated: it may have a signature.
		return invalid("", "the storage is not an address such as https://ACCOUNT.blob.core.windows.net/CONTAINER")
	}
	// The token goes there, and is for storage alone.
	if suffix := ".blob." + p.cloud.Endpoints().Suffixes.Storage; !strings.HasSuffix(strings.ToLower(at.Hostname()), suffix) {
		return invalid("", "the storage %s is not of this cloud, whose accounts end in %s", at.Hostname(), suffix)
	}
	account := "https://" + at.Host
	p.access, p.credentials = access{account: account, cloud: p.cloud}, map[string]any{"account_url": account}
	return p.in(at.Path)
}

// byBlock reads a block.
func (s Storage) byBlock(ctx context.Context, p *place) error {
	slug, name, ok := strings.Cut(s.Block, "/")
	read := map[string]func(context.Context, prefect.BlockDocument) error{
		slugAzure: p.byAzureBlock, slugContainer: p.byContainerBlock, slugCredentials: p.byCredentials,
	}[slug]
	switch {
	case !ok || slug == "" || name == "":
		return invalid("give its type and name, such as azure/az-storage", "storage %q is not a block", s.Block)
	case read == nil:
		return invalid("use a block of type "+slugAzure+", "+slugContainer+" or "+slugCredentials, "block %s does not name a place in Azure Blob Storage", s.Block)
	case slug != slugCredentials && s.Container != "":
		return invalid("leave the container out", "block %s names its container itself", s.Block)
	case slug == slugCredentials && s.Container == "":
		return invalid("name it, as CONTAINER or CONTAINER/FOLDER", "block %s names no container", s.Block)
	case slug == slugCredentials:
		if err := p.in(s.Container); err != nil {
			return err
		}
	}
	document, err := p.clients.Prefect.BlockDocumentByName(ctx, slug, name, prefect.IncludeSecrets)
	if err != nil {
		return asMissing(err, ObjectBlock, s.Block)
	}
	return read(ctx, document)
}

// byContainerBlock is the storage block of prefect-azure.
func (p *place) byContainerBlock(ctx context.Context, d prefect.BlockDocument) error {
	p.document = d.ID
	container, _ := d.Data["container_name"].(string)
	folder, _ := d.Data["base_folder"].(string)
	if err := p.in(container + "/" + folder); err != nil {
		return err
	}
	inner, ok := d.References["credentials"]
	if !ok {
		return invalid("save its credentials as a block, and refer to that", "block %s/%s has its credentials in itself", slugContainer, d.Name)
	}
	credentials, err := p.clients.Prefect.BlockDocument(ctx, inner.BlockDocument.ID, prefect.IncludeSecrets)
	if err != nil {
		return err
	}
	return p.byCredentials(ctx, credentials)
}

// byCredentials takes how to sign in from a block.
func (p *place) byCredentials(ctx context.Context, d prefect.BlockDocument) error {
	var block prefect.AzureBlobStorageCredentials
	if err := d.Decode(&block); err != nil {
		return err
	}
	if d.IsAnonymous || d.Name == "" {
		p.unfit = "its credentials are no block of their own"
	} else {
		p.credentials = "{{ prefect.blocks." + slugCredentials + "." + d.Name + " }}"
	}
	switch {
	case block.ConnectionString != "":
		p.access.connection = string(block.ConnectionString)
	case block.AccountURL != "":
		if at, err := url.Parse(block.AccountURL); err != nil || at.Scheme != "https" || at.Host == "" || at.RawQuery != "" {
			// Prefect signs in with an identity there, whatever signature the address has. It is not repeated: it is a secret.
			return invalid("save a connection string in place of an address with a signature: BlobEndpoint=https://ACCOUNT.blob.core.windows.net;SharedAccessSignature=SIGNATURE",
				"the account_url of block %s/%s is not an address such as https://ACCOUNT.blob.core.windows.net", slugCredentials, d.Name)
		}
		p.access = access{account: strings.TrimRight(block.AccountURL, "/"), cloud: p.cloud}
		return p.signInAs(ctx, dataText(d, "tenant_id"), dataText(d, "client_id"), dataText(d, "client_secret"))
	default:
		return invalid("save one of the two in it", "block %s/%s has neither a connection string nor an account's address", slugCredentials, d.Name)
	}
	return nil
}

// dataText is a text of a block; empty for none.
func dataText(d prefect.BlockDocument, field string) string {
	text, _ := d.Data[field].(string)
	return text
}

// signInAs sends the code as a block's service principal. Without one it is sent as who deploys.
func (p *place) signInAs(ctx context.Context, tenant, client, secret string) (err error) {
	if secret != "" {
		p.access.cloud, err = p.clients.Azure(ctx, azure.CredentialOptions{Method: azure.MethodClientSecret,
			TenantID: tenant, ClientID: client, ClientSecret: secret})
	}
	return err
}

// byAzureBlock is Prefect 2's own block.
func (p *place) byAzureBlock(ctx context.Context, d prefect.BlockDocument) error {
	var block prefect.AzureStorage
	if err := d.Decode(&block); err != nil {
		return err
	}
	p.document = d.ID
	if err := p.in(string(block.Container) + "/" + block.BucketPath); err != nil {
		return err
	}
	secret := func(field string) string {
		return "{{ prefect.blocks." + slugAzure + "." + d.Name + ".azure_storage_" + field + " }}"
	}
	if block.ConnectionString != "" {
		p.access.connection = string(block.ConnectionString)
		p.credentials = map[string]any{"connection_string": secret("connection_string")}
		return nil
	}
	if block.AccountName == "" {
		return invalid("save a connection string in it", "block %s/%s names no storage account", slugAzure, d.Name)
	}
	account := "https://" + string(block.AccountName) + ".blob." + p.cloud.Endpoints().Suffixes.Storage
	p.access = access{account: account, name: string(block.AccountName), key: string(block.AccountKey), cloud: p.cloud}
	switch {
	case block.AccountKey != "":
		// The input of a step is either one value of a block or text of its own.
		p.unfit = "it signs in with an account key, which a pull step does not take"
	case block.ClientSecret != "":
		p.credentials = map[string]any{"account_url": account, "tenant_id": secret("tenant_id"),
			"client_id": secret("client_id"), "client_secret": secret("client_secret")}
		return p.signInAs(ctx, string(block.TenantID), string(block.ClientID), string(block.ClientSecret))
	default:
		p.credentials = map[string]any{"account_url": account}
		p.anonymous = block.Anon == nil || *block.Anon
	}
	return nil
}

// in takes the container and the folder from a path.
func (p *place) in(path string) error {
	container, folder, _ := strings.Cut(strings.Trim(path, "/"), "/")
	if container == "" {
		return invalid("", "the storage names no container")
	}
	// In an address they are steps, which whatever is on the way may take: the code would land elsewhere, even in another container.
	if parts := strings.Split(path, "/"); slices.Contains(parts, ".") || slices.Contains(parts, "..") {
		return invalid("give the folder's own path", "the folder of the storage %q has a . or .. in it", strings.Trim(path, "/"))
	}
	p.container, p.folder = container, strings.Trim(folder, "/")
	return nil
}

// below is a path under the place's folder.
func (p *place) below(path string) string {
	if p.folder == "" {
		return path
	}
	return p.folder + "/" + path
}
