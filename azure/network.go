package azure

import (
	"github.com/pacific-aci/pacific/internal/neterr"
)

// networkError explains a request without an answer. doing, if not empty, says what for.
func networkError(doing string, failed *neterr.Error, err error) *Error {
	e := &Error{Class: ClassUnavailable, Message: clip(oneLine(failed.Error()), 500), hint: failed.Hint(), lost: true, sent: failed.Sent, cause: err}
	if failed.Cause == neterr.Refused && failed.Proxy == "" {
		// Azure itself never refuses.
		e.hint = "check HTTPS_PROXY and the firewall, or that the emulator still runs"
	}
	if failed.Lasting() {
		e.Class, e.lost = ClassConnection, false
	}
	if doing != "" {
		// Without a token nothing was asked of Azure.
		e.Message, e.sent = doing+": "+e.Message, false
	}
	return e
}
