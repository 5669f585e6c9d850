package events

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// pageSize is the most events in one page, and how many there are unasked.
const pageSize = 50

// page is the reply to a query.
type page struct {
	Events []*db.Event `json:"events"`
	Total  int         `json:"total"`
	Next   *string     `json:"next_page"`
}

// token is what the next page of a query needs.
type token struct {
	Filter *eventFilter `json:"filter"`
	Size   int          `json:"page_size"`
	Offset int          `json:"offset"`
}

func (s *store) filter(r *api.Request) (api.Reply, error) {
	body := struct {
		api.Loose
		Filter *eventFilter `json:"filter"`
		Limit  int          `json:"limit" min:"0" max:"50"`
	}{Limit: pageSize}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	if body.Filter == nil {
		body.Filter = &eventFilter{}
	}
	if err := body.Filter.prepare(); err != nil {
		return api.Reply{}, err
	}
	return s.page(r, token{body.Filter, body.Limit, 0})
}

func (s *store) filterNext(r *api.Request) (api.Reply, error) {
	query := r.HTTP.URL.Query()
	if !query.Has("page-token") {
		return api.Reply{}, api.Invalid(nil, api.Detail{Type: "missing", Loc: []any{"query", "page-token"}, Message: "Field required"})
	}
	var t token
	text, err := base64.URLEncoding.DecodeString(query.Get("page-token"))
	if err == nil {
		err = api.Parse(text, &t)
	}
	if err == nil && t.Filter != nil {
		err = t.Filter.prepare()
	}
	if err != nil || t.Filter == nil || t.Size < 1 || t.Offset < 0 {
		return api.Reply{}, api.Problem(http.StatusForbidden, "Forbidden")
	}
	return s.page(r, t)
}

// page gives a part of what a filter finds, and the address of the next one.
func (s *store) page(r *api.Request, t token) (api.Reply, error) {
	found := s.find(t.Filter)
	p := page{Events: []*db.Event{}, Total: len(found)}
	begin := min(t.Offset, len(found))
	p.Events = append(p.Events, found[begin:min(begin+t.Size, len(found))]...)
	if t.Offset+t.Size < len(found) {
		t.Offset += t.Size
		text, err := json.Marshal(t)
		if err != nil {
			return api.Reply{}, err
		}
		scheme := "http"
		if r.HTTP.TLS != nil {
			scheme = "https"
		}
		p.Next = new(scheme + "://" + r.HTTP.Host + api.Prefix + "/events/filter/next?page-token=" + base64.URLEncoding.EncodeToString(text))
	}
	return api.OK(p)
}

// find gives the events of before that a filter lets pass, in its order.
func (s *store) find(f *eventFilter) []*db.Event {
	var found []*db.Event
	for _, e := range s.events {
		if f.kept(e) {
			found = append(found, e)
		}
	}
	slices.SortStableFunc(found, func(a, b *db.Event) int { return a.Occurred.Compare(b.Occurred.Time) })
	if f.Order == "DESC" {
		slices.Reverse(found)
	}
	if f.Resource == nil || !f.Resource.Distinct {
		return found
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(found, func(e *db.Event) bool {
		id := e.Resource["prefect.resource.id"]
		again := seen[id]
		seen[id] = true
		return again
	})
}
