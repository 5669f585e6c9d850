package bootstrap_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/bootstrap"
	"github.com/pacific-aci/pacific/emulator/azure"
)

// otherClock is an Azure whose clock is ahead of this machine's, or behind it.
type otherClock struct {
	http.RoundTripper
	ahead time.Duration
}

var azureTime = regexp.MustCompile(`"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"`)

func (c otherClock) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := c.RoundTripper.RoundTrip(r)
	if err != nil || !strings.Contains(r.URL.Path, "/containerGroups/") {
		return res, err
	}
	if at, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		res.Header.Set("Date", at.Add(c.ahead).UTC().Format(http.TimeFormat))
	}
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	res.Body.Close()
	text = azureTime.ReplaceAllFunc(text, func(old []byte) []byte {
		at, err := time.Parse(`"`+time.RFC3339Nano+`"`, string(old))
		if err != nil {
			return old
		}
		return []byte(strconv.Quote(at.Add(c.ahead).Format(time.RFC3339Nano)))
	})
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	res.Header.Set("Content-Length", strconv.Itoa(len(text)))
	return res, nil
}

// TestOtherClock: whether a worker stays up is told by one clock. One that does is soon found to, and one that ends again and
// again never.
func TestOtherClock(t *testing.T) {
	ends := func(ctx context.Context, _ azureemulator.ContainerCall) int {
		select {
		case <-ctx.Done():
		case <-time.After(5 * time.Second):
		}
		return 1
	}
	for name, ahead := range map[string]time.Duration{"ahead": 2 * time.Hour, "behind": -2 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, nil)
				s.wire = otherClock{s.wire, ahead}
				began := time.Now()
				s.must()
				if took := time.Since(began); took < 10*time.Second || took > 2*time.Minute {
					t.Errorf("a worker that runs took %s", took)
				}
			})
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, ends)
				s.wire = otherClock{s.wire, ahead}
				_, err := s.bootstrapper().Bootstrap(t.Context())
				if _, ok := errors.AsType[*bootstrap.WorkerError](err); !ok {
					t.Errorf("a worker that ends: %v", err)
				}
			})
		})
	}
}
