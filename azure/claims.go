package azure

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

// Claims are what a token of Entra's says of whom it is for. Empty: it does not say so.
type Claims struct {
	TenantID string `json:"tid"`
	ObjectID string `json:"oid"`
}

// ReadClaims reads the claims of an access token, without checking who signed it: they tell who is signed in, and nothing may
// be allowed because of them. A text that is no such token has none.
func ReadClaims(token string) Claims {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return Claims{}
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims Claims
	if err != nil || json.Unmarshal(text, &claims) != nil {
		return Claims{}
	}
	return claims
}
