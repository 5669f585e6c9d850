package cmdutil

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Monitor serves what a supervisor asks a command that runs for days: /healthz, /readyz and /metrics.
type Monitor struct {
	server   *http.Server
	listener net.Listener
	ended    chan struct{}
}

// MonitorOptions are what a [Monitor] answers. Its functions are called from many goroutines.
type MonitorOptions struct {
	// Ready reports whether the command does its work; why says what it waits for where it does not.
	Ready func() (ready bool, why string)
	// Metrics are as they are now.
	Metrics func() []Metric
}

// CheckMonitor says what is wrong with the address of a monitor, before anything is done.
func CheckMonitor(flag, address string) error {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return Usage(fmt.Sprintf("%s is %q: it must be HOST:PORT", flag, address), fmt.Sprintf("for example %s 127.0.0.1:9090, or :9090 for every address of this machine", flag))
	}
	return nil
}

// StartMonitor listens at an address, HOST:PORT, until Close.
func StartMonitor(flag, address string, o MonitorOptions) (*Monitor, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		if socket, ok := errors.AsType[*net.OpError](err); ok {
			err = socket.Err // the address is named already, and this is no Azure that does not answer
		}
		return nil, WithHint(fmt.Errorf("listening on %s: %v", address, err), "give "+flag+" another address, or port 0 for a free one")
	}
	m := &Monitor{
		server:   &http.Server{Handler: monitorHandler(o), ReadHeaderTimeout: 10 * time.Second},
		listener: listener, ended: make(chan struct{}),
	}
	go func() {
		defer close(m.ended)
		_ = m.server.Serve(listener) // Close ends it
	}()
	return m, nil
}

// Addr is where it listens, HOST:PORT.
func (m *Monitor) Addr() string { return m.listener.Addr().String() }

// Close ends it, after a second at most for answers that are on their way.
func (m *Monitor) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if m.server.Shutdown(ctx) != nil {
		_ = m.server.Close()
	}
	<-m.ended
}

func monitorHandler(o MonitorOptions) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		plain(w, http.StatusOK, "ok")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if ready, why := o.Ready(); !ready {
			plain(w, http.StatusServiceUnavailable, why)
			return
		}
		plain(w, http.StatusOK, "ok")
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", metricsType)
		_, _ = w.Write(writeMetrics(o.Metrics()))
	})
	return mux
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, text)
}
