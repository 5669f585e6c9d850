package arm

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strings"
)

// Decode reads the body as JSON into v with the tolerance of Azure's own services: member
// names in any case, unknown members passed over, numbers and booleans as text and the
// reverse. Errors are *Error: 415 for another media type or none, 400 InvalidRequestContent
// for no body, malformed JSON or a value that cannot be converted, with its path.
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
	return decodeJSON(r.Body, v)
}

// decodeJSON is Decode for any body, whatever its media type.
func decodeJSON(body []byte, v any) error {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")) // .NET clients may send a byte order mark
	if len(bytes.TrimSpace(body)) == 0 {
		return InvalidRequestContent("The request content is empty")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	var document json.RawMessage
	if err := dec.Decode(&document); err != nil {
		return syntaxError(err)
	}
	end := dec.InputOffset()
	if _, err := dec.Token(); err != io.EOF {
		return InvalidRequestContent("Additional text encountered after finished reading JSON content at position %d", dec.InputOffset())
	}
	c := converter{body: body}
	return c.convert(location{offset: int(end) - len(document)}, document, reflect.ValueOf(v).Elem())
}

func syntaxError(err error) *Error {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return InvalidRequestContent("Unexpected content at position %d: %s", syntax.Offset, syntax)
	}
	return InvalidRequestContent("Unexpected end of content")
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

// ResourceID is the id that the path names, as far as it goes: of the resource, or of the scope whose resources are
// listed. It is spelt as the resource's and group's creators did.
func (r *Request) ResourceID() ResourceID {
	if r.id.ofProvider() {
		return r.id.Scope()
	}
	return r.id
}
