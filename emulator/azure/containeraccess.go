package azureemulator

import (
	"net/http"
	"strings"
)

// isContainer reports whether proxy credentials are a running container's: its user name is "container" and its password
// the value that names it at the identity endpoint.
func (s *Server) isContainer(user, password string) bool {
	if user != "container" {
		return false
	}
	_, ok := s.core.Workloads.Get(password)
	return ok
}

// overNetwork is the server behind a port, where Azure's names are believed inside TLS alone. (In process there is no TLS,
// and no stranger.)
func overNetwork(s *Server) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS == nil && s.IsAzure(r.Host) {
			writeError(w, http.StatusMisdirectedRequest, controlError{Code: "MisdirectedRequest", Message: "Azure's hosts answer over TLS: send CONNECT to this port, or use https."})
			return
		}
		s.ServeHTTP(w, r)
	})
}

// containersOnly serves containers on a port of their own: through CONNECT Azure's names, and plainly the identity
// endpoint. The control API, which could read settings and reset everything, never answers there.
func containersOnly(s *Server) http.Handler {
	next := overNetwork(s)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS == nil && !strings.HasPrefix(r.URL.Path, "/msi/") || strings.HasPrefix(r.URL.Path, controlPrefix) {
			writeError(w, http.StatusMisdirectedRequest, controlError{Code: "MisdirectedRequest", Message: "This port is for containers: CONNECT to Azure's names, and /msi/."})
			return
		}
		next.ServeHTTP(w, r)
	})
}
