package azureemulator_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure"
)

func TestDrop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, azureemulator.Options{})
		w := onWire(t, s)
		for _, applyFirst := range []bool{false, true} {
			err := s.AddFault(azureemulator.Fault{Match: azureemulator.Match{Operation: "ResourceGroups_CreateOrUpdate"}, Times: 1, Effect: azureemulator.Effect{Drop: true, ApplyFirst: applyFirst}})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := w.try("PUT", w.url("resourcegroups/g"), `{"location":"eastus"}`); err == nil {
				t.Errorf("applyFirst %t: answered %d %s", applyFirst, got.StatusCode, got.text)
			} else if !errors.Is(err, io.EOF) && !strings.Contains(err.Error(), "EOF") {
				t.Errorf("applyFirst %t: %v, want the end of the connection", applyFirst, err)
			}
			exists := w.arm("GET", "resourcegroups/g", "").StatusCode == 200
			if exists != applyFirst {
				t.Errorf("applyFirst %t: the group exists: %t", applyFirst, exists)
			}
			records := s.Requests(0)
			if got := records[len(records)-2]; got.Status != 0 || got.Operation != "ResourceGroups_CreateOrUpdate" {
				t.Errorf("logged as %+v", got)
			}
		}
	})
}

// Faults hold for the sign-in hosts too.
func TestFaultOnSignIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, azureemulator.Options{})
		w := &wire{t: t, server: s}
		url := "https://login.microsoftonline.com/common/discovery/instance?api-version=1.1&authorization_endpoint=https://login.microsoftonline.com/x/oauth2/v2.0/authorize"
		if err := s.AddFaults([]byte(`[{"match":{"host":"login.*"},"times":1,"effect":{"status":503,"delay":"1m"}},
			{"match":{"operation":"Entra_Discover"},"times":1,"effect":{"drop":true,"applyFirst":true}}]`)); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if got := w.send("GET", url, ""); got.StatusCode != 503 || got.code() != "ServiceUnavailable" || time.Since(began) != time.Minute {
			t.Errorf("%d %s after %s", got.StatusCode, got.text, time.Since(began))
		}
		// POST, because Go's client repeats a dropped GET by itself on a kept connection.
		if got, err := w.try("POST", url, "x"); err == nil {
			t.Errorf("answered %d %s", got.StatusCode, got.text)
		}
		if got := w.send("GET", url, ""); got.StatusCode != 200 {
			t.Errorf("afterwards %d %s", got.StatusCode, got.text)
		}
	})
}

// A client that goes away in the middle of a body or of a wait leaves nothing behind: Close returns.
func TestVanishingClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, azureemulator.Options{Settings: []byte(`{"latency":{"read":"1h"}}`)})
		w := onWire(t, s)
		transport := s.Transport().(*http.Transport)
		conn, err := transport.DialContext(t.Context(), "tcp", "management.azure.com:443")
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.WriteString(conn, "PUT /subscriptions/"+s.Account().SubscriptionID+"/resourcegroups/g?api-version=2021-04-01 HTTP/1.1\r\nHost: management.azure.com\r\n"+
			"Authorization: Bearer "+w.token+"\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"location\":")
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		conn.Close()

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		if _, err := (&http.Client{Transport: transport}).Do(w.request("GET", w.url("resourcegroups"), "").WithContext(ctx)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a read of an hour: %v", err)
		}
		synctest.Wait()
		if took := time.Since(began); took != time.Minute {
			t.Errorf("left after %s", took)
		}
		for _, r := range s.Requests(1) {
			if r.Status != 0 {
				t.Errorf("answered somebody who is gone: %+v", r)
			}
		}
		if n := len(s.Requests(1)); n != 2 {
			t.Errorf("%d calls are logged, want 2", n)
		}
	})
}

// Close breaks off what is under way, and the transport refuses afterwards.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := azureemulator.NewServer(azureemulator.Options{Settings: []byte(`{"latency":{"read":"1h","operation":"1h"}}`)})
		if err != nil {
			t.Fatal(err)
		}
		w := onWire(t, s)
		w.arm("PUT", "resourcegroups/g", `{"location":"eastus"}`)
		w.arm("DELETE", "resourcegroups/g", "") // an operation of an hour
		failed := make(chan error)
		go func() {
			_, err := w.try("GET", w.url("resourcegroups"), "")
			failed <- err
		}()
		raw, err := s.Transport().(*http.Transport).DialContext(t.Context(), "tcp", "x:80")
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		began := time.Now()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-failed; err == nil {
			t.Error("a call under way was answered")
		}
		if _, err := raw.Read(make([]byte, 1)); err == nil {
			t.Error("an idle connection is still open")
		}
		raw.Close()
		if took := time.Since(began); took != 0 {
			t.Errorf("closing took %s of fake time", took)
		}
		if _, err := w.try("GET", w.url("resourcegroups"), ""); !errors.Is(err, net.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("second Close: %v", err)
		}
	})
}

func TestNoLeaks(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 20 {
		s, err := azureemulator.NewServer(azureemulator.Options{})
		if err != nil {
			t.Fatal(err)
		}
		w := onWire(t, s)
		w.arm("PUT", "resourcegroups/g", `{"location":"eastus"}`)
		w.arm("DELETE", "resourcegroups/g", "")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	// The client's own goroutines end just after their connection does.
	for wait := time.Millisecond; runtime.NumGoroutine() > before+2; wait *= 2 {
		if wait > 10*time.Second {
			t.Fatalf("%d goroutines before, %d after 20 servers", before, runtime.NumGoroutine())
		}
		<-time.After(wait)
	}
}

func TestOversizeAndMalformed(t *testing.T) {
	s := start(t, azureemulator.Options{})
	w := onWire(t, s)
	got := w.arm("PUT", "resourcegroups/g", `{"location":"`+strings.Repeat("x", 4<<20)+`"}`)
	if got.StatusCode != 413 || got.code() != "RequestEntityTooLarge" {
		t.Errorf("oversize: %d %s", got.StatusCode, got.text)
	}
	if got := w.arm("GET", "resourcegroups", ""); got.text != `{"value":[]}` {
		t.Errorf("after an oversize body: %s", got.text)
	}
	conn, err := s.Transport().(*http.Transport).DialContext(t.Context(), "tcp", "x")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go io.WriteString(conn, "NONSENSE\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusBadRequest {
		t.Errorf("no HTTP at all: %d", res.StatusCode)
	}
}

// TestLocationStaysOutOfHeaders: what a client sends as a location is refused, and not sent back in a header.
func TestLocationStaysOutOfHeaders(t *testing.T) {
	s := start(t, azureemulator.Options{})
	w := onWire(t, s)
	if got := w.arm("PUT", "resourcegroups/g", `{"location":"eastus"}`); got.StatusCode != 201 {
		t.Fatalf("%d %s", got.StatusCode, got.text)
	}
	const group = "resourcegroups/g/providers/Microsoft.ContainerInstance/containerGroups/x?api-version=2023-05-01"
	for _, location := range []string{strings.Repeat("a", 70000), "atl\u00e4ntis"} {
		got := w.arm("PUT", group, `{"location":"`+location+`","properties":{"osType":"Linux","containers":[{"name":"c","properties":{"image":"x","resources":{"requests":{"cpu":1,"memoryInGB":1}}}}]}}`)
		if got.StatusCode != 400 || got.code() != "LocationNotAvailableForResourceType" {
			t.Errorf("got %d %s", got.StatusCode, got.code())
		}
		for name, values := range got.Header {
			for _, v := range values {
				if strings.Contains(v, "aaaa") || strings.Contains(v, "atl") {
					t.Errorf("%s has the location in it, %d bytes", name, len(v))
				}
			}
		}
	}
}
