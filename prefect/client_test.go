package prefect_test

import (
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/prefect"
)

const workspace = "https://api.prefect.cloud/api/accounts/a-1/workspaces/w-2"

func TestOptions(t *testing.T) {
	for name, test := range map[string]struct {
		o    prefect.Options
		text string
	}{
		"nothing":           {prefect.Options{}, "PREFECT_API_URL"},
		"no scheme":         {prefect.Options{URL: "127.0.0.1:4200/api"}, "not an http or https URL"},
		"other scheme":      {prefect.Options{URL: "ftp://x/api"}, "not an http or https URL"},
		"query":             {prefect.Options{URL: "http://x/api?token=hunter2"}, "query"},
		"broken, secret":    {prefect.Options{URL: "http://u:hunter2@x:y/api"}, "not an http or https URL"},
		"cloud, no account": {prefect.Options{URL: "https://api.prefect.cloud/api", APIKey: "k"}, "/accounts/ACCOUNT_ID/workspaces/WORKSPACE_ID"},
		"cloud, no key":     {prefect.Options{URL: workspace}, "PREFECT_API_KEY"},
		"TLS and transport": {prefect.Options{URL: fakeURL, Transport: &script{}, TLS: prefect.TLSOptions{InsecureSkipVerify: true}}, "TLS settings"},
		"no CA file":        {prefect.Options{URL: fakeURL, TLS: prefect.TLSOptions{CAFile: "testdata/none.pem"}}, "PREFECT_API_SSL_CERT_FILE"},
		"no certificate":    {prefect.Options{URL: fakeURL, TLS: prefect.TLSOptions{CAFile: "client_test.go"}}, "no PEM certificate"},
	} {
		_, err := prefect.NewClient(test.o)
		if err == nil || !strings.Contains(err.Error(), test.text) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v, want an error with %q", name, err, test.text)
		}
	}
}

// userAgent is the pattern by which a server of 3.x reads a client's version.
var userAgent = regexp.MustCompile(`^prefect/(\d+\.\d+\.\d+(?:[a-z.+0-9]+)?) \(API \S+\)$`)

func TestHeaders(t *testing.T) {
	for name, test := range map[string]struct {
		o    prefect.Options
		auth string
	}{
		"none":              {prefect.Options{URL: fakeURL}, ""},
		"key":               {prefect.Options{URL: workspace, APIKey: "k"}, "Bearer k"},
		"auth string first": {prefect.Options{URL: fakeURL, APIKey: "k", AuthString: "admin:pass"}, "Basic YWRtaW46cGFzcw=="},
		"in the address":    {prefect.Options{URL: "http://admin:pass@prefect.test/api/"}, "Basic YWRtaW46cGFzcw=="},
	} {
		t.Run(name, func(t *testing.T) {
			var got *http.Request
			test.o.Transport = &script{handler: func(w http.ResponseWriter, r *http.Request) { got = r; says(200, flowReply)(w, r) }}
			test.o.Headers = map[string]string{"x-team": "blue", "user-agent": "mine", "PREFECT-CSRF-TOKEN": "mine"}
			c := must(prefect.NewClient(test.o))(t)
			must(c.Flow(t.Context(), "a/b c"))(t)
			want(t, "authorization", got.Header.Get("Authorization"), test.auth)
			want(t, "custom header", got.Header.Get("X-Team"), "blue")
			want(t, "CSRF token", got.Header.Get("Prefect-Csrf-Token"), "")
			want(t, "API version", got.Header.Get("X-Prefect-Api-Version"), "0.8.4")
			if !userAgent.MatchString(got.Header.Get("User-Agent")) {
				t.Errorf("got User-Agent %q, which a server does not understand", got.Header.Get("User-Agent"))
			}
			if !strings.HasSuffix(got.URL.EscapedPath(), "/flows/a%2Fb%20c") || strings.Contains(c.URL(), "pass") {
				t.Errorf("got path %s at %s", got.URL.EscapedPath(), c.URL())
			}
		})
	}
}

func TestCloud(t *testing.T) {
	s := &script{handler: says(201, flowReply)}
	c := must(prefect.NewClient(prefect.Options{URL: workspace + "/", APIKey: "k", Transport: s}))(t)
	account, space, ok := c.Workspace()
	if !c.Cloud() || account != "a-1" || space != "w-2" || !ok {
		t.Errorf("got %v %v %v, want the workspace", account, space, ok)
	}
	want(t, "address", prefect.CloudWorkspaceURL("", "a-1", "w-2"), workspace)
	must(c.CreateFlow(t.Context(), prefect.FlowCreate{Name: "x", Labels: map[string]any{"l": 1}}))(t)
	version := must(c.ServerVersion(t.Context()))(t)
	if !version.TaskRunsByEvents() || !version.AtLeast(3, 99, 0) || version.EventsInHandshake() {
		t.Errorf("got %+v, want the newest 3.x without a handshake", version)
	}
	want(t, "requests", fmt.Sprint(s.asked), "[POST /api/accounts/a-1/workspaces/w-2/flows/]") // no CSRF, no version

	self := must(prefect.NewClient(prefect.Options{URL: "https://api.prefect.cloud.example/api", Transport: s}))(t)
	if _, _, ok := self.Workspace(); ok || self.Cloud() {
		t.Error("an address that only looks like Prefect Cloud's counts as it")
	}
	private := must(prefect.NewClient(prefect.Options{URL: "https://cloud.test/api/accounts/a/workspaces/w", CloudURL: "https://cloud.test/api/", APIKey: "k", Transport: s}))(t)
	want(t, "private cloud", private.Cloud(), true)
}

func TestTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(says(200, flowReply))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains about the client that does not trust it
	server.StartTLS()
	defer server.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	check(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))
	for name, test := range map[string]struct {
		tls prefect.TLSOptions
		ok  bool
	}{"unknown": {}, "CA file": {prefect.TLSOptions{CAFile: file}, true}, "unchecked": {prefect.TLSOptions{InsecureSkipVerify: true}, true}} {
		c := must(prefect.NewClient(prefect.Options{URL: server.URL + "/api", TLS: test.tls, Retries: prefect.RetryOptions{Max: -1}}))(t)
		_, err := c.Flow(t.Context(), "f")
		if (err == nil) != test.ok {
			t.Errorf("%s: got %v, want ok %v", name, err, test.ok)
		}
		if !test.ok && !strings.Contains(err.Error(), "certificate") {
			t.Errorf("%s: got %v, want the reason", name, err)
		}
	}
}
