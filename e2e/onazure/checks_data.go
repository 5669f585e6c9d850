package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// dataChecks are about the services that have hosts of their own: sign-in, vaults, registries and blobs.
var dataChecks = []check{
	{"A parameter given twice is a 400 invalid_request", func(c *cloud, ctx context.Context) (finding, error) {
		return c.signIn(ctx, "grant_type=client_credentials&grant_type=client_credentials", 400, "AADSTS9000411")
	}},
	{"A body that cannot be decoded is a 400", func(c *cloud, ctx context.Context) (finding, error) {
		return c.signIn(ctx, "grant_type=%zz", 400, "AADSTS90013")
	}},
	{"Every api-version of the secrets is served alike", func(c *cloud, ctx context.Context) (finding, error) {
		if c.vault == "" {
			return finding{}, errors.New("there is no vault")
		}
		secrets := "https://" + c.vault + ".vault.azure.net/secrets"
		return c.answers(ctx, request{"no api-version", http.MethodGet, secrets, nil, 400, "BadParameter"},
			request{"api-version=x", http.MethodGet, secrets + "?api-version=x", nil, 400, "BadParameter"})
	}},
	{"Other paths are a 404, other methods a 405", func(c *cloud, ctx context.Context) (finding, error) {
		if c.vault == "" {
			return finding{}, errors.New("there is no vault")
		}
		vault := "https://" + c.vault + ".vault.azure.net/"
		return c.answers(ctx, request{"another path", http.MethodGet, vault + "none?api-version=7.4", nil, 404, "NotFound"},
			request{"POST of secrets", http.MethodPost, vault + "secrets?api-version=7.4", map[string]string{}, 405, "MethodNotAllowed"})
	}},
	{"A token request for another registry or with another grant", func(c *cloud, ctx context.Context) (finding, error) {
		if c.registry == "" {
			return finding{}, errors.New("there is no registry")
		}
		host := c.registry + ".azurecr.io"
		form := url.Values{"grant_type": {"refresh_token"}, "service": {"other.azurecr.io"}, "refresh_token": {"none"}}
		return c.form(ctx, "another registry", "https://"+host+"/oauth2/token", form.Encode(), 400, "BAD_REQUEST")
	}},
	{"Every version of the service is served alike", func(c *cloud, ctx context.Context) (finding, error) {
		if c.account == "" {
			return finding{}, errors.New("there is no storage account")
		}
		got, err := send(ctx, http.MethodGet, "https://"+c.account+".blob.core.windows.net/?comp=list", http.Header{"X-Ms-Version": {"today"}}, nil)
		return judge("version today", got, 400, "InvalidHeaderValue"), err
	}},
	{"Resource groups and resources are listed to everyone", (*cloud).listsToEach},
}

// directoryChecks make an app registration each, and delete it.
var directoryChecks = []check{
	{"A new application is for accounts of its own tenant", func(c *cloud, ctx context.Context) (finding, error) {
		made, end, err := c.application(ctx)
		if err != nil {
			return finding{}, err
		}
		f := finding{confirmed, "signInAudience " + made.SignInAudience}
		if made.SignInAudience != "AzureADMyOrg" {
			f.verdict = refuted
		}
		return f, end()
	}},
	{"What a client wrote can be read by it at once", func(c *cloud, ctx context.Context) (finding, error) {
		made, end, err := c.application(ctx)
		if err != nil {
			return finding{}, err
		}
		f, err := c.answers(ctx, request{"an application that was made before", http.MethodGet, applications + "/" + made.ID, nil, 200, ""})
		return f, errors.Join(err, end())
	}},
}

const applications = "https://graph.microsoft.com/v1.0/applications"

type application struct{ ID, SignInAudience string }

// application makes an app registration with nothing but a name; end deletes it.
func (c *cloud) application(ctx context.Context) (made application, end func() error, err error) {
	got, err := c.do(ctx, http.MethodPost, applications, map[string]string{"displayName": c.group})
	if err != nil {
		return made, nil, err
	}
	err = got.into(&made)
	return made, func() error {
		// A directory may be behind, and not know yet what it has made.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Minute)
		defer cancel()
		for {
			got, err := c.do(ctx, http.MethodDelete, applications+"/"+made.ID, nil)
			if err != nil || got.status < 300 {
				return err
			}
			if got.status != http.StatusNotFound {
				return fmt.Errorf("deleting the application %s: %s", made.ID, got)
			}
			if err := sleep(ctx, time.Second); err != nil {
				return err
			}
		}
	}, err
}

// listsToEach lists with the account that has a role on the resource group of this run and nowhere else.
func (c *cloud) listsToEach(ctx context.Context) (finding, error) {
	if c.job == nil {
		return finding{}, errors.New("there is no account")
	}
	as := *c
	as.credential = c.job
	got, err := as.do(ctx, http.MethodGet, c.inSubscription("/resourcegroups?api-version=2021-04-01"), nil)
	if err != nil {
		return finding{}, err
	}
	var list struct{ Value []struct{ Name string } }
	if err := got.into(&list); err != nil {
		return finding{}, err
	}
	f := finding{confirmed, fmt.Sprintf("an account with a role on one resource group lists %d", len(list.Value))}
	if len(list.Value) != 1 || !strings.EqualFold(list.Value[0].Name, c.group) {
		f.verdict = refuted
	}
	return f, nil
}

// signIn sends Entra a body in a form of which it can make nothing: no account is named.
func (c *cloud) signIn(ctx context.Context, body string, status int, code string) (finding, error) {
	return c.form(ctx, strings.SplitN(body, "&", 2)[0], "https://login.microsoftonline.com/"+c.tenant+"/oauth2/v2.0/token", body, status, code)
}

func (c *cloud) form(ctx context.Context, what, address, body string, status int, code string) (finding, error) {
	got, err := send(ctx, http.MethodPost, address, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, []byte(body))
	return judge(what, got, status, code), err
}

func judge(what string, got answer, status int, code string) finding {
	f := finding{confirmed, fmt.Sprintf("%s: %s", what, got)}
	if got.status != status || got.code != code {
		f.verdict = refuted
		f.saw += fmt.Sprintf(" (assumed %d %s)", status, code)
	}
	return f
}
