package access

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/azure"
)

// SecretInfo is what can be read of an application's secret after it was made.
type SecretInfo struct {
	// KeyID names it.
	KeyID string `json:"keyId"`
	// DisplayName says what it is for. It need not be unique; Graph may leave it out.
	DisplayName string `json:"displayName"`
	// Start and End are when it is valid.
	Start time.Time `json:"startDateTime"`
	End   time.Time `json:"endDateTime"`
	// Hint is its first three characters.
	Hint string `json:"hint"`
}

// Secret is an application's new secret. Its text can never be read again. Printing or logging it shows no text.
type Secret struct {
	SecretInfo
	// Text is what the application signs in with.
	Text string
}

// String shows everything but the text.
func (s Secret) String() string {
	return fmt.Sprintf("secret %q (%s), valid until %s", s.DisplayName, s.KeyID, s.End.Format(time.DateOnly))
}

// GoString is [Secret.String], for %#v.
func (s Secret) GoString() string { return s.String() }

// LogValue is [Secret.String].
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON keeps the text out of JSON.
func (s Secret) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, "%q", s.String()), nil
}

// SecretsFullError says that Entra takes no further secret for an application.
type SecretsFullError struct {
	// Application has the secrets, without their text.
	Application Application

	cause error
}

// Error names the application and its secrets.
func (e *SecretsFullError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the app registration %q takes no further secret; it has %d:", e.Application.DisplayName, len(e.Application.Secrets))
	for i, s := range e.Application.Secrets {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, " %s (%q, until %s)", s.KeyID, s.DisplayName, s.End.Format(time.DateOnly))
	}
	return b.String()
}

// Hint says which to delete.
func (e *SecretsFullError) Hint() string {
	if len(e.Application.Secrets) == 0 {
		return ""
	}
	oldest := slices.MinFunc(e.Application.Secrets, func(a, b SecretInfo) int { return a.End.Compare(b.End) })
	return fmt.Sprintf("delete one that nothing uses, for instance: az ad app credential delete --id %s --key-id %s",
		e.Application.ClientID, oldest.KeyID)
}

// Unwrap returns Graph's error.
func (e *SecretsFullError) Unwrap() error { return e.cause }

// ReplaceSecret gives an application a new secret of that name and removes those that had the name before: the text of a
// secret whose answer was lost can never be read again, so keeping it would only fill the list. Secrets of other names are
// left alone. lifetime is counted from now; 0: Entra's default, two years. Where Entra refuses for their number, the error
// is a [*SecretsFullError].
//
// The old secrets go first. A program that is killed in between leaves none of that name, and its next run makes one.
func (c *Client) ReplaceSecret(ctx context.Context, app Application, name string, lifetime time.Duration) (Secret, error) {
	var made Secret
	err := c.repeat(ctx, "the directory to take a secret", func(ctx context.Context) error {
		if err := c.removeSecrets(ctx, app.ObjectID, named(name)); err != nil {
			return err
		}
		var err error
		made, err = c.addSecret(ctx, app.ObjectID, name, lifetime)
		return err
	}, notThereYet) // the application may have been made a moment ago
	if err == nil {
		return made, nil
	}
	if isFull(err) {
		if now, readErr := c.Application(ctx, app.ClientID); readErr == nil {
			app = now
		}
		return Secret{}, &SecretsFullError{Application: app, cause: err}
	}
	return Secret{}, fmt.Errorf("making a secret for the app registration %q: %w", app.DisplayName, err)
}

// isFull reports whether Graph refused a secret because there are too many.
func isFull(err error) bool {
	e, ok := errors.AsType[graphRefusal](err)
	return ok && secretsFull(e)
}

// graphRefusal is the part of an *azure.Error that decides here.
type graphRefusal interface {
	error
	Has(code string) bool
}

// secretsFull reports whether Graph refused for the number or size of the secrets: CannotUpdate… codes are one for each
// kind of object, and Directory_QuotaExceeded is said for the object's size.
func secretsFull(e graphRefusal) bool {
	return e.Has("Directory_QuotaExceeded") || e.Has("KeyCredentialsLimitExceeded") || e.Has("PasswordCredentialsLimitExceeded") ||
		e.Has("AppCredentialsLimitExceeded") || strings.Contains(strings.ToLower(e.Error()), "maximum number of credentials")
}

// named chooses the secrets of that name.
func named(name string) func(SecretInfo) bool {
	return func(s SecretInfo) bool { return s.DisplayName == name }
}

// removeSecrets removes the secrets that which chooses.
func (c *Client) removeSecrets(ctx context.Context, objectID string, which func(SecretInfo) bool) error {
	var app Application
	if _, err := c.send(ctx, graphCall{method: http.MethodGet, path: "/applications/" + objectID}, &app); err != nil {
		return err
	}
	for _, s := range app.Secrets {
		if which(s) {
			if err := c.removeSecret(ctx, objectID, s.KeyID); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Client) removeSecret(ctx context.Context, objectID, keyID string) error {
	_, err := c.send(ctx, graphCall{
		method: http.MethodPost, path: "/applications/" + objectID + "/removePassword",
		body: map[string]any{"keyId": keyID},
	}, nil)
	if e := azure.Explain(err); e != nil && e.Status == http.StatusBadRequest {
		// What Graph says of a key that is not there is not documented; its list of keys is.
		var app Application
		if _, readErr := c.send(ctx, graphCall{method: http.MethodGet, path: "/applications/" + objectID}, &app); readErr == nil &&
			!slices.ContainsFunc(app.Secrets, func(s SecretInfo) bool { return strings.EqualFold(s.KeyID, keyID) }) {
			return nil
		}
	}
	return ignoreNotFound(err)
}

// RemoveSecret removes one secret by its key id; a missing one is no error.
func (c *Client) RemoveSecret(ctx context.Context, app Application, keyID string) error {
	err := c.repeat(ctx, "Microsoft Graph", func(ctx context.Context) error {
		return c.removeSecret(ctx, app.ObjectID, keyID)
	}, nil)
	if err != nil {
		return fmt.Errorf("removing the secret %s of the app registration %q: %w", keyID, app.DisplayName, err)
	}
	return nil
}

func (c *Client) addSecret(ctx context.Context, objectID, name string, lifetime time.Duration) (Secret, error) {
	credential := map[string]any{"displayName": name}
	if lifetime > 0 {
		credential["endDateTime"] = time.Now().Add(lifetime).UTC().Format(time.RFC3339)
	}
	var answer struct {
		SecretInfo
		Text string `json:"secretText"`
	}
	if _, err := c.send(ctx, graphCall{
		method: http.MethodPost, path: "/applications/" + objectID + "/addPassword",
		body: map[string]any{"passwordCredential": credential},
	}, &answer); err != nil {
		return Secret{}, err
	}
	if answer.Text == "" {
		return Secret{}, errors.New("the answer of Microsoft Graph has no secret in it")
	}
	return Secret{SecretInfo: answer.SecretInfo, Text: answer.Text}, nil
}
