package prefect

import (
	"errors"
	"net/http"
	"strings"

	"github.com/pacific-aci/pacific/internal/neterr"
)

// Hint says what to do about e, or nothing.
func (e *Error) Hint() string {
	switch {
	case e.Kind == nil:
		return ""
	case e.network != nil:
		return networkHint(e.network)
	case errors.Is(e.Kind, ErrUnauthorised):
		return "check PREFECT_API_KEY, or PREFECT_API_AUTH_STRING for a server with basic authentication"
	case e.NoSuchRoute():
		return "the address may be wrong: PREFECT_API_URL must end in /api, or in a workspace's id"
	case errors.Is(e.Kind, ErrForbidden):
		if e.names() {
			return "use another name if it is one that Prefect keeps for itself, else a key that may do this"
		}
		return "use a key that may do this: the account of PREFECT_API_KEY has no right to it"
	case errors.Is(e.Kind, ErrNotPrefect):
		return "PREFECT_API_URL must end in /api, or in a workspace's id; if it does, a proxy or its sign-in page stands between"
	case errors.Is(e.Kind, ErrUnavailable) && e.Status == http.StatusTooManyRequests:
		return "the server has too many requests: try again later"
	case errors.Is(e.Kind, ErrUnavailable) && e.Status != 0:
		return "the server is there but cannot answer now: try again, and look at its log if that does not help"
	}
	return ""
}

// names reports whether the request that failed gives something a name: Prefect keeps some for itself, and refuses them with 403.
func (e *Error) names() bool {
	return strings.HasPrefix(e.Doing, "creating ") || strings.HasPrefix(e.Doing, "updating ")
}

// SettingsMatter reports whether the failure may come from a setting of Prefect's, such as its address or a key.
func (e *Error) SettingsMatter() bool {
	if e.Kind == nil {
		return false
	}
	if e.network != nil {
		switch e.network.Cause {
		case neterr.Refused, neterr.UnknownAuthority, neterr.WrongHost, neterr.NotTLS, neterr.NeedsTLS, neterr.NotHTTP, neterr.NoSuchHost:
			return e.network.Proxy == ""
		}
		return false
	}
	return errors.Is(e.Kind, ErrUnauthorised) || errors.Is(e.Kind, ErrNotPrefect) || e.NoSuchRoute()
}

// NoSuchRoute reports a 404 of a server that does not know the address. One that knows no such object names what it
// misses.
func (e *Error) NoSuchRoute() bool { return errors.Is(e.Kind, ErrNotFound) && e.Message == "Not Found" }

// networkHint names Prefect's setting where one helps.
func networkHint(failed *neterr.Error) string {
	if failed.Proxy != "" {
		return failed.Hint()
	}
	switch failed.Cause {
	case neterr.Refused:
		return "start the server, or correct PREFECT_API_URL"
	case neterr.UnknownAuthority:
		return "set PREFECT_API_SSL_CERT_FILE to a PEM file with the CA of the server, or of the proxy or firewall that opens TLS"
	case neterr.WrongHost:
		return "correct the host in PREFECT_API_URL; if it is right, the server needs another certificate"
	case neterr.NotTLS:
		return "PREFECT_API_URL must begin with http:// here, or name the server's TLS port"
	case neterr.NeedsTLS:
		return "PREFECT_API_URL must begin with https:// here"
	case neterr.NotHTTP:
		return "correct the port in PREFECT_API_URL: what listens there does not speak HTTP"
	case neterr.NoSuchHost:
		return "correct the host in PREFECT_API_URL, or check this machine's DNS"
	}
	return failed.Hint()
}
