package cli_test

import (
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

func TestPrefectErrorsBecomeWords(t *testing.T) {
	const json, html = "application/json", "text/html; charset=utf-8"
	for _, test := range []struct {
		name          string
		prefect       http.RoundTripper
		problem, hint string
	}{
		{"unauthorised", clitest.Says(401, json, `{"exception_message": "Unauthorized"}`), "listing work pools: Prefect answers 401: Unauthorized",
			"pacific profile set PREFECT_API_KEY --stdin"},
		{"forbidden", clitest.Says(403, json, `{"detail": "You may not."}`), "Prefect answers 403: You may not", "a key that may do this"},
		{"no such address", clitest.Says(404, json, `{"detail": "Not Found"}`), "Prefect answers 404: Not Found", "PREFECT_API_URL must end in /api"},
		{"a proxy", clitest.Says(200, html, "<html><title>Sign in</title>hunter2</html>"), `prefect.local answers 200 with a web page titled "Sign in"`,
			"a proxy or its sign-in page stands between"},
		{"unavailable", clitest.Says(503, json, `{"exception_message": "Service Unavailable"}`), "Prefect answers 503: Service Unavailable",
			"the server is there but cannot answer now"},
		{"no answer", clitest.Broken{Err: errors.New("connection reset by peer")}, "no answer from http://prefect.local/api: connection reset by peer", "check the network, and HTTPS_PROXY if a proxy is needed"},
		{"refused", clitest.Broken{Err: &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}}, "no connection to http://prefect.local/api: connection refused\n",
			"start the server, or correct PREFECT_API_URL; pacific doctor shows"},
		{"an unknown authority", clitest.Broken{Err: x509.UnknownAuthorityError{}}, "no connection to http://prefect.local/api: the certificate is signed by an unknown authority",
			"hint: set PREFECT_API_SSL_CERT_FILE to a PEM file"},
		{"one objection", clitest.Says(422, json, `{"exception_message": "Invalid request received.", "exception_detail": [{"loc": ["body", "limit"], "msg": "too large"}]}`),
			"pacific: error: listing work pools: Prefect answers 422: Invalid request received: limit: too large\n", ""},
		{"objections", clitest.Says(422, json, `{"exception_message": "Invalid request received.", "exception_detail":
			[{"loc": ["body", "limit"], "msg": "too large"}, {"loc": ["body", "offset"], "msg": "too small"}]}`),
			"Prefect answers 422: Invalid request received\npacific: error: limit: too large\npacific: error: offset: too small\n", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // the client's pauses take no time
				h := clitest.NewPrefect(t, test.prefect)
				h.Vars["PREFECT_API_KEY"], h.Vars["PREFECT_CLIENT_CSRF_SUPPORT_ENABLED"] = "hunter2", "false"
				h.Vars["PREFECT_CLIENT_MAX_RETRIES"] = "1" // all of them take longer than the harness waits
				r := h.Run("work-pool", "ls")
				r.Wants(t, 1, "", test.problem)
				if !strings.Contains(test.hint, "start the server") && strings.Contains(r.Stderr, "start the server") {
					t.Errorf("the hint says to start a server that does not refuse:\n%s", r.Stderr)
				}
				if test.hint == "" && strings.Contains(r.Stderr, "hint:") {
					t.Errorf("there is a hint:\n%s", r.Stderr)
				}
				r.Wants(t, 1, "", test.hint)
				if strings.Contains(r.Stdout+r.Stderr, "hunter2") {
					t.Errorf("a secret is in the output:\n%s", r.Stderr)
				}
			})
		})
	}
}

// TestUnclearWrite holds a write that may have been carried out to say so.
func TestUnclearWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := clitest.NewPrefect(t, clitest.Says(503, "application/json", `{"exception_message": "Service Unavailable"}`))
		h.Vars["PREFECT_CLIENT_CSRF_SUPPORT_ENABLED"], h.Vars["PREFECT_CLIENT_MAX_RETRIES"] = "false", "1"
		h.Run("work-pool", "pause", "aci").Wants(t, 1, "", "Service Unavailable; it may have been carried out all the same\n")
	})
}

// TestWrongAddressIsNoMissingPool: a wrong address is not taken for a pool that is not there.
func TestWrongAddressIsNoMissingPool(t *testing.T) {
	r := clitest.NewPrefect(t, clitest.Says(404, "application/json", `{"detail": "Not Found"}`)).Run("work-pool", "inspect", "aci")
	r.Wants(t, 1, "", "reading work pool aci: Prefect answers 404: Not Found\npacific: hint: the address may be wrong")
	r = clitest.NewPrefect(t, clitest.Says(404, "application/json", `{"detail": "Not Found"}`)).Run("work-pool", "create", "aci", "--overwrite")
	r.Wants(t, 1, "", "reading work pool aci: Prefect answers 404: Not Found\npacific: hint: the address may be wrong")
	r = clitest.NewPrefect(t, clitest.Says(404, "application/json", `{"detail": "Work pool \"aci\" not found."}`)).Run("work-pool", "inspect", "aci")
	r.Wants(t, 1, "", "there is no work pool aci\npacific: hint: pacific work-pool ls lists them")
}

// TestPrefectWarnings: what Prefect itself only warns of is told, and goes on.
func TestPrefectWarnings(t *testing.T) {
	h := clitest.NewPrefect(t, clitest.Says(200, "application/json", "[]"))
	h.Vars["PREFECT_PROFILE"], h.Vars["PREFECT_CLIENT_CSRF_SUPPORT_ENABLED"] = "nope", "false"
	h.Run("work-pool", "ls", "--output", "json").Wants(t, 0, "[]\n", `warning: profile "nope" (PREFECT_PROFILE) does not exist: "ephemeral" is used instead`)
}
