package image

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/pacific-aci/pacific/azure"
)

// registryScope is what a registry's Entra token is asked for, the same in every cloud.
const registryScope = "https://containerregistry.azure.net/.default"

// maxAnswer bounds what is read of a token's answer.
const maxAnswer = 1 << 20

// SignIn exchanges the cloud principal's Entra token for a refresh token of a registry, given its host such as
// jobs.azurecr.io. The token is good for three hours. It repeats what is lost; ctx should have a deadline.
//
// A registry outside of the cloud is refused without asking it: the Entra token would be given to a stranger. A
// principal without a right to the registry's images gets a [*DeniedError]; other errors of Azure's are [*azure.Error].
func SignIn(ctx context.Context, cloud *azure.Cloud, server string) (Credential, error) {
	if !isACR(cloud, server) {
		return Credential{}, fmt.Errorf("signing in to %s: it is not a registry of %s, whose names end in .%s", server, cloud, cloud.Endpoints().Suffixes.Registry)
	}
	credential, err := cloud.Credential()
	if err != nil {
		return Credential{}, err
	}
	var refresh string
	err = azure.Repeat(ctx, azure.RepeatOptions{For: server}, func(ctx context.Context) (err error) {
		refresh, err = exchange(ctx, cloud.HTTPClient(), credential, server)
		return err
	})
	if refused, ok := errors.AsType[*azcore.ResponseError](err); ok && (refused.StatusCode == http.StatusUnauthorized || refused.StatusCode == http.StatusForbidden) {
		return Credential{}, &DeniedError{Server: server, Doing: "sign in", Status: refused.StatusCode}
	}
	if err != nil {
		return Credential{}, fmt.Errorf("signing in to %s: %w", server, err)
	}
	return Credential{Username: TokenUser, Token: refresh}, nil
}

// isACR reports whether a host is one of the cloud's container registries.
func isACR(cloud *azure.Cloud, server string) bool {
	name, ok := strings.CutSuffix(strings.ToLower(server), "."+cloud.Endpoints().Suffixes.Registry)
	return ok && name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") == "" && !strings.HasPrefix(name, ".")
}

// exchange sends the Entra token to the registry, and to no other host: a redirect would take the token along.
func exchange(ctx context.Context, client *http.Client, credential azcore.TokenCredential, server string) (string, error) {
	entra, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{registryScope}})
	if err != nil {
		return "", err
	}
	form := url.Values{"grant_type": {"access_token"}, "service": {server}, "access_token": {entra.Token}}
	if tenant := azure.ReadClaims(entra.Token).TenantID; tenant != "" {
		form.Set("tenant", tenant)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+server+"/oauth2/exchange", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	direct := *client
	direct.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := direct.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return "", runtime.NewResponseError(answer)
	}
	var body struct {
		RefreshToken string `json:"refresh_token"`
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, maxAnswer)).Decode(&body); err != nil {
		return "", fmt.Errorf("reading the registry's answer: %w", err)
	}
	if body.RefreshToken == "" {
		return "", errors.New("reading the registry's answer: it has no refresh_token")
	}
	return body.RefreshToken, nil
}
