package azure

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/pacific-aci/pacific/internal/neterr"
)

// Explain returns the *Error in err's chain, or one made from the Azure or network error in it. It
// returns nil if err is nil, is not about Azure, or is the end of the caller's context, which says
// nothing about Azure.
func Explain(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*azcore.ResponseError](err); ok {
		return fromResponse(e, err)
	}
	failed, isNetwork := errors.AsType[*neterr.Error](err)
	if !isNetwork && neterr.EndOfContext(err) {
		return nil
	}
	if e, ok := errors.AsType[*CredentialError](err); ok {
		return &Error{Class: ClassAuthentication, Message: oneLine(e.Error()), cause: err}
	}
	if isNetwork {
		return networkError("", failed, err)
	}
	if e, ok := errors.AsType[*azidentity.AuthenticationFailedError](err); ok {
		return fromSignIn(e, err)
	}
	if failed := neterr.Classify(err); failed != nil {
		return networkError("", failed, err)
	}
	return nil
}

// NewError makes an Error of what Azure said outside an HTTP error: the error object of a failed
// long-running operation, or a container group's events (an event's name as Code). Events that
// report normal progress are left out unless there is nothing else. It is nil for no details.
func NewError(d ...Detail) *Error {
	if len(d) == 0 {
		return nil
	}
	var bad []Detail
	for _, one := range d {
		if !progress(one) {
			bad = append(bad, one)
		}
	}
	if len(bad) == 0 {
		bad = d
	}
	return build(bad, 0)
}

// progress are the events of a container's normal life.
func progress(d Detail) bool {
	switch d.Code {
	case "Pulling", "Pulled", "Created", "Started", "Scheduled":
		return len(d.Details) == 0
	}
	return false
}

// build classes and flattens.
func build(details []Detail, status int) *Error {
	leaves, codes := flatten(details)
	e := &Error{Status: status, Message: sayAll(leaves), codes: codes, lost: lostStatus(status)}
	e.sent = e.lost && status != http.StatusTooManyRequests
	e.Class, e.Code, e.hint = classify(leaves, codes, status)
	if e.Message == "" {
		e.Message = "Azure gave no reason"
		if status != 0 {
			e.Message = fmt.Sprintf("Azure answered %d %s and gave no reason", status, http.StatusText(status))
		}
	}
	return e
}

// fromResponse explains an error reply, or the failed end of an operation that the SDK polled.
func fromResponse(re *azcore.ResponseError, err error) *Error {
	var details []Detail
	var header http.Header
	if re.RawResponse != nil {
		header = re.RawResponse.Header
		if re.RawResponse.Body != nil {
			if body, err := runtime.Payload(re.RawResponse); err == nil {
				details = parseBody(body)
			}
		}
	}
	if _, codes := flatten(details); re.ErrorCode != "" && len(codes) == 0 {
		details = []Detail{{Code: re.ErrorCode, Details: details}}
	}
	e := build(details, re.StatusCode)
	if slices.ContainsFunc(details, func(d Detail) bool { return d.foreign }) {
		e.foreign = true
		if e.hint = cmp.Or(e.hint, hintPage); e.Class == ClassAuthorisation {
			e.hint = hintPage // no right helps
		}
		if e.Class == ClassNotFound {
			e.Class = ClassUnknown // only Azure knows what is not there
		}
	}
	e.cause = err
	e.addHeader(header)
	return e
}

func (e *Error) addHeader(h http.Header) {
	if h == nil {
		return
	}
	if e.Status >= http.StatusBadRequest {
		e.RetryAfter = RetryAfter(h, time.Now())
	}
	e.RequestID = oneLine(clip(cmp.Or(h.Get("X-Ms-Request-Id"), h.Get("Request-Id")), 64))
	e.CorrelationID = oneLine(clip(h.Get("X-Ms-Correlation-Request-Id"), 64))
}

// fromSignIn explains what Entra or an identity endpoint refused.
func fromSignIn(failed *azidentity.AuthenticationFailedError, err error) *Error {
	if failed.RawResponse == nil {
		return &Error{Class: ClassAuthentication, Message: "signing in to Azure: " + signInReason(err), hint: hintSignIn, cause: err}
	}
	status := failed.RawResponse.StatusCode
	var details []Detail
	if failed.RawResponse.Body != nil {
		if body, err := runtime.Payload(failed.RawResponse); err == nil {
			details = parseBody(body)
		}
	}
	e := build(details, status)
	if !e.lost {
		// Entra answers 400 and 401 alike; whatever it refuses, we are not signed in.
		e.Class = ClassAuthentication
		e.hint = cmp.Or(e.hint, hintSignIn)
	}
	e.Message, e.sent = clip("signing in to Azure: "+e.Message, maxMessage), false
	e.cause = err
	e.addHeader(failed.RawResponse.Header)
	return e
}

// signInReason is why a sign-in failed, in one line without the SDK's banners.
func signInReason(err error) string {
	failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](err)
	if ok && failed.RawResponse != nil && failed.RawResponse.Body != nil {
		if body, err := runtime.Payload(failed.RawResponse); err == nil {
			if leaves, _ := flatten(parseBody(body)); len(leaves) > 0 {
				return sayAll(leaves)
			}
		}
		return fmt.Sprintf("the answer was %d %s", failed.RawResponse.StatusCode, http.StatusText(failed.RawResponse.StatusCode))
	}
	return clip(oneLine(err.Error()), 500)
}
