package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// caller sends plain requests to Azure Resource Manager, so that the emulator is measured and no client library.
type caller struct {
	client *http.Client
	base   string // the subscription
	token  string
}

// resourceGroup is where everything is.
const resourceGroup = "bench"

// signIn gets a token as every client does.
func signIn(ctx context.Context, transport http.RoundTripper, account azureemulator.Account) (*caller, error) {
	c := &caller{client: &http.Client{Transport: transport}, base: "https://management.azure.com/subscriptions/" + account.SubscriptionID}
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {account.ClientID}, "client_secret": {account.ClientSecret},
		"scope": {"https://management.azure.com/.default"},
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://login.microsoftonline.com/"+account.TenantID+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var got struct {
		AccessToken string `json:"access_token"`
	}
	if err := c.send(r, &got); err != nil {
		return nil, fmt.Errorf("signing in: %w", err)
	}
	c.token = got.AccessToken
	return c, nil
}

// call sends one request below the subscription; into may be nil.
func (c *caller) call(ctx context.Context, method, path, body string, into any) error {
	return c.callURL(ctx, method, c.base+path+"?api-version=2023-05-01", body, into)
}

func (c *caller) callURL(ctx context.Context, method, address, body string, into any) error {
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return c.send(r, into)
}

func (c *caller) send(r *http.Request, into any) error {
	answer, err := c.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	switch {
	case err != nil:
		return err
	case answer.StatusCode >= 300:
		return fmt.Errorf("%s %s: %s: %s", r.Method, r.URL.Path, answer.Status, text)
	case into == nil:
		return nil
	}
	return json.Unmarshal(text, into)
}

func (c *caller) makeResourceGroup(ctx context.Context) error {
	return c.call(ctx, http.MethodPut, "/resourcegroups/"+resourceGroup, `{"location":"westeurope"}`, nil)
}

func groupPath(name string) string {
	return "/resourceGroups/" + resourceGroup + "/providers/Microsoft.ContainerInstance/containerGroups/" + name
}

// simulated is a container group that runs for an hour, as a job's is: one container, some environment, tags.
func simulated(name string) string {
	return `{"location":"westeurope","tags":{"pacific-managed":"true","pacific-owner":"bench","pacific-created":"2026-01-01T00:00:00Z"},
	"properties":{"osType":"Linux","restartPolicy":"Never","containers":[{"name":"` + name + `","properties":{"image":"alpine:3",
	"command":["sh","-c","echo hello"],"resources":{"requests":{"cpu":1,"memoryInGB":1}},
	"environmentVariables":[{"name":"SIM_RUN_FOR","value":"1h"},{"name":"PLANET","value":"earth"},{"name":"TOKEN","secureValue":"hidden"}]}}]}}`
}

// createToRunning creates a group and looks until it runs; the time is from before the PUT to the answer that says so.
func (c *caller) createToRunning(ctx context.Context, name string) (time.Duration, error) {
	began := time.Now()
	if err := c.call(ctx, http.MethodPut, groupPath(name), simulated(name), nil); err != nil {
		return 0, err
	}
	for {
		var group struct {
			Properties struct {
				InstanceView struct{ State string } `json:"instanceView"`
			} `json:"properties"`
		}
		if err := c.call(ctx, http.MethodGet, groupPath(name), "", &group); err != nil {
			return 0, err
		}
		switch state := group.Properties.InstanceView.State; state {
		case "Running":
			return time.Since(began), nil
		case "Succeeded", "Failed", "Stopped":
			return 0, fmt.Errorf("group %s is %s, want Running", name, state)
		}
	}
}

// groups counts the groups in all pages of the list.
func (c *caller) groups(ctx context.Context) (n int, err error) {
	for next := c.base + groupPath("") + "?api-version=2023-05-01"; next != ""; {
		var page struct {
			Value    []struct{ Name string }
			NextLink string
		}
		if err := c.callURL(ctx, http.MethodGet, next, "", &page); err != nil {
			return n, err
		}
		n, next = n+len(page.Value), page.NextLink
	}
	return n, nil
}
