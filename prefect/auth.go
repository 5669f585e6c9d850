package prefect

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// What Prefect's client says of itself. Servers parse the User-Agent in exactly this form and take an unknown or
// old client (before 3.4.11) as one that loses concurrency leases, so nothing may be added to it.
const (
	apiVersion = "0.8.4"
	userAgent  = "prefect/3.9.1 (API " + apiVersion + ")"
)

// credentials are the values of the Authorization header, and everything that must never be quoted.
type credentials struct {
	header string
	// socket is what the websocket handshake wants as token: the auth string itself, or on Cloud the key. May be empty.
	socket  string
	secrets []string
}

func newCredentials(o Options) credentials {
	var c credentials
	switch {
	case o.AuthString != "":
		encoded := base64.StdEncoding.EncodeToString([]byte(o.AuthString))
		c = credentials{header: "Basic " + encoded, socket: o.AuthString, secrets: []string{o.AuthString, encoded}}
		if _, password, ok := strings.Cut(o.AuthString, ":"); ok {
			c.secrets = append(c.secrets, password)
		}
	case o.APIKey != "":
		c = credentials{header: "Bearer " + o.APIKey, socket: o.APIKey, secrets: []string{o.APIKey}}
	}
	for _, value := range o.Headers {
		c.secrets = append(c.secrets, value)
	}
	return c
}

// minSecret keeps short values, such as a header's "1", from turning every message into stars.
const minSecret = 4

// redact takes our own secrets out of a text that somebody else wrote, such as a proxy's page that quotes the request.
func (c credentials) redact(text string) string {
	for _, secret := range c.secrets {
		if len(secret) >= minSecret {
			text = strings.ReplaceAll(text, secret, "********")
		}
	}
	return text
}

// customHeaders leaves out those that are ours, as Prefect's client does.
func customHeaders(headers map[string]string) http.Header {
	h := http.Header{}
	for name, value := range headers {
		switch http.CanonicalHeaderKey(name) {
		case "User-Agent", csrfTokenHeader, csrfClientHeader:
		default:
			h.Set(name, value)
		}
	}
	return h
}

// setHeaders writes what every request and websocket carries.
func (c *Client) setHeaders(h http.Header) {
	h.Set("Accept", "application/json")
	if c.auth.header != "" {
		h.Set("Authorization", c.auth.header)
	}
	maps.Copy(h, c.headers)
	h.Set("User-Agent", userAgent)
	h.Set("X-Prefect-Api-Version", apiVersion)
}

// cloudBase is how Prefect Cloud's addresses begin. Empty: [DefaultCloudURL].
func cloudBase(cloud string) string { return strings.TrimRight(cmp.Or(cloud, DefaultCloudURL), "/") }

// isCloud is Prefect's own rule: the address begins as Cloud's does.
func isCloud(base *url.URL, cloud string) bool {
	cloud = cloudBase(cloud)
	address := base.String()
	return address == cloud || strings.HasPrefix(address, cloud+"/")
}

// CloudWorkspaceURL is the API's address of one workspace of Prefect Cloud. cloudURL may be empty for [DefaultCloudURL].
func CloudWorkspaceURL(cloudURL, accountID, workspaceID string) string {
	return cloudBase(cloudURL) + pathf("/accounts/%s/workspaces/%s", accountID, workspaceID)
}

// Workspace gives the account's and the workspace's id of a Prefect Cloud address, and false for any other.
func (c *Client) Workspace() (accountID, workspaceID string, ok bool) {
	if !c.cloud {
		return "", "", false
	}
	parts := strings.Split(c.base.Path, "/")
	for i, part := range parts {
		if part == "accounts" && len(parts) == i+4 && parts[i+2] == "workspaces" {
			return parts[i+1], parts[i+3], true
		}
	}
	return "", "", false
}

// checkCloud finds the two usual mistakes with Prefect Cloud before a request does.
func (c *Client) checkCloud() error {
	if !c.cloud {
		return nil
	}
	if _, _, ok := c.Workspace(); !ok {
		return fmt.Errorf("PREFECT_API_URL names Prefect Cloud but no workspace: it must be %s", c.cloudForm())
	}
	if c.auth.header == "" {
		return fmt.Errorf("PREFECT_API_URL names Prefect Cloud but there is no key: set PREFECT_API_KEY")
	}
	return nil
}

func (c *Client) cloudForm() string {
	return c.base.Scheme + "://" + c.base.Host + "/api/accounts/ACCOUNT_ID/workspaces/WORKSPACE_ID"
}

const (
	settingHeaders = "PREFECT_CLIENT_CUSTOM_HEADERS"
	settingCAFile  = "PREFECT_API_SSL_CERT_FILE"
)

// SettingError is a value of [Options] that no client can be made of. Setting is the name of Prefect's setting for it.
type SettingError struct {
	Setting string
	err     error
}

// Error names the setting and never shows its value.
func (e *SettingError) Error() string { return e.err.Error() }

// Unwrap returns the cause.
func (e *SettingError) Unwrap() error { return e.err }

// checkHeaders refuses what cannot stand in a header, without showing it: net/http would only refuse it request by
// request.
func (o *Options) checkHeaders() error {
	for _, setting := range []struct{ of, name, value string }{
		{"PREFECT_API_KEY", "PREFECT_API_KEY", o.APIKey},
		{"PREFECT_API_AUTH_STRING", "PREFECT_API_AUTH_STRING, or the password in PREFECT_API_URL,", o.AuthString},
	} {
		if wrong := unfitForHeader(setting.value); wrong != "" {
			return &SettingError{setting.of, fmt.Errorf("%s has %s, which an HTTP header cannot carry", setting.name, wrong)}
		}
	}
	for name, value := range o.Headers {
		if !httpguts.ValidHeaderFieldName(name) {
			// The name is not quoted: it may be a name and a value in one.
			return &SettingError{settingHeaders, errors.New(settingHeaders + " has a name that an HTTP header cannot have")}
		}
		if wrong := unfitForHeader(value); wrong != "" {
			return &SettingError{settingHeaders, fmt.Errorf("the value of %s in %s has %s, which an HTTP header cannot carry", name, settingHeaders, wrong)}
		}
	}
	return nil
}

// unfitForHeader names the first byte of value that no header may have, and where it is; empty: there is none.
func unfitForHeader(value string) string {
	for i := range len(value) {
		if httpguts.ValidHeaderFieldValue(value[i : i+1]) {
			continue
		}
		what := "a control character"
		if value[i] == '\n' || value[i] == '\r' {
			what = "a line break"
		}
		if i == len(strings.TrimRight(value, "\r\n")) {
			return what + " at its end"
		}
		return what + " in it"
	}
	return ""
}
