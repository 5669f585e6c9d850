package vault

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// A secret is a name with its versions, the newest last; there is always one. It is guarded by the service's mu.
type secret struct {
	// name in the spelling of who set it first.
	name     string
	versions []*version
	// deletion is nil for a secret that is there.
	deletion *deletion
}

// A version is one value of a secret.
type version struct {
	// ID has 32 hexadecimal digits.
	ID          string            `json:"id"`
	Value       string            `json:"value"`
	ContentType string            `json:"contentType"`
	Tags        map[string]string `json:"tags"`
	Enabled     bool              `json:"enabled"`
	// NotBefore and Expires are seconds since 1970; nil for none.
	NotBefore *int64    `json:"nbf"`
	Expires   *int64    `json:"exp"`
	Created   time.Time `json:"created"`
	Updated   time.Time `json:"updated"`
}

// Key Vault's limits for a secret (learn.microsoft.com/azure/key-vault/secrets/about-secrets).
const (
	maxValue       = 25 << 10
	maxContentType = 255
	maxTags        = 15
	maxTag         = 256
)

// validSecretName is Key Vault's rule
// (learn.microsoft.com, key-vault/general/about-keys-secrets-certificates, object identifiers).
var validSecretName = regexp.MustCompile(`^[0-9a-zA-Z-]{1,127}$`)

// secretBody is what a client may say of a secret.
type secretBody struct {
	Value       *string            `json:"value"`
	ContentType *string            `json:"contentType"`
	Tags        *map[string]string `json:"tags"`
	Attributes  *attributesBody    `json:"attributes"`
}

type attributesBody struct {
	Enabled   *bool  `json:"enabled"`
	NotBefore *int64 `json:"nbf"`
	Expires   *int64 `json:"exp"`
}

// fault says what is wrong with a body, as a sentence; empty if nothing is.
func (b *secretBody) fault() string {
	switch {
	case b.Value != nil && len(*b.Value) > maxValue:
		return "The value of the secret is too long: it can have 25600 bytes."
	case b.ContentType != nil && len([]rune(*b.ContentType)) > maxContentType:
		return "The content type of the secret is too long: it can have 255 characters."
	case b.Tags != nil && len(*b.Tags) > maxTags:
		return "The secret has too many tags: it can have 15."
	case b.Tags != nil:
		for name, value := range *b.Tags {
			if max(len([]rune(name)), len([]rune(value))) > maxTag {
				return "A tag of the secret is too long: its name and its value can have 256 characters each."
			}
		}
	}
	return ""
}

// apply lays what a client says over a version; the value does not change.
func (ver *version) apply(b *secretBody) {
	if b.ContentType != nil {
		ver.ContentType = *b.ContentType
	}
	if b.Tags != nil {
		ver.Tags = maps.Clone(*b.Tags)
	}
	if a := b.Attributes; a != nil {
		setBool(&ver.Enabled, a.Enabled)
		if a.NotBefore != nil {
			ver.NotBefore = a.NotBefore
		}
		if a.Expires != nil {
			ver.Expires = a.Expires
		}
	}
}

// secretID is the id of a secret as a resource.
func (v *vault) secretID(name string) arm.ResourceID { return v.id.Child("secrets", name) }

// secretNamed finds a secret, there or deleted, and drops it if its retention is over. It is called with mu held.
func (v *vault) secretNamed(name string) (*secret, bool) {
	key := strings.ToLower(name)
	sec, ok := v.secrets[key]
	if ok && sec.deletion.over(time.Now()) {
		delete(v.secrets, key)
		return nil, false
	}
	return sec, ok
}

// liveSecret finds a secret that is there. It is called with mu held.
func (v *vault) liveSecret(name string) (*secret, bool) {
	sec, ok := v.secretNamed(name)
	return sec, ok && sec.deletion == nil
}

// deletedSecret finds a deleted secret. It is called with mu held.
func (v *vault) deletedSecret(name string) (*secret, bool) {
	sec, ok := v.secretNamed(name)
	return sec, ok && sec.deletion != nil
}

// secretsThat are the secrets, sorted by lower-case name, that are deleted or are not. It is called with mu held.
func (v *vault) secretsThat(deleted bool) []*secret {
	var list []*secret
	for _, key := range slices.Sorted(maps.Keys(v.secrets)) {
		if sec, ok := v.secretNamed(key); ok && (sec.deletion != nil) == deleted {
			list = append(list, sec)
		}
	}
	return list
}

// newest is the version that counts where none is named.
func (sec *secret) newest() *version { return sec.versions[len(sec.versions)-1] }

// version finds a version by its id; an empty one is the newest.
func (sec *secret) version(id string) (*version, bool) {
	if id == "" {
		return sec.newest(), true
	}
	i := slices.IndexFunc(sec.versions, func(ver *version) bool { return strings.EqualFold(ver.ID, id) })
	if i < 0 {
		return nil, false
	}
	return sec.versions[i], true
}

// setSecret makes a new version of a secret, and the secret if it is not there. The caller has made sure that it is not a
// deleted one. It is called with mu held.
func (s *Service) setSecret(v *vault, name string, b *secretBody) (sec *secret, isNew bool) {
	now := time.Now().UTC().Truncate(time.Second)
	ver := &version{ID: strings.ReplaceAll(uuid.NewString(), "-", ""), Value: *b.Value, Enabled: true, Created: now, Updated: now}
	ver.apply(b)
	sec, ok := v.secretNamed(name)
	if !ok {
		sec = &secret{name: name}
		v.secrets[strings.ToLower(name)] = sec
		s.enter(v, sec)
	}
	sec.versions = append(sec.versions, ver)
	return sec, !ok
}

// enter makes a secret a resource of the core's, so that roles can be assigned on it. While the vault's resource group is on
// its way out it cannot be one, and it needs none.
func (s *Service) enter(v *vault, sec *secret) {
	_, _ = s.core.Put(arm.Resource{ID: v.secretID(sec.name), Value: sec})
}

// removeSecret makes a secret a deleted one. Roles on it go for good. It is called with mu held.
func (s *Service) removeSecret(v *vault, sec *secret) {
	s.core.Delete(v.secretID(sec.name))
	now := time.Now().UTC().Truncate(time.Second)
	sec.deletion = &deletion{at: now, purge: now.Add(time.Duration(v.settings.retention) * day)}
}

// recoveryLevel says what can become of what is deleted.
func (set settings) recoveryLevel() string {
	level := "Recoverable"
	if set.retention < maxRetention {
		level = "CustomizedRecoverable"
	}
	if set.purgeProtection {
		return level
	}
	return level + "+Purgeable"
}
