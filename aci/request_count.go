package aci

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// requestCount counts what one job costs of Azure's request limits.
type requestCount struct{ state, logs, writes atomic.Int64 }

type requestCountKey struct{}

func withRequestCount(ctx context.Context, count *requestCount) context.Context {
	return context.WithValue(ctx, requestCountKey{}, count)
}

func (count *requestCount) reads() Reads {
	return Reads{State: int(count.state.Load()), Logs: int(count.logs.Load()), Writes: int(count.writes.Load())}
}

// countRequests counts each request on the requestCount of its context.
type countRequests struct{}

// Do counts one request.
func (countRequests) Do(req *policy.Request) (*http.Response, error) {
	raw := req.Raw()
	if count, ok := raw.Context().Value(requestCountKey{}).(*requestCount); ok {
		switch {
		case raw.Method != http.MethodGet:
			count.writes.Add(1)
		case strings.HasSuffix(raw.URL.Path, "/logs"):
			count.logs.Add(1)
		default:
			count.state.Add(1)
		}
	}
	return req.Next()
}
