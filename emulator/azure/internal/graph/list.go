package graph

import (
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// The lengths of a page: what Microsoft Graph gives by itself, and the most that $top may ask for
// (learn.microsoft.com/graph/api/application-list).
const pageSize, maxPage = 100, 999

// page answers with those of the objects that the query asks for. They must be sorted by id; what names them in the
// answer's context.
func (c *call) page(all []object, what string) (reply, error) {
	query := c.URL.Query()
	for name := range query {
		if !slices.Contains([]string{"$filter", "$select", "$top", "$skiptoken", "$count"}, strings.ToLower(name)) {
			return reply{}, refuse(http.StatusBadRequest, "Request_UnsupportedQuery", "The query parameter '%s' is not supported for this request.", name)
		}
	}
	keep, err := parseFilter(query.Get("$filter"), c.segment)
	if err != nil {
		return reply{}, err
	}
	size := pageSize
	if top := query.Get("$top"); top != "" {
		size, err = strconv.Atoi(top)
		if err != nil || size < 1 || size > maxPage {
			return reply{}, badRequest("Invalid page size specified: '%s'. Must be between 1 and %d inclusive.", top, maxPage)
		}
	}
	after, err := base64.RawURLEncoding.DecodeString(query.Get("$skiptoken"))
	if err != nil {
		return reply{}, refuse(http.StatusBadRequest, "Directory_ExpiredPageToken", "The specified page token value has expired and can no longer be included in your request.")
	}
	found, err := filtered(all, keep)
	if err != nil {
		return reply{}, err
	}
	body := object{"@odata.context": c.context(what)}
	if c.counts(query) && len(after) == 0 { // the first page alone says how many there are
		body["@odata.count"] = len(found)
	}
	id := func(o object) string { text, _ := o["id"].(string); return text }
	found = slices.DeleteFunc(found, func(o object) bool { return id(o) <= string(after) })
	if len(found) > size {
		found = found[:size]
		body["@odata.nextLink"] = c.nextLink(query, id(found[size-1]))
	}
	for i, o := range found {
		found[i] = selected(o, query.Get("$select"))
	}
	body["value"] = found
	return reply{http.StatusOK, body}, nil
}

// filtered are the objects that a filter keeps; never nil.
func filtered(all []object, keep func(object) (bool, error)) ([]object, error) {
	found := []object{}
	for _, o := range all {
		matches, err := keep(o)
		if err != nil {
			return nil, err
		}
		if matches {
			found = append(found, o)
		}
	}
	return found, nil
}

// counts reports whether a request asks for the number of objects as Microsoft Graph wants that asked: with a header too.
func (c *call) counts(query url.Values) bool {
	return strings.EqualFold(query.Get("$count"), "true") && strings.EqualFold(c.Header.Get("ConsistencyLevel"), "eventual")
}

// nextLink is the address of the page after the object with an id.
func (c *call) nextLink(query url.Values, last string) string {
	query.Set("$skiptoken", base64.RawURLEncoding.EncodeToString([]byte(last)))
	return "https://" + c.Host + c.URL.EscapedPath() + "?" + strings.ReplaceAll(query.Encode(), "+", "%20")
}

// selected keeps the properties that $select names, and those of OData itself. The id is always there.
func selected(o object, properties string) object {
	if properties == "" {
		return o
	}
	kept := object{}
	for name := range strings.SplitSeq(properties, ",") {
		if value, ok := o[strings.TrimSpace(name)]; ok {
			kept[strings.TrimSpace(name)] = value
		}
	}
	for name, value := range o {
		if name == "id" || strings.HasPrefix(name, "@odata.") {
			kept[name] = value
		}
	}
	return kept
}

// single answers with one object.
func (c *call) single(status int, o object, what string) reply {
	o = selected(o, c.URL.Query().Get("$select"))
	whole := object{"@odata.context": c.context(what + "/$entity")}
	maps.Copy(whole, o)
	return reply{status, whole}
}
