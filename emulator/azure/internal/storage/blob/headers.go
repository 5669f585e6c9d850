package blob

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
)

// headers are those of a blob's content, which are kept and given back. md5 is in base64.
type headers struct {
	contentType, encoding, language, disposition, cacheControl, md5 string
}

// defaultType is that of a blob that was put without one.
const defaultType = "application/octet-stream"

// readHeaders reads the headers of the content that a request sets.
func readHeaders(h http.Header) (headers, *problem) {
	own := func(name string) string { return h.Get("X-Ms-Blob-" + name) }
	got := headers{
		contentType: own("Content-Type"), encoding: own("Content-Encoding"), language: own("Content-Language"),
		disposition: own("Content-Disposition"), cacheControl: own("Cache-Control"), md5: own("Content-Md5"),
	}
	if got.md5 != "" {
		if raw, err := base64.StdEncoding.DecodeString(got.md5); err != nil || len(raw) != 16 {
			return got, refuse(http.StatusBadRequest, "InvalidMd5", "The MD5 value specified in the request is invalid. MD5 value must be 128 bits and base64-encoded.")
		}
	}
	return got, nil
}

// orPlain fills what is not set with the request's plain headers, as Put Blob does.
func (got headers) orPlain(h http.Header) headers {
	got.contentType = cmp.Or(got.contentType, h.Get("Content-Type"), defaultType)
	got.encoding = cmp.Or(got.encoding, h.Get("Content-Encoding"))
	got.language = cmp.Or(got.language, h.Get("Content-Language"))
	got.cacheControl = cmp.Or(got.cacheControl, h.Get("Cache-Control"))
	return got
}

// write writes the headers but the checksum.
func (got headers) write(h http.Header) {
	for name, value := range map[string]string{
		"Content-Type": got.contentType, "Content-Encoding": got.encoding, "Content-Language": got.language,
		"Content-Disposition": got.disposition, "Cache-Control": got.cacheControl,
	} {
		if value != "" {
			h.Set(name, value)
		}
	}
}

const metadataPrefix = "X-Ms-Meta-"

// maxMetadata bounds names and values together (learn.microsoft.com/rest/api/storageservices/setting-and-retrieving-properties-and-metadata-for-blob-resources).
const maxMetadata = 8 << 10

// readMetadata reads a request's metadata, with lower-case names: HTTP keeps no case.
func readMetadata(h http.Header) (map[string]string, *problem) {
	sent := map[string]string{}
	for name, values := range h {
		if name, ok := strings.CutPrefix(name, metadataPrefix); ok {
			sent[name] = strings.Join(values, ",")
		}
	}
	return checkMetadata(sent)
}

// ValidMetadata is metadata with lower-case names, and whether a container can have it.
func ValidMetadata(sent map[string]string) (map[string]string, bool) {
	metadata, p := checkMetadata(sent)
	return metadata, p == nil
}

func checkMetadata(sent map[string]string) (map[string]string, *problem) {
	size, metadata := 0, map[string]string{}
	for name, value := range sent {
		if name == "" {
			return nil, refuse(http.StatusBadRequest, "EmptyMetadataKey", "The key for one of the metadata key-value pairs is empty.")
		}
		name = strings.ToLower(name)
		if !validMetadataName(name) {
			return nil, refuse(http.StatusBadRequest, "InvalidMetadata", "The metadata specified is invalid. It has characters that are not permitted: %s.", name)
		}
		metadata[name] = value
		size += len(name) + len(metadata[name])
	}
	if size > maxMetadata {
		return nil, refuse(http.StatusBadRequest, "MetadataTooLarge", "The metadata specified exceeds the maximum permissible limit (8 KB).")
	}
	return metadata, nil
}

// validMetadataName reports whether a name is an identifier of C#'s, as the service demands.
func validMetadataName(name string) bool {
	for i, char := range []byte(name) {
		letter := char == '_' || 'a' <= char && char <= 'z'
		if !letter && (i == 0 || char < '0' || char > '9') {
			return false
		}
	}
	return true
}

// writeMetadata writes the headers of metadata with names in lower case, which clients take as they come.
func writeMetadata(h http.Header, metadata map[string]string) {
	for name, value := range metadata {
		h[strings.ToLower(metadataPrefix)+name] = []string{value}
	}
}

// readTier reads the tier that a request puts a blob into; empty for the account's.
func readTier(h http.Header) (string, *problem) {
	tier := h.Get("X-Ms-Access-Tier")
	if tier == "" || slices.Contains([]string{"Hot", "Cool", "Cold"}, tier) {
		return tier, nil
	}
	return "", notYet("the access tier " + tier)
}
