package azure_test

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/azure"
)

// TestTokenAfterTheBucket: a wait for ARM's limit that is longer than a token's life ends with a new token.
func TestTokenAfterTheBucket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		throttle := true
		f := &fakeAzure{token: func(w http.ResponseWriter, r *http.Request) {
			reply(w, 200, map[string]any{"token_type": "Bearer", "expires_in": 300, "access_token": time.Now().Format(time.RFC3339)})
		}}
		f.arm = func(w http.ResponseWriter, r *http.Request) {
			at, err := time.Parse(time.RFC3339, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
			switch {
			case err != nil || time.Since(at) >= 300*time.Second:
				w.WriteHeader(http.StatusUnauthorized)
			case throttle:
				w.Header().Set("Retry-After", "900")
				w.WriteHeader(http.StatusTooManyRequests)
			}
		}
		c := newCloud(t, f)
		armRequest(t, c, t.Context(), "GET", "/subscriptions/a/x")
		throttle = false
		before := f.count("/subscriptions")
		if got := armRequest(t, c, t.Context(), "GET", "/subscriptions/a/x").StatusCode; got != 200 {
			t.Errorf("got %d after the wait, want 200", got)
		}
		if n := f.count("/subscriptions") - before; n != 1 {
			t.Errorf("%d requests, want one: the first already has a good token", n)
		}
	})
}

// TestLastingFailuresEndAtOnce: the SDK repeats sign-ins, but not for what only a change of settings mends.
func TestLastingFailuresEndAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		requests := 0
		c, err := azure.NewCloud(t.Context(), azure.Options{Credential: secretCredential(), Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			requests++
			return nil, x509.UnknownAuthorityError{}
		})})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, err = c.Subscriptions(t.Context())
		e := azure.Explain(err)
		if e == nil || e.Class != azure.ClassConnection || e.Lost() || e.Sent() || !strings.Contains(e.Hint(), "CA") {
			t.Errorf("got %v, want what lasts", err)
		}
		if took := time.Since(began); took > 5*time.Second || requests > 2 {
			t.Errorf("took %v and %d requests, want an end at once", took, requests)
		}
	})
}

// TestProxyThatIsNotThere: at first contact a proxy that refuses ends at once, and one that says nothing within
// half a minute, with its name. Both are wrong settings more often than pauses.
func TestProxyThatIsNotThere(t *testing.T) {
	for name, test := range map[string]struct {
		dial func() (net.Conn, error)
		most time.Duration
		says string
	}{
		"refuses": {func() (net.Conn, error) { return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED} }, time.Second, "connection refused"},
		"silent": {func() (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() { _, _ = io.Copy(io.Discard, theirs) }()
			return ours, nil
		}, 31 * time.Second, "nothing within 30s"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr := &http.Transport{
					Proxy:       http.ProxyURL(&url.URL{Scheme: "http", Host: "proxy.test:3128"}),
					DialContext: func(context.Context, string, string) (net.Conn, error) { return test.dial() },
				}
				c, err := azure.NewCloud(t.Context(), azure.Options{Credential: secretCredential(), Transport: tr})
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				err = azure.Repeat(t.Context(), azure.RepeatOptions{}, func(ctx context.Context) error {
					_, err := c.Subscriptions(ctx)
					return err
				})
				e := azure.Explain(err)
				if e == nil || e.Class != azure.ClassConnection || e.Sent() || !strings.Contains(e.Error(), "proxy proxy.test:3128: "+test.says) || !strings.Contains(e.Hint(), "HTTPS_PROXY") {
					t.Errorf("got %v", err)
				}
				if took := time.Since(began); took > test.most {
					t.Errorf("took %v, want %v at most", took, test.most)
				}
				tr.CloseIdleConnections()
				time.Sleep(time.Minute) // net/http gives up its CONNECT only then
			})
		})
	}
}

// TestStalledSignIn: a sign-in service that takes requests and never answers holds nobody for ever, and a hundred callers
// no longer than one.
func TestStalledSignIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := azure.NewCloud(t.Context(), azure.Options{Credential: secretCredential(), Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				_, err := c.Subscriptions(context.WithoutCancel(t.Context()))
				if e := azure.Explain(err); e == nil || !e.Lost() || e.Sent() || errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v, want a lost view", err)
				}
			})
		}
		all.Wait()
		if took := time.Since(began); took > 3*time.Minute {
			t.Errorf("took %v, want two minutes", took)
		}
	})
}

func TestSecretWithALineBreak(t *testing.T) {
	o := secretCredential()
	o.ClientSecret += "\n"
	_, err := azure.NewCloud(t.Context(), azure.Options{Credential: o, Transport: handlerTransport(&fakeAzure{})})
	if _, ok := errors.AsType[*azure.SecretError](err); !ok || strings.Contains(err.Error(), testSecret) {
		t.Errorf("got %v, want the secret refused and not shown", err)
	}
}
