package graph_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// world is an emulated Azure in fake time, with the account's token for Microsoft Graph.
type world struct {
	*testing.T
	server *azureemulator.Server
	token  string
}

// inWorld runs a test in fake time.
func inWorld(t *testing.T, settings string, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server, err := azureemulator.NewServer(azureemulator.Options{Settings: []byte(settings)})
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		w := &world{T: t, server: server}
		a := server.Account()
		if w.token, err = w.signIn(a.ClientID, a.ClientSecret, "https://graph.microsoft.com//.default"); err != nil {
			t.Fatal(err)
		}
		test(w)
	})
}

// oauthError is a refusal to sign in.
type oauthError string

func (e oauthError) Error() string { return string(e) }

// signIn asks for a token as an application does. The error begins with the AADSTS code.
func (w *world) signIn(clientID, secret, scope string) (string, error) {
	w.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {clientID}, "client_secret": {secret}, "scope": {scope}}
	request, err := http.NewRequestWithContext(w.Context(), "POST", "https://login.microsoftonline.com/"+w.server.Account().TenantID+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		w.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var answer struct {
		Token       string `json:"access_token"`
		Description string `json:"error_description"`
	}
	if err := json.Unmarshal(w.do(request).body, &answer); err != nil {
		w.Fatal(err)
	}
	if answer.Token == "" {
		return "", oauthError(answer.Description)
	}
	return answer.Token, nil
}

// answer is a reply, read to its end.
type answer struct {
	*http.Response
	body []byte
}

func (w *world) do(r *http.Request) answer {
	w.Helper()
	response, err := (&http.Client{Transport: w.server.Transport()}).Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		w.Fatal(err)
	}
	return answer{response, body}
}

// send makes a call to Microsoft Graph; path begins after v1.0, or is an absolute address.
func (w *world) send(method, path, body string, header ...string) answer {
	w.Helper()
	if !strings.HasPrefix(path, "https://") {
		path = "https://graph.microsoft.com/v1.0" + path
	}
	request, err := http.NewRequestWithContext(w.Context(), method, path, bytes.NewReader([]byte(body)))
	if err != nil {
		w.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+w.token)
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	return w.do(request)
}

// call is send with the status that there must be, and the answer's object.
func (w *world) call(status int, method, path, body string, header ...string) map[string]any {
	w.Helper()
	got := w.send(method, path, body, header...)
	if got.StatusCode != status {
		w.Fatalf("%s %s: %d, want %d: %s", method, path, got.StatusCode, status, got.body)
	}
	var object map[string]any
	if len(got.body) > 0 {
		if err := json.Unmarshal(got.body, &object); err != nil {
			w.Fatalf("%s %s: %v: %s", method, path, err, got.body)
		}
	}
	return object
}

// refused is call for an error, whose code it returns.
func (w *world) refused(status int, method, path, body string) string {
	w.Helper()
	e, _ := w.call(status, method, path, body)["error"].(map[string]any)
	code, _ := e["code"].(string)
	message, _ := e["message"].(string)
	if inner, _ := e["innerError"].(map[string]any); message == "" || inner["request-id"] == nil || inner["date"] == nil {
		w.Errorf("%s %s: the error is %v", method, path, e)
	}
	return code
}

// list reads all pages of a list and returns a property of each object.
func (w *world) list(path, property string) []string {
	w.Helper()
	var all []string
	for path != "" {
		page := w.call(200, "GET", path, "")
		value, ok := page["value"].([]any)
		if !ok {
			w.Fatalf("%s: %v", path, page)
		}
		for _, item := range value {
			text, _ := item.(map[string]any)[property].(string)
			all = append(all, text)
		}
		path, _ = page["@odata.nextLink"].(string)
	}
	return all
}

func text(object map[string]any, name string) string {
	s, _ := object[name].(string)
	return s
}

// filter is a list's path with a $filter.
func filter(collection, expression string) string {
	return "/" + collection + "?$filter=" + url.QueryEscape(expression)
}
