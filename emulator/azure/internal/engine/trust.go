package engine

import (
	"slices"
	"strings"
)

// CAPath is where [ContainerSpec].CAFile stands in a container that has a file system of its own.
const CAPath = "/etc/pacific/ca.pem"

// WithCA adds to a container's variables those by which the usual programs learn which authorities to trust (Python's
// requests, OpenSSL and Go, curl, Node, Python's websocket client), each unless the container sets it itself. An empty path
// adds nothing.
func WithCA(env []string, path string) []string {
	if path == "" {
		return env
	}
	out := slices.Clone(env)
	for _, name := range []string{"REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "WEBSOCKET_CLIENT_CA_BUNDLE"} {
		if !slices.ContainsFunc(env, func(v string) bool { return strings.HasPrefix(v, name+"=") }) {
			out = append(out, name+"="+path)
		}
	}
	return out
}
