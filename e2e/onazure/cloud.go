package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/google/uuid"
)

const resourceManager = "https://management.azure.com"

// cloud sends Azure plain requests: no client stands between its answers and the checks.
type cloud struct {
	settings
	// suffix makes the names of this run its own.
	suffix string
	group  string
	// vault, registry, account and tenant are set once they are known.
	vault, registry, account, tenant string
	credential                       azcore.TokenCredential
	// job is the account that may run jobs; nil: there is none.
	job azcore.TokenCredential
}

func newCloud(s settings) (*cloud, error) {
	credential, err := azidentity.NewDefaultAzureCredential(nil)
	if err != nil {
		return nil, fmt.Errorf("signing in: %w", err)
	}
	suffix := uuid.NewString()[:8]
	return &cloud{settings: s, suffix: suffix, group: "pacific-e2e-" + suffix, credential: credential}, nil
}

// answer is what Azure answers.
type answer struct {
	status int
	// code is the error's, of any of Azure's forms; empty if there is none.
	code   string
	header http.Header
	body   []byte
}

func (a answer) String() string { return strings.TrimSpace(fmt.Sprintf("%d %s", a.status, a.code)) }

// into reads the body, and wants success.
func (a answer) into(v any) error {
	if a.status >= 300 {
		return fmt.Errorf("status %s: %.300s", a, a.body)
	}
	return json.Unmarshal(a.body, v)
}

// inSubscription is the path of something in the subscription, inGroup of something in the resource group.
func (c *cloud) inSubscription(path string) string {
	return resourceManager + "/subscriptions/" + c.subscription + path
}

func (c *cloud) inGroup(path string) string {
	return c.inSubscription("/resourceGroups/" + c.group + path)
}

func (c *cloud) containerGroup(name string) string {
	return c.inGroup("/providers/Microsoft.ContainerInstance/containerGroups/" + name)
}

const containersVersion = "?api-version=2023-05-01"

// do sends a request with a token for its host, and again where it is throttled. A body is sent as JSON.
func (c *cloud) do(ctx context.Context, method, address string, body any) (answer, error) {
	token, err := c.credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{scope(address)}})
	if err != nil {
		return answer{}, err
	}
	header := http.Header{"Authorization": {"Bearer " + token.Token}, "Content-Type": {"application/json"}}
	var text []byte
	if body != nil {
		if text, err = json.Marshal(body); err != nil {
			return answer{}, err
		}
	}
	for {
		got, err := send(ctx, method, address, header, text)
		if err != nil || got.status != http.StatusTooManyRequests {
			return got, err
		}
		if err := sleep(ctx, retryAfter(got.header)); err != nil {
			return got, err
		}
	}
}

func retryAfter(header http.Header) time.Duration {
	if seconds, err := strconv.Atoi(header.Get("Retry-After")); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	return 10 * time.Second
}

// scope is what a token for an address is asked for.
func scope(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	switch host := u.Hostname(); {
	case strings.HasSuffix(host, ".vault.azure.net"):
		return "https://vault.azure.net/.default"
	case strings.HasSuffix(host, ".blob.core.windows.net"):
		return "https://storage.azure.com/.default"
	default:
		return "https://" + host + "/.default"
	}
}

// send sends one request as it is.
func send(ctx context.Context, method, address string, header http.Header, body []byte) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	r.Header = header
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{}, err
	}
	text, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return answer{}, err
	}
	return answer{status: resp.StatusCode, code: codeOf(resp.Header, text), header: resp.Header, body: text}, nil
}

// codeOf is the error code of Azure Resource Manager, a vault, a registry, Entra or the Blob service.
func codeOf(header http.Header, body []byte) string {
	if code := header.Get("x-ms-error-code"); code != "" {
		return code
	}
	var forms struct {
		Error  json.RawMessage
		Errors []struct{ Code string }
		Codes  []int `json:"error_codes"`
	}
	if json.Unmarshal(body, &forms) != nil {
		return ""
	}
	var object struct{ Code string }
	switch {
	case len(forms.Codes) > 0:
		return "AADSTS" + strconv.Itoa(forms.Codes[0])
	case len(forms.Errors) > 0:
		return forms.Errors[0].Code
	case json.Unmarshal(forms.Error, &object) == nil:
		return object.Code
	}
	return ""
}

// made puts a resource of Azure Resource Manager, and waits until it is provisioned.
func (c *cloud) made(ctx context.Context, address string, definition any) error {
	got, err := c.do(ctx, http.MethodPut, address, definition)
	if err != nil {
		return err
	}
	if got.status >= 300 {
		return fmt.Errorf("%s: status %s: %.300s", address, got, got.body)
	}
	for {
		got, err := c.do(ctx, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		var resource struct {
			Properties struct{ ProvisioningState string }
		}
		if got.status == http.StatusNotFound {
			resource.Properties.ProvisioningState = "Creating" // a read may be behind
		} else if err := got.into(&resource); err != nil {
			return err
		}
		switch state := resource.Properties.ProvisioningState; state {
		case "", "Succeeded":
			return nil
		case "Failed", "Canceled":
			return fmt.Errorf("%s: provisioning %s: %.300s", address, state, got.body)
		}
		if err := sleep(ctx, 2*time.Second); err != nil {
			return err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
