package deploy_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/deploy"
	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

// world is a Prefect and an Azure in memory, with a storage account "acct" that has a container "flows".
type world struct {
	*testing.T
	clients    deploy.Clients
	server     *azureemulator.Server
	blobs      *azblob.Client
	connection string
	account    string // its ARM id
	// arm sends a request to Azure Resource Manager, and gives the status.
	arm func(method, path, body string, to any) int
	// owner is who deploys, by the object id.
	owner string
	// version is what Prefect says it is.
	version string
	// refuse is the end of a path to which Prefect refuses all writes; empty for none.
	refuse string
	// sent are the requests that write blobs, as METHOD NAME; writes are those that change Prefect.
	sent, writes []string
}

func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, version: "3.9.1"}
	memory := must(prefectemulator.NewServer(prefectemulator.Options{}))(t)
	t.Cleanup(func() { _ = memory.Close() })
	inner := memory.Transport()
	w.clients.Prefect = must(prefect.NewClient(prefect.Options{URL: "http://prefect.local/api", Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/admin/version") {
			return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(`"` + w.version + `"`)), Request: r}, nil
		}
		if r.Method != http.MethodGet && !strings.HasSuffix(r.URL.Path, "/filter") {
			w.writes = append(w.writes, r.Method+" "+strings.TrimPrefix(r.URL.Path, "/api"))
			if w.refuse != "" && strings.HasSuffix(r.URL.Path, w.refuse) {
				return &http.Response{StatusCode: 403, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(`{"detail":"no"}`)), Request: r}, nil
			}
		}
		return inner.RoundTrip(r)
	})}))(t)
	w.startAzure()
	return w
}

// startAzure makes the storage account.
func (w *world) startAzure() {
	w.Helper()
	w.server = must(azureemulator.NewServer(azureemulator.Options{}))(w.T)
	w.Cleanup(func() { _ = w.server.Close() })
	owner := w.server.Account()
	network := w.server.Transport()
	w.clients.Azure = func(ctx context.Context, as azure.CredentialOptions) (*azure.Cloud, error) {
		if as.ClientID == "" {
			as = azure.CredentialOptions{TenantID: owner.TenantID, ClientID: owner.ClientID, ClientSecret: owner.ClientSecret}
		}
		return azure.NewCloud(ctx, azure.Options{Transport: network, Credential: as})
	}
	cloud := must(w.clients.Azure(w.Context(), azure.CredentialOptions{}))(w.T)
	credential := must(cloud.Credential())(w.T)
	groups := must(armresources.NewResourceGroupsClient(owner.SubscriptionID, credential, cloud.ARMOptions()))(w.T)
	must(groups.CreateOrUpdate(w.Context(), "g", armresources.ResourceGroup{Location: new("westeurope")}, nil))(w.T)
	w.account = "/subscriptions/" + owner.SubscriptionID + "/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/acct"
	pipeline := must(arm.NewClient("test", "v1.0.0", credential, cloud.ARMOptions()))(w.T).Pipeline()
	token := must(credential.GetToken(w.Context(), policy.TokenRequestOptions{Scopes: []string{"https://storage.azure.com/.default"}}))(w.T)
	var claims struct{ OID string }
	payload := must(base64.RawURLEncoding.DecodeString(strings.Split(token.Token, ".")[1]))(w.T)
	if err := json.Unmarshal(payload, &claims); err != nil || claims.OID == "" {
		w.Fatalf("the token is of nobody: %v", err)
	}
	w.owner = claims.OID
	send := func(method, path, body string, to any) int {
		version := "2023-05-01"
		if strings.Contains(path, "/Microsoft.Authorization/") {
			version = "2022-04-01"
		}
		r := must(runtime.NewRequest(w.Context(), method, cloud.Endpoints().ResourceManager+path+"?api-version="+version))(w.T)
		if body != "" {
			r.Raw().Body, r.Raw().ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
			r.Raw().Header.Set("Content-Type", "application/json")
		}
		got := must(pipeline.Do(r))(w.T)
		defer got.Body.Close()
		if to != nil && json.NewDecoder(got.Body).Decode(to) != nil {
			w.Fatalf("%s %s: %s", method, path, got.Status)
		}
		return got.StatusCode
	}
	for send("PUT", w.account, `{"location":"westeurope","kind":"StorageV2","sku":{"name":"Standard_LRS"}}`, nil) == 202 {
	}
	w.arm = send
	var keys struct{ Keys []struct{ Value string } }
	send("POST", w.account+"/listKeys", "", &keys)
	w.connection = "DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=" + keys.Keys[0].Value + ";EndpointSuffix=core.windows.net"
	w.blobs = must(azblob.NewClientFromConnectionString(w.connection, &azblob.ClientOptions{ClientOptions: cloud.ClientOptions()}))(w.T)
	must(w.blobs.CreateContainer(w.Context(), "flows", nil))(w.T)
	var mu sync.Mutex
	network = roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.URL.Host == "acct.blob.core.windows.net" && r.Method != http.MethodGet && r.Method != http.MethodHead {
			mu.Lock() // files are sent side by side
			w.sent = append(w.sent, r.Method+" "+r.URL.Path)
			mu.Unlock()
		}
		return w.server.Transport().RoundTrip(r)
	})
}

// save saves a block, and gives its TYPE/NAME.
func (w *world) save(name string, b prefect.Block) string {
	w.Helper()
	must(w.clients.Prefect.SaveBlock(w.Context(), name, b, prefect.SaveBlockOptions{}))(w.T)
	return b.BlockTypeSlug() + "/" + name
}

// grant gives who deploys a role on the storage account, by the role's id.
func (w *world) grant(role string) {
	w.Helper()
	subscription, _, _ := strings.Cut(w.account, "/resourceGroups/")
	body := fmt.Sprintf(`{"properties":{"roleDefinitionId":"%s/providers/Microsoft.Authorization/roleDefinitions/%s","principalId":"%s","principalType":"ServicePrincipal"}}`,
		subscription, role, w.owner)
	if got := w.arm("PUT", w.account+"/providers/Microsoft.Authorization/roleAssignments/5d1f5b8e-0f3b-4d53-9f3b-000000000001", body, nil); got != 201 {
		w.Fatalf("granting the role: %d", got)
	}
}

// narrow is a connection string that reads blobs, and does nothing else.
func (w *world) narrow(key string) string {
	w.Helper()
	credential := must(azblob.NewSharedKeyCredential("acct", key))(w.T)
	signed := must(sas.AccountSignatureValues{ExpiryTime: time.Now().Add(time.Hour), Permissions: (&sas.AccountPermissions{Read: true}).String(),
		ResourceTypes: (&sas.AccountResourceTypes{Object: true}).String()}.SignWithSharedKey(credential))(w.T)
	return "BlobEndpoint=https://acct.blob.core.windows.net;SharedAccessSignature=" + signed.Encode()
}

// pool makes the work pool "aci".
func (w *world) pool() {
	w.Helper()
	must(w.clients.Prefect.CreateWorkPool(w.Context(), prefect.WorkPoolCreate{Name: "aci", Type: jobtemplate.TypeWorker,
		BaseJobTemplate: must(jobtemplate.BaseJobTemplate(jobtemplate.TypeWorker, prefect.Version{Major: 3}))(w.T)}))(w.T)
}

// names lists the blobs of the container.
func (w *world) names() []string {
	w.Helper()
	var names []string
	for pages := w.blobs.NewListBlobsFlatPager("flows", nil); pages.More(); {
		for _, item := range must(pages.NextPage(w.Context()))(w.T).Segment.BlobItems {
			names = append(names, *item.Name)
		}
	}
	return names
}

// content reads a blob.
func (w *world) content(name string) string {
	w.Helper()
	got := must(w.blobs.DownloadStream(w.Context(), "flows", name, nil))(w.T)
	defer got.Body.Close()
	return string(must(io.ReadAll(got.Body))(w.T))
}

// folder is a folder with files.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const flowSource = `from prefect import flow

@flow(name="Key Vault Demo")
def key_vault_demo(count: int = 1, who: str = "world"):
    """Reads a secret."""
`

// demo is the deployment of the demo's flow in a folder.
func (w *world) demo(dir string, change func(*deploy.Deployment)) deploy.Deployment {
	w.Helper()
	d := deploy.Deployment{
		Name: "Manual Deployment", Version: "1", Flow: *must(deploy.ReadFlow(dir, "flow.py:key_vault_demo"))(w.T),
		Queue: "armaci", Code: must(deploy.ReadTree(dir))(w.T),
	}
	change(&d)
	return d
}

// apply plans and applies, and gives what was done as ACTION OBJECT.
func (w *world) apply(d deploy.Deployment) (*deploy.Result, string) {
	w.Helper()
	plan := must(deploy.NewPlan(w.Context(), w.clients, d))(w.T)
	w.sent, w.writes = nil, nil
	result := must(plan.Apply(w.Context(), nil))(w.T)
	var done []string
	for i, s := range result.Steps {
		done = append(done, string(s.Action)+" "+s.Object)
		if s.Action != plan.Steps[i].Action {
			w.Errorf("the plan said %s, %s was done", plan.Steps[i], s)
		}
	}
	slices.Sort(w.sent)
	return result, strings.Join(done, ", ")
}
