package access

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// UndeliveredError says that an account was made whose new secret reached nobody.
type UndeliveredError struct {
	// Left is the key id of the new secret if it could not be removed again; empty: it was.
	Left string
	// EarlierWorks reports whether the account has an earlier secret of the same name, which still works.
	EarlierWorks bool

	err error
}

// Error says why, and what became of the secret.
func (e *UndeliveredError) Error() string {
	switch {
	case e.Left != "":
		return fmt.Sprintf("%v; the new secret %s could not be removed", e.err, e.Left)
	case e.EarlierWorks:
		return fmt.Sprintf("%v; the new secret was removed, and the earlier one still works", e.err)
	}
	return fmt.Sprintf("%v; the new secret was removed", e.err)
}

// Unwrap returns why nobody got the secret.
func (e *UndeliveredError) Unwrap() error { return e.err }

// undoTime is how long a secret that nobody got may take to be removed: that goes on after Ctrl-C.
const undoTime = 30 * time.Second

// deliverSecret makes the account's secret and has it delivered. Only then do the earlier ones of that name go. A program
// that is killed in between leaves both; the next run removes them.
func (c *Client) deliverSecret(ctx context.Context, a *Account, r AccountRequest) error {
	id := a.Application.ObjectID
	earlier, read := map[string]SecretInfo{}, false
	err := c.repeat(ctx, "the directory to take a secret", func(ctx context.Context) (err error) {
		if !read { // once: a repetition may follow a secret whose answer was lost, which is none of the earlier ones
			var now Application
			if _, err := c.send(ctx, graphCall{method: http.MethodGet, path: "/applications/" + id}, &now); err != nil {
				return err
			}
			for _, s := range now.Secrets {
				if s.DisplayName == r.SecretName {
					earlier[s.KeyID] = s
				}
			}
			read = true
		}
		a.Secret, err = c.addSecret(ctx, id, r.SecretName, r.Lifetime)
		return err
	}, notThereYet)
	switch {
	case isFull(err): // with no room for both, the earlier one goes first
		clear(earlier)
		if a.Secret, err = c.ReplaceSecret(ctx, a.Application, r.SecretName, r.Lifetime); err != nil {
			return err
		}
	case err != nil:
		return fmt.Errorf("making a secret for the app registration %q: %w", a.Application.DisplayName, err)
	}
	if err := r.Deliver(a); err != nil {
		e := &UndeliveredError{err: err}
		for _, s := range earlier {
			e.EarlierWorks = e.EarlierWorks || s.End.After(time.Now())
		}
		return c.takeBack(ctx, a, e, func(s SecretInfo) bool {
			_, wasThere := earlier[s.KeyID]
			return s.DisplayName == r.SecretName && !wasThere
		})
	}
	err = c.repeat(ctx, "Microsoft Graph", func(ctx context.Context) error {
		return c.removeSecrets(ctx, id, func(s SecretInfo) bool {
			return s.DisplayName == r.SecretName && s.KeyID != a.Secret.KeyID
		})
	}, nil)
	if err != nil {
		return fmt.Errorf("the new secret works, but the earlier one of the app registration %q was not removed: %w", a.Application.DisplayName, err)
	}
	return nil
}

// takeBack removes a secret that reached nobody, with those that made chooses: their answers were lost.
func (c *Client) takeBack(ctx context.Context, a *Account, e *UndeliveredError, made func(SecretInfo) bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	_ = c.removeSecrets(ctx, a.Application.ObjectID, made)
	if c.RemoveSecret(ctx, a.Application, a.Secret.KeyID) != nil {
		e.Left = a.Secret.KeyID
	}
	return e
}
