package events_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// page is a reply to a query.
type page struct {
	Events []struct {
		Event    string
		Payload  json.RawMessage
		Received *time.Time
		Related  []map[string]string
	}
	Total int
	Next  *string `json:"next_page"`
}

func (p page) names() string {
	var names []string
	for _, e := range p.Events {
		names = append(names, e.Event)
	}
	return strings.Join(names, " ")
}

func (r *room) query(t *testing.T, body map[string]any) page {
	t.Helper()
	status, text := r.post(t, "/events/filter", body)
	return readPage(t, status, text)
}

func readPage(t *testing.T, status int, text []byte) page {
	t.Helper()
	var p page
	if err := json.Unmarshal(text, &p); err != nil || status != http.StatusOK {
		t.Fatalf("got %d %s", status, text)
	}
	return p
}

func TestEventFilters(t *testing.T) {
	r := newRoom(t, "")
	now := time.Now().UTC()
	for i, name := range []string{"a.one", "a.two", "b.one"} {
		e := event(name)
		e["occurred"] = now.Add(time.Duration(i-10) * time.Second)
		e["resource"] = map[string]string{"prefect.resource.id": "thing." + name, "kind": name[:1]}
		e["related"] = []map[string]string{
			{"prefect.resource.id": "pool." + name[2:], "prefect.resource.role": "work-pool", "size": "big"},
			{"prefect.resource.id": "flow.1", "prefect.resource.role": "flow"},
		}
		e["payload"] = map[string]any{"n": i, "text": "Hello " + name}
		if status, text := r.create(t, "", e); status != http.StatusNoContent {
			t.Fatalf("got %d %s", status, text)
		}
	}
	tests := map[string]struct {
		filter string
		want   string
	}{
		"nothing asked":         {`{}`, "b.one a.two a.one"},
		"oldest first":          {`{"order":"ASC"}`, "a.one a.two b.one"},
		"all nulls":             {`{"event":{"prefix":null,"name":null},"resource":{"id":null,"labels":null},"related":null,"any_resource":null,"id":{"id":null},"text":null}`, "b.one a.two a.one"},
		"prefix":                {`{"event":{"prefix":["a."]}}`, "a.two a.one"},
		"without a prefix":      {`{"event":{"exclude_prefix":["a."]}}`, "b.one"},
		"name":                  {`{"event":{"name":["a.one","b.one"]}}`, "b.one a.one"},
		"without a name":        {`{"event":{"exclude_name":["a.one"]}}`, "b.one a.two"},
		"resource":              {`{"resource":{"id":["thing.a.one"]}}`, "a.one"},
		"resource's prefix":     {`{"resource":{"id_prefix":["thing.a"]}}`, "a.two a.one"},
		"label":                 {`{"resource":{"labels":{"kind":"a"}}}`, "a.two a.one"},
		"not a label's value":   {`{"resource":{"labels":{"kind":["!a"]}}}`, "b.one"},
		"label by pattern":      {`{"resource":{"labels":{"prefect.resource.id":["thing.?.one"]}}}`, "b.one a.one"},
		"no such label":         {`{"resource":{"labels":{"none":["!x"]}}}`, ""},
		"related":               {`{"related":{"id":["pool.two"]}}`, "a.two"},
		"related in a role":     {`{"related":{"role":["flow"],"id":["pool.two"]}}`, ""},
		"two that are related":  {`{"related":[{"id":["pool.one"]},{"id":["flow.1"],"role":["flow"]}]}`, "b.one a.one"},
		"pairs":                 {`{"related":{"resources_in_roles":[["pool.one","flow"],["pool.two","work-pool"]]}}`, "a.two"},
		"related's label":       {`{"related":{"labels":{"size":"b*"}}}`, "b.one a.two a.one"},
		"any resource":          {`{"any_resource":{"id":["pool.one","thing.a.two"]}}`, "b.one a.two a.one"},
		"any resource's prefix": {`{"any_resource":{"id_prefix":["thing.b"]}}`, "b.one"},
		"text":                  {`{"text":{"query":"TWO"}}`, "a.two"},
		"quoted text":           {`{"text":{"query":"\"hello b\""}}`, "b.one"},
		"text without another":  {`{"text":{"query":"hello -b.one +big"}}`, "a.two a.one"},
		"by time":               {`{"occurred":{"since":"` + now.Add(-9*time.Second).Format(time.RFC3339Nano) + `"}}`, "b.one a.two"},
		"until":                 {`{"occurred":{"until":"` + now.Add(-9*time.Second).Format(time.RFC3339Nano) + `"}}`, "a.two a.one"},
		"no such id":            {`{"id":{"id":["` + uuid.NewString() + `"]}}`, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := r.query(t, map[string]any{"filter": json.RawMessage(tt.filter)}).names(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	got := r.query(t, map[string]any{"limit": 1}).Events[0]
	if diff := cmp.Diff(`{"n":2,"text":"Hello b.one"}`, string(got.Payload)); diff != "" || got.Received == nil || len(got.Related) != 2 {
		t.Errorf("got %+v, want the whole event", got)
	}
}

func TestEventPages(t *testing.T) {
	r := newRoom(t, "")
	for i := range 5 {
		e := event(fmt.Sprint(i))
		e["occurred"] = time.Now().Add(time.Duration(i-10) * time.Second).UTC()
		e["resource"] = map[string]string{"prefect.resource.id": fmt.Sprint("thing.", i/3)}
		r.create(t, "", e)
	}
	p := r.query(t, map[string]any{"filter": map[string]any{"order": "ASC"}, "limit": 2})
	var names strings.Builder
	names.WriteString(p.names())
	for p.Next != nil {
		if p.Total != 5 {
			t.Errorf("got a total of %d, want 5", p.Total)
		}
		u, err := url.Parse(*p.Next)
		if err != nil {
			t.Fatal(err)
		}
		status, text := r.do(httptest.NewRequest(http.MethodGet, u.RequestURI(), nil))
		p = readPage(t, status, text)
		names.WriteString("|" + p.names())
	}
	if names.String() != "0 1|2 3|4" {
		t.Errorf("got pages %q", names.String())
	}
	if got := r.query(t, map[string]any{"filter": map[string]any{"resource": map[string]any{"distinct": true}}}).names(); got != "4 2" {
		t.Errorf("got %q, want the newest of each resource", got)
	}
	for token, want := range map[string]int{"?page-token=x": 403, "?page-token=e30=": 403, "": 422} {
		if status, _ := r.do(httptest.NewRequest(http.MethodGet, "/api/events/filter/next"+token, nil)); status != want {
			t.Errorf("%s: got %d, want %d", token, status, want)
		}
	}
}

func TestBadEvents(t *testing.T) {
	r := newRoom(t, "")
	many := map[string]string{"prefect.resource.id": "x"}
	for i := range 500 {
		many[fmt.Sprint(i)] = ""
	}
	for name, tt := range map[string]struct {
		field string
		value any
		want  string
	}{
		"name too long":    {"event", strings.Repeat("x", 1025), "Event name must be at most 1024 characters"},
		"no resource id":   {"resource", map[string]string{}, "Resources must include the prefect.resource.id label"},
		"empty id":         {"resource", map[string]string{"prefect.resource.id": ""}, "The prefect.resource.id label must be non-empty"},
		"many labels":      {"resource", many, "The maximum number of labels per resource is 500"},
		"no role":          {"related", []any{map[string]string{"prefect.resource.id": "x"}}, "Related Resources must include the prefect.resource.role label"},
		"empty role":       {"related", []any{map[string]string{"prefect.resource.id": "x", "prefect.resource.role": ""}}, "The prefect.resource.role label must be non-empty"},
		"related's id":     {"related", []any{map[string]string{"prefect.resource.role": "x"}}, "Resources must include the prefect.resource.id label"},
		"many related":     {"related", manyRelated(), "The maximum number of related resources is 100"},
		"payload":          {"payload", []int{}, "Input should be a valid dictionary"},
		"id":               {"id", "x", "Input should be a valid UUID"},
		"when it occurred": {"occurred", "x", `"loc":["body",0,"occurred"]`},
	} {
		t.Run(name, func(t *testing.T) {
			e := event("x")
			e[tt.field] = tt.value
			if status, text := r.create(t, "", e); status != http.StatusUnprocessableEntity || !strings.Contains(string(text), tt.want) {
				t.Errorf("got %d %.300s, want %s", status, text, tt.want)
			}
		})
	}
	if got := r.query(t, map[string]any{}).Total; got != 0 {
		t.Errorf("%d refused events were kept", got)
	}
	if status, text := r.post(t, "/events/filter", map[string]any{"limit": 51}); status != http.StatusUnprocessableEntity {
		t.Errorf("got %d %s for more than a page", status, text)
	}
}

func manyRelated() []any {
	var list []any
	for range 101 {
		list = append(list, map[string]string{"prefect.resource.id": "x", "prefect.resource.role": "x"})
	}
	return list
}

func TestEmitFillsIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, "")
		r.Lock()
		r.Emit(db.Event{Event: "x", Resource: map[string]string{"prefect.resource.id": "thing"}})
		r.Unlock()
		status, text := r.post(t, "/events/filter", map[string]any{})
		var got struct{ Events []map[string]any }
		if err := json.Unmarshal(text, &got); err != nil || status != http.StatusOK {
			t.Fatalf("got %d %s", status, text)
		}
		id, err := uuid.Parse(got.Events[0]["id"].(string))
		if err != nil || id == (uuid.UUID{}) {
			t.Errorf("got the id %v", got.Events[0]["id"])
		}
		now := time.Now().UTC().Format("2006-01-02T15:04:05.000000Z")
		want := map[string]any{
			"id": id.String(), "event": "x", "occurred": now, "received": now, "resource": map[string]any{"prefect.resource.id": "thing"},
			"related": []any{}, "payload": map[string]any{}, "follows": nil,
		}
		if diff := cmp.Diff(want, got.Events[0]); diff != "" {
			t.Errorf("event (-want +got):\n%s", diff)
		}
	})
}

// TestOldEventsAreForgotten holds the memory flat.
func TestOldEventsAreForgotten(t *testing.T) {
	r := newRoom(t, "")
	first := uuid.New()
	r.Lock()
	for i := range 60_000 {
		e := db.Event{Event: "x", Resource: map[string]string{"prefect.resource.id": "thing"}}
		if i == 0 {
			e.ID = first
		}
		r.Emit(e)
	}
	r.Unlock()
	if got := r.query(t, map[string]any{"limit": 0}).Total; got < 20_000 || got > 25_000 {
		t.Errorf("got %d events kept, want between 20000 and 25000", got)
	}
	if got := r.query(t, map[string]any{"filter": map[string]any{"id": map[string]any{"id": []string{first.String()}}}}).Total; got != 0 {
		t.Error("the first one is still there")
	}
}
