package arm_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/armtest"
	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

// TestFailuresAreLogged: a 500 tells the client nothing; the log says what happened, of which request, under the id that
// the client was given.
func TestFailuresAreLogged(t *testing.T) {
	const path = "/subscriptions/{subscriptionId}/providers/Contoso.Storage/fail"
	for name, tt := range map[string]struct {
		handler arm.Handler
		want    []string
	}{
		"panic":             {func(*arm.Request) (*arm.Response, error) { panic("boom") }, []string{"panic: boom", "failure_test.go"}},
		"nil pointer":       {func(r *arm.Request) (*arm.Response, error) { var e *arm.Error; return nil, errors.New(e.Code) }, []string{"nil pointer", "failure_test.go"}},
		"an error":          {func(*arm.Request) (*arm.Response, error) { return nil, errors.New("the disk is full") }, []string{"the disk is full"}},
		"an unfit answer":   {func(*arm.Request) (*arm.Response, error) { return &arm.Response{Body: make(chan int)}, nil }, []string{"writing the answer", "chan int"}},
		"an error of ARM's": {func(*arm.Request) (*arm.Response, error) { return nil, arm.Errorf(500, "Known", "told to the client") }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			c := arm.New(arm.Options{TenantID: armtest.Tenant, SubscriptionID: armtest.Subscription, Faults: faults.New(), Log: slog.New(slog.NewTextHandler(&log, nil))})
			t.Cleanup(c.Close)
			c.Authenticate = func(context.Context, string) (*arm.Principal, error) {
				return &arm.Principal{ObjectID: "object", TenantID: armtest.Tenant}, nil
			}
			c.AddType(arm.ResourceType{Type: "Contoso.Storage/fail", APIVersions: []string{"2023-05-01"}})
			c.Handle(arm.Operation{ID: "Fail_Get", Method: "GET", Path: path}, tt.handler)
			got := armtest.Call(c, "GET", armtest.Sub+"/providers/Contoso.Storage/fail", "")
			if got.Code != http.StatusInternalServerError {
				t.Fatalf("got %d %s", got.Code, got.Body)
			}
			if tt.want == nil {
				if log.Len() > 0 {
					t.Errorf("what the client was told is logged: %s", &log)
				}
				return
			}
			if code, _ := got.Fault(); code != "InternalServerError" || strings.Contains(got.Body.String(), tt.want[0]) {
				t.Errorf("the client got %s", got.Body)
			}
			for _, want := range append(tt.want, "level=ERROR", "method=GET", "Contoso.Storage/fail", "operation=Fail_Get", "request="+got.Header().Get("X-Ms-Request-Id")) {
				if !strings.Contains(log.String(), want) {
					t.Errorf("%q is missing in the log: %s", want, &log)
				}
			}
			if n := strings.Count(log.String(), "level=ERROR"); n != 1 {
				t.Errorf("%d records, want one: %s", n, &log)
			}
		})
	}
}

// TestOtherHostsLogFailures: the same for hosts beside ARM's.
func TestOtherHostsLogFailures(t *testing.T) {
	var log bytes.Buffer
	c := arm.New(arm.Options{TenantID: armtest.Tenant, SubscriptionID: armtest.Subscription, Faults: faults.New(), Log: slog.New(slog.NewTextHandler(&log, nil))})
	t.Cleanup(c.Close)
	got := httptest.NewRecorder()
	c.Watched(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") }), nil).
		ServeHTTP(got, httptest.NewRequest("POST", "https://login.microsoftonline.com/token", nil))
	id := got.Header().Get("X-Ms-Request-Id")
	if got.Code != http.StatusInternalServerError || id == "" || !strings.Contains(log.String(), "request="+id) || !strings.Contains(log.String(), "host=login.microsoftonline.com") {
		t.Errorf("got %d with id %q, log %s", got.Code, id, &log)
	}
}

// TestAStreamThatEndsEarlyIsBrokenOff: an answer that ended in good order would look whole.
func TestAStreamThatEndsEarlyIsBrokenOff(t *testing.T) {
	for _, tt := range []struct {
		err     error
		dropped bool
	}{{nil, false}, {io.ErrClosedPipe, true}} {
		c := armtest.NewCore(t, "")
		c.Handle(arm.Operation{ID: "Logs_Get", Method: "GET", Path: "/subscriptions/{subscriptionId}/providers/Contoso.Storage/logs"}, func(*arm.Request) (*arm.Response, error) {
			return &arm.Response{Stream: func(w io.Writer) error {
				_, _ = io.WriteString(w, `{"content":"`)
				return tt.err
			}}, nil
		})
		got := armtest.Call(c, "GET", armtest.Sub+"/providers/Contoso.Storage/logs", "")
		if got.Dropped != tt.dropped || got.Code != 200 || got.Header().Get("Content-Type") != "application/json; charset=utf-8" {
			t.Errorf("%v: got %d, dropped %v, %v", tt.err, got.Code, got.Dropped, got.Header())
		}
	}
}
