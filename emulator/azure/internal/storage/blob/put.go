package blob

import (
	"net/http"
	"unicode/utf8"
)

// maxName is the longest name of a blob, in characters.
const maxName = 1024

// write is what a request says of the blob that it makes.
type write struct {
	headers    headers
	metadata   map[string]string
	tier       string
	conditions conditions
}

func (c *call) readWrite() (w write, p *problem) {
	if !utf8.ValidString(c.blob) || utf8.RuneCountInString(c.blob) > maxName {
		return w, refuse(http.StatusBadRequest, "InvalidResourceName", "The specified resource name contains invalid characters or is too long.")
	}
	if w.headers, p = readHeaders(c.Header); p != nil {
		return w, p
	}
	if w.metadata, p = readMetadata(c.Header); p != nil {
		return w, p
	}
	if w.tier, p = readTier(c.Header); p != nil {
		return w, p
	}
	w.conditions, p = readConditions(c.Header, "")
	return w, p
}

// checkContainer is the 404 for a container that is not there, before a body is read for it.
func (c *call) checkContainer() *problem {
	if _, ok := c.account.Store.Get(c.container); !ok {
		return noContainer()
	}
	return nil
}

// putBlob serves Put Blob.
func (s *Service) putBlob(c *call) *problem {
	switch kind := c.Header.Get("X-Ms-Blob-Type"); kind {
	case "BlockBlob":
	case "":
		return missingHeader("x-ms-blob-type")
	case "PageBlob", "AppendBlob":
		return notYet("blobs of the type " + kind)
	default:
		return badHeader("x-ms-blob-type", kind)
	}
	w, p := c.readWrite()
	if p != nil {
		return p
	}
	if p := c.checkContainer(); p != nil {
		return p
	}
	all, sum, p := s.receive(c, maxPut)
	if p != nil {
		return p
	}
	made := &blob{metadata: w.metadata, headers: w.headers.orPlain(c.Header), tier: w.tier, content: all}
	if made.headers.md5 == "" {
		made.headers.md5 = sum.md5
	}
	made, p = c.replace(w.conditions, func(*container, *blob) (*blob, *problem) { return made, nil })
	if p != nil {
		s.memory.free(all.size)
		return p
	}
	c.written(made)
	c.w.Header().Set("Content-Md5", sum.md5)
	c.w.Header().Set("X-Ms-Content-Crc64", sum.crc64)
	c.w.WriteHeader(http.StatusCreated)
	return nil
}

// written writes what the answer to every write of a blob has.
func (c *call) written(b *blob) {
	c.stamp(b.etag, b.modified)
	c.w.Header().Set("X-Ms-Request-Server-Encrypted", "true")
}
