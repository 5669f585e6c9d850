package prefect

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/internal/neterr"
)

// DefaultCloudURL is where Prefect Cloud's API is, unless [Options.CloudURL] names another place.
const DefaultCloudURL = "https://api.prefect.cloud/api"

// Options say which API and how to reach it. Only URL is needed.
type Options struct {
	// URL is the API's address as in PREFECT_API_URL: http://127.0.0.1:4200/api, or for Prefect Cloud
	// https://api.prefect.cloud/api/accounts/…/workspaces/…. A user and password in it are used as AuthString.
	URL string
	// APIKey is a Prefect Cloud key (PREFECT_API_KEY), sent as a bearer token. Empty: none. A self-hosted server ignores it.
	APIKey string
	// AuthString is user:password for a server with basic authentication (PREFECT_API_AUTH_STRING, 3.1.8 and later). Empty:
	// none. It comes before APIKey, as in Prefect's client.
	AuthString string
	// Headers are sent with every request (PREFECT_CLIENT_CUSTOM_HEADERS). User-Agent and the CSRF headers are ours and are
	// ignored here, as Prefect's client does. Their values count as secrets and are never quoted.
	Headers map[string]string
	// TLS is about the network transport and must be zero if Transport is given.
	TLS TLSOptions
	// Transport carries the requests and the websockets. nil: the network, with the process's proxy settings.
	Transport http.RoundTripper
	// Timeout is for one attempt at a request. 0: 60 s, as in Prefect's client.
	Timeout time.Duration
	// Retries is how often and how soon a failed request is repeated.
	Retries RetryOptions
	// DisableCSRF leaves out the CSRF token that a server may want for writes (PREFECT_CLIENT_CSRF_SUPPORT_ENABLED=false).
	DisableCSRF bool
	// CloudURL is how Prefect Cloud's addresses begin. Empty: [DefaultCloudURL].
	CloudURL string
	// Waiting is told of what takes long: an attempt that has no answer after 20 s, and each repeat. It may be called from
	// several goroutines at once, and must not block. nil: nobody.
	Waiting func(Delay)
	// Log hears of repeats and lost connections, at debug level. nil: nothing.
	Log *slog.Logger
}

// Delay is what a request waits for.
type Delay struct {
	// Doing is the request, as a gerund and a noun.
	Doing string
	// Err is the answer that made it wait; nil: there is none yet.
	Err *Error
	// Next is how long until the next attempt; Since is how long this one has had no answer. One of them is 0.
	Next, Since time.Duration
}

// TLSOptions are Prefect's two settings for https.
type TLSOptions struct {
	// CAFile is a PEM file of certificates to trust beside the system's (PREFECT_API_SSL_CERT_FILE). Empty: none.
	CAFile string
	// InsecureSkipVerify trusts any certificate (PREFECT_API_TLS_INSECURE_SKIP_VERIFY).
	InsecureSkipVerify bool
}

// RetryOptions are Prefect's settings for repeating.
type RetryOptions struct {
	// Max is how often one request is repeated (PREFECT_CLIENT_MAX_RETRIES). 0: 5; negative: never.
	Max int
	// Jitter is the share of a pause that is left to chance (PREFECT_CLIENT_RETRY_JITTER_FACTOR). 0: 0.2; negative: none.
	Jitter float64
	// ExtraCodes are further HTTP statuses to repeat on (PREFECT_CLIENT_RETRY_EXTRA_CODES).
	ExtraCodes []int
}

const (
	defaultTimeout = 60 * time.Second
	defaultRetries = 5
	defaultJitter  = 0.2
)

// baseURL checks the address, and takes a user and password out of it.
func (o *Options) baseURL() (*url.URL, error) {
	if o.URL == "" {
		return nil, errors.New("no Prefect API is set: set PREFECT_API_URL, for example to http://127.0.0.1:4200/api")
	}
	u, ok := parseHTTP(o.URL)
	if !ok {
		// The address itself is not quoted: it may hold a password.
		return nil, errors.New("the Prefect API's address is not an http or https URL: PREFECT_API_URL must look like http://127.0.0.1:4200/api")
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("the Prefect API's address has a query or a fragment: PREFECT_API_URL must end in /api, or in the workspace's id")
	}
	if u.User != nil && o.AuthString == "" {
		password, _ := u.User.Password()
		o.AuthString = u.User.Username() + ":" + password
	}
	u.User = nil
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = strings.TrimRight(u.RawPath, "/")
	return u, nil
}

// handedOn are the options as settings for a program on another machine; those that are not set are left out.
func (o *Options) handedOn(base *url.URL) (map[string]string, error) {
	settings := map[string]string{"PREFECT_API_URL": base.String()}
	if o.APIKey != "" {
		settings["PREFECT_API_KEY"] = o.APIKey
	}
	if o.AuthString != "" {
		settings["PREFECT_API_AUTH_STRING"] = o.AuthString
	}
	if len(o.Headers) > 0 {
		headers, err := json.Marshal(o.Headers)
		if err != nil {
			return nil, &SettingError{settingHeaders, fmt.Errorf("writing %s as JSON: %w", settingHeaders, err)}
		}
		settings[settingHeaders] = string(headers)
	}
	if o.TLS.InsecureSkipVerify {
		settings["PREFECT_API_TLS_INSECURE_SKIP_VERIFY"] = "true"
	}
	return settings, nil
}

// parseHTTP reads an address of http or https.
func parseHTTP(address string) (*url.URL, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, false
	}
	return u, true
}

// transport is the given one, or the network with the limits of Prefect's own client: 16 connections, 8 kept for 25 s.
func (o *Options) transport() (http.RoundTripper, error) {
	if o.Transport != nil {
		if o.TLS != (TLSOptions{}) {
			return nil, errors.New("TLS settings have no meaning for a transport that is given: set one of them")
		}
		return o.Transport, nil
	}
	t := &http.Transport{
		Proxy:                  neterr.SafeProxy(http.ProxyFromEnvironment),
		OnProxyConnectResponse: neterr.ProxyRefusal,
		ForceAttemptHTTP2:      true,
		MaxConnsPerHost:        16,
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        25 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		ExpectContinueTimeout:  time.Second,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: o.TLS.InsecureSkipVerify},
	}
	if o.TLS.CAFile == "" {
		return t, nil
	}
	pem, err := os.ReadFile(o.TLS.CAFile)
	if err != nil {
		return nil, &SettingError{settingCAFile, fmt.Errorf("reading %s: %w", settingCAFile, err)}
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // a machine without a store: the file alone
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, &SettingError{settingCAFile, fmt.Errorf("reading %s: %s holds no PEM certificate", settingCAFile, o.TLS.CAFile)}
	}
	t.TLSClientConfig.RootCAs = pool
	return t, nil
}
