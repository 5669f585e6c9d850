package neterr

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode"
)

// Classify names the cause of an error of net/http or of a connection. It returns the [*Error] in err's chain if there
// is one, and nil if err is nil or not about the network. The end of a context is no cause: Classify is asked only
// where the caller's context is known to go on, or finds nothing.
func Classify(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	e := &Error{err: err}
	if u, ok := errors.AsType[*url.Error](err); ok {
		if parsed, failed := url.Parse(u.URL); failed == nil {
			e.Host = parsed.Host
		}
	}
	for _, judge := range []func(error) (Cause, string){ofProxy, ofCertificate, ofTLS, ofDNS, ofRequest, ofConnection} {
		if e.Cause, e.reason = judge(err); e.Cause != "" {
			break
		}
	}
	if e.Cause == "" {
		if !isNetwork(err) {
			return nil
		}
		e.Cause, e.reason = Other, plain(err)
	}
	e.Proxy = proxyOf(err)
	e.Sent = !e.beforeRequest()
	return e
}

// beforeRequest reports a failure that, by its nature, comes before the first byte of the request.
func (e *Error) beforeRequest() bool {
	switch e.Cause {
	case UnknownAuthority, Expired, WrongHost, BadCertificate, NotTLS, NeedsTLS, ProxyAuth, ProxyRefused, BadProxy, NoSuchHost, DNS, Refused, Malformed:
		return true
	}
	op, ok := errors.AsType[*net.OpError](e.err)
	return ok && (op.Op == "dial" || op.Op == "proxyconnect")
}

func has[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func ofProxy(err error) (Cause, string) {
	refused, ok := errors.AsType[*proxyError](err)
	if !ok {
		return "", ""
	}
	if refused.code == http.StatusProxyAuthRequired {
		return ProxyAuth, "proxy " + refused.proxy + " asks for a user name and password (407)"
	}
	return ProxyRefused, refused.Error()
}

// proxyOf is the proxy that err is about; net/http does not name it, but its dial does.
func proxyOf(err error) string {
	if refused, ok := errors.AsType[*proxyError](err); ok {
		return refused.proxy
	}
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || op.Op != "proxyconnect" {
		return ""
	}
	if dial, ok := errors.AsType[*net.OpError](op.Err); ok && dial.Addr != nil {
		return dial.Addr.String()
	}
	if dns, ok := errors.AsType[*net.DNSError](op.Err); ok {
		return dns.Name
	}
	return "connection"
}

func ofCertificate(err error) (Cause, string) {
	if wrong, ok := errors.AsType[x509.HostnameError](err); ok {
		return WrongHost, strings.TrimPrefix(plain(wrong), "x509: ")
	}
	if has[x509.UnknownAuthorityError](err) || has[x509.SystemRootsError](err) {
		return UnknownAuthority, "the certificate is signed by an unknown authority"
	}
	invalid, ok := errors.AsType[x509.CertificateInvalidError](err)
	switch {
	case ok && invalid.Reason == x509.Expired && invalid.Cert != nil && time.Now().Before(invalid.Cert.NotBefore):
		return Expired, "the certificate is not valid before " + invalid.Cert.NotBefore.UTC().Format(time.DateOnly)
	case ok && invalid.Reason == x509.Expired && invalid.Cert != nil:
		return Expired, "the certificate expired on " + invalid.Cert.NotAfter.UTC().Format(time.DateOnly)
	case ok && invalid.Reason == x509.Expired:
		return Expired, "the certificate has expired or is not valid yet"
	case ok || has[*tls.CertificateVerificationError](err):
		return BadCertificate, strings.TrimPrefix(plain(err), "x509: ")
	}
	return "", ""
}

// ofTLS recognises failures of TLS that are not about a certificate, and HTTP spoken to a port that speaks TLS or the reverse.
func ofTLS(err error) (Cause, string) {
	text := err.Error()
	switch {
	case errors.Is(err, http.ErrSchemeMismatch), has[tls.RecordHeaderError](err):
		return NotTLS, "this port does not speak TLS"
	case strings.Contains(text, `malformed HTTP response "\x15\x03`):
		// A TLS alert, read as HTTP.
		return NeedsTLS, "this port wants TLS"
	case strings.Contains(text, "malformed HTTP"):
		return NotHTTP, "the answer is not HTTP"
	}
	op, remote := errors.AsType[*net.OpError](err)
	remote = remote && strings.HasSuffix(op.Op, "error") // "remote error" and "local error" carry a TLS alert
	if remote && (strings.Contains(text, "internal error") || strings.Contains(text, "record MAC")) {
		return Reset, plain(err)
	}
	if remote || has[tls.AlertError](err) || strings.Contains(text, "tls: ") && !isTimeout(err) {
		return TLS, strings.TrimPrefix(plain(err), "remote error: ")
	}
	return "", ""
}

// ofDNS recognises a host name that cannot be looked up.
func ofDNS(err error) (Cause, string) {
	dns, ok := errors.AsType[*net.DNSError](err)
	switch {
	case !ok:
		return "", ""
	case dns.IsNotFound:
		return NoSuchHost, "there is no host " + dns.Name
	case dns.IsTimeout:
		return DNS, "looking up " + dns.Name + " timed out"
	}
	return DNS, "looking up " + dns.Name + ": " + oneLine(dns.Err)
}

// ofRequest recognises what net/http refuses to send. It has no types for most of it.
func ofRequest(err error) (Cause, string) {
	if u, ok := errors.AsType[*url.Error](err); ok && u.Op == "parse" {
		return Malformed, "the address cannot be read"
	}
	text := err.Error()
	for _, says := range []string{"invalid header field", "invalid method", "unsupported protocol scheme", "no Host in request URL", "invalid Host", "invalid URL", "invalid trailer"} {
		if strings.Contains(text, says) {
			return Malformed, plain(err)
		}
	}
	if strings.Contains(text, "invalid proxy address") {
		return BadProxy, "the proxy setting is not an address" // the text may hold the proxy's password
	}
	return "", ""
}

func ofConnection(err error) (Cause, string) {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return Refused, "connection refused"
	}
	for _, errno := range []syscall.Errno{
		syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EHOSTDOWN, syscall.ENETDOWN, syscall.EADDRNOTAVAIL,
	} {
		if errors.Is(err, errno) {
			return Unreachable, errno.Error()
		}
	}
	op, ok := errors.AsType[*net.OpError](err)
	dials := ok && (op.Op == "dial" || op.Op == "proxyconnect")
	switch {
	case dials && errors.Is(err, os.ErrPermission):
		return Unreachable, "this machine does not permit the connection"
	case errors.Is(err, syscall.ECONNRESET):
		return Reset, "connection reset by the other side"
	case isTimeout(err):
		return Timeout, "timed out"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), errors.Is(err, io.ErrClosedPipe):
		return Reset, "the connection was closed"
	case errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNABORTED), strings.Contains(err.Error(), "http2: "):
		return Reset, "the connection was lost"
	}
	return "", ""
}

// isTimeout reports a time limit of a connection or of net/http. The end of a context is one only for net/http's own
// CONNECT, so that who asks must know that it was not the caller's.
func isTimeout(err error) bool {
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, syscall.ETIMEDOUT) {
		return true
	}
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout() && !endOfContext(err)
}

// endOfContext finds a context's own error by identity: errors.Is also finds the timeouts of a dial or a TLS handshake,
// which call themselves context.DeadlineExceeded.
func endOfContext(err error) bool {
	if err == context.Canceled || err == context.DeadlineExceeded { //nolint:errorlint // identity is meant
		return true
	}
	switch e := err.(type) { //nolint:errorlint // walking the chain
	case interface{ Unwrap() error }:
		return endOfContext(e.Unwrap())
	case interface{ Unwrap() []error }:
		if slices.ContainsFunc(e.Unwrap(), endOfContext) {
			return true
		}
	}
	return false
}

// EndOfContext reports that err is, or wraps, the end of a context itself. A request's own deadline is none, and neither
// are the timeouts of net and net/http.
func EndOfContext(err error) bool {
	if err == nil || has[*Error](err) {
		return false
	}
	return endOfContext(err)
}

// isNetwork reports an error of a connection. It does not ask for net.Error alone, because every syscall error is one,
// a missing file's too.
func isNetwork(err error) bool {
	if endOfContext(err) {
		return false
	}
	return has[*net.OpError](err) || has[*url.Error](err) || has[net.Error](err) && !has[syscall.Errno](err)
}

// plain is err in one line, without the method and the address that net/http puts first.
func plain(err error) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return oneLine(err.Error())
}

// oneLine folds white space and drops control characters: the text may come from a server.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	const most = 400
	if text = strings.Join(strings.Fields(text), " "); len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
