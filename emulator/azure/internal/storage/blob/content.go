package blob

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"hash/crc64"
	"io"
	"net/http"
	"sync"
)

const (
	// MaxBytes bounds the content of all accounts together, that of copies and of staged blocks included: 1 GiB. What would
	// exceed it is refused with 413. It is a limit of the emulator, whose blobs are in memory; Azure has none of the kind.
	MaxBytes = 1 << 30
	// maxPut is the largest blob that is put whole, maxBlock the largest block
	// (learn.microsoft.com/azure/storage/blobs/scalability-targets).
	maxPut   = 5000 << 20
	maxBlock = 4000 << 20
	// pieceSize is that of the pieces in which content is read and kept.
	pieceSize = 1 << 20
	// maxDocument bounds a document that a client sends: a list of 50,000 blocks with ids of 88 characters is 6 MB.
	maxDocument = 16 << 20
	// maxRangeSum is the largest range whose checksum is told (learn.microsoft.com/rest/api/storageservices/get-blob).
	maxRangeSum = 4 << 20
)

// memory counts the bytes of all content.
type memory struct {
	mu          sync.Mutex
	used, limit int64
}

// take charges bytes, and reports whether there is room.
func (m *memory) take(n int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n > m.limit-m.used {
		return false
	}
	m.used += n
	return true
}

func (m *memory) free(n int64) {
	m.mu.Lock()
	m.used -= n
	m.mu.Unlock()
}

func tooLarge() *problem {
	return refuse(http.StatusRequestEntityTooLarge, "RequestBodyTooLarge", "The request body is too large and exceeds the maximum permissible limit. The local Azure keeps at most %d MiB of blobs, in memory.", MaxBytes>>20)
}

// content is bytes in pieces. It does not change, so that blobs, blocks and readers share it.
type content struct {
	pieces [][]byte
	size   int64
}

// join is contents one after another.
func join(parts []block) content {
	var all content
	for _, p := range parts {
		all.pieces = append(all.pieces, p.content.pieces...)
		all.size += p.content.size
	}
	return all
}

// writeTo writes n bytes from an offset on.
func (c content) writeTo(w io.Writer, from, n int64) error {
	for _, piece := range c.pieces {
		if n <= 0 {
			return nil
		}
		if from >= int64(len(piece)) {
			from -= int64(len(piece))
			continue
		}
		part := piece[from:min(from+n, int64(len(piece)))]
		if _, err := w.Write(part); err != nil {
			return err
		}
		from, n = 0, n-int64(len(part))
	}
	return nil
}

// crcTable is the polynomial of Azure Storage's CRC64, of which the checksum's bytes go from low to high.
var crcTable = crc64.MakeTable(0x9A6C9329AC4BC9B5)

// sums are the checksums of content in base64.
type sums struct{ md5, crc64 string }

// sumsOf are those of n bytes of content from an offset on.
func sumsOf(c content, from, n int64) sums {
	hash, crc := md5.New(), crc64.New(crcTable)
	_ = c.writeTo(io.MultiWriter(hash, crc), from, n) // hashes take all
	var low [8]byte
	binary.LittleEndian.PutUint64(low[:], crc.Sum64())
	return sums{base64.StdEncoding.EncodeToString(hash.Sum(nil)), base64.StdEncoding.EncodeToString(low[:])}
}

// receive reads a call's body, charges for it, and holds it against the checksums that the client sent.
func (s *Service) receive(c *call, limit int64) (content, sums, *problem) {
	if c.ContentLength < 0 {
		return content{}, sums{}, refuse(http.StatusLengthRequired, "MissingContentLengthHeader", "Content-Length HTTP header is missing.")
	}
	if c.ContentLength > limit {
		return content{}, sums{}, tooLarge()
	}
	all, p := s.read(c.Body, c.ContentLength)
	if p != nil {
		return content{}, sums{}, p
	}
	sum := sumsOf(all, 0, all.size)
	if p := c.checkSums(sum); p != nil {
		s.memory.free(all.size)
		return content{}, sums{}, p
	}
	return all, sum, nil
}

// read reads so many bytes, and charges for them as they come.
func (s *Service) read(r io.Reader, size int64) (all content, p *problem) {
	defer func() {
		if p != nil {
			s.memory.free(all.size)
		}
	}()
	for all.size < size {
		n := min(size-all.size, pieceSize)
		if !s.memory.take(n) {
			return all, tooLarge()
		}
		all.size += n
		piece := make([]byte, n)
		if _, err := io.ReadFull(r, piece); err != nil {
			return all, refuse(http.StatusBadRequest, "InvalidInput", "The body of the request is shorter than its Content-Length.")
		}
		all.pieces = append(all.pieces, piece)
	}
	return all, nil
}

// checkSums holds a body's checksums against those of its request.
func (c *call) checkSums(got sums) *problem {
	if sent := c.Header.Get("Content-Md5"); sent != "" && sent != got.md5 {
		if raw, err := base64.StdEncoding.DecodeString(sent); err != nil || len(raw) != md5.Size {
			return refuse(http.StatusBadRequest, "InvalidMd5", "The MD5 value specified in the request is invalid. MD5 value must be 128 bits and base64-encoded.")
		}
		return refuse(http.StatusBadRequest, "Md5Mismatch", "The MD5 value specified in the request did not match with the MD5 value calculated by the server.")
	}
	if sent := c.Header.Get("X-Ms-Content-Crc64"); sent != "" && sent != got.crc64 {
		return refuse(http.StatusBadRequest, "Crc64Mismatch", "The CRC64 value specified in the request did not match with the CRC64 value calculated by the server.")
	}
	return nil
}

// tellSums writes the checksums of what was received.
func (c *call) tellSums(got sums) {
	if c.Header.Get("Content-Md5") != "" {
		c.w.Header().Set("Content-Md5", got.md5)
		return
	}
	c.w.Header().Set("X-Ms-Content-Crc64", got.crc64)
}
