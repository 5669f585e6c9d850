package prefect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"mime"
	"net/http"
	"strings"
	"unicode"
)

// errorBody is what an error's body says, without what it repeats of our request: request_body and input may hold secrets.
type errorBody struct {
	message string
	details []Detail
}

// readErrorBody understands the bodies of Prefect's errors: {"detail": text or list}, and for validation
// {"exception_message": text, "exception_detail": list}. Pydantic 1 (2.20) and 2 (3.x) agree on loc and msg. false: the
// body is nothing of that.
func readErrorBody(body []byte) (errorBody, bool) {
	var said struct {
		Detail           json.RawMessage `json:"detail"`
		ExceptionMessage string          `json:"exception_message"`
		ExceptionDetail  json.RawMessage `json:"exception_detail"`
	}
	if json.Unmarshal(body, &said) != nil {
		return errorBody{}, false
	}
	b := errorBody{message: said.ExceptionMessage}
	for _, raw := range []json.RawMessage{said.Detail, said.ExceptionDetail} {
		text, details := readDetail(raw)
		b.details = append(b.details, details...)
		if b.message == "" {
			b.message = text
		} else if text != "" {
			b.details = append(b.details, Detail{Message: text})
		}
	}
	if b.message == "" && len(b.details) > 0 {
		b.message = "invalid request"
	}
	// "Invalid request received." is followed by what is invalid.
	b.message = strings.TrimRight(b.message, ".")
	return b, b.message != ""
}

// maxDetails keeps an error a line: one wrong item in a list of thousands is told, not a thousand.
const maxDetails = 8

func readDetail(raw json.RawMessage) (string, []Detail) {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text, nil
	}
	var items []problem
	if json.Unmarshal(raw, &items) != nil {
		return "", nil
	}
	items = ofMeantMembers(items)
	var details []Detail
	for i, item := range items {
		if i == maxDetails {
			details = append(details, Detail{Message: fmt.Sprintf("and %d more", len(items)-i)})
			break
		}
		var path []string
		for at, step := range item.Loc {
			if at == 0 && step == "body" {
				continue
			}
			path = append(path, fmt.Sprint(step))
		}
		details = append(details, Detail{Field: strings.Join(path, "."), Message: strings.TrimPrefix(item.Msg, "Value error, ")})
	}
	return "", details
}

// notPrefect is the error for an answer of somebody else. why must not quote the body.
func (c *Client) notPrefect(call *call, resp *http.Response, why string) *Error {
	return &Error{Doing: call.doing, Kind: ErrNotPrefect, Status: resp.StatusCode, Message: fmt.Sprintf("%s answers %d with %s", c.base.Host, resp.StatusCode, why)}
}

// pageInstead describes an answer that is no JSON of Prefect's. Of the body only a page's title is told: the rest may
// repeat our own headers.
func (c *Client) pageInstead(call *call, got *answer) *Error {
	what := "no JSON"
	if kind, _, err := mime.ParseMediaType(got.header.Get("Content-Type")); err == nil {
		what = kind
	}
	if len(got.body) == 0 {
		what = "an empty body"
	}
	if isHTML(got.header, got.body) {
		what = "a web page"
		if title := pageTitle(got.body); title != "" {
			what += fmt.Sprintf(" titled %q", c.auth.redact(title))
		}
	}
	if to := got.header.Get("Location"); got.status/100 == 3 && to != "" {
		what = "a redirect" + redirectTarget(to)
	}
	return &Error{
		Doing: call.doing, Kind: ErrNotPrefect, Status: got.status,
		Message: fmt.Sprintf("%s answers %d with %s, which is not Prefect's", c.base.Host, got.status, what),
	}
}

func isHTML(header http.Header, body []byte) bool {
	if strings.HasPrefix(strings.ToLower(header.Get("Content-Type")), "text/html") {
		return true
	}
	start := bytes.ToLower(bytes.TrimSpace(body[:min(len(body), 512)]))
	return bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html"))
}

const maxTitle = 80

// pageTitle finds <title> in the first 64 KiB.
func pageTitle(body []byte) string {
	lower := bytes.ToLower(body[:min(len(body), 64<<10)])
	_, rest, ok := bytes.Cut(lower, []byte("<title"))
	if !ok {
		return ""
	}
	begin := len(lower) - len(rest)
	at := bytes.IndexByte(rest, '>')
	end := bytes.Index(rest, []byte("</title"))
	if at < 0 || end <= at || begin+end > len(body) {
		return ""
	}
	return shorten(oneLine(html.UnescapeString(string(body[begin+at+1:begin+end]))), maxTitle)
}

// redirectTarget names the host alone: the rest of a sign-in address is full of tokens.
func redirectTarget(to string) string {
	u, err := http.NewRequest(http.MethodGet, to, nil)
	if err != nil || u.URL.Host == "" {
		return ""
	}
	return " to " + u.URL.Scheme + "://" + u.URL.Host
}

// oneLine folds all white space and drops control characters, so that a server's text cannot write on a terminal.
func oneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, text)
}

// shorten cuts after n characters.
func shorten(text string, n int) string {
	runes := []rune(text)
	if len(runes) <= n {
		return text
	}
	return string(runes[:n]) + "…"
}
