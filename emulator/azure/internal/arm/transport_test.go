package arm_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/armtest"
)

// Requests to other hosts in process: they are served, logged and faulted as those from outside, and have a caller.
func TestTransport(t *testing.T) {
	c := armtest.NewCore(t, "")
	there := true
	c.AddHost(arm.HostService{
		Pattern: "*.Example.com", Serves: func(host string) bool { return there && host != "gone.example.com" }, LargeBodies: true,
		Operation: func(*http.Request) string { return "Example_Call" },
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			caller := "nobody"
			if p := arm.Caller(r.Context()); p != nil {
				caller = p.AppID
			}
			w.Header().Set("Content-Length", "7")
			w.WriteHeader(http.StatusAccepted)
			_, _ = io.WriteString(w, caller[:4]+" "+string(rune('0'+len(body)>>20))+"M")
		}),
	})
	send := func(method, host string, size int, who *arm.Principal) (*http.Response, string, error) {
		r, err := http.NewRequestWithContext(t.Context(), method, "https://"+host+"/x", strings.NewReader(strings.Repeat("x", size)))
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Transport(who).RoundTrip(r)
		if err != nil {
			return nil, "", err
		}
		text, err := io.ReadAll(got.Body)
		if err != nil {
			t.Fatal(err)
		}
		return got, string(text), nil
	}
	got, text, err := send("POST", "a.example.com", 6<<20, nil)
	if err != nil || got.StatusCode != 202 || text != "nobo 6M" || got.ContentLength != 7 {
		t.Errorf("%v %q, %v", got, text, err)
	}
	if _, text, err = send("POST", "A.example.com:443", 0, &arm.Principal{AppID: "someone"}); err != nil || text != "some 0M" {
		t.Errorf("%q, %v", text, err)
	}
	if got, text, err = send("HEAD", "a.example.com", 0, nil); err != nil || text != "" || got.ContentLength != 7 {
		t.Errorf("HEAD: %v %q, %v", got, text, err)
	}
	for _, host := range []string{"gone.example.com", "example.org", "management.azure.com"} {
		if _, _, err := send("GET", host, 0, nil); err == nil {
			t.Errorf("%s answers", host)
		}
	}
	if records := c.Requests.After(0); len(records) != 3 || records[0].Operation != "Example_Call" {
		t.Errorf("log: %+v", records)
	}
	if err := c.Faults.AddFaults([]byte(`{"match":{"operation":"Example_Call"},"effect":{"drop":true}}`)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := send("GET", "a.example.com", 0, nil); !errors.Is(err, arm.ErrNoAnswer) {
		t.Errorf("a dropped call: %v", err)
	}
	there = false
	if _, ok := c.Host("a.example.com"); ok {
		t.Error("a host that is not there answers")
	}
}

// An answer is read while it is written: nothing large is kept, and who stops reading stops the handler.
func TestTransportStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := armtest.NewCore(t, "")
		more, ended := make(chan bool), make(chan error, 1)
		c.HandleHost("stream.example.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, err := io.WriteString(w, "begun")
			for err == nil && <-more {
				_, err = io.WriteString(w, "+more")
			}
			ended <- err
			if r.URL.Path == "/broken" {
				panic(http.ErrAbortHandler)
			}
		}), nil)
		begin := func(ctx context.Context, path string) io.ReadCloser {
			t.Helper()
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://stream.example.com"+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.Transport(nil).RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			text := make([]byte, 5)
			if _, err := io.ReadFull(got.Body, text); err != nil || string(text) != "begun" {
				t.Fatalf("%q, %v", text, err)
			}
			return got.Body
		}
		body := begin(t.Context(), "/whole")
		go func() { more <- true; more <- false }()
		if rest, err := io.ReadAll(body); string(rest) != "+more" || err != nil || <-ended != nil {
			t.Errorf("%q, %v", rest, err)
		}
		body = begin(t.Context(), "/broken")
		go func() { more <- false }()
		if _, err := io.ReadAll(body); err != io.ErrUnexpectedEOF || <-ended != nil {
			t.Errorf("an answer that breaks off: %v", err)
		}
		begin(t.Context(), "/closed").Close()
		more <- true
		if err := <-ended; err == nil {
			t.Error("the handler writes on to a reader that has gone")
		}
		ctx, cancel := context.WithCancel(t.Context())
		body = begin(ctx, "/cancelled")
		cancel()
		if _, err := io.ReadAll(body); err != context.Canceled {
			t.Errorf("a cancelled request: %v", err)
		}
		more <- true
		if err := <-ended; err == nil {
			t.Error("the handler writes on to a request that is over")
		}
	})
}
