package azureemulator

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestControlFailuresAreLogged: the control API too has an answer and a record for a mistake of the emulator's own.
func TestControlFailuresAreLogged(t *testing.T) {
	var log bytes.Buffer
	s, err := NewServer(Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.control = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") })
	got := httptest.NewRecorder()
	s.ServeHTTP(got, httptest.NewRequest("GET", "http://localhost/_emulator/health", nil))
	id := got.Header().Get("X-Ms-Request-Id")
	if got.Code != http.StatusInternalServerError || id == "" || !strings.Contains(got.Body.String(), id) {
		t.Errorf("got %d %s", got.Code, got.Body)
	}
	for _, want := range []string{"level=ERROR", "panic: boom", "path=/_emulator/health", "request=" + id, "failure_internal_test.go"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%q is missing in the log: %s", want, &log)
		}
	}
}
