package blob

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"time"
)

// problem is an error of the service: a status, a code in x-ms-error-code, and a document.
type problem struct {
	status        int
	code, message string
	// detail is the reason of a failed authentication. It never holds a signature or a key.
	detail string
	// challenge says how to authenticate.
	challenge string
}

func (p *problem) Error() string { return p.code + ": " + p.message }

func refuse(status int, code, format string, args ...any) *problem {
	return &problem{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

func (p *problem) because(format string, args ...any) *problem {
	p.detail = fmt.Sprintf(format, args...)
	return p
}

// write answers with the problem. Answers to HEAD, and 304, have no document.
func (p *problem) write(c *call) {
	h := c.w.Header()
	for _, name := range []string{"Content-Length", "Content-Md5", "Etag", "Last-Modified"} {
		h.Del(name)
	}
	h.Set("X-Ms-Error-Code", p.code)
	if p.challenge != "" {
		h.Set("Www-Authenticate", p.challenge)
	}
	if p.status == http.StatusNotModified {
		c.w.WriteHeader(p.status)
		return
	}
	type document struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
		Detail  string `xml:"AuthenticationErrorDetail,omitempty"`
	}
	c.writeXML(p.status, document{
		Code: p.code, Detail: p.detail,
		Message: fmt.Sprintf("%s\nRequestId:%s\nTime:%s", p.message, h.Get("X-Ms-Request-Id"), time.Now().UTC().Format("2006-01-02T15:04:05.0000000Z")),
	})
}

func notYet(what string) *problem {
	return refuse(http.StatusNotImplemented, "NotImplemented", "The Blob service of the local Azure does not have %s.", what)
}

func badHeader(name, value string) *problem {
	return refuse(http.StatusBadRequest, "InvalidHeaderValue", "The value for one of the HTTP headers is not in the correct format: %s: %s.", name, value)
}

func missingHeader(name string) *problem {
	return refuse(http.StatusBadRequest, "MissingRequiredHeader", "An HTTP header that's mandatory for this request is not specified: %s.", name)
}

func badQuery(name, value string) *problem {
	return refuse(http.StatusBadRequest, "InvalidQueryParameterValue", "Value for one of the query parameters specified in the request URI is invalid: %s=%s.", name, value)
}

func badDocument() *problem {
	return refuse(http.StatusBadRequest, "InvalidXmlDocument", "XML specified is not syntactically valid.")
}

func notAuthenticated() *problem {
	return refuse(http.StatusForbidden, "AuthenticationFailed", "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.")
}

func permissionMismatch() *problem {
	return refuse(http.StatusForbidden, "AuthorizationPermissionMismatch", "This request is not authorized to perform this operation using this permission.")
}

func noContainer() *problem {
	return refuse(http.StatusNotFound, "ContainerNotFound", "The specified container does not exist.")
}

func noBlob() *problem {
	return refuse(http.StatusNotFound, "BlobNotFound", "The specified blob does not exist.")
}

func conditionNotMet() *problem {
	return refuse(http.StatusPreconditionFailed, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.")
}
