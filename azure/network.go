package azure

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
)

// isNetwork reports that no answer came. It does not ask for net.Error, because every syscall error
// is one, a missing file's too.
func isNetwork(err error) bool {
	for _, known := range []error{
		io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, net.ErrClosed,
		syscall.ECONNRESET, syscall.ECONNREFUSED, syscall.ECONNABORTED, syscall.EPIPE, syscall.ETIMEDOUT, syscall.EHOSTUNREACH, syscall.ENETUNREACH,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return has[*net.OpError](err) || has[*net.DNSError](err) || has[*url.Error](err) || isTLS(err) ||
		has[net.Error](err) && !has[syscall.Errno](err) || strings.Contains(err.Error(), "http2: ")
}

func isTLS(err error) bool {
	return has[*tls.CertificateVerificationError](err) || has[tls.RecordHeaderError](err) || has[tls.AlertError](err) ||
		has[x509.UnknownAuthorityError](err) || has[x509.HostnameError](err) || has[x509.CertificateInvalidError](err)
}

func has[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// networkError explains a request without an answer. doing, if not empty, says what for.
func networkError(doing string, err error) *Error {
	message := "no answer"
	if e, ok := errors.AsType[*url.Error](err); ok {
		if u, err := url.Parse(e.URL); err == nil && u.Host != "" {
			message += " from " + u.Host
		}
	}
	message += ": " + clip(oneLine(plainNetworkError(err).Error()), 500)
	if doing != "" {
		message = doing + ": " + message
	}
	return &Error{Class: ClassUnavailable, Message: message, Hint: networkHint(err), lost: true, cause: err}
}

func networkHint(err error) string {
	switch {
	case isTLS(err):
		return "something on the way may open TLS: add its CA to this machine's (SSL_CERT_FILE on Linux), or take the proxy out"
	case has[*net.DNSError](err):
		return "check the network, its DNS, and HTTPS_PROXY"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "check HTTPS_PROXY and the firewall, or that the emulator still runs"
	case strings.Contains(err.Error(), "proxy"):
		return "check HTTPS_PROXY and NO_PROXY"
	}
	return "check the network; it may pass by itself"
}
