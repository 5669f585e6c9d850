package prefectemulator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/emulator/internal/serve"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
)

// DefaultListen is where a Prefect server listens unless it is told otherwise.
const DefaultListen = "127.0.0.1:4200"

// StartOptions of [Start]. The zero value listens on [DefaultListen].
type StartOptions struct {
	Options
	// Listen is HOST:PORT; port 0 is a free one; empty is [DefaultListen]. Without an AuthString everybody who reaches the
	// port may do everything.
	Listen string
}

// Local is a Prefect API that listens on this machine. Make it with [Start], end it with Close.
type Local struct {
	// Server is the API itself.
	Server *Server

	url    string
	http   *http.Server
	closed sync.Once
	ended  chan struct{}
}

// headerTime is how long a client may take for a request's headers.
const headerTime = 10 * time.Second

// Start makes a server and serves it. ctx bounds the start alone. An error of a port that is taken wraps a *net.OpError.
func Start(ctx context.Context, o StartOptions) (*Local, error) {
	if o.Listen == "" {
		o.Listen = DefaultListen
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	socket, err := new(net.ListenConfig).Listen(ctx, "tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("listening on %s for the Prefect API: %w", o.Listen, err)
	}
	server, err := NewServer(o.Options)
	if err != nil {
		return nil, errors.Join(err, socket.Close())
	}
	l := &Local{Server: server, url: serve.Reachable(socket) + api.Prefix, ended: make(chan struct{})}
	l.http = &http.Server{Handler: ownHostOnly(server), ReadHeaderTimeout: headerTime, ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug)}
	go func() {
		defer close(l.ended)
		_ = l.http.Serve(socket) // always ErrServerClosed
	}()
	return l, nil
}

// URL is the API's address: http://127.0.0.1:4200/api.
func (l *Local) URL() string { return l.url }

// Close ends the listener, every connection and the server. Idempotent.
func (l *Local) Close() error {
	l.closed.Do(func() {
		_ = l.http.Close() // the listener's error says only that it was closed already
		_ = l.Server.Close()
		<-l.ended
	})
	return nil
}

// ownHostOnly keeps web pages out: a browser that is tricked into asking names the page's host, or its origin.
func ownHostOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if !serve.OwnHost(r, strings.ToLower(strings.Trim(host, "[]"))) {
			refuse(w, http.StatusMisdirectedRequest, "This Prefect API answers to the names of its own machine alone.")
			return
		}
		if r.Header.Get("Origin") != "" {
			refuse(w, http.StatusForbidden, "This Prefect API answers no web page.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// refuse says no in the form of the API's own refusals, which clients can read.
func refuse(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "{\"detail\":%q}", detail) // a client that is gone needs no reply
}
