package azureemulator_test

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// TestRefusalOfALargeBodyCanBeRead: a client that sends all of a large body before it reads gets the answer, and so does one
// that sends little and then waits.
func TestRefusalOfALargeBodyCanBeRead(t *testing.T) {
	const size = 30 << 20
	local, env := startLocal(t, azureemulator.StartOptions{})
	token := onWire(t, local.Server).token
	path := "/subscriptions/" + env["AZURE_SUBSCRIPTION_ID"] + "/resourcegroups/g?api-version=2021-04-01"
	for name, test := range map[string]struct {
		method, host, path, header string
		status                     int
		code                       string
	}{
		"too large":     {"PUT", "management.azure.com", path, "Authorization: Bearer " + token, 413, "RequestEntityTooLarge"},
		"not signed in": {"PUT", "management.azure.com", path, "X-None: 1", 401, "AuthenticationFailed"},
		"sign-in":       {"POST", "login.microsoftonline.com", "/" + env["AZURE_TENANT_ID"] + "/oauth2/v2.0/token", "X-None: 1", 413, "RequestEntityTooLarge"},
		"Graph":         {"POST", "graph.microsoft.com", "/v1.0/applications", "X-None: 1", 413, "RequestEntityTooLarge"},
	} {
		for how, sent := range map[string]int{"all at first": size, "little": 1 << 20} {
			t.Run(name+", "+how, func(t *testing.T) {
				conn := dialThrough(t, env["HTTPS_PROXY"], test.host)
				_, err := fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
					test.method, test.path, test.host, test.header, size, strings.Repeat(" ", sent))
				if err != nil {
					t.Fatalf("sending: %v", err)
				}
				res, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(res.Body)
				var answer struct {
					Error struct{ Code, Message string }
				}
				if err != nil || json.Unmarshal(body, &answer) != nil {
					t.Errorf("got %q, %v", body, err)
				}
				if res.StatusCode != test.status || answer.Error.Code != test.code || answer.Error.Message == "" {
					t.Errorf("got %d %s, want %d %s", res.StatusCode, body, test.status, test.code)
				}
			})
		}
	}
}

// TestGosClientReadsTheRefusal does the same with net/http.
func TestGosClientReadsTheRefusal(t *testing.T) {
	local, env := startLocal(t, azureemulator.StartOptions{})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut,
		"https://management.azure.com/subscriptions/"+env["AZURE_SUBSCRIPTION_ID"]+"/resourcegroups/g?api-version=2021-04-01", strings.NewReader(strings.Repeat(" ", 30<<20)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+onWire(t, local.Server).token)
	res, err := outsideClient(t, env).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("got %d %s, %v", res.StatusCode, body, err)
	}
}

// dialThrough opens a TLS connection to a host through the emulator's port. Its reads and writes end after a minute.
func dialThrough(t *testing.T, proxy, host string) net.Conn {
	t.Helper()
	address, err := url.Parse(proxy)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", address.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	fmt.Fprintf(conn, "CONNECT %s:443 HTTP/1.1\r\nHost: %s:443\r\n\r\n", host, host)
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: http.MethodConnect})
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("CONNECT: %v %v", res, err)
	}
	return tls.Client(conn, &tls.Config{ServerName: host, InsecureSkipVerify: true})
}
