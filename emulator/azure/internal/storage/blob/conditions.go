package blob

import (
	"net/http"
	"strings"
	"time"
)

// conditions are those of a request's headers. With an ETag, the time that goes with it does not count, as RFC 9110 has it.
type conditions struct {
	match, noneMatch string
	modifiedSince    time.Time
	unmodifiedSince  time.Time
}

// readConditions reads them; prefix is X-Ms-Source- for those of a copy's source. They are checked by forRead or forWrite.
func readConditions(h http.Header, prefix string) (conditions, *problem) {
	q := conditions{match: h.Get(prefix + "If-Match"), noneMatch: h.Get(prefix + "If-None-Match")}
	for name, into := range map[string]*time.Time{"If-Modified-Since": &q.modifiedSince, "If-Unmodified-Since": &q.unmodifiedSince} {
		value := h.Get(prefix + name)
		if value == "" {
			continue
		}
		at, err := http.ParseTime(value)
		if err != nil {
			return q, badHeader(strings.ToLower(prefix+name), value)
		}
		*into = at
	}
	return q, nil
}

// same reports whether a header names an ETag, with or without its quotes.
func same(header, etag string) bool {
	return header == "*" || strings.Trim(header, `"`) == strings.Trim(etag, `"`)
}

// holds reports which of the conditions a state of something meets: those that it be this one, and those that it be
// another.
func (q conditions) holds(etag string, modified time.Time) (match, other bool) {
	match, other = true, true
	switch {
	case q.match != "":
		match = same(q.match, etag)
	case !q.unmodifiedSince.IsZero():
		match = !modified.After(q.unmodifiedSince)
	}
	switch {
	case q.noneMatch != "":
		other = !same(q.noneMatch, etag)
	case !q.modifiedSince.IsZero():
		other = modified.After(q.modifiedSince)
	}
	return match, other
}

// forRead is the 412 or 304 for what is read.
func (q conditions) forRead(etag string, modified time.Time) *problem {
	switch match, other := q.holds(etag, modified); {
	case !match:
		return conditionNotMet()
	case !other:
		p := conditionNotMet()
		p.status = http.StatusNotModified
		return p
	}
	return nil
}

// forWrite is the 412 or 409 for a blob that is changed; nil is none.
func (q conditions) forWrite(b *blob) *problem {
	if b == nil {
		if q.match != "" {
			return conditionNotMet()
		}
		return nil
	}
	if q.noneMatch == "*" {
		return refuse(http.StatusConflict, "BlobAlreadyExists", "The specified blob already exists.")
	}
	return q.forWriteOf(b.etag, b.modified)
}

// forWriteOf is the 412 for what is changed.
func (q conditions) forWriteOf(etag string, modified time.Time) *problem {
	if match, other := q.holds(etag, modified); !match || !other {
		return conditionNotMet()
	}
	return nil
}
