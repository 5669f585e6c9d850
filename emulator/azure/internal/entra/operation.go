package entra

import (
	"net/http"
	"strings"
)

// The names under which the request log and faults know the sign-in service's calls.
// Microsoft publishes no API files for them, so the names are ours.
const (
	OperationDiscover  = "Entra_Discover"
	OperationKeys      = "Entra_GetKeys"
	OperationToken     = "Entra_GetToken"
	OperationSignIn    = "Entra_SignIn"
	OperationUserRealm = "Entra_GetUserRealm"
	OperationIdentity  = "ManagedIdentity_GetToken"
)

// Operation names the call that a request to one of [Hosts] or to /msi/ is; empty
// for what is none.
func Operation(r *http.Request) string {
	path := strings.TrimRight(strings.ToLower(r.URL.Path), "/")
	switch {
	case strings.HasPrefix(path, "/msi/"):
		if strings.HasSuffix(path, "/token") {
			return OperationIdentity
		}
	case strings.HasSuffix(path, "/.well-known/openid-configuration"), strings.HasSuffix(path, "/discovery/instance"):
		return OperationDiscover
	case strings.HasSuffix(path, "/keys"):
		return OperationKeys
	case strings.HasSuffix(path, "/token"):
		return OperationToken
	case strings.HasSuffix(path, "/authorize"), strings.HasSuffix(path, "/devicecode"):
		return OperationSignIn
	case strings.Contains(path, "/userrealm/"):
		return OperationUserRealm
	}
	return ""
}
