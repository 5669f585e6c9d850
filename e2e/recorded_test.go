//go:build e2e

package e2e

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

// A recordedExchange is one request of a sequence that a real client was recorded making, and what of the answer was
// recorded. The file's reader in emulator/azure/internal/containers says what the fields mean.
type recordedExchange struct {
	Wait, Call string
	Body       map[string]any
	Status     int
	Has        map[string]string
	Header     string
}

// TestRecordedSequences says the recorded sequences as raw requests to an emulator in a process of its own, with real
// processes for containers. No client of ours or Microsoft's has a hand in it.
func TestRecordedSequences(t *testing.T) {
	seconds(t)
	text, err := os.ReadFile("../emulator/azure/internal/containers/testdata/recorded.json")
	if err != nil {
		t.Fatal(err)
	}
	var sequences map[string][]recordedExchange
	if err := json.Unmarshal(text, &sequences); err != nil || len(sequences) == 0 {
		t.Fatalf("%d sequences, %v", len(sequences), err)
	}
	a := startAzure(t, "--engine", "process")
	arm := signInRaw(t, a)
	for name, sequence := range sequences {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			arm := *arm
			arm.t = t
			arm.replay(strings.ReplaceAll(name, " ", "-"), sequence)
		})
	}
}

// rawARM speaks to Resource Manager over the emulator's proxy.
type rawARM struct {
	t            *testing.T
	client       *http.Client
	token, group string // group is the path of the container groups
}

// signInRaw gets a token as any OAuth client does.
func signInRaw(t *testing.T, a *azure) *rawARM {
	t.Helper()
	proxy, err := url.Parse(a.values["HTTPS_PROXY"])
	if err != nil {
		t.Fatal(err)
	}
	authorities, err := os.ReadFile(a.values["SSL_CERT_FILE"])
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authorities)
	arm := &rawARM{t: t, client: &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: roots}}}}
	arm.group = "/subscriptions/" + a.values["AZURE_SUBSCRIPTION_ID"] + "/resourceGroups/" + a.values["PACIFIC_RESOURCE_GROUP"] + "/providers/Microsoft.ContainerInstance/containerGroups/"
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {a.values["AZURE_CLIENT_ID"]}, "client_secret": {a.values["AZURE_CLIENT_SECRET"]},
		"scope": {"https://management.azure.com/.default"}}
	resp, err := arm.client.PostForm("https://login.microsoftonline.com/"+a.values["AZURE_TENANT_ID"]+"/oauth2/v2.0/token", form)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var token struct {
		Value string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&token); err != nil || token.Value == "" {
		t.Fatalf("signing in: %s, %v", resp.Status, err)
	}
	arm.token = token.Value
	return arm
}

// replay makes the requests of one sequence, each when it was made, on a group of that name.
func (r *rawARM) replay(name string, sequence []recordedExchange) {
	poll := ""
	for i, e := range sequence {
		if e.Wait != "" {
			wait, err := time.ParseDuration(e.Wait)
			if err != nil {
				r.t.Fatal(err)
			}
			<-time.After(wait) // the recorded client's own pause, which is a part of the sequence
		}
		method, path, _ := strings.Cut(e.Call, " ")
		at := "https://management.azure.com" + r.group + name + path + "?api-version=2024-05-01-preview"
		switch method {
		case "POLL":
			method, at = "GET", poll
		case "OLD":
			method, at = "GET", "https://management.azure.com"+r.group+name+"?api-version=2017-08-01-preview"
		}
		header, reply := r.say(method, at, withCommand(e.Body), e.Status)
		if operation := header.Get("Azure-AsyncOperation"); operation != "" {
			poll = operation
		}
		if e.Header != "" && header.Get(e.Header) == "" {
			r.t.Errorf("%d: %s: no header %s", i, e.Call, e.Header)
		}
		for field, want := range e.Has {
			// The file's group is called job, in a group called rg.
			want = strings.ReplaceAll(want, "/resourceGroups/rg/", "/resourceGroups/local/")
			if field == "name" || field == "id" {
				want = strings.TrimSuffix(want, "job") + name
			}
			if got := recordedField(reply, field); got != want {
				r.t.Errorf("%d: %s: %s is %s, want %s", i, e.Call, field, got, want)
			}
		}
	}
}

// withCommand gives the recorded container, nginx, a command that takes five seconds to end, since no image is run here.
func withCommand(body map[string]any) map[string]any {
	if body == nil {
		return nil
	}
	container := body["properties"].(map[string]any)["containers"].([]any)[0].(map[string]any)
	container["properties"].(map[string]any)["command"] = []string{"sh", "-c", "trap 'sleep 5; exit 143' TERM; while :; do sleep 1; done"}
	return body
}

func (r *rawARM) say(method, url string, body map[string]any, want int) (http.Header, any) {
	r.t.Helper()
	var encoded []byte
	if body != nil {
		var err error
		if encoded, err = json.Marshal(body); err != nil {
			r.t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, url, bytes.NewReader(encoded))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != want {
		r.t.Fatalf("%s %s: %s, want %d: %s %v", method, url, resp.Status, want, text, err)
	}
	var reply any
	_ = json.Unmarshal(text, &reply) // a 204 has none
	return resp.Header, reply
}

// recordedField is a.b.0.c of a JSON value as text; "-" if it is not there.
func recordedField(value any, field string) string {
	for name := range strings.SplitSeq(field, ".") {
		switch v := value.(type) {
		case map[string]any:
			inner, ok := v[name]
			if !ok {
				return "-"
			}
			value = inner
		case []any:
			i := 0
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(v) {
				return "-"
			}
			value = v[i]
		default:
			return "-"
		}
	}
	return fmt.Sprint(value)
}
