package image_test

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	oci "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/image"
)

// fault is what a registry does with the requests that it is for.
type fault struct {
	method, path string // the path contains it
	times        int
	status       int    // 0: the connection is lost in the midst of the body
	retryAfter   string // of the answer's header
}

// faulty is a registry in memory with faults.
type faulty struct {
	registry http.Handler
	mu       sync.Mutex
	fault    fault
}

// strike takes the fault for a request; nil if there is none.
func (f *faulty) strike(r *http.Request) *fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fault.times == 0 || r.Method != f.fault.method || !strings.Contains(r.URL.Path, f.fault.path) {
		return nil
	}
	f.fault.times--
	struck := f.fault
	return &struck
}

// RoundTrip implements http.RoundTripper.
func (f *faulty) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	struck := f.strike(r)
	answer := httptest.NewRecorder()
	switch {
	case struck != nil && struck.status != 0:
		answer.Header().Set("Retry-After", struck.retryAfter)
		if struck.status == http.StatusUnauthorized {
			answer.Header().Set("Www-Authenticate", `Basic realm="x"`)
		}
		answer.WriteHeader(struck.status)
	case struck != nil && r.Method != http.MethodGet:
		_, _ = io.CopyN(io.Discard, r.Body, r.ContentLength/2)
		return nil, io.ErrUnexpectedEOF
	default:
		served := r.Clone(r.Context())
		if served.Body == nil {
			served.Body = http.NoBody
		}
		f.registry.ServeHTTP(answer, served)
	}
	result := answer.Result()
	result.Request = r
	if struck != nil && struck.status == 0 {
		result.Body = io.NopCloser(io.MultiReader(io.LimitReader(result.Body, result.ContentLength/2), broken{}))
	}
	return result, nil
}

// broken is a connection that is lost.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// withFaults runs a test with a registry at registry.example, in fake time.
func withFaults(t *testing.T, test func(t *testing.T, f *faulty, client *image.Client)) {
	synctest.Test(t, func(t *testing.T) {
		f := &faulty{registry: oci.New(oci.Logger(log.New(io.Discard, "", 0)))}
		cloud, err := azure.NewCloud(t.Context(), azure.Options{Transport: f})
		if err != nil {
			t.Fatal(err)
		}
		test(t, f, image.NewClient(image.Options{Cloud: cloud}))
	})
}

const faultyName = "registry.example/app:1"

// TestPushThroughFaults: what passes is waited for; what does not is an error, and no image is there that lacks a part.
func TestPushThroughFaults(t *testing.T) {
	made := imageOf(t, v1.Config{Entrypoint: []string{"/app"}}, []file{{"app", native + strings.Repeat("x", 1<<16), 0o755, 0}})
	for _, test := range []struct {
		fault fault
		err   string // empty: it is pushed
	}{
		{fault{method: "PATCH", path: "/uploads/", times: 1, status: 429, retryAfter: "20"}, ""},
		{fault{method: "PATCH", path: "/uploads/", times: 4, status: 503, retryAfter: "5"}, ""},
		{fault{method: "PATCH", path: "/uploads/", times: 2, status: 503}, ""},
		{fault{method: "PUT", path: "/uploads/", times: 1, status: 500}, ""},
		{fault{method: "PUT", path: "/manifests/", times: 1, status: 429, retryAfter: "20"}, ""},
		{fault{method: "PATCH", path: "/uploads/", times: 1}, ""},
		{fault{method: "PATCH", path: "/uploads/", times: 100, status: 429, retryAfter: "20"}, "429"},
		{fault{method: "PATCH", path: "/uploads/", times: 100, status: 503}, "503"},
		{fault{method: "PATCH", path: "/uploads/", times: 100}, "the connection was closed"},
		{fault{method: "PATCH", path: "/uploads/", times: 100, status: 401}, "push registry.example/app:1: refused by registry.example (HTTP 401)"},
		{fault{method: "PUT", path: "/manifests/", times: 100, status: 503}, "503"},
	} {
		withFaults(t, func(t *testing.T, f *faulty, client *image.Client) {
			f.fault = test.fault
			_, err := client.Push(t.Context(), faultyName, made)
			f.fault = fault{}
			_, missing := client.Pull(t.Context(), faultyName)
			if test.err == "" && (err != nil || missing != nil) {
				t.Errorf("%+v: %v; then pull: %v", test.fault, err, missing)
			}
			if test.err == "" {
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%+v: %v, want %s", test.fault, err, test.err)
			}
			if _, ok := errors.AsType[*image.NotFoundError](missing); !ok {
				t.Errorf("%+v: then pull: %v", test.fault, missing)
			}
		})
	}
}

// TestReadThroughFaults: a download whose connection is lost goes on where it was.
func TestReadThroughFaults(t *testing.T) {
	made := imageOf(t, v1.Config{Entrypoint: []string{"/app"}}, []file{{"app", native + strings.Repeat("x", 1<<16), 0o755, 0}})
	for _, test := range []struct {
		fault fault
		err   string // empty: it is read
	}{
		{fault{method: "GET", path: "/blobs/", times: 1, status: 429, retryAfter: "20"}, ""},
		{fault{method: "GET", path: "/blobs/", times: 2, status: 503}, ""},
		{fault{method: "GET", path: "/blobs/", times: 1}, ""},
		{fault{method: "GET", path: "/blobs/", times: 4}, ""},
		{fault{method: "GET", path: "/manifests/", times: 1}, ""},
		{fault{method: "GET", path: "/blobs/", times: 100, status: 503}, "503"},
		{fault{method: "GET", path: "/blobs/", times: 100, status: 401}, "check registry.example/app:1: refused by registry.example (HTTP 401)"},
	} {
		withFaults(t, func(t *testing.T, f *faulty, client *image.Client) {
			if _, err := client.Push(t.Context(), faultyName, made); err != nil {
				t.Fatal(err)
			}
			f.fault = test.fault
			began := time.Now()
			report, err := client.Check(t.Context(), faultyName, image.CheckOptions{})
			switch {
			case test.err == "" && (err != nil || !report.Runs()):
				t.Errorf("%+v: %+v, %v", test.fault, report, err)
			case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
				t.Errorf("%+v: %v, want %s", test.fault, err, test.err)
			}
			if test.fault.retryAfter != "" && time.Since(began) < 20*time.Second {
				t.Errorf("%+v: not waited as asked", test.fault)
			}
		})
	}
}

// TestLostDownload: a registry without ranges is read from the beginning, and an error if that does not help.
func TestLostDownload(t *testing.T) {
	made := imageOf(t, v1.Config{Entrypoint: []string{"/app"}}, []file{{"app", native + strings.Repeat("x", 1<<16), 0o755, 0}})
	withFaults(t, func(t *testing.T, f *faulty, client *image.Client) {
		registry := f.registry
		f.registry = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("Range")
			registry.ServeHTTP(w, r)
		})
		if _, err := client.Push(t.Context(), faultyName, made); err != nil {
			t.Fatal(err)
		}
		f.fault = fault{method: "GET", path: "/blobs/", times: 1}
		if report, err := client.Check(t.Context(), faultyName, image.CheckOptions{}); err != nil || !report.Runs() {
			t.Errorf("%+v, %v", report, err)
		}
		f.fault.times = 100
		_, err := client.Check(t.Context(), faultyName, image.CheckOptions{})
		if err == nil || !strings.Contains(err.Error(), "the connection was closed") {
			t.Errorf("%v", err)
		}
	})
}
