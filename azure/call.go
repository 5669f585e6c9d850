package azure

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// Versions of ARM's own API that are asked for; each cloud has them.
const (
	subscriptionsVersion = "2022-12-01"
	resourcesVersion     = "2021-04-01"
)

// pageLimit ends a list whose next link leads in a circle.
const pageLimit = 1000

// call is one request to ARM.
type call struct {
	method  string // empty: GET
	path    string // from /subscriptions on
	version string
	next    string // a next link, instead of path and version
}

// pipeline is made for each call: it is a handful of pointers, and the credential, the
// connections and the token buckets behind it are the Cloud's own.
func (c *Cloud) pipeline() (runtime.Pipeline, error) {
	cred, err := c.Credential()
	if err != nil {
		return runtime.Pipeline{}, err
	}
	client, err := arm.NewClient("azure", "v0.0.0", cred, c.ARMOptions())
	if err != nil {
		return runtime.Pipeline{}, err
	}
	return client.Pipeline(), nil
}

// send makes one call and reads the answer into to, which may be nil. Errors are explained.
func send(ctx context.Context, c *Cloud, what call, to any) error {
	pipeline, err := c.pipeline()
	if err != nil {
		return err
	}
	address, err := c.address(what)
	if err != nil {
		return err
	}
	req, err := runtime.NewRequest(ctx, cmp.Or(what.method, http.MethodGet), address)
	if err != nil {
		return err
	}
	req.Raw().Header.Set("Accept", "application/json")
	resp, err := pipeline.Do(req)
	if page, ok := err.(*AnswerError); ok { //nolint:errorlint // one inside another error is the sign-in's
		return fmt.Errorf("reading Azure's answer: %w", page)
	}
	if err != nil {
		return Plain(err)
	}
	if !runtime.HasStatusCode(resp, http.StatusOK, http.StatusAccepted) {
		return Plain(runtime.NewResponseError(resp))
	}
	if to == nil {
		return nil
	}
	if err := runtime.UnmarshalAsJSON(resp, to); err != nil {
		return fmt.Errorf("reading Azure's answer: %w", Plain(err))
	}
	return nil
}

// address builds the URL. A next link is followed only on ARM's own host: the token goes with it.
func (c *Cloud) address(what call) (string, error) {
	if what.next == "" {
		return c.endpoints.ResourceManager + what.path + "?api-version=" + url.QueryEscape(what.version), nil
	}
	return what.next, CheckNextLink(c.endpoints.ResourceManager, what.next)
}

// CheckNextLink returns an error for a list's next page that is not on the host of base, a service's URL: whoever follows
// it sends the token along.
func CheckNextLink(base, link string) error {
	home, err := url.Parse(base)
	if err != nil {
		return err
	}
	if next, err := url.Parse(link); err != nil || next.Scheme != home.Scheme || next.Host != home.Host {
		return fmt.Errorf("following a list: its next page is not on %s but at %q", home.Host, clip(oneLine(link), 200))
	}
	return nil
}

// getAll reads a list, page by page.
func getAll[T any](ctx context.Context, c *Cloud, what call) ([]T, error) {
	var all []T
	for range pageLimit {
		var page struct {
			Value    []T    `json:"value"`
			NextLink string `json:"nextLink"`
		}
		if err := send(ctx, c, what, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Value...)
		if page.NextLink == "" {
			return all, nil
		}
		what = call{next: page.NextLink, version: what.version}
	}
	return nil, fmt.Errorf("following a list: it has over %d pages", pageLimit)
}
