package provision

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/azcli"
	"github.com/pacific-aci/pacific/azure"
)

// azApplication is an app registration in az's JSON.
type azApplication struct {
	ObjectID string              `json:"id"`
	ClientID string              `json:"appId"`
	Name     string              `json:"displayName"`
	Created  time.Time           `json:"createdDateTime"`
	Secrets  []access.SecretInfo `json:"passwordCredentials"`
	Keys     []access.SecretInfo `json:"keyCredentials"`
	Tags     []string            `json:"tags"`
}

func (a azApplication) application() *Application {
	return &Application{
		ObjectID: a.ObjectID, ClientID: a.ClientID, Name: a.Name, Secrets: a.Secrets, Certificates: a.Keys,
		Provisioned: slices.Contains(a.Tags, TagProvisioned),
	}
}

// Application finds an app registration by display name; see [Cloud]. az lists all whose name begins so.
func (a *Az) Application(ctx context.Context, displayName string) (*Application, error) {
	var found []azApplication
	if err := a.decode(ctx, &found, "ad", "app", "list", "--display-name", displayName); err != nil {
		return nil, err
	}
	var oldest *azApplication
	for i, app := range found {
		if app.Name == displayName && (oldest == nil || app.Created.Before(oldest.Created)) {
			oldest = &found[i]
		}
	}
	if oldest == nil {
		return nil, nil
	}
	return oldest.application(), nil
}

// ApplicationByID finds an app registration by client id; see [Cloud].
func (a *Az) ApplicationByID(ctx context.Context, clientID string) (*Application, error) {
	var found azApplication
	if err := a.decode(ctx, &found, "ad", "app", "show", "--id", clientID); err != nil {
		return nil, ignoreAbsent(err)
	}
	return found.application(), nil
}

// CreateApplication registers an application; see [Cloud]. az takes no tags for a new one, so that it gets its name together
// with the tag, in a second command. Until then it has one that only Pacific gives, by which a run after one that was killed
// in between knows it.
func (a *Az) CreateApplication(ctx context.Context, displayName string) (*Application, error) {
	if there, err := a.Application(ctx, displayName); there != nil || err != nil {
		return there, err
	}
	var made azApplication
	if err := a.decode(ctx, &made, "ad", "app", "create", "--display-name", unfinishedName(displayName)); err != nil {
		return nil, err
	}
	err := a.repeat(ctx, "the directory to know the application "+made.ClientID, func(ctx context.Context) error {
		_, err := a.runner.Run(ctx, []string{
			"ad", "app", "update", "--id", made.ClientID, "--display-name", displayName,
			// In single quotes: cmd.exe, which runs az on Windows, would change double ones.
			"--set", "tags=['" + TagProvisioned + "']",
		}, azcli.Options{})
		return err
	}, codeNotFound)
	if err != nil {
		return nil, err
	}
	app := made.application()
	app.Name, app.Provisioned = displayName, true
	return app, nil
}

// unfinishedName is what an application is called until it has its mark. A display name has at most 256 characters.
func unfinishedName(displayName string) string {
	const suffix = " (unfinished, by pacific)"
	name := []rune(displayName)
	return string(name[:min(len(name), 256-len(suffix))]) + suffix
}

// FederatedCredentials lists federated credentials; see [Destroyer].
func (a *Az) FederatedCredentials(ctx context.Context, app Application) ([]string, error) {
	var found []struct {
		Name string `json:"name"`
	}
	if err := a.decode(ctx, &found, "ad", "app", "federated-credential", "list", "--id", app.ClientID); err != nil {
		return nil, ignoreAbsent(err)
	}
	names := make([]string, 0, len(found))
	for _, one := range found {
		names = append(names, one.Name)
	}
	return names, nil
}

// CreateSecret makes a secret; see [Cloud]. az gives a text, a tenant and the client id, and no more.
func (a *Az) CreateSecret(ctx context.Context, app Application, name string, lifetime time.Duration) (made access.Secret, err error) {
	err = a.repeat(ctx, "the directory to know the application "+app.ClientID, func(ctx context.Context) error {
		if err := a.removeSecrets(ctx, app, access.SecretInfo{DisplayName: name}); err != nil {
			return err
		}
		made, err = a.addSecret(ctx, app, name, lifetime)
		return err
	}, codeNotFound) // the application may have been made a moment ago
	return made, err
}

// addSecret makes a secret. Its answer is lost for ever if it is lost once, so nothing but removing the secret makes it safe
// to repeat.
func (a *Az) addSecret(ctx context.Context, app Application, name string, lifetime time.Duration) (access.Secret, error) {
	args := []string{"ad", "app", "credential", "reset", "--id", app.ClientID, "--append", "--display-name", name}
	if lifetime > 0 {
		args = append(args, "--end-date", time.Now().Add(lifetime).UTC().Format(time.RFC3339))
	}
	result, err := a.runner.Run(ctx, append(args, "--output", "json"), azcli.Options{JSON: true})
	if err != nil {
		return access.Secret{}, err
	}
	var made struct {
		Text string `json:"password"`
	}
	if err := result.Decode(&made); err != nil {
		return access.Secret{}, err
	}
	if made.Text == "" {
		return access.Secret{}, errors.New("az ad app credential reset gave no password")
	}
	return access.Secret{SecretInfo: access.SecretInfo{DisplayName: name}, Text: made.Text}, nil
}

// DeleteSecret removes secrets; see [Destroyer].
func (a *Az) DeleteSecret(ctx context.Context, app Application, secret access.SecretInfo) error {
	return ignoreAbsent(a.removeSecrets(ctx, app, secret))
}

// removeSecrets is DeleteSecret, to which an application that is not there is an error.
func (a *Az) removeSecrets(ctx context.Context, app Application, meant access.SecretInfo) error {
	var have []access.SecretInfo
	if err := a.decode(ctx, &have, "ad", "app", "credential", "list", "--id", app.ClientID); err != nil {
		return err
	}
	for _, secret := range have {
		if !sameSecret(secret, meant) {
			continue
		}
		_, err := a.exec(ctx, []string{"ad", "app", "credential", "delete", "--id", app.ClientID, "--key-id", secret.KeyID}, azcli.Options{})
		if ignoreAbsent(err) != nil {
			return err
		}
	}
	return nil
}

// DeleteApplication deletes an app registration; see [Destroyer].
func (a *Az) DeleteApplication(ctx context.Context, app Application) error {
	_, err := a.exec(ctx, []string{"ad", "app", "delete", "--id", app.ClientID}, azcli.Options{})
	return ignoreAbsent(err)
}

// Principal finds a service principal; see [Cloud].
func (a *Az) Principal(ctx context.Context, clientID string) (*Principal, error) {
	var found []struct {
		ObjectID string `json:"id"`
		ClientID string `json:"appId"`
		Enabled  *bool  `json:"accountEnabled"`
	}
	err := a.decode(ctx, &found, "ad", "sp", "list", "--all", "--query", "[?appId=='"+clientID+"']")
	if err != nil || len(found) == 0 {
		return nil, err
	}
	first := found[0]
	return &Principal{ObjectID: first.ObjectID, ClientID: first.ClientID, Disabled: first.Enabled != nil && !*first.Enabled}, nil
}

// CreatePrincipal makes a service principal; see [Cloud].
func (a *Az) CreatePrincipal(ctx context.Context, clientID string) (*Principal, error) {
	err := a.repeat(ctx, "the directory to know the application "+clientID, func(ctx context.Context) error {
		_, err := a.runner.Run(ctx, []string{"ad", "sp", "create", "--id", clientID}, azcli.Options{IgnoreExists: true})
		if e := answerOf(err); e != nil && e.Has(codeTaken) {
			return nil
		}
		return err
	}, codeNoApplication)
	if err != nil {
		return nil, err
	}
	var found *Principal
	err = a.repeat(ctx, "the directory to show the service principal of "+clientID, func(ctx context.Context) (err error) {
		if found, err = a.Principal(ctx, clientID); err == nil && found == nil {
			return azure.NewError(azure.Detail{Code: codeNotFound, Message: "the service principal of " + clientID + " is not listed"})
		}
		return err
	}, codeNotFound)
	return found, err
}

// Granted reports whether a role is given; see [Cloud]. az compares the scope exactly, Azure without case.
func (a *Az) Granted(ctx context.Context, g Grant) (bool, error) {
	if g.Custom != nil {
		complete, err := a.roleComplete(ctx, g)
		if err != nil || !complete {
			return false, err
		}
	}
	var found []struct {
		Role  string `json:"roleDefinitionName"`
		Scope string `json:"scope"`
	}
	err := a.decode(ctx, &found, a.in("role", "assignment", "list", "--assignee", g.Principal, "--role", g.RoleName(), "--scope", g.Scope)...)
	if e := answerOf(err); e != nil && e.Has(codeNotFound) {
		return false, nil // the directory does not show a new principal yet, which has no role
	}
	if err != nil {
		return false, err
	}
	for _, have := range found {
		if strings.EqualFold(have.Role, g.RoleName()) && strings.EqualFold(have.Scope, g.Scope) {
			return true, nil
		}
	}
	return false, nil
}

// Grant gives a role; see [Cloud].
func (a *Az) Grant(ctx context.Context, g Grant) error {
	if g.Custom != nil {
		if err := a.ensureRole(ctx, g); err != nil {
			return err
		}
	}
	return a.repeat(ctx, "Azure to know the principal "+g.Principal+" and the role "+g.RoleName(), func(ctx context.Context) error {
		err := a.run(ctx, "role", "assignment", "create", "--role", g.RoleName(), "--assignee-object-id", g.Principal,
			"--assignee-principal-type", "ServicePrincipal", "--scope", g.Scope)
		if e := answerOf(err); e != nil && e.Has("RoleAssignmentExists") {
			return nil
		}
		return err
	}, "PrincipalNotFound", codeNoRole)
}

// Revoke takes a role away; see [Destroyer].
func (a *Az) Revoke(ctx context.Context, g Grant) error {
	return ignoreAbsent(a.run(ctx, "role", "assignment", "delete", "--assignee", g.Principal, "--role", g.RoleName(), "--scope", g.Scope))
}
