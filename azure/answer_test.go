package azure_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"

	"github.com/pacific-aci/pacific/azure"
)

// TestPagesAreNamed: a page with a status of success is told as what it is, not as a failure to read JSON.
func TestPagesAreNamed(t *testing.T) {
	for _, kind := range []string{"text/html; charset=utf-8", "application/json", ""} {
		c := newCloud(t, &fakeAzure{arm: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = io.WriteString(w, "\n<!doctype html><html><head><title>Sign in to Café Wi-Fi</title></head>")
		}})
		_, err := c.ResourceGroup(t.Context(), testSub, "jobs")
		page, ok := errors.AsType[*azure.AnswerError](err)
		if !ok || !strings.Contains(err.Error(), `a web page titled "Sign in to Café Wi-Fi"`) || page.Hint() == "" || azure.Explain(err) != nil {
			t.Errorf("%q: got %v", kind, err)
		}
	}
}

// TestPageInAStream: a body that the SDK does not read ahead is looked into only if it says that it is a page.
func TestPageInAStream(t *testing.T) {
	for kind, page := range map[string]bool{"text/html": true, "application/json": false} {
		c := newCloud(t, &fakeAzure{arm: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = io.WriteString(w, `<title>x</title>`)
		}})
		options := c.ARMOptions()
		pipeline := runtime.NewPipeline("test", "v0", runtime.PipelineOptions{}, &options.ClientOptions)
		req, err := runtime.NewRequest(t.Context(), http.MethodGet, c.Endpoints().ResourceManager+"/x")
		if err != nil {
			t.Fatal(err)
		}
		runtime.SkipBodyDownload(req)
		resp, err := pipeline.Do(req)
		if _, refused := errors.AsType[*azure.AnswerError](err); refused != page {
			t.Errorf("%s: got %v", kind, err)
		}
		if !page {
			body, err := io.ReadAll(resp.Body)
			if err != nil || string(body) != `<title>x</title>` {
				t.Errorf("got %q %v", body, err)
			}
		}
	}
}

// TestPlainHasNoGo: what the SDK cannot read is told without the names of its types.
func TestPlainHasNoGo(t *testing.T) {
	tests := map[string]string{
		`[]`:                                         "not in the form",
		`{"properties":{"provisioningState":7}}`:     "its field properties.provisioningState",
		`{"properties":{"containers":{}}}`:           "its field properties.containers",
		`{"properties":{"containers":[]`:             "not in the form",
		`{"location":true,"properties":{"sku":"x"}}`: "its field location",
	}
	for body, want := range tests {
		c := newCloud(t, &fakeAzure{arm: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, body)
		}})
		credential, err := c.Credential()
		if err != nil {
			t.Fatal(err)
		}
		groups, err := armcontainerinstance.NewContainerGroupsClient(testSub, credential, c.ARMOptions())
		if err != nil {
			t.Fatal(err)
		}
		_, err = groups.Get(t.Context(), "jobs", "x", nil)
		_, resourceGroup := c.ResourceGroup(t.Context(), testSub, "jobs")
		for _, err := range []error{azure.Plain(err), resourceGroup} {
			if err == nil {
				continue // it reads less of the answer
			}
			text := err.Error()
			if strings.Contains(text, "armcontainerinstance") || strings.Contains(text, "azure.") || strings.Contains(text, "Go ") || strings.Contains(text, "unmarshal") {
				t.Errorf("%s: got %q", body, text)
			}
		}
		if err := azure.Plain(err); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q in it", body, err, want)
		}
	}
	if err := azure.Plain(nil); err != nil {
		t.Errorf("got %v", err)
	}
}

// TestPageAtSignIn: a page in the place of a token is told as what it is, one that passes is not told at all, and a token
// that is known stays good meanwhile.
func TestPageAtSignIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pages := 0
		f := &fakeAzure{token: func(w http.ResponseWriter, _ *http.Request) {
			if pages--; pages >= 0 {
				_, _ = io.WriteString(w, "<html><title>Sign in</title></html>")
				return
			}
			reply(w, 200, map[string]any{"token_type": "Bearer", "expires_in": 3600, "access_token": "a-token"})
		}}
		c := newCloud(t, f)
		pages = 1000
		_, err := token(t, c)
		page, ok := errors.AsType[*azure.AnswerError](err)
		if !ok || !strings.HasPrefix(err.Error(), `signing in to Azure: the answer is a web page titled "Sign in"`) || page.Hint() == "" || azure.Explain(err) != nil {
			t.Errorf("got %v, want the page named", err)
		}
		if _, err := c.ResourceGroup(t.Context(), testSub, "jobs"); err == nil || !strings.Contains(err.Error(), "signing in to Azure: the answer is a web page") {
			t.Errorf("got %v, want the sign-in named", err)
		}
		pages = 1
		if got, err := token(t, c); got != "a-token" || err != nil {
			t.Errorf("got %q, %v after one page", got, err)
		}
		pages = 1000
		time.Sleep(57 * time.Minute)
		if got, err := token(t, c); got != "a-token" || err != nil {
			t.Errorf("got %q, %v; want the old token while it still counts", got, err)
		}
	})
}
