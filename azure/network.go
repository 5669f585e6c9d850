package azure

import (
	"time"

	"github.com/pacific-aci/pacific/internal/neterr"
)

// firstContact is for how long a host that has never answered is tried. A name that cannot be looked up, or a port where
// nothing listens, is more often a wrong setting than a pause; a host that has answered is waited for.
const firstContact = 10 * time.Second

// networkError explains a request without an answer. doing, if not empty, says what for.
func networkError(doing string, failed *neterr.Error, err error) *Error {
	e := &Error{Class: ClassUnavailable, Message: clip(oneLine(failed.Error()), 500), hint: failed.Hint(), lost: true, sent: failed.Sent, cause: err}
	if failed.Cause == neterr.Refused && failed.Proxy == "" {
		// Azure itself never refuses.
		e.hint = "check HTTPS_PROXY and the firewall, or that the emulator still runs"
	}
	if lasts(failed) {
		e.Class, e.lost = ClassConnection, false
	}
	if doing != "" {
		// Without a token nothing was asked of Azure.
		e.Message, e.sent = doing+": "+e.Message, false
	}
	return e
}

// lasts reports that trying again does not help.
func lasts(failed *neterr.Error) bool { return failed.Lasting() || failed.Trying >= firstContact }

// NetworkReason is why a connection failed or broke, in plain words and without a host, such as "connection reset by the
// other side". It is empty for an error that is not about the network, and for the end of a context.
func NetworkReason(err error) string {
	if failed := neterr.Classify(err); failed != nil && failed.Cause != neterr.Other {
		return failed.Reason()
	}
	return ""
}
