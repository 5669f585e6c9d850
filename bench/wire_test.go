package bench

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
)

// visit is what one client does: it signs in, creates a group, sees it run and deletes it, on connections of its own.
func visit(ctx context.Context, e *local, name string) error {
	transport := e.proxied()
	defer transport.CloseIdleConnections()
	c, err := signIn(ctx, transport, e.account())
	if err != nil {
		return err
	}
	if _, err := c.createToRunning(ctx, name); err != nil {
		return err
	}
	return c.call(ctx, http.MethodDelete, groupPath(name), "", nil)
}

// measureClients lets many clients come at the same moment, through the one port as az and the SDKs do.
func measureClients(t *testing.T, b *bench) {
	if runtime.GOOS == "windows" {
		t.Skip("the emulator is ended by SIGTERM here")
	}
	ctx := t.Context()
	e := startEmulator(t, b.pacific, "--engine", "simulate")
	owner, err := signIn(ctx, e.proxied(), e.account())
	if err != nil {
		t.Fatal(err)
	}
	defer owner.client.CloseIdleConnections()
	if err := owner.makeResourceGroup(ctx); err != nil {
		t.Fatal(err)
	}
	var alone, crowd sample
	for i := range b.size.rounds {
		began := time.Now()
		if err := visit(ctx, e, fmt.Sprintf("alone-%d", i)); err != nil {
			t.Fatal(err)
		}
		alone.add(time.Since(began))
	}
	var together sync.WaitGroup
	failed := make(chan error, b.size.clients)
	began := time.Now()
	for i := range b.size.clients {
		together.Go(func() {
			if err := visit(ctx, e, fmt.Sprintf("crowd-%d", i)); err != nil {
				failed <- err
			}
			crowd.add(time.Since(began))
		})
	}
	together.Wait()
	all := time.Since(began)
	close(failed)
	refused := len(failed)
	if refused > 0 {
		t.Errorf("%d of %d clients failed; the first: %v", refused, b.size.clients, <-failed)
	}
	what := fmt.Sprintf("%s clients at once (sign in, create, see it run, delete)", thousands(b.size.clients))
	served := b.size.clients - refused
	b.table.add(row{
		what: what + ": served", got: fmt.Sprint(served), beside: fmt.Sprintf("%d came", b.size.clients), ratio: times(served, b.size.clients),
		expected: "all", missed: refused > 0,
	})
	b.table.add(row{
		what: what + ": all done", got: millis(all), beside: fmt.Sprintf("one alone %s × %d", millis(alone.median()), b.size.clients),
		ratio: times(all, alone.median()*time.Duration(b.size.clients)),
	})
	b.table.add(row{
		what: what + ": p50 of a client", got: millis(crowd.median()), beside: "p99 " + millis(crowd.at(99)), ratio: times(crowd.median(), crowd.at(99)),
	})
}

// measureConnect compares the way in by CONNECT with TLS straight to the port, and a tunnel with no tunnel.
func measureConnect(t *testing.T, b *bench) {
	if runtime.GOOS == "windows" {
		t.Skip("the emulator is ended by SIGTERM here")
	}
	e := startEmulator(t, b.pacific, "--engine", "simulate", "--tunnel")
	address, end := source(t, b.size.tunnel)
	var kept, fresh, tunnel pairs
	for i := range min(b.size.rounds, 9) {
		kept.add(i, func() time.Duration { return requests(t, e, e.proxied(), b.size.requests) },
			func() time.Duration { return requests(t, e, e.direct(), b.size.requests) })
		fresh.add(i, func() time.Duration { return connections(t, e, e.proxied(), b.size.requests/10) },
			func() time.Duration { return connections(t, e, e.direct(), b.size.requests/10) })
		tunnel.add(i, func() time.Duration { return receive(t, e.tunnelTo(address), b.size.tunnel) },
			func() time.Duration { return receive(t, dial(t, address), b.size.tunnel) })
	}
	end()
	b.addRate("requests/s through CONNECT, kept connections", b.size.requests, &kept)
	b.addRate("new connections/s through CONNECT, one request each", b.size.requests/10, &fresh)
	b.addRate("MB/s through a CONNECT tunnel (--tunnel)", b.size.tunnel>>20, &tunnel)
}

// pairs are times with and without CONNECT, measured one right after the other: what else the machine does comes and
// goes, and so hits both alike.
type pairs struct {
	through, straight sample
	ratios            []float64 // of the rates
}

// add measures a pair, every other time in the other order.
func (p *pairs) add(round int, through, straight func() time.Duration) {
	var a, b time.Duration
	if round%2 == 0 {
		a, b = through(), straight()
	} else {
		b = straight()
		a = through()
	}
	p.through.add(a)
	p.straight.add(b)
	p.ratios = append(p.ratios, b.Seconds()/a.Seconds())
}

// addRate adds how many a second, beside how many without CONNECT; the ratio is the median of the pairs'.
func (b *bench) addRate(what string, n int, p *pairs) {
	slices.Sort(p.ratios)
	rate, straight := float64(n)/p.through.median().Seconds(), float64(n)/p.straight.median().Seconds()
	b.table.add(row{
		what: what, got: fmt.Sprintf("%.0f", rate), beside: fmt.Sprintf("straight to the port %.0f", straight), ratio: times(p.ratios[len(p.ratios)/2], 1),
	})
}

// requests is the time of n reads on a few kept connections.
func requests(t *testing.T, e *local, transport *http.Transport, n int) time.Duration {
	t.Helper()
	defer transport.CloseIdleConnections()
	c, err := signIn(t.Context(), transport, e.account())
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	inParallel(t, 8, n, func(int) error { return c.call(t.Context(), http.MethodGet, "", "", nil) })
	return time.Since(began)
}

// connections is the time of n reads, each on a connection of its own.
func connections(t *testing.T, e *local, transport *http.Transport, n int) time.Duration {
	t.Helper()
	transport.DisableKeepAlives = true
	return requests(t, e, transport, n)
}

// source is a server that sends so many bytes to whoever comes; the function ends it.
func source(t *testing.T, bytes int) (string, func()) {
	t.Helper()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := socket.Accept()
			if err != nil {
				return
			}
			block := make([]byte, 64<<10)
			for sent := 0; sent < bytes && err == nil; sent += len(block) {
				_, err = conn.Write(block[:min(len(block), bytes-sent)])
			}
			conn.Close()
		}
	})
	end := sync.OnceFunc(func() { socket.Close(); serving.Wait() })
	t.Cleanup(end)
	return socket.Addr().String(), end
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// tunnelTo opens a tunnel to a host that is none of Azure's. The answer is read by the byte, so that nothing of what
// follows is taken with it.
func (e *local) tunnelTo(address string) net.Conn {
	e.t.Helper()
	conn := dial(e.t, e.address())
	fmt.Fprintf(conn, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", address, address)
	var head []byte
	for one := make([]byte, 1); len(head) < 4 || string(head[len(head)-4:]) != "\r\n\r\n"; head = append(head, one[0]) {
		if _, err := io.ReadFull(conn, one); err != nil {
			e.t.Fatalf("CONNECT %s: %v: %q", address, err, head)
		}
	}
	if want := "HTTP/1.1 200"; string(head[:len(want)]) != want {
		e.t.Fatalf("CONNECT %s: %q", address, head)
	}
	return conn
}

// receive is the time until all bytes are there.
func receive(t *testing.T, conn net.Conn, want int) time.Duration {
	t.Helper()
	defer conn.Close()
	began := time.Now()
	if got, err := io.Copy(io.Discard, conn); err != nil || got != int64(want) {
		t.Fatalf("%d of %d bytes came: %v", got, want, err)
	}
	return time.Since(began)
}
