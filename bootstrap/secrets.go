package bootstrap

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/pacific-aci/pacific/azure"
)

// DeletedSecretError says that a secret which is to be written was deleted, and this account may not recover it. Azure keeps a
// deleted secret, and with it the name, for as long as the vault says
// (learn.microsoft.com/azure/key-vault/general/soft-delete-overview).
type DeletedSecretError struct {
	Vault, Name string
	// Err is Azure's answer.
	Err error
}

// Error names the secret and the vault.
func (e *DeletedSecretError) Error() string {
	return fmt.Sprintf("secret %s of key vault %s was deleted, and this account may not recover it: %v", e.Name, e.Vault, e.Err)
}

// Unwrap gives Azure's answer.
func (e *DeletedSecretError) Unwrap() error { return e.Err }

// Hint says who can recover it.
func (e *DeletedSecretError) Hint() string {
	return "recover the secret, which takes the role Key Vault Secrets Officer on the key vault"
}

// secrets is the vault itself, where secrets are read and recovered.
func (c *client) secrets(vaultURI string) (*azsecrets.Client, error) {
	credential, err := c.cloud.Credential()
	if err != nil {
		return nil, err
	}
	return azsecrets.NewClient(vaultURI, credential, &azsecrets.ClientOptions{ClientOptions: c.cloud.ClientOptions()})
}

// holds reports whether a vault has this value of a secret. Who may not read secrets gets no: then it is written again.
func (c *client) holds(ctx context.Context, vaultURI string, s Secret) bool {
	secrets, err := c.secrets(vaultURI)
	if err != nil || vaultURI == "" {
		return false
	}
	now, err := secrets.GetSecret(ctx, s.Name, "", nil)
	return err == nil && now.Value != nil && subtle.ConstantTimeCompare([]byte(*now.Value), []byte(s.Value)) == 1
}

// hasDeleted reports whether a vault has a deleted secret of that name. Who may not see it gets no: then the deployment says.
func (c *client) hasDeleted(ctx context.Context, vaultURI, name string) bool {
	secrets, err := c.secrets(vaultURI)
	if err != nil || vaultURI == "" {
		return false
	}
	_, err = secrets.GetDeletedSecret(ctx, name, nil)
	return err == nil
}

// recoverLimit is how long Azure may take to recover a secret; it takes seconds.
const recoverLimit = 5 * time.Minute

// recoverSecrets recovers those of the template's secrets that are deleted.
func (b *Bootstrapper) recoverSecrets(ctx context.Context, s *state, note func(string)) error {
	for _, r := range s.of(KindSecret) {
		if !r.deleted {
			continue
		}
		note("recovering secret " + r.name)
		if err := b.recoverSecret(ctx, s, r); err != nil {
			return err
		}
		r.deleted = false
	}
	return nil
}

func (b *Bootstrapper) recoverSecret(ctx context.Context, s *state, r *resource) error {
	vault := s.of(KindVault)[0]
	secrets, err := b.client.secrets(vault.there.property("vaultUri"))
	if err != nil {
		return err
	}
	err = b.client.repeat(ctx, "secret "+r.name, func(ctx context.Context) error {
		_, err := secrets.RecoverDeletedSecret(ctx, r.name, nil)
		return err
	})
	switch e := azure.Explain(err); {
	case e != nil && e.Class == azure.ClassAuthorisation:
		return &DeletedSecretError{Vault: vault.name, Name: r.name, Err: err}
	case err != nil && !azure.Missing(err): // a lost answer leaves nothing to recover
		return fmt.Errorf("recovering secret %s: %w", r.name, err)
	}
	limited, cancel := context.WithTimeout(ctx, recoverLimit)
	defer cancel()
	for pause := firstPause; ; pause = next(pause) {
		there, err := b.client.resource(limited, r.id, r.version)
		if err == nil && there != nil {
			return nil
		}
		if err == nil {
			err = azure.Sleep(limited, pause)
		}
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			return fmt.Errorf("secret %s is not there %s after it was recovered", r.name, recoverLimit)
		}
		if err != nil {
			return err
		}
	}
}

// deletedSecret is the error of a deployment that met a deleted secret, whose name cannot be used; nil for any other. culprits
// are what failed, as targets names it.
func deletedSecret(culprits string, err error) error {
	if !strings.Contains(strings.ToLower(err.Error()), "deleted but recoverable") {
		return nil
	}
	for one := range strings.SplitSeq(culprits, ", ") {
		if path, ok := strings.CutPrefix(one, string(KindSecret)+" "); ok {
			vault, name, _ := strings.Cut(path, "/")
			return &DeletedSecretError{Vault: vault, Name: name, Err: err}
		}
	}
	return nil
}
