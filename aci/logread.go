package aci

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/pacific-aci/pacific/aci/internal/logcontent"
	"github.com/pacific-aci/pacific/azure"
)

// apiVersion is the SDK module's. Log reads do not use the module, which would hold three copies of 4 MB at once.
const apiVersion = "2023-05-01"

// What ACI keeps of a container's output: 4 MB while it runs; 16 KB or 1000 lines, whichever is less, once it has stopped.
const (
	keptRunning      = 4 << 20
	keptStopped      = 16 << 10
	keptStoppedLines = 1000
)

// logRequest is one read of a container's output.
type logRequest struct {
	group, container string
	tail             int // 0: all
	buf              []byte
	sent             func() // called when the read is sent, after the wait for Resource Manager's limits; may be nil
}

type sentKey struct{}

// tellSent calls logRequest.sent. It comes after the policy that waits for Resource Manager's limits.
type tellSent struct{}

// Do sends one request.
func (tellSent) Do(req *policy.Request) (*http.Response, error) {
	if sent, ok := req.Raw().Context().Value(sentKey{}).(func()); ok {
		sent()
	}
	return req.Next()
}

// readLogs reads what Azure has of the output, with times, into buf, which it may make larger.
func (c *Client) readLogs(ctx context.Context, r logRequest) ([]byte, error) {
	ctx, giveBack, err := c.cloud.AwaitTurn(azure.WithPriority(c.regional(ctx), azure.PriorityLog), c.subscription, http.MethodGet)
	if err != nil {
		return nil, azure.Plain(err)
	}
	defer giveBack()
	if r.sent != nil {
		ctx = context.WithValue(ctx, sentKey{}, r.sent)
	}
	address := runtime.JoinPaths(c.raw.Endpoint(), c.id(url.PathEscape(r.group)), "containers", url.PathEscape(r.container), "logs")
	req, err := runtime.NewRequest(ctx, http.MethodGet, address)
	if err != nil {
		return nil, err
	}
	query := url.Values{"api-version": {apiVersion}, "timestamps": {"true"}}
	if r.tail > 0 {
		query.Set("tail", strconv.Itoa(r.tail))
	}
	req.Raw().URL.RawQuery = query.Encode()
	req.Raw().Header.Set("Accept", "application/json")
	runtime.SkipBodyDownload(req)
	resp, err := c.raw.Pipeline().Do(req)
	if err != nil {
		return nil, azure.Plain(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, azure.Plain(runtime.NewResponseError(resp))
	}
	content, err := logcontent.Read(resp.Body, r.buf[:0])
	// Only a body that was read to its end leaves the connection usable.
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 4096))
	if err != nil {
		return nil, fmt.Errorf("reading logs: %w", err)
	}
	return content, nil
}
