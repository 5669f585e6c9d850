package azure_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/azure"
)

func subscriptionsBody(subs ...map[string]any) map[string]any { return map[string]any{"value": subs} }

func sub(id, name, state string) map[string]any {
	return map[string]any{"subscriptionId": id, "displayName": name, "tenantId": testTenant, "state": state}
}

func TestSubscription(t *testing.T) {
	tests := map[string]struct {
		found []map[string]any
		want  string
		id    string
		fails string
	}{
		"the only one":          {found: []map[string]any{sub("a", "Alpha", "Enabled")}, id: "a"},
		"the only usable one":   {found: []map[string]any{sub("a", "Alpha", "Disabled"), sub("b", "Beta", "Enabled")}, id: "b"},
		"by id, any case":       {found: []map[string]any{sub("a", "Alpha", "Enabled"), sub("b", "Beta", "Enabled")}, want: "B", id: "b"},
		"by name, any case":     {found: []map[string]any{sub("a", "Alpha", "Enabled"), sub("b", "Beta", "Enabled")}, want: "alpha", id: "a"},
		"several":               {found: []map[string]any{sub("a", "Alpha", "Enabled"), sub("b", "Beta", "Warned")}, fails: "several subscriptions; choose one of: Alpha (a), Beta (b)"},
		"unknown":               {found: []map[string]any{sub("a", "Alpha", "Disabled")}, want: "x", fails: `no subscription "x"; this account can see: Alpha (a, Disabled)`},
		"two of the same name":  {found: []map[string]any{sub("a", "Same", "Enabled"), sub("b", "Same", "Enabled")}, want: "same", fails: `2 subscriptions are named "same"; use the id of one: Same (a), Same (b)`},
		"none at all":           {fails: "this account can see no subscription"},
		"none is enabled":       {found: []map[string]any{sub("a", "Alpha", "Disabled")}, fails: "no enabled subscription, only: Alpha (a, Disabled)"},
		"an id beats its state": {found: []map[string]any{sub("a", "Alpha", "Disabled")}, want: "a", id: "a"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t, &fakeAzure{arm: func(w http.ResponseWriter, r *http.Request) { reply(w, 200, subscriptionsBody(tt.found...)) }})
			got, err := c.Subscription(t.Context(), tt.want)
			if tt.fails == "" {
				if err != nil || got.ID != tt.id {
					t.Fatalf("got %v, %v; want id %q", got, err, tt.id)
				}
				return
			}
			if e, ok := errors.AsType[*azure.SubscriptionError](err); !ok || len(e.Found) != len(tt.found) {
				t.Errorf("got %T, want a *SubscriptionError with %d found", err, len(tt.found))
			}
			if err == nil || !strings.Contains(err.Error(), tt.fails) {
				t.Errorf("got %v, want %q in it", err, tt.fails)
			}
		})
	}
}

func TestSubscriptionsFollowPagesOnlyAtHome(t *testing.T) {
	next := "https://management.azure.com/subscriptions?api-version=2022-12-01&$skiptoken=2"
	f := &fakeAzure{}
	f.arm = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("$skiptoken") != "" {
			reply(w, 200, subscriptionsBody(sub("b", "Beta", "Enabled")))
			return
		}
		reply(w, 200, map[string]any{"value": []any{sub("c", "Gamma", "Enabled")}, "nextLink": next})
	}
	c := newCloud(t, f)
	got, err := c.Subscriptions(t.Context())
	want := []azure.Subscription{
		{ID: "b", Name: "Beta", TenantID: testTenant, State: "Enabled"},
		{ID: "c", Name: "Gamma", TenantID: testTenant, State: "Enabled"},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v; -want +got:\n%s", err, diff)
	}

	next = "https://elsewhere.example/subscriptions?$skiptoken=2"
	if _, err := c.Subscriptions(t.Context()); err == nil || !strings.Contains(err.Error(), "elsewhere.example") {
		t.Errorf("got %v, want a refusal of the page elsewhere", err)
	}
	if n := f.count("/subscriptions"); n != 3 {
		t.Errorf("got %d requests, want 3: none to the other host", n)
	}
}

func TestResourceGroup(t *testing.T) {
	f := &fakeAzure{arm: func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/resourcegroups/jobs") {
			reply(w, 404, map[string]any{"error": map[string]any{"code": "ResourceGroupNotFound", "message": "Resource group 'x' could not be found."}})
			return
		}
		reply(w, 200, map[string]any{"id": "/subscriptions/s/resourceGroups/jobs", "name": "jobs", "location": "westeurope",
			"tags": map[string]any{"a": "b"}, "properties": map[string]any{"provisioningState": "Succeeded"}})
	}}
	c := newCloud(t, f)
	got, err := c.ResourceGroup(t.Context(), testSub, "jobs")
	want := azure.ResourceGroup{ID: "/subscriptions/s/resourceGroups/jobs", Name: "jobs", Location: "westeurope", Tags: map[string]string{"a": "b"}, ProvisioningState: "Succeeded"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v; -want +got:\n%s", err, diff)
	}
	if got, want := f.last().URL.String(), "https://management.azure.com/subscriptions/"+testSub+"/resourcegroups/jobs?api-version=2021-04-01"; got != want {
		t.Errorf("asked %s, want %s", got, want)
	}
	_, err = c.ResourceGroup(t.Context(), testSub, "a/b")
	if e := azure.Explain(err); e == nil || e.Class != azure.ClassNotFound {
		t.Errorf("got %v, want not found", err)
	}
	if got := f.last().URL.EscapedPath(); !strings.HasSuffix(got, "/a%2Fb") {
		t.Errorf("asked %s, want the name escaped", got)
	}
}

func TestProvider(t *testing.T) {
	f := &fakeAzure{arm: func(w http.ResponseWriter, r *http.Request) {
		reply(w, 200, map[string]any{"namespace": "Microsoft.ContainerInstance", "registrationState": "Registered",
			"resourceTypes": []any{map[string]any{"resourceType": "containerGroups", "locations": []string{"West Europe"}}}})
	}}
	c := newCloud(t, f)
	p, err := c.Provider(t.Context(), testSub, "Microsoft.ContainerInstance")
	if err != nil || !p.Registered() || !cmp.Equal(p.Locations["containerGroups"], []string{"West Europe"}) {
		t.Errorf("got %+v, %v", p, err)
	}
	if err := c.RegisterProvider(t.Context(), testSub, "Microsoft.ContainerInstance"); err != nil {
		t.Error(err)
	}
	if r := f.last(); r.Method != "POST" || !strings.HasSuffix(r.URL.Path, "/Microsoft.ContainerInstance/register") {
		t.Errorf("got %s %s, want a POST of register", r.Method, r.URL.Path)
	}
	if (azure.Provider{RegistrationState: "NotRegistered"}).Registered() {
		t.Error("NotRegistered counts as registered")
	}
}

func TestAnswerThatIsNoJSON(t *testing.T) {
	c := newCloud(t, &fakeAzure{arm: func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("<html>hello")) }})
	if _, err := c.Subscriptions(t.Context()); err == nil || !strings.Contains(err.Error(), "reading Azure's answer") {
		t.Errorf("got %v, want an error of reading", err)
	}
}
