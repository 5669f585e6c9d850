package directory

import (
	"crypto/rand"
	"crypto/x509"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Password is a client secret.
type Password struct {
	// KeyID is a GUID.
	KeyID, DisplayName string
	// Value is the secret; Hint, its first three characters, may be shown.
	Value, Hint string
	// Starts and Ends bound its validity. Created is when it was added.
	Starts, Ends, Created time.Time
}

// Key is a certificate that may sign for an application.
type Key struct {
	KeyID, DisplayName string
	// Type and Usage are such as AsymmetricX509Cert and Verify.
	Type, Usage  string
	Starts, Ends time.Time
	// Certificate is what the key was given as.
	Certificate *x509.Certificate
}

// NewPassword makes a secret as Entra ID does: 40 characters, of which the fourth to sixth are as in "abc8Q~…".
func NewPassword(displayName string, starts, ends time.Time) Password {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"
	random := make([]byte, 40)
	rand.Read(random)
	var b strings.Builder
	for i, n := range random {
		switch i {
		case 3:
			b.WriteByte('8')
		case 4:
			b.WriteByte('Q')
		case 5:
			b.WriteByte('~')
		default:
			b.WriteByte(letters[int(n)%len(letters)])
		}
	}
	value := b.String()
	// A secret that begins with a dash would be taken for a flag.
	if value[0] == '-' {
		value = "x" + value[1:]
	}
	return Password{
		KeyID: uuid.NewString(), DisplayName: displayName, Value: value, Hint: value[:3], Starts: starts, Ends: ends, Created: time.Now().UTC(),
	}
}
