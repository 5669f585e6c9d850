package azure

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// AnswerError is an answer with a status of success that is not what Azure answers: the sign-in page of a network, or a
// document of another form. It says nothing about Azure, so that [Explain] makes no *Error of it.
type AnswerError struct{ reason, hint string }

// Error says what came instead.
func (e *AnswerError) Error() string { return e.reason }

// Hint says what to do next.
func (e *AnswerError) Hint() string { return e.hint }

const (
	hintPage = "check whether this network wants a sign-in in a browser first, and what HTTPS_PROXY is"
	hintForm = "check that nothing on the way changes Azure's answers"
)

// refusePages gives the web page that a proxy or a captive portal sends with a status of success as an error in words. The
// SDK would fail to read it, in words of Go.
type refusePages struct{}

// Do sends one request. The answer goes up beside the error, for those who look at its header.
func (refusePages) Do(req *policy.Request) (*http.Response, error) {
	resp, err := req.Next()
	if err != nil || resp.StatusCode < 200 || resp.StatusCode >= 300 || resp.Body == nil {
		return resp, err
	}
	html := strings.Contains(strings.ToLower(resp.Header.Get("Content-Type")), "html")
	var start []byte
	// The SDK holds an answer that it has read in a body that can be sought; others are a stream.
	if _, held := resp.Body.(io.Seeker); held {
		start, _ = runtime.Payload(resp)
	} else if html {
		start, _ = io.ReadAll(io.LimitReader(resp.Body, pageStart))
		_ = resp.Body.Close()
	}
	if start = bytes.TrimSpace(start); html || bytes.HasPrefix(start, []byte("<")) {
		page := &AnswerError{parseMarkup(start).Message, hintPage}
		if rec, ok := req.Raw().Context().Value(recorderKey{}).(*recorder); ok {
			rec.keepPage(page)
		}
		return resp, page
	}
	return resp, nil
}

// pageStart is how much of a page is read for its title, in bytes.
const pageStart = 4096

// The SDK tells of an answer that it cannot read with the names of its own types, and of the fields on the way.
const sdkUnreadable = "unmarshalling type "

var sdkField = regexp.MustCompile(`struct field (\w+)`)

// Plain is err in words that are not the SDK's: an [*Error] or an [*AnswerError] if there is one in it, else err.
func Plain(err error) error {
	if e := Explain(err); e != nil {
		return e
	}
	if err == nil || !strings.Contains(err.Error(), sdkUnreadable) {
		return err
	}
	reason := "the answer is not in the form that Azure documents"
	var path []string
	for _, m := range sdkField.FindAllStringSubmatch(err.Error(), -1) {
		path = append(path, strings.ToLower(m[1][:1])+m[1][1:])
	}
	if len(path) > 0 {
		reason += ": its field " + strings.Join(path, ".")
	}
	return &AnswerError{reason, hintForm}
}
