package aci

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/pacific-aci/pacific/azure"
)

// dialError is why a websocket could not be connected.
type dialError struct{ err error }

// Error says why.
func (e *dialError) Error() string { return fmt.Sprintf("connecting to the live output: %v", e.err) }

// Unwrap gives the cause.
func (e *dialError) Unwrap() error { return e.err }

// answerError is an answer to a request for a websocket that leads to none.
type answerError struct {
	status int // 0: there was none
	reason string
}

// Error says what is wrong with the answer.
func (e *answerError) Error() string { return e.reason }

// refusals is how many refusals like err in a row mean that there will be no live stream; 0: such refusals pass. running:
// the container is known to run, so it is not too early for a stream.
func refusals(err error, running bool) int {
	if _, dialled := errors.AsType[*dialError](err); dialled {
		status := 0
		if answer, ok := errors.AsType[*answerError](err); ok {
			status = answer.status
		}
		switch {
		case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests:
			return 0
		case status >= 400 && status < 500:
			return 2
		case status == 0 && unreachable(err):
			return 3
		}
		return 0
	}
	e := azure.Explain(err)
	switch {
	case e == nil || e.Lost():
		return 0
	case e.Class == azure.ClassAuthorisation, e.Class == azure.ClassPolicy, e.Status == http.StatusForbidden:
		return 1
	case !running, missing(e), e.Class == azure.ClassConflict, e.Class == azure.ClassAuthentication:
		return 0
	case e.Status >= 400 && e.Status < 500, e.Status == http.StatusNotImplemented:
		return 2
	}
	return 0
}

// unreachable reports whether a connection failed for a cause that lasts: refused by the host or by a proxy, no such host,
// a certificate that is not trusted. A connection that broke is not such a cause.
func unreachable(err error) bool {
	if stream, ok := errors.AsType[*streamError](err); ok {
		err = stream.err
	}
	if _, bad := errors.AsType[*tls.CertificateVerificationError](err); bad {
		return true
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return dns.IsNotFound
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "proxyconnect" {
		return true
	}
	// net/http reports a proxy's answer to CONNECT as an untyped error, the text of the status line.
	text := err.Error()
	for _, status := range []int{http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusProxyAuthRequired} {
		if strings.HasSuffix(text, http.StatusText(status)) {
			return true
		}
	}
	return errors.Is(err, syscall.ECONNREFUSED)
}
