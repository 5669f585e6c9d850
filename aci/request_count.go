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

func withRequestCount(ctx context.Context, m *requestCount) context.Context {
	return context.WithValue(ctx, requestCountKey{}, m)
}

func (m *requestCount) reads() Reads {
	return Reads{State: int(m.state.Load()), Logs: int(m.logs.Load()), Writes: int(m.writes.Load())}
}

// countRequests counts each request on the requestCount of its context.
type countRequests struct{}

// Do counts one request.
func (countRequests) Do(req *policy.Request) (*http.Response, error) {
	raw := req.Raw()
	if m, ok := raw.Context().Value(requestCountKey{}).(*requestCount); ok {
		switch {
		case raw.Method != http.MethodGet:
			m.writes.Add(1)
		case strings.HasSuffix(raw.URL.Path, "/logs"):
			m.logs.Add(1)
		default:
			m.state.Add(1)
		}
	}
	return req.Next()
}
