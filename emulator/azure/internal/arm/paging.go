package arm

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

// List is ARM's collection.
type List[T any] struct {
	Value []T `json:"value"`
	// NextLink is an absolute URL; absent on the last page.
	NextLink string `json:"nextLink,omitempty"`
}

// Paginate cuts the page that a call asks for out of items, which must be sorted by
// key. size is the service's own page length; a smaller $top is heeded. The
// $skiptoken carries the last key shown, so that items which come and go between two
// pages neither repeat nor hide others. Errors are *Error, 400.
func Paginate[T any](r *Request, items []T, size int, key func(T) string) (List[T], error) {
	query := r.URL.Query()
	if top := query.Get("$top"); top != "" {
		n, err := strconv.Atoi(top)
		if err != nil || n < 1 {
			return List[T]{}, BadRequest("InvalidTopParameter", "The value '%s' of the query parameter '$top' is not a whole number above zero.", top)
		}
		size = min(size, n)
	}
	if token := query.Get("$skiptoken"); token != "" {
		last, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil {
			return List[T]{}, BadRequest("InvalidSkipToken", "The value of the query parameter '$skiptoken' is not one that this service gave.")
		}
		from, found := slices.BinarySearchFunc(items, string(last), func(item T, last string) int {
			return strings.Compare(key(item), last)
		})
		if found {
			from++
		}
		items = items[from:]
	}
	page := List[T]{Value: append(make([]T, 0, min(size, len(items))), items[:min(size, len(items))]...)}
	if len(items) > size {
		query.Set("$skiptoken", base64.RawURLEncoding.EncodeToString([]byte(key(items[size-1]))))
		page.NextLink = r.AbsoluteURL(r.URL.EscapedPath(), query)
	}
	return page, nil
}
