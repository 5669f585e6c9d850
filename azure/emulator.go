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
)

const (
	// emulatorTimeout is short because the emulator answers from memory on this machine.
	emulatorTimeout = 5 * time.Second
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
		return fmt.Errorf("asking the Azure emulator at %s: %w", base, err)
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
			return facts, ended(ctx)
		}
		if short.Err() != nil {
			return facts, fmt.Errorf("no answer within %s; is it the emulator's address?", emulatorTimeout)
		}
		return facts, fmt.Errorf("nothing answers there (%w); start one with: pacific emulator start", plainNetworkError(err))
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, emulatorReplyLimit+1))
	switch {
	case err != nil:
		return facts, fmt.Errorf("its answer broke off (%w); try again", err)
	case resp.StatusCode != http.StatusOK:
		return facts, fmt.Errorf("it answered %s, so it is something else; want the address that pacific emulator start printed", resp.Status)
	case len(body) > emulatorReplyLimit:
		return facts, errors.New("its answer is over 1 MB, so it is something else; want the address that pacific emulator start printed")
	}
	if err := json.Unmarshal(body, &facts); err != nil {
		return facts, fmt.Errorf("its answer is not the emulator's (%v); want the address that pacific emulator start printed", err)
	}
	return facts, nil
}

func (emulatorFacts) refused(base *url.URL, err error) error {
	return fmt.Errorf("reading what the Azure emulator at %s says of itself: %w; is it as new as this Pacific?", base, err)
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
		},
	}
	return nil
}

// plainNetworkError leaves out the method and the URL that net/http puts first: the sentence
// around it names the place already.
func plainNetworkError(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
