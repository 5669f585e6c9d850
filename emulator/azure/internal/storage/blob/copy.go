package blob

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// copied is what is known of the copy that a blob is. All copies have ended when their requests are answered.
type copied struct {
	// id is a GUID; source is the address without what signs it.
	id, source string
	size       int64
	at         time.Time
}

// write writes the headers of a copy; nil is none.
func (k *copied) write(h http.Header) {
	if k == nil {
		return
	}
	h.Set("X-Ms-Copy-Id", k.id)
	h.Set("X-Ms-Copy-Status", "success")
	h.Set("X-Ms-Copy-Source", k.source)
	h.Set("X-Ms-Copy-Progress", k.progress())
	h.Set("X-Ms-Copy-Completion-Time", k.at.Format(http.TimeFormat))
}

func (k *copied) progress() string { return fmt.Sprintf("%d/%d", k.size, k.size) }

// copyBlob serves Copy Blob, Copy Blob From URL and Put Blob From URL, from a blob of the same account.
func (s *Service) copyBlob(c *call) *problem {
	w, p := c.readWrite()
	if p != nil {
		return p
	}
	source, address, p := s.source(c)
	if p != nil {
		return p
	}
	put := c.Header.Get("X-Ms-Blob-Type") != ""
	if kind := c.Header.Get("X-Ms-Blob-Type"); put && kind != "BlockBlob" {
		return notYet("blobs of the type " + kind)
	}
	made := &blob{metadata: source.metadata, headers: source.headers, tier: w.tier, content: source.content, blocks: source.blocks}
	if len(w.metadata) > 0 {
		made.metadata = w.metadata
	}
	status := http.StatusAccepted
	if put {
		status = http.StatusCreated
		if w.headers != (headers{}) {
			md5 := made.headers.md5
			if made.headers = w.headers.orPlain(http.Header{}); made.headers.md5 == "" {
				made.headers.md5 = md5
			}
		}
	} else {
		made.copied = &copied{id: uuid.NewString(), source: address, size: source.content.size, at: time.Now().UTC()}
	}
	if !s.memory.take(made.content.size) {
		return tooLarge()
	}
	size := made.content.size
	made, p = c.replace(w.conditions, func(*container, *blob) (*blob, *problem) { return made, nil })
	if p != nil {
		s.memory.free(size)
		return p
	}
	c.written(made)
	if made.copied != nil {
		c.w.Header().Set("X-Ms-Copy-Id", made.copied.id)
		c.w.Header().Set("X-Ms-Copy-Status", "success")
	}
	c.w.WriteHeader(status)
	return nil
}

// source finds the blob that is copied, if the caller may read it, and its address without a signature.
func (s *Service) source(c *call) (*blob, string, *problem) {
	u, err := url.Parse(c.Header.Get("X-Ms-Copy-Source"))
	if err != nil || u.Scheme == "" {
		return nil, "", badHeader("x-ms-copy-source", "not an address")
	}
	if arm.HostName(u.Host) != arm.HostName(c.Host) {
		return nil, "", notYet("copies from other accounts and services")
	}
	query := lowerNames(u.Query())
	if query.Has("snapshot") || query.Has("versionid") {
		return nil, "", notYet("snapshots and versions")
	}
	from := &call{Request: c.Request, account: c.account, query: query, caller: c.caller}
	from.container, from.blob, _ = strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	if p := s.authorizeSource(from); p != nil {
		return nil, "", p
	}
	q, p := readConditions(c.Header, "X-Ms-Source-")
	if p != nil {
		return nil, "", p
	}
	b, p := from.findBlob()
	if p != nil {
		return nil, "", p
	}
	if q.forWriteOf(b.etag, b.modified) != nil {
		return nil, "", refuse(http.StatusPreconditionFailed, "SourceConditionNotMet", "The source condition specified using HTTP conditional header(s) is not met.")
	}
	u.RawQuery = ""
	return b, u.String(), nil
}

// authorizeSource demands the right to read a copy's source: by its own signature or token, else by the caller's key or
// token. A signature for the copy says nothing of its source.
func (s *Service) authorizeSource(from *call) *problem {
	where := place{from.account, from.container, from.blob}
	scheme, token, _ := strings.Cut(from.Header.Get("X-Ms-Copy-Source-Authorization"), " ")
	switch {
	case from.query.Has("sig"):
		sig, p := s.verify(from.query, where)
		if p != nil {
			return unverified()
		}
		from.caller = caller{principal: sig.principal, signature: sig}
	case scheme != "":
		who, p := s.bearer(from.Context(), strings.TrimSpace(token))
		if !strings.EqualFold(scheme, "Bearer") || p != nil {
			return unverified()
		}
		from.caller = who
	case from.caller.signature != nil:
		return unverified()
	}
	if _, p := s.authorize(from, readBlob, where); p != nil {
		return unverified()
	}
	return nil
}

func unverified() *problem {
	return refuse(http.StatusForbidden, "CannotVerifyCopySource", "Server failed to authenticate or authorize the request for the source of the copy.")
}
