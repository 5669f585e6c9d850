package arm_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/armtest"
)

func TestHeaders(t *testing.T) {
	c := armtest.NewCore(t, "")
	const guid = "11111111-2222-4333-8444-555555555555"
	got := armtest.Call(c, "GET", "/subscriptions", "").Header()
	for name, pattern := range map[string]string{
		"X-Ms-Request-Id": "^[0-9a-f-]{36}$", "X-Ms-Correlation-Request-Id": "^[0-9a-f-]{36}$", "X-Ms-Routing-Request-Id": "^EMULATOR:[0-9]{8}T[0-9]{6}Z:[0-9a-f-]{36}$",
		"Cache-Control": "^no-cache$", "Content-Type": "^application/json; charset=utf-8$", "X-Ms-Ratelimit-Remaining-Tenant-Reads": "^249$",
		"Strict-Transport-Security": "max-age", "X-Content-Type-Options": "^nosniff$",
	} {
		if !regexp.MustCompile(pattern).MatchString(got.Get(name)) {
			t.Errorf("%s: %q, want %s", name, got.Get(name), pattern)
		}
	}
	got = armtest.Call(c, "GET", "/subscriptions", "", "X-Ms-Client-Request-Id", guid, "X-Ms-Correlation-Request-Id", guid).Header()
	if got.Get("X-Ms-Client-Request-Id") != "" || got.Get("X-Ms-Correlation-Request-Id") != guid {
		t.Errorf("not asked to return the client's id: %v", got)
	}
	got = armtest.Call(c, "GET", "/subscriptions", "", "X-Ms-Client-Request-Id", guid, "X-Ms-Return-Client-Request-Id", "true", "X-Ms-Correlation-Request-Id", "<script>").Header()
	if got.Get("X-Ms-Client-Request-Id") != guid || got.Get("X-Ms-Correlation-Request-Id") == "<script>" {
		t.Errorf("asked to return the client's id: %v", got)
	}
	if got := armtest.Call(c, "PUT", sub+"/resourcegroups/g", `{"location":"eastus"}`).Header(); got.Get("X-Ms-Ratelimit-Remaining-Subscription-Writes") != "199" || got.Get("X-Ms-Ratelimit-Remaining-Subscription-Global-Writes") != "2999" {
		t.Errorf("a write: %v", got)
	}
	if got := armtest.Call(c, "DELETE", sub+"/resourcegroups/none", "").Header(); got.Get("X-Ms-Ratelimit-Remaining-Subscription-Deletes") != "199" || got.Get("X-Ms-Request-Id") == "" {
		t.Errorf("an error: %v", got)
	}
	if got := armtest.Call(c, "DELETE", sub+"/resourcegroups/none", "", "X-Ms-Return-Client-Request-Id", "true").Header(); got.Get("X-Ms-Failure-Cause") != "gateway" {
		t.Errorf("an error: %v", got)
	}
}

func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := armtest.NewCore(t, `{"throttle":{"enabled":true,"reads":{"bucket":2,"perSecond":0.1}}}`)
		for i, want := range []string{"1", "0"} {
			got := armtest.Call(c, "GET", sub+"/resourcegroups", "")
			if got.Code != 200 || got.Header().Get("X-Ms-Ratelimit-Remaining-Subscription-Reads") != want {
				t.Errorf("call %d: %d, %s left", i, got.Code, got.Header().Get("X-Ms-Ratelimit-Remaining-Subscription-Reads"))
			}
		}
		got := armtest.Call(c, "GET", sub+"/resourcegroups", "")
		code, message := got.Fault()
		if got.Code != 429 || code != "SubscriptionRequestsThrottled" || got.Header().Get("Retry-After") != "10" || got.Header().Get("X-Ms-Ratelimit-Remaining-Subscription-Reads") != "0" {
			t.Errorf("%d %s %s %v", got.Code, code, message, got.Header())
		}
		if want := "Number of 'read' requests for subscription '" + subscription + "' actor 'object' exceeded. Please try again after '10' seconds"; !strings.HasPrefix(message, want) {
			t.Errorf("%q, want %q…", message, want)
		}
		if got := armtest.Call(c, "PUT", sub+"/resourcegroups/g", `{"location":"eastus"}`); got.Code != 201 {
			t.Errorf("writes share the reads' bucket: %d", got.Code)
		}
		if got := armtest.Call(c, "GET", sub+"/providers/Contoso.Storage/locations/westus2/operations/x", ""); got.Code != 404 {
			t.Errorf("regions share a bucket: %d", got.Code)
		}
		time.Sleep(10 * time.Second)
		if got := armtest.Call(c, "GET", sub+"/resourcegroups", ""); got.Code != 200 {
			t.Errorf("after the wait: %d", got.Code)
		}
		// Refused callers cost nothing.
		for range 5 {
			armtest.Call(c, "GET", sub+"/resourcegroups", "", "Authorization", "Bearer bad")
		}
	})
}

func TestFaultEffects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := armtest.NewCore(t, "")
		armtest.Group(t, c, "g")
		box := sub + "/resourceGroups/g/providers/Contoso.Storage/boxes/b"
		there := func() bool { _, ok := c.Get(armtest.BoxID("g", "b")); return ok }
		tests := []struct {
			effect  string
			status  int
			code    string
			applied bool
			after   time.Duration
			dropped bool
		}{
			{`{"status":409,"code":"ServiceUnavailable","message":"full"}`, 409, "ServiceUnavailable", false, 0, false},
			{`{"status":503}`, 503, "ServiceUnavailable", false, 0, false},
			{`{"status":499}`, 499, "InjectedFault", false, 0, false},
			{`{"status":503,"applyFirst":true,"delay":"1m"}`, 503, "ServiceUnavailable", true, time.Minute, false},
			{`{"delay":"1h"}`, 201, "", true, time.Hour, false},
			{`{"drop":true}`, 200, "", false, 0, true},
			{`{"drop":true,"applyFirst":true}`, 200, "", true, 0, true},
			{`{"provisioningState":"Failed"}`, 201, "", true, 0, false},
		}
		for _, tt := range tests {
			c.Delete(armtest.BoxID("g", "b"))
			c.Faults.ClearFaults()
			if err := c.Faults.AddFaults([]byte(`{"match":{"operation":"Boxes_CreateOrUpdate"},"effect":` + tt.effect + `}`)); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			got := armtest.Call(c, "PUT", box, `{"location":"eastus"}`)
			code, _ := got.Fault()
			if got.Code != tt.status || code != tt.code || there() != tt.applied || time.Since(began) != tt.after || got.Dropped != tt.dropped {
				t.Errorf("%s: %d %s, applied %t, dropped %t, after %s", tt.effect, got.Code, code, there(), got.Dropped, time.Since(began))
			}
		}
	})
}

// A fault finds the region in the path, the stored resource, the body, or the group.
func TestRegions(t *testing.T) {
	c := armtest.NewCore(t, "")
	armtest.Group(t, c, "g")
	armtest.PutBox(t, c, "g", "far", `{"location":"westus2"}`)
	for i, tt := range []struct{ method, path, body, region string }{
		{"GET", sub + "/resourceGroups/g/providers/Contoso.Storage/boxes/far", "", "westus2"},
		{"GET", sub + "/resourceGroups/g/providers/Contoso.Storage/boxes/far/lids/l", "", "westus2"},
		{"PUT", sub + "/resourceGroups/g/providers/Contoso.Storage/boxes/new", `{"location":"North Europe"}`, "northeurope"},
		{"PUT", sub + "/resourceGroups/g/providers/Contoso.Storage/boxes/far", `{"location":"northeurope"}`, "westus2"},
		{"GET", sub + "/resourceGroups/g/providers/Contoso.Storage/boxes/none", "", "eastus"},
		{"GET", sub + "/providers/Contoso.Storage/locations/West%20Europe/operations/x", "", "westeurope"},
	} {
		c.Faults.ClearFaults()
		if err := c.Faults.AddFaults(fmt.Appendf(nil, `{"match":{"region":%q},"effect":{"status":599}}`, tt.region)); err != nil {
			t.Fatal(err)
		}
		if got := armtest.Call(c, tt.method, tt.path, tt.body); got.Code != 599 {
			t.Errorf("%d: %s %s is not in %s: %d %s", i, tt.method, tt.path, tt.region, got.Code, got.Body)
		}
	}
}

func TestReadLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := armtest.NewCore(t, `{"latency":{"read":"3s"}}`)
		for method, want := range map[string]time.Duration{"GET": 3 * time.Second, "HEAD": 3 * time.Second, "PUT": 0} {
			began := time.Now()
			armtest.Call(c, method, sub+"/resourcegroups/g", `{"location":"eastus"}`)
			if took := time.Since(began); took != want {
				t.Errorf("%s took %s, want %s", method, took, want)
			}
		}
	})
}

func TestHostsAreWatched(t *testing.T) {
	c := armtest.NewCore(t, "")
	var body string
	c.HandleHost("*.example.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arm.NotePrincipal(r.Context(), "somebody")
		if r.URL.Path == "/panic" {
			panic("x")
		}
		if r.URL.Path != "/silent" {
			_, _ = w.Write([]byte("hello"))
		}
	}), func(r *http.Request) string { return "Op" + strings.ReplaceAll(r.URL.Path, "/", "_") })
	c.HandleHost("exact.example.org", http.NotFoundHandler(), nil)
	for host, want := range map[string]bool{"a.example.com": true, "A.b.Example.com.:443": true, "example.com": false, "aexample.com": false, "exact.example.org": true, "x.exact.example.org": false} {
		if _, ok := c.Host(host); ok != want {
			t.Errorf("Host(%q): %t", host, ok)
		}
	}
	h, _ := c.Host("a.example.com")
	for path, want := range map[string]int{"/hello": 200, "/silent": 200, "/panic": 500} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "https://a.example.com"+path, strings.NewReader(body)))
		records := c.Requests.After(0)
		last := records[len(records)-1]
		if w.Code != want || last.Status != want || last.Operation != "Op_"+path[1:] || last.Principal != "somebody" || last.Host != "a.example.com" {
			t.Errorf("%s: %d, logged %+v", path, w.Code, last)
		}
	}
	arm.NotePrincipal(context.Background(), "nobody listens") // outside of a call nothing happens
}

func TestRequestLogIsBounded(t *testing.T) {
	c := armtest.NewCore(t, "")
	for range 10_001 {
		armtest.Call(c, "GET", "/x", "", "Authorization", "")
	}
	records := c.Requests.After(0)
	if n := len(records); n > 10_000 || n < 9_000 {
		t.Errorf("%d records", n)
	}
	if last := records[len(records)-1].Seq; last != 10_001 {
		t.Errorf("the last has seq %d", last)
	}
	tail := c.Requests.After(9_999)
	if diff := cmp.Diff([]int64{10_000, 10_001}, []int64{tail[0].Seq, tail[1].Seq}); diff != "" || len(tail) != 2 {
		t.Errorf("after 9999: %+v", tail)
	}
	if got := c.Requests.After(1); got[0].Seq != records[0].Seq {
		t.Errorf("after what is forgotten: seq %d, want %d", got[0].Seq, records[0].Seq)
	}
}
