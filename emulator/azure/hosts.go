package azureemulator

import (
	"fmt"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/registry"
	"github.com/pacific-aci/pacific/emulator/azure/internal/storage"
	"github.com/pacific-aci/pacific/emulator/azure/internal/vault"
	"github.com/pacific-aci/pacific/emulator/internal/serve"
)

// ServeHTTP serves every host by its Host header: Azure's names, and under a loopback name the
// control API and the identity endpoint. All else is answered 421.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.calls.Serve(w, r, s.serve) {
		http.Error(w, "the emulated Azure is closed", http.StatusServiceUnavailable)
	}
}

// serve finds the host of a call.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	host := hostName(r.Host)
	switch {
	case host == managementHost:
		s.core.ServeHTTP(w, r)
		return
	case serve.OwnHost(r, host):
		if strings.HasPrefix(r.URL.Path, controlPrefix) {
			defer s.controlFailed(w, r)
			s.control.ServeHTTP(w, r)
			return
		}
		if strings.HasPrefix(r.URL.Path, "/msi/") {
			s.identity.ServeHTTP(w, r)
			return
		}
	default:
		if h, ok := s.core.Host(host); ok {
			h.ServeHTTP(w, r)
			return
		}
	}
	writeError(w, http.StatusMisdirectedRequest, controlError{
		Code: "MisdirectedRequest", Message: "No service of this emulated Azure answers to the host '" + host + "' and this path.",
	})
}

// controlFailed turns a panic of the control API into a 500, and logs it.
func (s *Server) controlFailed(w http.ResponseWriter, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler {
		panic(v)
	}
	id := uuid.NewString()
	s.log.Error("a request failed in the emulator", "method", r.Method, "path", r.URL.Path, "request", id, "error", fmt.Errorf("panic: %v", v), "stack", string(debug.Stack()))
	w.Header().Set("X-Ms-Request-Id", id)
	writeError(w, http.StatusInternalServerError, controlError{
		Code: "InternalError", Message: "The emulator failed; its log has the reason under the request id " + id + ".",
	})
}

// IsAzure reports whether a host name is one that this server plays; for the listener's
// certificates and its CONNECT.
func (s *Server) IsAzure(host string) bool {
	host = hostName(host)
	_, ok := s.core.Host(host)
	return ok || host == managementHost
}

// laterHosts are hosts of Azure that the emulator does not play yet, by how they end.
var laterHosts = map[string]string{
	"graph.windows.net": "Azure AD Graph",
}

// refusal is why the port opens no tunnel to a host.
func refusal(host string) string {
	host = hostName(host)
	if strings.HasSuffix(host, registry.Suffix) {
		return "the local Azure has no container registry " + host
	}
	if strings.HasSuffix(host, vault.Suffix) {
		return "the local Azure has no key vault " + host
	}
	if strings.HasSuffix(host, storage.Suffix) {
		return "the local Azure has no storage account with the host " + host
	}
	for end, name := range laterHosts {
		if host == end || strings.HasPrefix(end, ".") && strings.HasSuffix(host, end) {
			return "the local Azure has no " + name + " yet, and does not let " + host + " through"
		}
	}
	return host + " is not one of Azure's hosts, and the local Azure lets no others through (tunnelling is off)"
}

// loopbackPeer reports whether a request comes from this machine.
func loopbackPeer(r *http.Request) bool {
	if r.RemoteAddr == serve.RemoteAddr {
		return true
	}
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && addr.Addr().Unmap().IsLoopback()
}

func hostName(hostport string) string { return arm.HostName(hostport) }
