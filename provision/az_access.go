package provision

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/azcli"
)

// azApplication is an app registration in az's JSON.
type azApplication struct {
	ObjectID string              `json:"id"`
	ClientID string              `json:"appId"`
	Name     string              `json:"displayName"`
	Created  time.Time           `json:"createdDateTime"`
	Secrets  []access.SecretInfo `json:"passwordCredentials"`
}

func (a azApplication) application() *Application {
	return &Application{ObjectID: a.ObjectID, ClientID: a.ClientID, Name: a.Name, Secrets: a.Secrets}
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

// CreateApplication registers an application; see [Cloud].
func (a *Az) CreateApplication(ctx context.Context, displayName string) (*Application, error) {
	var made azApplication
	if err := a.decode(ctx, &made, "ad", "app", "create", "--display-name", displayName); err != nil {
		return nil, err
	}
	return made.application(), nil
}

// CreateSecret makes a secret; see [Cloud]. az gives a text, a tenant and the client id, and no more.
func (a *Az) CreateSecret(ctx context.Context, app Application, name string, lifetime time.Duration) (access.Secret, error) {
	if err := a.DeleteSecret(ctx, app, name); err != nil {
		return access.Secret{}, err
	}
	args := []string{"ad", "app", "credential", "reset", "--id", app.ClientID, "--append", "--display-name", name}
	if lifetime > 0 {
		args = append(args, "--end-date", time.Now().Add(lifetime).UTC().Format(time.RFC3339))
	}
	var made struct {
		Text string `json:"password"`
	}
	if err := a.decode(ctx, &made, args...); err != nil {
		return access.Secret{}, err
	}
	if made.Text == "" {
		return access.Secret{}, errors.New("az ad app credential reset gave no password")
	}
	return access.Secret{SecretInfo: access.SecretInfo{DisplayName: name}, Text: made.Text}, nil
}

// DeleteSecret removes the secrets of that name; see [Destroyer].
func (a *Az) DeleteSecret(ctx context.Context, app Application, name string) error {
	var have []access.SecretInfo
	if err := a.decode(ctx, &have, "ad", "app", "credential", "list", "--id", app.ClientID); err != nil {
		return ignoreAbsent(err)
	}
	for _, secret := range have {
		if secret.DisplayName != name {
			continue
		}
		_, err := a.runner.Run(ctx, []string{"ad", "app", "credential", "delete", "--id", app.ClientID, "--key-id", secret.KeyID}, azcli.Options{})
		if ignoreAbsent(err) != nil {
			return err
		}
	}
	return nil
}

// DeleteApplication deletes an app registration; see [Destroyer].
func (a *Az) DeleteApplication(ctx context.Context, app Application) error {
	_, err := a.runner.Run(ctx, []string{"ad", "app", "delete", "--id", app.ClientID}, azcli.Options{})
	return ignoreAbsent(err)
}

// Principal finds a service principal; see [Cloud].
func (a *Az) Principal(ctx context.Context, clientID string) (*Principal, error) {
	var found []struct {
		ObjectID string `json:"id"`
		ClientID string `json:"appId"`
	}
	err := a.decode(ctx, &found, "ad", "sp", "list", "--all", "--query", "[?appId=='"+clientID+"']")
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &Principal{ObjectID: found[0].ObjectID, ClientID: found[0].ClientID}, nil
}

// CreatePrincipal makes a service principal; see [Cloud].
func (a *Az) CreatePrincipal(ctx context.Context, clientID string) (*Principal, error) {
	err := a.repeat(ctx, "the directory to know the application "+clientID, func(ctx context.Context) error {
		_, err := a.runner.Run(ctx, []string{"ad", "sp", "create", "--id", clientID}, azcli.Options{IgnoreExists: true})
		if e, ok := errors.AsType[*azcli.CommandError](err); ok && strings.Contains(e.Stderr, "already in use") {
			return nil
		}
		return err
	}, "NoBackingApplicationObject", "does not reference a valid application object")
	if err != nil {
		return nil, err
	}
	for wait := time.Second; ; wait = min(wait*3/2, 15*time.Second) {
		found, err := a.Principal(ctx, clientID)
		if found != nil || err != nil {
			return found, err
		}
		if err := pause(ctx, wait); err != nil {
			return nil, fmt.Errorf("waiting for the directory to show the service principal of %s: %w", clientID, err)
		}
	}
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
	return a.repeat(ctx, "Azure to know the principal "+g.Principal, func(ctx context.Context) error {
		return a.run(ctx, "role", "assignment", "create", "--role", g.RoleName(), "--assignee-object-id", g.Principal,
			"--assignee-principal-type", "ServicePrincipal", "--scope", g.Scope)
	}, "PrincipalNotFound")
}

// Revoke takes a role away; see [Destroyer].
func (a *Az) Revoke(ctx context.Context, g Grant) error {
	return ignoreAbsent(a.run(ctx, "role", "assignment", "delete", "--assignee", g.Principal, "--role", g.RoleName(), "--scope", g.Scope))
}

// azRole is a custom role as az takes and shows it.
type azRole struct {
	ID          string   `json:"Id,omitempty"`
	Name        string   `json:"Name"`
	Description string   `json:"Description"`
	Actions     []string `json:"Actions"`
	Scopes      []string `json:"AssignableScopes"`
}

// findRole is the custom role of a grant as az shows it; nil if there is none.
func (a *Az) findRole(ctx context.Context, g Grant) (*azRole, error) {
	var found []struct {
		ID          string `json:"name"`
		Name        string `json:"roleName"`
		Permissions []struct {
			Actions []string `json:"actions"`
		} `json:"permissions"`
		Scopes []string `json:"assignableScopes"`
	}
	if err := a.decode(ctx, &found, a.in("role", "definition", "list", "--name", g.Custom.Name, "--custom-role-only", "true")...); err != nil || len(found) == 0 {
		return nil, err
	}
	role := &azRole{ID: found[0].ID, Name: found[0].Name, Description: g.Custom.Description, Scopes: found[0].Scopes}
	for _, p := range found[0].Permissions {
		role.Actions = append(role.Actions, p.Actions...)
	}
	return role, nil
}

func (a *Az) roleComplete(ctx context.Context, g Grant) (bool, error) {
	have, err := a.findRole(ctx, g)
	if have == nil || err != nil {
		return false, err
	}
	_, _, lacks := g.Custom.Extend(have.Actions, have.Scopes, g.Scope)
	return !lacks, nil
}

// ensureRole makes the custom role of a grant, or adds what the one of that name lacks.
func (a *Az) ensureRole(ctx context.Context, g Grant) error {
	have, err := a.findRole(ctx, g)
	if err != nil {
		return err
	}
	verb := "update"
	if have == nil {
		verb, have = "create", &azRole{Name: g.Custom.Name, Description: g.Custom.Description}
	}
	var lacks bool
	if have.Actions, have.Scopes, lacks = g.Custom.Extend(have.Actions, have.Scopes, g.Scope); !lacks {
		return nil
	}
	text, err := json.Marshal(have)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "pacific-role-")
	if err != nil {
		return fmt.Errorf("writing the role for az: %w", err)
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "role.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return fmt.Errorf("writing the role for az: %w", err)
	}
	return a.run(ctx, "role", "definition", verb, "--role-definition", "@"+file)
}
