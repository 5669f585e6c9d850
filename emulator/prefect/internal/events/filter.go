package events

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// eventFilter is the criteria for events. Criteria that are null, or empty lists, let everything pass.
type eventFilter struct {
	Occurred struct {
		Since api.Time `json:"since"`
		Until api.Time `json:"until"`
	} `json:"occurred"`
	Event       *nameFilter     `json:"event"`
	Resource    *resourceFilter `json:"resource"`
	Related     json.RawMessage `json:"related"`
	AnyResource json.RawMessage `json:"any_resource"`
	ID          struct {
		ID *[]uuid.UUID `json:"id"`
	} `json:"id"`
	Text  *textFilter `json:"text"`
	Order order       `json:"order"`

	related, any []resourceFilter
}

// order is by when the events occurred.
type order string

// Values lists them.
func (order) Values() []string { return []string{"ASC", "DESC"} }

type nameFilter struct {
	Prefix        *[]string `json:"prefix"`
	ExcludePrefix *[]string `json:"exclude_prefix"`
	Name          *[]string `json:"name"`
	ExcludeName   *[]string `json:"exclude_name"`
}

// resourceFilter is the criteria for an event's own resource, for one that is related, or for any of them. The first
// knows no roles, the second no prefixes; the server refuses those, and here they hold.
type resourceFilter struct {
	ID               *[]string       `json:"id"`
	IDPrefix         *[]string       `json:"id_prefix"`
	Labels           *map[string]any `json:"labels"`
	Distinct         bool            `json:"distinct"`
	Role             *[]string       `json:"role"`
	ResourcesInRoles *[][]string     `json:"resources_in_roles"`
}

// lookBack is how far a filter looks back that does not say.
const lookBack = 180 * 24 * time.Hour

// prepare fills in what the filter does not say, and reads the parts that may be one filter or a list of them.
func (f *eventFilter) prepare() error {
	now := time.Now().UTC()
	if f.Occurred.Since.IsZero() {
		f.Occurred.Since = api.At(now.Truncate(24 * time.Hour).Add(-lookBack))
	}
	if f.Occurred.Until.IsZero() {
		f.Occurred.Until = api.At(now)
	}
	if f.Order == "" {
		f.Order = "DESC"
	}
	var err, err2 error
	f.related, err = oneOrMore(f.Related)
	f.any, err2 = oneOrMore(f.AnyResource)
	return cmp.Or(err, err2)
}

func oneOrMore(text json.RawMessage) ([]resourceFilter, error) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || string(text) == "null" {
		return nil, nil
	}
	if text[0] == '[' {
		var list []resourceFilter
		return list, api.Parse(text, &list)
	}
	list := make([]resourceFilter, 1)
	return list, api.Parse(text, &list[0])
}

// live reports whether an event that just came is for a listener. The server does not look at related resources here.
func (f *eventFilter) live(e *db.Event) bool {
	if e.Occurred.Before(f.Occurred.Since.Time) || e.Occurred.After(f.Occurred.Until.Time) {
		return false
	}
	if f.Event != nil && !f.Event.match(e.Event) || f.Resource != nil && !f.Resource.match(e.Resource) {
		return false
	}
	if !none(f.ID.ID) && !slices.Contains(*f.ID.ID, e.ID) {
		return false
	}
	for i := range f.any {
		if !f.any[i].match(e.Resource) && !slices.ContainsFunc(e.Related, f.any[i].match) {
			return false
		}
	}
	return f.Text == nil || f.Text.match(eventText(e))
}

// kept is the same for events of before, where the server looks at everything.
func (f *eventFilter) kept(e *db.Event) bool {
	if !f.live(e) {
		return false
	}
	for i := range f.related {
		if !f.related[i].empty() && !slices.ContainsFunc(e.Related, f.related[i].match) {
			return false
		}
	}
	return true
}

func (f *resourceFilter) empty() bool {
	return none(f.ID) && none(f.IDPrefix) && none(f.Role) && none(f.ResourcesInRoles) && f.Labels == nil
}

func none[T any](list *[]T) bool { return list == nil || len(*list) == 0 }

func (f *nameFilter) match(name string) bool {
	hasPrefix := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
	switch {
	case !none(f.Prefix) && !slices.ContainsFunc(*f.Prefix, hasPrefix):
	case !none(f.ExcludePrefix) && slices.ContainsFunc(*f.ExcludePrefix, hasPrefix):
	case !none(f.Name) && !slices.Contains(*f.Name, name):
	case !none(f.ExcludeName) && slices.Contains(*f.ExcludeName, name):
	default:
		return true
	}
	return false
}

func (f *resourceFilter) match(labels map[string]string) bool {
	id, role := labels["prefect.resource.id"], labels["prefect.resource.role"]
	hasPrefix := func(prefix string) bool { return strings.HasPrefix(id, prefix) }
	inRole := func(pair []string) bool { return len(pair) == 2 && pair[0] == id && pair[1] == role }
	switch {
	case !none(f.ID) && !slices.Contains(*f.ID, id):
	case !none(f.IDPrefix) && !slices.ContainsFunc(*f.IDPrefix, hasPrefix):
	case !none(f.Role) && !slices.Contains(*f.Role, role):
	case !none(f.ResourcesInRoles) && !slices.ContainsFunc(*f.ResourcesInRoles, inRole):
	default:
		return f.Labels == nil || hasLabels(labels, *f.Labels)
	}
	return false
}

// hasLabels reports whether a resource has all the labels, each with one of the values that are asked for.
func hasLabels(labels map[string]string, wanted map[string]any) bool {
	for label, patterns := range wanted {
		value, ok := labels[label]
		if !ok || !slices.ContainsFunc(wantedValues(patterns), func(pattern string) bool { return labelMatches(value, pattern) }) {
			return false
		}
	}
	return true
}

// wantedValues is one value or a list.
func wantedValues(wanted any) []string {
	switch v := wanted.(type) {
	case string:
		return []string{v}
	case []any:
		var values []string
		for _, item := range v {
			if text, ok := item.(string); ok {
				values = append(values, text)
			}
		}
		return values
	}
	return nil
}

// labelMatches compares with a pattern of * and ?, which a leading ! turns around.
func labelMatches(value, pattern string) bool {
	pattern, negated := strings.CutPrefix(pattern, "!")
	return api.Glob(value, pattern) != negated
}
