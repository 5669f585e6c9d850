package vault

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
)

// backup is a secret with all its versions.
type backup struct {
	Name     string     `json:"name"`
	Versions []*version `json:"versions"`
}

// backupPrefix begins every backup, before what is sealed.
const backupPrefix = "emulator.secret.v1."

// seal is the cipher of this start's backups.
func (s *Service) seal() cipher.AEAD {
	block, err := aes.NewCipher(s.key[:])
	if err != nil {
		panic(err) // the key has the right size
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return aead
}

// backupSecret gives out a secret with all its versions, sealed: nobody but a vault of this emulator can read it.
func (s *Service) backupSecret(v *vault, c *call, _ *secretBody) (any, *problem) {
	sec, ok := v.liveSecret(c.name)
	if !ok {
		return nil, secretNotFound(c)
	}
	plain, err := json.Marshal(backup{Name: sec.name, Versions: sec.versions})
	if err != nil {
		return nil, refuse(http.StatusInternalServerError, "InternalServerError", "The secret cannot be backed up.")
	}
	sealed := append([]byte(backupPrefix), s.seal().Seal(nil, nil, plain, nil)...)
	return struct {
		Value string `json:"value"`
	}{base64.RawURLEncoding.EncodeToString(sealed)}, nil
}

// restoreSecret brings a backup back, under its name, which must be free.
func (s *Service) restoreSecret(v *vault, _ *call, b *secretBody) (any, *problem) {
	kept, ok := s.open(b.Value)
	if !ok {
		return nil, badParameter("The backup is not one of a secret of this subscription.")
	}
	if sec, ok := v.secretNamed(kept.Name); ok {
		if sec.deletion != nil {
			return nil, refuse(http.StatusConflict, "Conflict", deletedButRecoverable, sec.name).because("ObjectIsDeletedButRecoverable")
		}
		return nil, refuse(http.StatusConflict, "Conflict", "A secret with (name/id) %s already exists in this key vault.", sec.name)
	}
	sec := &secret{name: kept.Name, versions: kept.Versions}
	v.secrets[strings.ToLower(sec.name)] = sec
	s.enter(v, sec)
	return v.bundle(sec, sec.newest()), nil
}

func (s *Service) open(value *string) (kept backup, ok bool) {
	if value == nil {
		return kept, false
	}
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(*value, "="))
	sealed, ours := bytes.CutPrefix(text, []byte(backupPrefix))
	if err != nil || !ours {
		return kept, false
	}
	plain, err := s.seal().Open(nil, nil, sealed, nil)
	if err != nil || json.Unmarshal(plain, &kept) != nil || len(kept.Versions) == 0 {
		return kept, false
	}
	return kept, true
}
