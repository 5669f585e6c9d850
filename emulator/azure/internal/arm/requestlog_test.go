package arm_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// logged is the record of a call.
func logged(t *testing.T, r *http.Request) arm.Record {
	t.Helper()
	core := arm.New(arm.Options{})
	t.Cleanup(core.Close)
	core.Watched(http.NotFoundHandler(), nil).ServeHTTP(httptest.NewRecorder(), r)
	records := core.Requests.After(0)
	if len(records) != 1 {
		t.Fatalf("got %d records, want 1", len(records))
	}
	return records[0]
}

func TestRecordHidesIdentityHeaders(t *testing.T) {
	for path, want := range map[string]string{
		"/msi/token":         "/msi/token",
		"/msi/SECRET":        "/msi/REDACTED",
		"/msi/SECRET/x/y":    "/msi/REDACTED/x/y",
		"/msi//SECRET/x":     "/msi/REDACTED",
		"/somewhere/msi/x/y": "/somewhere/msi/x/y",
	} {
		if got := logged(t, httptest.NewRequest("GET", "http://localhost"+path, nil)).Path; got != want {
			t.Errorf("%s is logged as %s, want %s", path, got, want)
		}
	}
}

func TestRecordIsBounded(t *testing.T) {
	long := strings.Repeat("é", 30_000)
	r := httptest.NewRequest("GET", "http://localhost/?"+strings.Repeat("q", 60_000), nil)
	r.URL.Path, r.Host = "/"+long, long
	r.Header.Set("User-Agent", long)
	got := logged(t, r)
	for name, field := range map[string]string{"path": got.Path, "host": got.Host, "query": got.Query, "client": got.Client} {
		if len(field) > 4<<10+len("…") || !strings.HasSuffix(field, "…") {
			t.Errorf("%s: %d bytes, …%s", name, len(field), field[max(0, len(field)-8):])
		}
	}
	short := httptest.NewRequest("GET", "http://localhost/x?a=b", nil)
	if got := logged(t, short); got.Path != "/x" || got.Query != "a=b" {
		t.Errorf("got %q, %q", got.Path, got.Query)
	}
}
