package graph

import (
	"net/url"
	"strings"
)

// target is what a path is about.
type target struct {
	// version is v1.0 or beta.
	version string
	// collection and action are lower case; segment is the collection as the client spelt it.
	collection, segment, action string
	// one says that the path names one object: by id, or by key, another property that is unique.
	one     bool
	id, key string
}

// parsePath reads /v1.0/COLLECTION, /v1.0/COLLECTION/ID/ACTION and /v1.0/COLLECTION(KEY='VALUE')/ACTION. A path that is
// none of these has no collection.
func parsePath(escaped string) target {
	var parts []string
	for part := range strings.SplitSeq(escaped, "/") {
		if part == "" {
			continue
		}
		if decoded, err := url.PathUnescape(part); err == nil {
			part = decoded
		}
		parts = append(parts, part)
	}
	var t target
	if len(parts) < 2 || parts[0] != "v1.0" && parts[0] != "beta" {
		t.segment = strings.Join(parts, "/")
		return t
	}
	t.version, t.segment = parts[0], parts[1]
	rest := parts[2:]
	name, key, keyed := strings.Cut(parts[1], "(")
	if keyed {
		property, value, ok := strings.Cut(strings.TrimSuffix(key, ")"), "=")
		value, quoted := unquote(value)
		if !ok || !quoted || !strings.HasSuffix(key, ")") {
			return t
		}
		t.segment, t.one, t.key, t.id = name, true, strings.ToLower(property), value
	} else if len(rest) > 0 {
		t.one, t.id, rest = true, rest[0], rest[1:]
	}
	if len(rest) > 1 {
		t.segment = strings.Join(rest, "/")
		return t
	}
	if len(rest) == 1 {
		t.action = strings.ToLower(strings.TrimPrefix(rest[0], "microsoft.graph."))
	}
	t.collection = strings.ToLower(name)
	return t
}

// unquote reads a text as OData writes it.
func unquote(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if len(s) < 2 || s[0] != '\'' || s[len(s)-1] != '\'' {
		return "", false
	}
	return strings.ReplaceAll(s[1:len(s)-1], "''", "'"), true
}
