package listener

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// dialFar connects a CONNECT to a host that is not Azure's: through the machine's own proxy where it has one, else directly.
// The connection is tracked; nil without an error says that the port is closed.
func (l *Listener) dialFar(r *http.Request, address string) (net.Conn, error) {
	var proxy *url.URL
	if l.options.Proxy != nil {
		var err error
		if proxy, err = l.options.Proxy(&url.URL{Scheme: "https", Host: address}); err != nil {
			return nil, fmt.Errorf("choosing a proxy for %s: %w", address, err)
		}
	}
	at := address
	if proxy != nil {
		if proxy.Scheme != "http" && proxy.Scheme != "https" {
			return nil, fmt.Errorf("the proxy %s cannot be used: its scheme must be http or https", proxy.Redacted())
		}
		if at = proxy.Host; proxy.Port() == "" {
			at = net.JoinHostPort(proxy.Hostname(), map[string]string{"http": "80", "https": "443"}[proxy.Scheme])
		}
	}
	dialer := net.Dialer{Timeout: patience}
	socket, err := dialer.DialContext(r.Context(), "tcp", at)
	if err != nil {
		if proxy != nil {
			err = fmt.Errorf("reaching the proxy: %w", err)
		}
		return nil, err
	}
	tracked := l.track(socket)
	if tracked == nil || proxy == nil {
		return orNil(tracked), nil
	}
	via := append(r.Header.Values("Via"), "1.1 "+l.id)
	far, err := throughProxy(r.Context(), tracked, proxy, tunnelRequest(proxy, address, via))
	if err != nil {
		tracked.Close()
	}
	return far, err
}

func orNil(t *tracked) net.Conn {
	if t == nil {
		return nil
	}
	return t
}

// tunnelRequest asks a proxy for a tunnel. It names us in Via, so that a proxy that is this very emulator, directly or
// by way of others, ends the chain.
func tunnelRequest(proxy *url.URL, address string, via []string) string {
	request := "CONNECT " + address + " HTTP/1.1\r\nHost: " + address + "\r\nVia: " + strings.Join(via, ", ") + "\r\n"
	if user := proxy.User; user != nil {
		password, _ := user.Password()
		request += "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)) + "\r\n"
	}
	return request + "\r\n"
}

// throughProxy opens a tunnel over a connection to a proxy.
func throughProxy(ctx context.Context, conn net.Conn, proxy *url.URL, request string) (net.Conn, error) {
	_ = conn.SetDeadline(time.Now().Add(patience))
	if proxy.Scheme == "https" {
		over := tls.Client(conn, &tls.Config{ServerName: proxy.Hostname(), MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}})
		if err := over.HandshakeContext(ctx); err != nil {
			return nil, fmt.Errorf("signing on to the proxy %s: %w", proxy.Host, err)
		}
		conn = over
	}
	if _, err := io.WriteString(conn, request); err != nil {
		return nil, fmt.Errorf("asking the proxy %s: %w", proxy.Host, err)
	}
	reader := bufio.NewReader(io.LimitReader(conn, maxHeader))
	response, err := http.ReadResponse(reader, &http.Request{Method: http.MethodConnect})
	if err != nil {
		return nil, fmt.Errorf("asking the proxy %s: %w", proxy.Host, err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the proxy %s answers %s", proxy.Host, response.Status)
	}
	_ = conn.SetDeadline(time.Time{})
	head := make([]byte, reader.Buffered())
	_, _ = io.ReadFull(reader, head) // it is buffered
	return &rereadConn{Conn: conn, head: head}, nil
}

// comesFromUs reports whether a CONNECT has been through this emulator before.
func (l *Listener) comesFromUs(r *http.Request) bool {
	return strings.Contains(strings.Join(r.Header.Values("Via"), ","), l.id)
}

// refuse answers a CONNECT with a reason in the status line: of a refused tunnel most clients show nothing else.
func refuse(w http.ResponseWriter, status int, format string, args ...any) {
	reason := strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '?'
		}
		return c
	}, fmt.Sprintf(format, args...))
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, reason, status)
		return
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	_, _ = fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s\n",
		status, reason, len(reason)+1, reason)
}
