package azureemulator_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azarm "github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// signInServer is a server that a test closes, and an HTTP client into it.
func signInServer(t *testing.T, o azureemulator.Options) (*azureemulator.Server, *http.Client) {
	t.Helper()
	s, err := azureemulator.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return s, &http.Client{Transport: s.Transport()}
}

// groupsClient is the official SDK with the ordinary credential.
func groupsClient(t *testing.T, a azureemulator.Account, client *http.Client) *armresources.ResourceGroupsClient {
	t.Helper()
	cred, err := azidentity.NewClientSecretCredential(a.TenantID, a.ClientID, a.ClientSecret, &azidentity.ClientSecretCredentialOptions{
		ClientOptions: policy.ClientOptions{Transport: client},
	})
	if err != nil {
		t.Fatal(err)
	}
	return groupsClientWith(t, a, cred, client)
}

func groupsClientWith(t *testing.T, a azureemulator.Account, cred azcore.TokenCredential, client *http.Client) *armresources.ResourceGroupsClient {
	t.Helper()
	c, err := armresources.NewResourceGroupsClient(a.SubscriptionID, cred, &azarm.ClientOptions{
		ClientOptions:         policy.ClientOptions{Transport: client, Retry: policy.RetryOptions{MaxRetries: -1}},
		DisableRPRegistration: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func exists(ctx context.Context, c *armresources.ResourceGroupsClient) error {
	_, err := c.CheckExistence(ctx, "rg", nil)
	return err
}

// The official SDK signs in and works on for a day, with a new token each hour.
func TestSDKWorksForADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, client := signInServer(t, azureemulator.Options{})
		c := groupsClient(t, s.Account(), client)
		for range 48 {
			if err := exists(t.Context(), c); err != nil {
				t.Fatalf("at %s: %v", time.Now(), err)
			}
			time.Sleep(30 * time.Minute)
		}
		tokens := 0
		for _, r := range s.Requests(0) {
			if r.Operation == "Entra_GetToken" {
				tokens++
			}
		}
		// Each token serves the first call and the one half an hour later.
		if tokens < 24 || tokens > 48 {
			t.Errorf("the SDK asked for %d tokens in a day, want one for each hour or half hour", tokens)
		}
	})
}

func TestWrongSecretEndsInTheSDKsError(t *testing.T) {
	s, client := signInServer(t, azureemulator.Options{ClientSecret: "right"})
	a := s.Account()
	a.ClientSecret = "wrong"
	err := exists(t.Context(), groupsClient(t, a, client))
	failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](err)
	if !ok || failed.RawResponse.StatusCode != http.StatusUnauthorized || !strings.Contains(err.Error(), "AADSTS7000215") {
		t.Errorf("got %v, want the SDK's AuthenticationFailedError with AADSTS7000215", err)
	}
}

// fixedToken is a credential that always gives the same token.
type fixedToken string

func (f fixedToken) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(f), ExpiresOn: time.Now().Add(24 * time.Hour)}, nil
}

// rawToken asks for a token as a shell script would.
func rawToken(t *testing.T, a azureemulator.Account, client *http.Client, scope string) string {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {a.ClientID}, "client_secret": {a.ClientSecret}, "scope": {scope}}
	resp, err := client.PostForm("https://login.microsoftonline.com/"+a.TenantID+"/oauth2/v2.0/token", form)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var body struct {
		AccessToken string `json:"access_token"`
		Description string `json:"error_description"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil || body.AccessToken == "" {
		t.Fatalf("got %s %q, %v", resp.Status, body.Description, err)
	}
	return body.AccessToken
}

// Azure Resource Manager refuses what is not for it, in its own words and codes.
func TestARMRefusesTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, client := signInServer(t, azureemulator.Options{})
		_, other := signInServer(t, azureemulator.Options{ClientSecret: s.Account().ClientSecret})
		const scope = "https://management.azure.com/.default"
		old := rawToken(t, s.Account(), client, scope)
		time.Sleep(time.Hour)
		good := rawToken(t, s.Account(), client, scope)
		if err := exists(t.Context(), groupsClientWith(t, s.Account(), fixedToken(good), client)); err != nil {
			t.Fatalf("a good token: %v", err)
		}
		for name, test := range map[string]struct{ token, code string }{
			"malformed":      {"x", "InvalidAuthenticationToken"},
			"tampered":       {good[:len(good)-10] + "AAAAAAAAAA", "InvalidAuthenticationToken"},
			"other emulator": {rawToken(t, s.Account(), other, scope), "InvalidAuthenticationToken"},
			"expired":        {old, "ExpiredAuthenticationToken"},
			"Graph":          {rawToken(t, s.Account(), client, "https://graph.microsoft.com/.default"), "InvalidAuthenticationTokenAudience"},
		} {
			_, err := groupsClientWith(t, s.Account(), fixedToken(test.token), client).Get(t.Context(), "rg", nil)
			failed, ok := errors.AsType[*azcore.ResponseError](err)
			if !ok || failed.StatusCode != http.StatusUnauthorized || failed.ErrorCode != test.code {
				t.Errorf("%s: got %v, want a 401 %s", name, err, test.code)
				continue
			}
			if challenge := failed.RawResponse.Header.Get("WWW-Authenticate"); !strings.Contains(challenge, "https://login.windows.net/"+s.Account().TenantID) {
				t.Errorf("%s: got the challenge %q, want one that names the tenant", name, challenge)
			}
		}
	})
}

// The request log shows sign-ins by name, and never what was sent.
func TestSignInsAreLoggedWithoutSecrets(t *testing.T) {
	s, client := signInServer(t, azureemulator.Options{ClientSecret: "very-secret"})
	rawToken(t, s.Account(), client, "https://management.azure.com/.default")
	log, err := json.Marshal(s.Requests(0))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(log), "Entra_GetToken") || strings.Contains(string(log), "very-secret") {
		t.Errorf("got the log %s", log)
	}
}
