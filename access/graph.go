package access

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/pacific-aci/pacific/azure"
)

// pageLimit ends a list whose next link leads in a circle.
const pageLimit = 1000

// graphCall is one request to Microsoft Graph.
type graphCall struct {
	method string
	path   string // from /applications on
	query  url.Values
	body   any
	// upsert makes a PATCH to an alternate key create what is not there.
	upsert bool
	// next is a next link, instead of path and query.
	next string
}

// send makes one call and reads the answer into to, which may be nil. It repeats nothing.
func (c *Client) send(ctx context.Context, call graphCall, to any) (status int, err error) {
	address, err := c.address(call)
	if err != nil {
		return 0, err
	}
	req, err := runtime.NewRequest(ctx, call.method, address)
	if err != nil {
		return 0, err
	}
	req.Raw().Header.Set("Accept", "application/json")
	if call.upsert {
		req.Raw().Header.Set("Prefer", "create-if-missing")
	}
	if call.body != nil {
		if err := runtime.MarshalAsJSON(req, call.body); err != nil {
			return 0, err
		}
	}
	resp, err := c.graph.Do(req)
	if err != nil {
		return 0, err
	}
	if !runtime.HasStatusCode(resp, http.StatusOK, http.StatusCreated, http.StatusNoContent) {
		return resp.StatusCode, runtime.NewResponseError(resp)
	}
	if to == nil || resp.StatusCode == http.StatusNoContent {
		runtime.Drain(resp)
		return resp.StatusCode, nil
	}
	if err := runtime.UnmarshalAsJSON(resp, to); err != nil {
		return resp.StatusCode, fmt.Errorf("reading Microsoft Graph's answer: %w", err)
	}
	return resp.StatusCode, nil
}

// address builds the URL. A next link is followed only on Graph's own host: the token goes with it.
func (c *Client) address(call graphCall) (string, error) {
	base := strings.TrimRight(c.cloud.Endpoints().Graph, "/")
	if call.next == "" {
		address := base + "/v1.0" + call.path
		if len(call.query) > 0 {
			// Graph reads a plus as itself, so a blank has to be %20.
			address += "?" + strings.ReplaceAll(call.query.Encode(), "+", "%20")
		}
		return address, nil
	}
	return call.next, azure.CheckNextLink(base, call.next)
}

// list reads all pages of a list, of what the filter names unless that is empty. A page that is lost is asked for again.
func list[T any](ctx context.Context, c *Client, path, filter string) ([]T, error) {
	var all []T
	call := graphCall{method: http.MethodGet, path: path}
	if filter != "" {
		call.query = url.Values{"$filter": {filter}}
	}
	for range pageLimit {
		var page struct {
			Value    []T    `json:"value"`
			NextLink string `json:"@odata.nextLink"`
		}
		err := c.repeat(ctx, "Microsoft Graph", func(ctx context.Context) error {
			_, err := c.send(ctx, call, &page)
			return err
		}, nil)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Value...)
		if page.NextLink == "" {
			return all, nil
		}
		call = graphCall{method: http.MethodGet, next: page.NextLink}
	}
	return nil, fmt.Errorf("following a list: it has over %d pages", pageLimit)
}

// quoted is a text as OData writes it: in single quotes, with those inside doubled.
func quoted(text string) string {
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// key is the path of an object by an alternate key, such as /applications(appId='…').
func key(collection, name, value string) string {
	return "/" + collection + "(" + name + "=" + url.PathEscape(quoted(value)) + ")"
}
