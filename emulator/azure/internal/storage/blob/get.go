package blob

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// getBlob serves Get Blob and Get Blob Properties.
func (s *Service) getBlob(c *call) *problem {
	b, p := c.readBlob()
	if p != nil {
		return p
	}
	from, n, part, p := c.readRange(b.content.size)
	if p != nil {
		return p
	}
	if part {
		if p := c.sumRange(b, from, n); p != nil {
			return p
		}
	}
	h := c.w.Header()
	c.describe(b)
	status := http.StatusOK
	switch {
	case part:
		status = http.StatusPartialContent
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, from+n-1, b.content.size))
		if b.headers.md5 != "" {
			h.Set("X-Ms-Blob-Content-Md5", b.headers.md5)
		}
	case b.headers.md5 != "":
		h.Set("Content-Md5", b.headers.md5)
	}
	h.Set("Content-Length", strconv.FormatInt(n, 10))
	c.w.WriteHeader(status)
	if c.Method != http.MethodHead {
		_ = b.content.writeTo(c.w, from, n) // the client has gone
	}
	return nil
}

// readBlob finds the call's blob, if the call's conditions hold.
func (c *call) readBlob() (*blob, *problem) {
	q, p := readConditions(c.Header, "")
	if p != nil {
		return nil, p
	}
	b, p := c.findBlob()
	if p != nil {
		return nil, p
	}
	if p := q.forRead(b.etag, b.modified); p != nil {
		return nil, p
	}
	return b, nil
}

// describe writes the headers of a blob.
func (c *call) describe(b *blob) {
	h := c.w.Header()
	c.stamp(b.etag, b.modified)
	writeMetadata(h, b.metadata)
	b.headers.write(h)
	if sig := c.caller.signature; sig != nil {
		for name, value := range sig.headers {
			h.Set(name, value)
		}
	}
	h.Set("Accept-Ranges", "bytes")
	h.Set("X-Ms-Blob-Type", "BlockBlob")
	h.Set("X-Ms-Creation-Time", b.created.Format(http.TimeFormat))
	h.Set("X-Ms-Lease-State", "available")
	h.Set("X-Ms-Lease-Status", "unlocked")
	h.Set("X-Ms-Server-Encrypted", "true")
	if c.Method == http.MethodHead {
		h.Set("X-Ms-Access-Tier", cmp.Or(b.tier, defaultTier))
		if b.tier == "" {
			h.Set("X-Ms-Access-Tier-Inferred", "true")
		}
	}
	b.copied.write(h)
}

// defaultTier is that of blobs which were not put into one.
const defaultTier = "Hot"

// readRange reads the range that a call asks for; part is false for all of a blob, which HEAD always is about.
func (c *call) readRange(size int64) (from, n int64, part bool, p *problem) {
	name, value := "x-ms-range", c.Header.Get("X-Ms-Range")
	if value == "" {
		name, value = "range", c.Header.Get("Range")
	}
	if value == "" || c.Method == http.MethodHead {
		return 0, size, false, nil
	}
	first, last, ok := strings.Cut(strings.TrimPrefix(value, "bytes="), "-")
	from, err := strconv.ParseInt(first, 10, 64)
	if !ok || err != nil || !strings.HasPrefix(value, "bytes=") {
		return 0, 0, false, badHeader(name, value)
	}
	to := size - 1
	if last != "" {
		given, err := strconv.ParseInt(last, 10, 64)
		if err != nil || given < from {
			return 0, 0, false, badHeader(name, value)
		}
		to = min(to, given)
	}
	if from >= size {
		c.w.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", size))
		return 0, 0, false, refuse(http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "The range specified is invalid for the current size of the resource.")
	}
	return from, to - from + 1, true, nil
}

// sumRange writes the checksum of a range, if it was asked for.
func (c *call) sumRange(b *blob, from, n int64) *problem {
	ask := func(name string) bool { return strings.EqualFold(c.Header.Get(name), "true") }
	md5, crc := ask("X-Ms-Range-Get-Content-Md5"), ask("X-Ms-Range-Get-Content-Crc64")
	if !md5 && !crc {
		return nil
	}
	if n > maxRangeSum || md5 && crc {
		return refuse(http.StatusBadRequest, "OutOfRangeInput", "One checksum can be asked for of a range, of at most 4 MiB.")
	}
	sum := sumsOf(b.content, from, n)
	if md5 {
		c.w.Header().Set("Content-Md5", sum.md5)
	} else {
		c.w.Header().Set("X-Ms-Content-Crc64", sum.crc64)
	}
	return nil
}

// getMetadata serves Get Blob Metadata.
func (s *Service) getMetadata(c *call) *problem {
	b, p := c.readBlob()
	if p != nil {
		return p
	}
	c.stamp(b.etag, b.modified)
	writeMetadata(c.w.Header(), b.metadata)
	c.w.WriteHeader(http.StatusOK)
	return nil
}

// setMetadata serves Set Blob Metadata, which replaces all of it.
func (s *Service) setMetadata(c *call) *problem {
	w, p := c.readWrite()
	if p != nil {
		return p
	}
	return c.changed(w.conditions, func(b *blob) { b.metadata = w.metadata })
}

// setProperties serves Set Blob Properties: what the request leaves out is cleared.
func (s *Service) setProperties(c *call) *problem {
	for _, name := range []string{"X-Ms-Blob-Content-Length", "X-Ms-Sequence-Number-Action"} {
		if c.Header.Get(name) != "" {
			return notYet("the header " + strings.ToLower(name))
		}
	}
	w, p := c.readWrite()
	if p != nil {
		return p
	}
	return c.changed(w.conditions, func(b *blob) { b.headers = w.headers })
}

// changed changes a blob and answers.
func (c *call) changed(q conditions, change func(*blob)) *problem {
	b, p := c.change(q, change)
	if p != nil {
		return p
	}
	c.written(b)
	c.w.WriteHeader(http.StatusOK)
	return nil
}

// deleteBlob serves Delete Blob.
func (s *Service) deleteBlob(c *call) *problem {
	if strings.EqualFold(c.Header.Get("X-Ms-Delete-Snapshots"), "only") {
		return notYet("snapshots and versions")
	}
	q, p := readConditions(c.Header, "")
	if p != nil {
		return p
	}
	st := c.account.Store
	st.mu.Lock()
	defer st.mu.Unlock()
	in, b, p := c.held()
	if p != nil {
		return p
	}
	if p := q.forWriteOf(b.etag, b.modified); p != nil {
		return p
	}
	delete(in.blobs, c.blob)
	s.memory.free(b.content.size)
	st.dropStaged(in, c.blob)
	c.w.Header().Set("X-Ms-Delete-Type-Permanent", "true")
	c.w.WriteHeader(http.StatusAccepted)
	return nil
}
