package serve

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Reachable is the URL of a socket as programs on this machine reach it, without a path: one that listens everywhere is
// reached by loopback.
func Reachable(socket net.Listener) string {
	addr := socket.Addr().(*net.TCPAddr)
	host := addr.IP.String()
	if addr.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	return fmt.Sprintf("http://%s", net.JoinHostPort(host, fmt.Sprint(addr.Port)))
}

// OwnHost reports whether a request for a host, given without its port, names the emulator itself: loopback, the address
// that it came in on, or a container's name for this machine. Anything else may be a web page's trick with DNS.
func OwnHost(r *http.Request, host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") || host == "host.docker.internal" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	if addr.IsLoopback() {
		return true
	}
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return false
	}
	came, err := netip.ParseAddrPort(local.String())
	return err == nil && came.Addr().Unmap() == addr.Unmap()
}
