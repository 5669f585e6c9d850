package aci

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// meter counts what one job costs of Azure's request limits.
type meter struct{ state, logs, writes atomic.Int64 }

type meterKey struct{}

func withMeter(ctx context.Context, m *meter) context.Context {
	return context.WithValue(ctx, meterKey{}, m)
}

func (m *meter) reads() Reads {
	return Reads{State: int(m.state.Load()), Logs: int(m.logs.Load()), Writes: int(m.writes.Load())}
}

// meterPolicy counts each request on the meter of its context.
type meterPolicy struct{}

// Do counts one request.
func (meterPolicy) Do(req *policy.Request) (*http.Response, error) {
	raw := req.Raw()
	if m, ok := raw.Context().Value(meterKey{}).(*meter); ok {
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
