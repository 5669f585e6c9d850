package listener

import (
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// connect answers CONNECT: Azure's names are played here, so the tunnel is sniffed like a new connection; other hosts
// are refused at once (az asks for several at every start and waits for each), unless they are to be let through.
func (l *Listener) connect(w http.ResponseWriter, r *http.Request) {
	host, port, err := net.SplitHostPort(r.Host)
	if number, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || number == 0 {
		refuse(w, http.StatusBadRequest, "CONNECT wants host:port, the port from 1 to 65535")
		return
	}
	depth, _ := r.Context().Value(depthKey{}).(int)
	if depth >= maxDepth {
		refuse(w, http.StatusBadRequest, "CONNECT inside of %d tunnels: one is enough", depth)
		return
	}
	if l.options.IsAzure(strings.ToLower(host)) {
		if conn := l.hijack(w); conn != nil {
			l.wg.Go(func() { l.sniff(conn, depth+1) })
		}
		return
	}
	if r.TLS != nil || !l.options.Tunnel && !l.container(r) {
		refuse(w, http.StatusForbidden, "%s", l.refusal(host))
		return
	}
	if l.comesFromUs(r) {
		refuse(w, http.StatusLoopDetected, "the tunnel to %s leads back to this local Azure: HTTPS_PROXY named it when it was started", host)
		return
	}
	far, err := l.dialFar(r, net.JoinHostPort(host, port))
	if err != nil {
		refuse(w, http.StatusBadGateway, "reaching %s: %v", r.Host, err)
		return
	}
	if far == nil {
		return
	}
	near := l.hijack(w)
	if near == nil {
		far.Close()
		return
	}
	l.wg.Go(func() { l.splice(near, far) })
}

// refusal is why a host is not tunnelled to.
func (l *Listener) refusal(host string) string {
	if l.options.Refusal != nil {
		return l.options.Refusal(host)
	}
	return host + " is not one of Azure's hosts"
}

// container reports whether the connection is a container's, by the credentials in its proxy URL.
func (l *Listener) container(r *http.Request) bool {
	if l.options.TunnelFor == nil {
		return false
	}
	scheme, encoded, ok := strings.Cut(r.Header.Get("Proxy-Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Basic") {
		return false
	}
	text, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return false
	}
	user, password, ok := strings.Cut(string(text), ":")
	return ok && l.options.TunnelFor(user, password)
}

// hijack takes the connection from the server and tells the client that its tunnel is open; nil when it is gone.
func (l *Listener) hijack(w http.ResponseWriter) net.Conn {
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "this connection cannot be tunnelled", http.StatusInternalServerError)
		return nil
	}
	conn.SetDeadline(time.Time{})
	if _, err := io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		conn.Close()
		return nil
	}
	head, err := buffered(conn, rw)
	if err != nil {
		conn.Close()
		return nil
	}
	return head
}

// splice copies both ways until both have ended; the end of one way is passed on as a half close.
func (l *Listener) splice(near, far net.Conn) {
	var both sync.WaitGroup
	both.Go(func() { pipe(far, near) })
	both.Go(func() { pipe(near, far) })
	both.Wait()
	near.Close()
	far.Close()
}

func pipe(to, from net.Conn) {
	if _, err := io.Copy(to, from); err == nil {
		closeWrite(to)
		return
	}
	// The one side broke: nothing more will come of the other.
	to.Close()
	from.Close()
}
