package cli_test

import (
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
)

// answers is a Prefect, or what stands in its place, that answers so.
type answers http.HandlerFunc

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	a(w, r)
	response := w.Result()
	response.Request = r
	return response, nil
}

// says is a Prefect that says the same to everybody.
func says(status int, kind, body string) answers {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// broken never answers, for this reason.
type broken struct{ err error }

func (b broken) RoundTrip(*http.Request) (*http.Response, error) { return nil, b.err }

func TestPrefectErrorsBecomeWords(t *testing.T) {
	const json, html = "application/json", "text/html; charset=utf-8"
	for _, test := range []struct {
		name          string
		prefect       http.RoundTripper
		problem, hint string
	}{
		{"unauthorised", says(401, json, `{"exception_message": "Unauthorized"}`), "listing work pools: Prefect answers 401: Unauthorized",
			"pacific profile set PREFECT_API_KEY --stdin"},
		{"forbidden", says(403, json, `{"detail": "You may not."}`), "Prefect answers 403: You may not", "a key that may do this"},
		{"no such address", says(404, json, `{"detail": "Not Found"}`), "Prefect answers 404: Not Found", "PREFECT_API_URL must end in /api"},
		{"a proxy", says(200, html, "<html><title>Sign in</title>hunter2</html>"), `prefect.local answers 200 with a web page titled "Sign in"`,
			"a proxy or its sign-in page stands between"},
		{"unavailable", says(503, json, `{"exception_message": "Service Unavailable"}`), "Prefect answers 503: Service Unavailable",
			"the server is there but cannot answer now"},
		{"no answer", broken{errors.New("connection reset by peer")}, "no answer from http://prefect.local/api: connection reset by peer", "check the network, and HTTPS_PROXY if a proxy is needed"},
		{"refused", broken{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}}, "no connection to http://prefect.local/api: connection refused\n",
			"start the server, or correct PREFECT_API_URL; pacific doctor shows"},
		{"an unknown authority", broken{x509.UnknownAuthorityError{}}, "no connection to http://prefect.local/api: the certificate is signed by an unknown authority",
			"hint: set PREFECT_API_SSL_CERT_FILE to a PEM file"},
		{"one objection", says(422, json, `{"exception_message": "Invalid request received.", "exception_detail": [{"loc": ["body", "limit"], "msg": "too large"}]}`),
			"pacific: error: listing work pools: Prefect answers 422: Invalid request received: limit: too large\n", ""},
		{"objections", says(422, json, `{"exception_message": "Invalid request received.", "exception_detail":
			[{"loc": ["body", "limit"], "msg": "too large"}, {"loc": ["body", "offset"], "msg": "too small"}]}`),
			"Prefect answers 422: Invalid request received\npacific: error: limit: too large\npacific: error: offset: too small\n", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // the client's pauses take no time
				h := newPrefectHarness(t, test.prefect)
				h.env["PREFECT_API_KEY"], h.env["PREFECT_CLIENT_CSRF_SUPPORT_ENABLED"] = "hunter2", "false"
				h.env["PREFECT_CLIENT_MAX_RETRIES"] = "1" // all of them take longer than the harness waits
				r := h.run("work-pool", "ls")
				r.wants(t, 1, "", test.problem)
				if !strings.Contains(test.hint, "start the server") && strings.Contains(r.stderr, "start the server") {
					t.Errorf("the hint says to start a server that does not refuse:\n%s", r.stderr)
				}
				if test.hint == "" && strings.Contains(r.stderr, "hint:") {
					t.Errorf("there is a hint:\n%s", r.stderr)
				}
				r.wants(t, 1, "", test.hint)
				if strings.Contains(r.stdout+r.stderr, "hunter2") {
					t.Errorf("a secret is in the output:\n%s", r.stderr)
				}
			})
		})
	}
}

// TestUnclearWrite holds a write that may have been carried out to say so.
func TestUnclearWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newPrefectHarness(t, says(503, "application/json", `{"exception_message": "Service Unavailable"}`))
		h.env["PREFECT_CLIENT_CSRF_SUPPORT_ENABLED"], h.env["PREFECT_CLIENT_MAX_RETRIES"] = "false", "1"
		h.run("work-pool", "pause", "aci").wants(t, 1, "", "Service Unavailable; it may have been carried out all the same\n")
	})
}

// TestWrongAddressIsNoMissingPool: a wrong address is not taken for a pool that is not there.
func TestWrongAddressIsNoMissingPool(t *testing.T) {
	r := newPrefectHarness(t, says(404, "application/json", `{"detail": "Not Found"}`)).run("work-pool", "inspect", "aci")
	r.wants(t, 1, "", "reading work pool aci: Prefect answers 404: Not Found\npacific: hint: the address may be wrong")
	r = newPrefectHarness(t, says(404, "application/json", `{"detail": "Not Found"}`)).run("work-pool", "create", "aci", "--overwrite")
	r.wants(t, 1, "", "reading work pool aci: Prefect answers 404: Not Found\npacific: hint: the address may be wrong")
	r = newPrefectHarness(t, says(404, "application/json", `{"detail": "Work pool \"aci\" not found."}`)).run("work-pool", "inspect", "aci")
	r.wants(t, 1, "", "there is no work pool aci\npacific: hint: pacific work-pool ls lists them")
}

// TestPrefectWarnings: what Prefect itself only warns of is told, and goes on.
func TestPrefectWarnings(t *testing.T) {
	h := newPrefectHarness(t, says(200, "application/json", "[]"))
	h.env["PREFECT_PROFILE"], h.env["PREFECT_CLIENT_CSRF_SUPPORT_ENABLED"] = "nope", "false"
	h.run("work-pool", "ls", "--output", "json").wants(t, 0, "[]\n", `warning: profile "nope" (PREFECT_PROFILE) does not exist: "ephemeral" is used instead`)
}
