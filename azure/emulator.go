package azure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/internal/neterr"
)

const (
	// emulatorTimeout is for an address that takes the connection and does not answer. The emulator answers from memory, but
	// two hundred jobs that begin at once on two processors were seen to keep it from that for over 5 seconds.
	emulatorTimeout = 30 * time.Second
	// emulatorReplyLimit is far more than a CA and a few names need, in bytes.
	emulatorReplyLimit = 1 << 20
)

// emulatorURL tells an emulator's URL from the name of a cloud.
func emulatorURL(name string) (*url.URL, bool) {
	u, err := url.Parse(strings.TrimSpace(name))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, false
	}
	return u, true
}

// emulatorFacts is the answer of GET /_emulator/cloud.
type emulatorFacts struct {
	CA              string `json:"ca"`
	Proxy           string `json:"proxy"`
	ResourceManager string `json:"resourceManager"`
	Audience        string `json:"audience"`
	ActiveDirectory string `json:"activeDirectory"`
	Graph           string `json:"graph"`
	Suffixes        struct {
		Vault      string `json:"vault"`
		Registry   string `json:"registry"`
		Containers string `json:"containers"`
	} `json:"suffixes"`
}

// connectEmulator asks the emulator who it is. With a transport of the caller's own nothing else
// is contacted: proxy and CA are then not used.
func (c *Cloud) connectEmulator(ctx context.Context, base *url.URL, rt http.RoundTripper) error {
	base = &url.URL{Scheme: base.Scheme, Host: base.Host}
	c.name, c.emulated = base.String(), true
	asked := rt
	if asked == nil {
		direct := newTransport(nil, nil)
		defer direct.CloseIdleConnections() // the control API is not needed again
		asked = direct
	}
	facts, err := askEmulator(ctx, base, newHTTPClient(asked))
	if err != nil {
		return err
	}
	if rt == nil {
		if rt, err = facts.way(); err != nil {
			return facts.refused(base, err)
		}
	}
	if err := facts.use(c); err != nil {
		return facts.refused(base, err)
	}
	c.client = newHTTPClient(rt)
	return nil
}

// EmulatorError is an address at which no usable emulator answers.
type EmulatorError struct {
	// URL is the emulator's, without a path.
	URL string
	// Absent: nothing answers there. Otherwise something does that is no emulator, or one of another version.
	Absent bool

	cause error
}

// Error says what answered instead.
func (e *EmulatorError) Error() string {
	return fmt.Sprintf("asking the Azure emulator at %s: %v", e.URL, e.cause)
}

// Unwrap returns what went wrong.
func (e *EmulatorError) Unwrap() error { return e.cause }

// Hint says what to do where another emulator would not help, such as about a certificate. Empty: nothing.
func (e *EmulatorError) Hint() string {
	failed, ok := errors.AsType[*neterr.Error](e.cause)
	if !ok || failed.Proxy == "" && !failed.Lasting() {
		return ""
	}
	return failed.Hint()
}

// unanswered is a network error without the place, which the sentence around it names.
type unanswered struct{ failed *neterr.Error }

// Error is the reason.
func (u *unanswered) Error() string { return u.failed.Reason() }

// Unwrap returns the whole error.
func (u *unanswered) Unwrap() error { return u.failed }

func askEmulator(ctx context.Context, base *url.URL, client *http.Client) (emulatorFacts, error) {
	var facts emulatorFacts
	short, cancel := context.WithTimeout(ctx, emulatorTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(short, http.MethodGet, base.JoinPath("_emulator", "cloud").String(), nil)
	if err != nil {
		return facts, err
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return facts, fmt.Errorf("asking the Azure emulator at %s: %w", base, neterr.Ended(ctx))
		}
		reason := fmt.Errorf("no answer within %v", emulatorTimeout)
		if failed := neterr.Classify(err); failed != nil && short.Err() == nil {
			reason = &unanswered{failed}
		}
		return facts, &EmulatorError{base.String(), true, reason}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, emulatorReplyLimit+1))
	switch {
	case err != nil && ctx.Err() != nil:
		return facts, fmt.Errorf("asking the Azure emulator at %s: %w", base, neterr.Ended(ctx))
	case err != nil:
		return facts, &EmulatorError{base.String(), true, errors.New("its answer broke off")}
	case resp.StatusCode != http.StatusOK:
		return facts, &EmulatorError{base.String(), false, fmt.Errorf("it answered %s, so it is something else", resp.Status)}
	case len(body) > emulatorReplyLimit:
		return facts, &EmulatorError{base.String(), false, errors.New("its answer is over 1 MB, so it is something else")}
	}
	if err := json.Unmarshal(body, &facts); err != nil {
		return facts, &EmulatorError{base.String(), false, errors.New("its answer is not an emulator's")}
	}
	return facts, nil
}

func (emulatorFacts) refused(base *url.URL, err error) error {
	return &EmulatorError{base.String(), false, fmt.Errorf("what it says of itself cannot be used: %w", err)}
}

// way is the transport through the emulator's proxy, trusting its CA.
func (f emulatorFacts) way() (http.RoundTripper, error) {
	proxy, err := url.Parse(f.Proxy)
	if err != nil || (proxy.Scheme != "http" && proxy.Scheme != "https") || proxy.Host == "" {
		return nil, fmt.Errorf("proxy is %q, want an http URL", f.Proxy)
	}
	roots, err := rootsWith(f.CA)
	if err != nil {
		return nil, fmt.Errorf("ca: %w", err)
	}
	return newTransport(emulatorProxy(proxy), roots), nil
}

// use checks the facts and takes the endpoints over.
func (f emulatorFacts) use(c *Cloud) error {
	for _, field := range []struct{ name, value string }{
		{"resourceManager", f.ResourceManager}, {"audience", f.Audience},
		{"activeDirectory", f.ActiveDirectory}, {"graph", f.Graph},
	} {
		if u, err := url.Parse(field.value); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
			return fmt.Errorf("%s is %q, want an https URL", field.name, field.value)
		}
	}
	for _, field := range []struct{ name, value string }{
		{"suffixes.vault", f.Suffixes.Vault}, {"suffixes.registry", f.Suffixes.Registry}, {"suffixes.containers", f.Suffixes.Containers},
	} {
		if field.value == "" || strings.ContainsAny(field.value, "/ @") {
			return fmt.Errorf("%s is %q, want the ending of a host name", field.name, field.value)
		}
	}
	c.endpoints = Endpoints{
		ResourceManager: strings.TrimSuffix(f.ResourceManager, "/"),
		Audience:        f.Audience,
		ActiveDirectory: strings.TrimSuffix(f.ActiveDirectory, "/"),
		Graph:           strings.TrimSuffix(f.Graph, "/"),
		Suffixes: Suffixes{
			Vault:      strings.TrimPrefix(f.Suffixes.Vault, "."),
			Registry:   strings.TrimPrefix(f.Suffixes.Registry, "."),
			Containers: strings.TrimPrefix(f.Suffixes.Containers, "."),
			Storage:    knownClouds[0].endpoints.Suffixes.Storage, // an emulator's accounts have the public cloud's names
		},
	}
	return nil
}
