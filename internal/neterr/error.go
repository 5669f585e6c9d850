package neterr

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// Cause is why a request brought no answer.
type Cause string

// The causes. Those that [Error.Lasting] reports stay until somebody changes a setting.
const (
	// UnknownAuthority: the certificate is signed by nobody that this machine trusts, often by a proxy that opens TLS.
	UnknownAuthority Cause = "unknown authority"
	// Expired: the certificate's time is over or has not begun, or this machine's clock is wrong.
	Expired Cause = "certificate expired"
	// WrongHost: the certificate is for other names.
	WrongHost Cause = "wrong host"
	// BadCertificate: the certificate is not valid for another reason.
	BadCertificate Cause = "bad certificate"
	// TLS: both sides speak TLS and do not agree.
	TLS Cause = "TLS"
	// NotTLS: TLS was spoken to a port that does not speak it.
	NotTLS Cause = "plain port"
	// NeedsTLS: plain HTTP was spoken to a port that wants TLS.
	NeedsTLS Cause = "TLS port"
	// NotHTTP: what answers there does not speak HTTP.
	NotHTTP Cause = "not HTTP"
	// ProxyAuth: the proxy wants a user name and a password (407).
	ProxyAuth Cause = "proxy authentication"
	// ProxyRefused: the proxy answered CONNECT with an error of its own.
	ProxyRefused Cause = "proxy refused"
	// BadProxy: the proxy setting is not an address.
	BadProxy Cause = "bad proxy setting"
	// NoSuchHost: DNS says that the name does not exist.
	NoSuchHost Cause = "no such host"
	// DNS: the name could not be looked up now.
	DNS Cause = "DNS"
	// Refused: nothing listens on that port.
	Refused Cause = "connection refused"
	// Unreachable: no route, or a firewall of this machine.
	Unreachable Cause = "unreachable"
	// Reset: the connection was closed or reset in the middle.
	Reset Cause = "connection lost"
	// Timeout: one of the request's own deadlines, never the caller's.
	Timeout Cause = "timeout"
	// TooLarge: the answer goes on beyond [Limits.Document].
	TooLarge Cause = "answer too large"
	// Malformed: the request cannot be sent as it is, such as a line break in a header.
	Malformed Cause = "malformed request"
	// Other: none of the above.
	Other Cause = "other"
)

// Error is a request without an answer. It is never made of the end of the caller's own context.
type Error struct {
	Cause Cause
	// Host is what was asked, with its port if the address has one. May be empty.
	Host string
	// Proxy is the proxy's host and port if the failure is between us and it, or is its own. Empty: none.
	Proxy string
	// Sent: some of the request may have reached the server. Otherwise it cannot have taken effect.
	Sent bool
	// Wait is the deadline of a [Timeout] that passed. 0: it is not known.
	Wait time.Duration
	// Trying is for how long this client has failed to connect to a host that has never answered it. 0: this is the first
	// failure, or the host has answered before.
	Trying time.Duration

	// answered: the host has answered this client before, so that its name and port are right.
	answered bool
	reason   string
	err      error
}

// Error says what failed and why, in one line, without a hint and without anything that may be secret.
func (e *Error) Error() string {
	place := ""
	if e.Host != "" {
		place = " to " + e.Host
		if e.Sent {
			place = " from " + e.Host
		}
	}
	return e.what() + place + ": " + e.Reason()
}

// what did not come.
func (e *Error) what() string {
	if e.Sent {
		return "no answer"
	}
	return "no connection"
}

// Reason is why, without the place.
func (e *Error) Reason() string {
	if e.Proxy != "" && !strings.Contains(e.reason, e.Proxy) {
		return "proxy " + e.Proxy + ": " + e.reason
	}
	return e.reason
}

// Unwrap returns what net/http said, for errors.Is. Timeouts of net/http call themselves context.DeadlineExceeded, which
// would be taken for the caller's end: they appear as os.ErrDeadlineExceeded.
func (e *Error) Unwrap() error {
	if e.Cause == Timeout || errors.Is(e.err, context.DeadlineExceeded) || errors.Is(e.err, context.Canceled) {
		return os.ErrDeadlineExceeded
	}
	return e.err
}

// Lasting reports that trying again does not help before a setting is changed. A host that answered before may be gone
// for a moment, so then only certificates, the proxy's password and a malformed request count.
func (e *Error) Lasting() bool {
	switch e.Cause {
	case UnknownAuthority, Expired, WrongHost, BadCertificate, ProxyAuth, BadProxy, Malformed:
		return true
	case TLS, NotTLS, NeedsTLS, NotHTTP, NoSuchHost:
		return !e.answered
	case Refused, Timeout:
		// A server may just be starting; a proxy that is not there at first contact is a wrong setting.
		return !e.answered && !e.Sent && e.Proxy != ""
	case ProxyRefused:
		// A gateway's 5xx says that it could not reach the server now.
		status, ok := errors.AsType[*proxyError](e.err)
		return !e.answered && !(ok && status.passing())
	}
	return false
}

// Hint says what to do. It names no setting of one client alone.
func (e *Error) Hint() string {
	switch e.Cause {
	case UnknownAuthority:
		return "if a proxy or firewall opens TLS, add its CA to this machine's (SSL_CERT_FILE on Linux)"
	case Expired:
		return "check this machine's clock; if it is right, the server needs a new certificate"
	case WrongHost, BadCertificate:
		return "check the address; if it is right, the server needs another certificate"
	case TLS:
		return "the server or a proxy refuses this kind of TLS; it must offer TLS 1.2 or later, without a client certificate"
	case NotTLS:
		return e.schemeHint("use http:// in the address, or the server's TLS port")
	case NeedsTLS:
		return e.schemeHint("use https:// in the address")
	case NotHTTP:
		return "check the port: what listens there does not speak HTTP"
	case ProxyAuth:
		return "put the proxy's user name and password into HTTPS_PROXY, as http://USER:PASSWORD@HOST:PORT"
	case ProxyRefused:
		return "ask for the proxy to allow this host, or add the host to NO_PROXY"
	case BadProxy:
		return "correct HTTPS_PROXY and HTTP_PROXY; they look like http://HOST:PORT"
	case TooLarge:
		return "check the address, and what answers there"
	case Malformed:
		return "check the keys and headers for line breaks and other control characters"
	}
	if e.Proxy != "" {
		return "check HTTPS_PROXY, and that the proxy runs"
	}
	switch e.Cause {
	case NoSuchHost:
		return "check the spelling of the address, and this machine's DNS"
	case DNS:
		return "check the network and its DNS; it may pass by itself"
	case Refused:
		return "check that the server runs, the port, and the firewall"
	}
	return "check the network, and HTTPS_PROXY if a proxy is needed; it may pass by itself"
}

// schemeHint is about the proxy's address if it is the proxy that speaks otherwise.
func (e *Error) schemeHint(direct string) string {
	if e.Proxy != "" {
		return "check whether the proxy's address in HTTPS_PROXY begins with http:// or https://"
	}
	return direct
}

// A proxyError is a proxy's answer instead of a connection.
type proxyError struct {
	proxy, status string
	code          int
}

// Error names the proxy and its answer.
func (e *proxyError) Error() string {
	return fmt.Sprintf("proxy %s refused the connection: %s", e.proxy, e.status)
}

// passing reports an answer that may be another in a moment.
func (e *proxyError) passing() bool { return e.code >= 500 || e.code == 429 || e.code == 408 }
