package arm

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// Decode reads the body as JSON into v. Unknown members are passed over, as Azure's
// services do with what newer clients send. Errors are *Error: 415 for another media
// type or none, 400 InvalidRequestContent for no body, malformed JSON or a wrong type, with the
// member's path.
func (r *Request) Decode(v any) error {
	kind := r.Header.Get("Content-Type")
	media, _, err := mime.ParseMediaType(kind)
	if len(r.Body) > 0 && (err != nil || media != "application/json" && media != "text/json" && !strings.HasSuffix(media, "+json")) {
		if kind == "" {
			kind = "<null>"
		}
		return Errorf(http.StatusUnsupportedMediaType, "UnsupportedMediaType",
			"The content media type '%s' is not supported. Only 'application/json' is supported.", kind)
	}
	body := bytes.TrimPrefix(r.Body, []byte("\xef\xbb\xbf")) // .NET clients may send a byte order mark
	if len(bytes.TrimSpace(body)) == 0 {
		return InvalidRequestContent("The request content is empty")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	if err := dec.Decode(v); err != nil {
		return contentError(err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return InvalidRequestContent("Additional text encountered after finished reading JSON content at position %d", dec.InputOffset())
	}
	return nil
}

func contentError(err error) *Error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		e := InvalidRequestContent("Error converting value of kind %s to type '%s'. Path '%s', position %d", wrong.Value, wrong.Type.Kind(), wrong.Field, wrong.Offset)
		e.Target = wrong.Field
		return e
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return InvalidRequestContent("Unexpected content at position %d: %s", syntax.Offset, syntax)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return InvalidRequestContent("Unexpected end of content")
	}
	return InvalidRequestContent("%s", err)
}

// AbsoluteURL is https:// with the request's own Host: the only form that works for
// clients on every way in (proxy, custom cloud, in process).
func (r *Request) AbsoluteURL(path string, query url.Values) string {
	u := "https://" + r.Host + path
	if len(query) > 0 {
		u += "?" + query.Encode()
	}
	return u
}

// ResourceID is the id that the path names: the subscription, resource group,
// provider, types and names of its /providers/ part, as the caller spelt them. It is the
// zero value where the path names no resource group.
func (r *Request) ResourceID() ResourceID { return r.id }
