package access

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/azure"
)

// Application is an app registration: what signs in.
type Application struct {
	// ObjectID is the registration's id in the directory, which its methods are called by.
	ObjectID string `json:"id"`
	// ClientID is what it signs in with; Graph calls it appId.
	ClientID string `json:"appId"`
	// DisplayName need not be unique in the tenant.
	DisplayName string `json:"displayName"`
	// Created is when it was registered.
	Created time.Time `json:"createdDateTime"`
	// Secrets are its passwords, without their text.
	Secrets []SecretInfo `json:"passwordCredentials"`
	// Certificates are its keys, without their text.
	Certificates []SecretInfo `json:"keyCredentials"`
	// Tags are texts that whoever registered it chose.
	Tags []string `json:"tags"`
}

// uniquePrefix begins the unique names of the applications that Pacific registers.
const uniquePrefix = "pacific:"

// Applications lists those with exactly that display name, oldest first. None is no error.
func (c *Client) Applications(ctx context.Context, displayName string) ([]Application, error) {
	found, err := list[Application](ctx, c, "/applications", "displayName eq "+quoted(displayName))
	if err != nil {
		return nil, fmt.Errorf("listing the app registrations named %q: %w", displayName, err)
	}
	return oldestFirst(exactly(found, displayName)), nil
}

// Application reads an app registration by its client id. A missing one is an [*azure.Error] whose NotFound is true.
func (c *Client) Application(ctx context.Context, clientID string) (Application, error) {
	var app Application
	err := c.repeat(ctx, "Microsoft Graph", func(ctx context.Context) error {
		_, err := c.send(ctx, graphCall{method: http.MethodGet, path: key("applications", "appId", clientID)}, &app)
		return err
	}, nil)
	if err != nil {
		return Application{}, fmt.Errorf("reading the app registration %s: %w", clientID, err)
	}
	return app, nil
}

// EnsureApplication returns the app registration with that display name, the oldest if there are several, and registers
// one with these tags if there is none. created reports whether it did. One that was there keeps its tags.
//
// The lists of a directory lag behind its writes, so a second program, or the second run of a killed one, may not see what
// the first one made. That is why a new registration gets a unique name, which is made from the display name: Entra itself
// then gives the same application to all who ask for it.
func (c *Client) EnsureApplication(ctx context.Context, displayName string, tags ...string) (app Application, created bool, err error) {
	found, err := c.Applications(ctx, displayName)
	if err != nil {
		return Application{}, false, err
	}
	if len(found) > 0 {
		return found[0], false, nil
	}
	body := map[string]any{"displayName": displayName, "signInAudience": "AzureADMyOrg"}
	if len(tags) > 0 {
		body["tags"] = tags
	}
	// Entra keeps a deleted application for 30 days; whether its unique name is free meanwhile is not documented.
	for n := range maxUniqueNames {
		app, created, err = c.upsertApplication(ctx, uniqueName(displayName, n), body)
		if !nameTaken(err) {
			break
		}
	}
	if err != nil {
		return Application{}, false, fmt.Errorf("registering the application %q: %w", displayName, err)
	}
	return app, created, nil
}

// maxUniqueNames is how many unique names are tried, of which all but one are those of deleted applications.
const maxUniqueNames = 20

// uniqueName is the nth unique name that is made from a display name.
func uniqueName(displayName string, n int) string {
	name := uniquePrefix + displayName
	if n > 0 {
		name += fmt.Sprintf(":%d", n+1)
	}
	return name
}

// nameTaken reports whether Graph refuses a unique name as taken. An upsert finds the application that has the name, so what
// is in the way can only be one that was deleted.
func nameTaken(err error) bool {
	if taken(err) {
		return true
	}
	e := azure.Explain(err)
	return e != nil && e.Status == http.StatusBadRequest && strings.Contains(strings.ToLower(e.Message), "uniquename")
}

// upsertApplication returns the application with that unique name, and makes it if there is none.
func (c *Client) upsertApplication(ctx context.Context, unique string, body map[string]any) (app Application, created bool, err error) {
	path := key("applications", "uniqueName", unique)
	err = c.repeat(ctx, "Microsoft Graph", func(ctx context.Context) error {
		status, err := c.send(ctx, graphCall{
			method: http.MethodPatch, path: path, upsert: true, body: body,
		}, &app)
		created = status == http.StatusCreated
		return err
	}, nil)
	if err == nil && app.ObjectID == "" {
		// 204: it was there, so that nothing came back; or this is the answer to a repetition.
		err = c.repeat(ctx, "the directory to show the app registration", func(ctx context.Context) error {
			_, err := c.send(ctx, graphCall{method: http.MethodGet, path: path}, &app)
			return err
		}, notThereYet)
	}
	return app, created, err
}

// FederatedCredentials lists the names of what an app registration trusts to sign in as itself without a secret, such as a
// repository's pipeline. A missing registration has none.
func (c *Client) FederatedCredentials(ctx context.Context, objectID string) ([]string, error) {
	found, err := list[struct {
		Name string `json:"name"`
	}](ctx, c, "/applications/"+objectID+"/federatedIdentityCredentials", "")
	if ignoreNotFound(err) != nil {
		return nil, fmt.Errorf("listing the federated credentials of the app registration %s: %w", objectID, err)
	}
	names := make([]string, 0, len(found))
	for _, one := range found {
		names = append(names, one.Name)
	}
	return names, nil
}

// DeleteApplication deletes an app registration and with it its secrets and its service principal; a missing one is no
// error. Entra keeps it for 30 days, from where an administrator can restore it.
func (c *Client) DeleteApplication(ctx context.Context, objectID string) error {
	err := c.repeat(ctx, "Microsoft Graph", func(ctx context.Context) error {
		_, err := c.send(ctx, graphCall{method: http.MethodDelete, path: "/applications/" + objectID}, nil)
		return ignoreNotFound(err)
	}, nil)
	if err != nil {
		return fmt.Errorf("deleting the app registration %s: %w", objectID, err)
	}
	return nil
}

// notThereYet is the answer to a question about something that was just made and has not been copied everywhere.
func notThereYet(e *azure.Error) bool { return e.NotFound() }
