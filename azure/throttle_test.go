package azure_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/pacific-aci/pacific/azure"
)

// armRequest sends one request as a client of the SDK would.
func armRequest(t *testing.T, c *azure.Cloud, ctx context.Context, method, path string) *http.Response {
	t.Helper()
	cred, err := c.Credential()
	if err != nil {
		t.Fatal(err)
	}
	client, err := arm.NewClient("test", "v1.0.0", cred, c.ARMOptions())
	if err != nil {
		t.Fatal(err)
	}
	req, err := runtime.NewRequest(ctx, method, client.Endpoint()+path+"?api-version=2023-05-01")
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Pipeline().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// refusesWhile answers 429, to come again after 30 s, as long as throttle is set.
func refusesWhile(throttle *bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if *throttle {
			w.Header().Set("Retry-After", "30")
			w.Header().Set("x-ms-ratelimit-remaining-subscription-reads", "0")
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}
}

// TestBucketsAreKeyedAsARMs: a throttled bucket holds back its own requests only, from every client
// made of the Cloud.
func TestBucketsAreKeyedAsARMs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		throttle := true
		c := newCloud(t, &fakeAzure{arm: refusesWhile(&throttle)})
		west := azure.WithRegion(t.Context(), "West Europe")
		if got := armRequest(t, c, west, "GET", "/subscriptions/A/x").StatusCode; got != http.StatusTooManyRequests {
			t.Fatalf("got %d; the SDK must not repeat a 429 by itself", got)
		}
		throttle = false
		start := time.Now()
		armRequest(t, c, west, "PUT", "/subscriptions/A/x")
		armRequest(t, c, west, "DELETE", "/subscriptions/A/x")
		armRequest(t, c, west, "GET", "/subscriptions/B/x")
		armRequest(t, c, azure.WithRegion(t.Context(), "eastus"), "GET", "/subscriptions/A/x")
		armRequest(t, c, t.Context(), "GET", "/subscriptions/A/x")
		armRequest(t, c, west, "GET", "/tenants")
		if waited := time.Since(start); waited != 0 {
			t.Errorf("others waited %v, want no wait", waited)
		}
		armRequest(t, c, azure.WithRegion(t.Context(), "westeurope"), "GET", "/subscriptions/a/y")
		if waited := time.Since(start); waited != 30*time.Second {
			t.Errorf("the same bucket waited %v, want 30s", waited)
		}
	})
}

func TestLogReadsWaitBehindStateReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order []string
		throttle := true
		c := newCloud(t, &fakeAzure{arm: func(w http.ResponseWriter, r *http.Request) {
			if throttle {
				w.Header().Set("retry-after-ms", "100")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			order = append(order, r.URL.Path)
		}})
		armRequest(t, c, t.Context(), "GET", "/subscriptions/a/first")
		throttle = false
		done := make(chan struct{})
		go func() {
			defer close(done)
			armRequest(t, c, azure.WithPriority(t.Context(), azure.PriorityLog), "GET", "/subscriptions/a/log")
		}()
		synctest.Wait()
		armRequest(t, c, t.Context(), "GET", "/subscriptions/a/state")
		<-done
		if len(order) != 2 || order[0] != "/subscriptions/a/state" {
			t.Errorf("order %v, want the state first though it came later", order)
		}
	})
}

func TestWaitingForTheLimitEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeAzure{arm: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusTooManyRequests)
		}}
		c := newCloud(t, f)
		armRequest(t, c, t.Context(), "GET", "/subscriptions")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := c.Subscriptions(ctx)
		if ctx.Err() == nil || err == nil {
			t.Fatalf("got %v, want the end of the context", err)
		}
		if e := azure.Explain(err); e != nil {
			t.Errorf("got %v, want nil: a caller that gave up has no error of Azure", e)
		}
		if n := f.count("/subscriptions"); n != 1 {
			t.Errorf("%d requests were sent, want 1", n)
		}
	})
}
