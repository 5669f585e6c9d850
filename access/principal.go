package access

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/azure"
)

// ServicePrincipal is an application's account in this tenant: what is given roles.
type ServicePrincipal struct {
	// ObjectID is what a role assignment names.
	ObjectID string `json:"id"`
	// ClientID is its application's.
	ClientID    string `json:"appId"`
	DisplayName string `json:"displayName"`
	// Enabled reports whether it may sign in.
	Enabled bool `json:"accountEnabled"`
}

// ServicePrincipal reads an application's account by client id. A missing one is an [*azure.Error] whose NotFound is true.
func (c *Client) ServicePrincipal(ctx context.Context, clientID string) (ServicePrincipal, error) {
	var found ServicePrincipal
	err := c.repeat(ctx, "Microsoft Graph", func(ctx context.Context) error {
		return c.servicePrincipal(ctx, clientID, &found)
	}, nil)
	if err != nil {
		return ServicePrincipal{}, fmt.Errorf("reading the service principal of %s: %w", clientID, err)
	}
	return found, nil
}

func (c *Client) servicePrincipal(ctx context.Context, clientID string, to *ServicePrincipal) error {
	_, err := c.send(ctx, graphCall{method: http.MethodGet, path: key("servicePrincipals", "appId", clientID)}, to)
	return err
}

// EnsureServicePrincipal returns the account of the application with that client id, and makes it if there is none.
// created reports whether it did. A new application that not all of the directory knows yet is waited for.
func (c *Client) EnsureServicePrincipal(ctx context.Context, clientID string) (principal ServicePrincipal, created bool, err error) {
	err = c.repeat(ctx, "the directory to know the application "+clientID, func(ctx context.Context) error {
		err := c.servicePrincipal(ctx, clientID, &principal)
		if ignoreNotFound(err) != nil {
			return err
		}
		if err == nil {
			return nil
		}
		status, err := c.send(ctx, graphCall{
			method: http.MethodPost, path: "/servicePrincipals",
			body: map[string]any{"appId": clientID, "accountEnabled": true},
		}, &principal)
		if taken(err) {
			// Somebody else was quicker, or this is the answer to a repetition.
			return c.servicePrincipal(ctx, clientID, &principal)
		}
		created = status == http.StatusCreated
		return err
	}, func(e *azure.Error) bool { return notThereYet(e) || unknownApplication(e) })
	if err != nil {
		return ServicePrincipal{}, false, fmt.Errorf("making the service principal of %s: %w", clientID, err)
	}
	return principal, created, nil
}

// taken reports whether Graph refused because such an object is there: 409 by its documentation, 400 with this code as
// recorded in Azure/azure-cli's tests.
func taken(err error) bool {
	e := azure.Explain(err)
	return e != nil && (e.Status == http.StatusConflict || e.Has("Request_MultipleObjectsWithSameKeyValue"))
}

// unknownApplication reports whether Graph refused because it does not know the application (yet). It has a code for that
// and, with the common code for bad requests, a sentence (Azure/azure-cli#11707).
func unknownApplication(e *azure.Error) bool {
	return e.Has("NoBackingApplicationObject") || strings.Contains(e.Message, "does not reference a valid application object")
}

// exactly keeps those whose display name is name: Graph's comparison ignores case.
func exactly(apps []Application, name string) []Application {
	return slices.DeleteFunc(apps, func(a Application) bool { return a.DisplayName != name })
}

// oldestFirst sorts by the time of registration, and by client id where that is equal.
func oldestFirst(apps []Application) []Application {
	slices.SortStableFunc(apps, func(a, b Application) int { return a.Created.Compare(b.Created) })
	return apps
}
