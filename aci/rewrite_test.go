package aci_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
)

var stateValue = regexp.MustCompile(`"(state|provisioningState|restartPolicy)":"[A-Za-z]*"`)

// respelling changes the case of the states in the answers to reads.
func respelling(rt http.RoundTripper, change func([]byte) []byte) http.RoundTripper {
	return rewriting(rt, func(body []byte) []byte {
		return stateValue.ReplaceAllFunc(body, func(found []byte) []byte {
			name, value, _ := bytes.Cut(found, []byte(":"))
			return append(append(bytes.Clone(name), ':'), change(value)...)
		})
	})
}

// rewriting changes the bodies of the answers to reads of groups.
func rewriting(rt http.RoundTripper, change func([]byte) []byte) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		resp, err := rt.RoundTrip(r)
		if err != nil || r.Method != http.MethodGet || resp.StatusCode != http.StatusOK || !isGroup(r) {
			return resp, err
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return nil, err
		}
		body = change(body)
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		resp.Header.Del("Content-Length")
		return resp, nil
	})
}

// isGroup reports a request for one group.
func isGroup(r *http.Request) bool {
	_, name, ok := strings.Cut(strings.ToLower(r.URL.Path), "/containergroups/")
	return ok && !strings.Contains(name, "/")
}

// rewritingGroup changes the properties of groups in the answers to reads.
func rewritingGroup(rt http.RoundTripper, change func(properties map[string]any)) http.RoundTripper {
	return rewriting(rt, func(body []byte) []byte {
		var group map[string]any
		if json.Unmarshal(body, &group) != nil {
			return body
		}
		change(group["properties"].(map[string]any))
		changed, err := json.Marshal(group)
		if err != nil {
			return body
		}
		return changed
	})
}

// mainView is the instance view of the first container, made if it is missing.
func mainView(properties map[string]any) map[string]any {
	main := properties["containers"].([]any)[0].(map[string]any)["properties"].(map[string]any)
	view, ok := main["instanceView"].(map[string]any)
	if !ok {
		view = map[string]any{}
		main["instanceView"] = view
	}
	return view
}
