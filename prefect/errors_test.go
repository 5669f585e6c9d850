package prefect_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/prefect"
)

const (
	secretKey    = "pnu_0123456789abcdef"
	secretHeader = "gateway-token-77"
)

// secretive is a client that has something to leak.
func secretive(t *testing.T, handler http.HandlerFunc) *prefect.Client {
	t.Helper()
	return must(prefect.NewClient(prefect.Options{
		URL: fakeURL, APIKey: secretKey, Headers: map[string]string{"X-Gateway": secretHeader}, Transport: &script{handler: handler}, DisableCSRF: true,
		Retries: prefect.RetryOptions{Max: -1},
	}))(t)
}

func answersWith(status int, contentType, body string, headers ...string) http.HandlerFunc {
	return says(status, body, append([]string{"Content-Type: " + contentType}, headers...)...)
}

func TestErrors(t *testing.T) {
	const doing = "reading flow f: "
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		kind   error
		text   string
	}{
		"detail": {says(404, `{"detail":"Flow not found"}`), prefect.ErrNotFound, doing + "Prefect answers 404: Flow not found"},
		"conflict": {says(409, `{"detail":"A work pool with this name already exists."}`), prefect.ErrConflict,
			doing + "Prefect answers 409: A work pool with this name already exists"},
		"lost lease": {says(410, `{"detail":"gone"}`), prefect.ErrNotFound, doing + "Prefect answers 410: gone"},
		"pydantic 2": {says(422, `{"exception_message":"Invalid request received.","exception_detail":[{"type":"extra_forbidden","loc":["body","a",0,"b"],"msg":"Extra inputs are not permitted","input":"hunter2"},
			{"type":"value_error","loc":["body"],"msg":"Value error, no good"}],"request_body":{"password":"hunter2"}}`), prefect.ErrInvalid,
			doing + "Prefect answers 422: Invalid request received: a.0.b: Extra inputs are not permitted; no good"},
		"pydantic 1": {says(422, `{"exception_message":"Invalid request received.","exception_detail":[{"loc":["body","nope"],"msg":"extra fields not permitted","type":"value_error.extra"}],"request_body":{"nope":"hunter2"}}`),
			prefect.ErrInvalid, doing + "Prefect answers 422: Invalid request received: nope: extra fields not permitted"},
		"a union's members": {says(422, `{"exception_message":"Invalid request received.","exception_detail":[
			{"type":"missing","loc":["body","schedules",0,"schedule","function-after[validate_timezone(), IntervalSchedule]","interval"],"msg":"Field required"},
			{"type":"extra_forbidden","loc":["body","schedules",0,"schedule","function-after[validate_timezone(), IntervalSchedule]","cron"],"msg":"Extra inputs are not permitted"},
			{"type":"value_error","loc":["body","schedules",0,"schedule","function-after[validate_timezone(), CronSchedule]","cron"],"msg":"Value error, Invalid cron string: x"},
			{"type":"missing","loc":["body","schedules",0,"schedule","RRuleSchedule","rrule"],"msg":"Field required"},
			{"type":"extra_forbidden","loc":["body","schedules",0,"schedule","RRuleSchedule","cron"],"msg":"Extra inputs are not permitted"},
			{"type":"extra_forbidden","loc":["body","env","PLANET"],"msg":"Extra inputs are not permitted"}]}`), prefect.ErrInvalid,
			doing + "Prefect answers 422: Invalid request received: schedules.0.schedule.cron: Invalid cron string: x; env.PLANET: Extra inputs are not permitted"},
		"no member was meant": {says(422, `{"exception_message":"Bad","exception_detail":[
			{"type":"extra_forbidden","loc":["body","schedule","A","b"],"msg":"Extra inputs are not permitted"},
			{"type":"extra_forbidden","loc":["body","schedule","B","a"],"msg":"Extra inputs are not permitted"}]}`), prefect.ErrInvalid,
			doing + "Prefect answers 422: Bad: schedule.A.b: Extra inputs are not permitted; schedule.B.a: Extra inputs are not permitted"},
		"detail as a list": {says(422, `{"detail":[{"loc":["query","limit"],"msg":"too big"}]}`), prefect.ErrInvalid, doing + "Prefect answers 422: invalid request: query.limit: too big"},
		"many details": {says(422, `{"exception_message":"Bad","exception_detail":[`+strings.Repeat(`{"loc":[],"msg":"x"},`, 9)+`{"loc":[],"msg":"y"}]}`), prefect.ErrInvalid,
			doing + "Prefect answers 422: Bad: x; x; x; x; x; x; x; x; and 2 more"},
		"unauthorised": {says(401, `{"exception_message":"Unauthorized"}`), prefect.ErrUnauthorised,
			doing + "Prefect answers 401: Unauthorized"},
		"forbidden":   {says(403, `{"detail":"protected block types cannot be deleted."}`), prefect.ErrForbidden, doing + "Prefect answers 403: protected block types cannot be deleted"},
		"unavailable": {says(503, `{"exception_message":"Service Unavailable"}`), prefect.ErrUnavailable, doing + "Prefect answers 503: Service Unavailable"},
		"a balancer's 502": {answersWith(502, "text/html", "<html><title>502 Bad Gateway</title>nginx</html>"), prefect.ErrUnavailable,
			doing + "Prefect answers 502: Bad Gateway"},
		"many lines": {says(400, `{"detail":"one\n  two\u001b[31m"}`), prefect.ErrInvalid, doing + "Prefect answers 400: one two[31m"},
		"an echo of the key": {says(400, `{"detail":"bad header: Bearer `+secretKey+` `+secretHeader+`"}`), prefect.ErrInvalid,
			doing + "Prefect answers 400: bad header: Bearer ******** ********"},
		"a sign-in page": {answersWith(200, "text/html; charset=utf-8", "<!DOCTYPE html><html><head><TITLE>\nSign in &amp; go "+secretKey+" </TITLE></head>"+secretHeader), prefect.ErrNotPrefect,
			doing + `prefect.test answers 200 with a web page titled "Sign in & go ********", which is not Prefect's`},
		"a page that calls itself JSON": {says(200, "<html>"+secretKey), prefect.ErrNotPrefect, doing + "prefect.test answers 200 with a web page, which is not Prefect's"},
		"a proxy's 403":                 {answersWith(403, "text/html", "<html><title>Blocked</title>"), prefect.ErrNotPrefect, doing + `prefect.test answers 403 with a web page titled "Blocked", which`},
		"plain text":                    {answersWith(200, "text/plain", "ok"), prefect.ErrNotPrefect, doing + "prefect.test answers 200 with text/plain, which"},
		"nothing":                       {says(200, ""), prefect.ErrNotPrefect, doing + "prefect.test answers 200 with an empty body, which"},
		"a 404 of another server":       {answersWith(404, "text/plain", "404 page not found"), prefect.ErrNotPrefect, doing + "prefect.test answers 404 with text/plain, which"},
		"other JSON":                    {says(200, `{"id":["`+secretKey+`"]}`), prefect.ErrNotPrefect, doing + "prefect.test answers with JSON that is not Prefect's: its id is an array"},
		"an object of somebody else's":  {says(200, `{"status":"`+secretKey+`"}`), prefect.ErrNotPrefect, doing + "prefect.test answers with JSON that is not Prefect's: it has no id"},
		"more than one value":           {says(200, `{} {}`), prefect.ErrNotPrefect, doing + "prefect.test answers 200 with application/json, which"},
		"a redirect to a sign-in": {says(302, "", "Location: https://login.example/authorize?state="+secretKey), prefect.ErrNotPrefect,
			doing + "prefect.test answers 302 with a redirect to https://login.example, which is not Prefect's"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := secretive(t, test.answer).Flow(t.Context(), "f")
			wantKind(t, err, test.kind)
			if !strings.HasPrefix(err.Error(), test.text) {
				t.Errorf("got  %s\nwant %s…", err, test.text)
			}
			if hint := hintOf(err); test.kind == prefect.ErrNotPrefect && !strings.Contains(hint, "PREFECT_API_URL must end in /api") ||
				test.kind == prefect.ErrUnauthorised && hint != "check PREFECT_API_KEY, or PREFECT_API_AUTH_STRING for a server with basic authentication" {
				t.Errorf("got hint %q, want what to do", hint)
			}
			for _, secret := range []string{secretKey, secretHeader, "hunter2", "\n", "\x1b"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error holds %q: %s", secret, err)
				}
			}
			if fault, ok := errors.AsType[*prefect.Error](err); !ok || fault.Status == 0 {
				t.Errorf("got %#v, want an *Error with a status", err)
			}
		})
	}
}

func TestErrorOfAWrite(t *testing.T) {
	c := secretive(t, drops)
	err := c.UpdateFlowRun(t.Context(), "r", prefect.FlowRunUpdate{Name: prefect.Set("n")})
	fault, _ := errors.AsType[*prefect.Error](err)
	if fault == nil || !fault.Unclear || !errors.Is(err, errReset) || !strings.HasSuffix(err.Error(), "it may have been carried out all the same") {
		t.Errorf("got %v, want one that says what may have happened", err)
	}
	_, err = secretive(t, answersWith(200, "text/html", "<html>")).CountFlowRuns(t.Context(), prefect.Query{})
	wantKind(t, err, prefect.ErrNotPrefect)
	// Also where no body is wanted: a proxy's page is no sign that a write was done.
	wantKind(t, secretive(t, answersWith(200, "text/html", "<html>")).UpdateFlowRun(t.Context(), "r", prefect.FlowRunUpdate{}), prefect.ErrNotPrefect)
}

// endless never stops to answer.
type endless struct{}

func (endless) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(endless{})}, nil
}
func (endless) Read(b []byte) (int, error) { return len(b), nil }

func TestReplyWithoutEnd(t *testing.T) {
	c := must(prefect.NewClient(prefect.Options{URL: fakeURL, Transport: endless{}}))(t)
	_, err := c.Flow(t.Context(), "f")
	wantKind(t, err, prefect.ErrNotPrefect)
	if !strings.Contains(err.Error(), "more than 64 MiB") {
		t.Errorf("got %v, want the limit", err)
	}
}

func TestRedirects(t *testing.T) {
	for name, test := range map[string]struct {
		write  bool
		status int
		to     string
		ok     bool
	}{
		"to a trailing slash":       {false, 307, "http://prefect.test/api/flows/f/", true},
		"a write, method kept":      {true, 307, "http://prefect.test/api/flows2/", true},
		"a write that would be GET": {true, 302, "http://prefect.test/api/flows2/", false},
		"up to https":               {false, 301, "https://prefect.test/api/flows/f", true},
		"to another host":           {false, 307, "http://other.test/api/flows/f", false},
		"to another port":           {false, 307, "http://prefect.test:4201/api/flows/f", false},
		"to https on another port":  {false, 307, "https://prefect.test:8443/api/flows/f", false},
		"to the same port, said":    {false, 307, "http://prefect.test:80/api/flows/g", true},
	} {
		t.Run(name, func(t *testing.T) {
			c := secretive(t, answers(says(test.status, "", "Location: "+test.to), func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") == "" || test.write && body(r)["name"] != "x" {
					t.Errorf("the redirected request lost its key or its body")
				}
				says(200, flowReply)(w, r)
			}))
			var err error
			if test.write {
				_, err = c.CreateFlow(t.Context(), prefect.FlowCreate{Name: "x"})
			} else {
				_, err = c.Flow(t.Context(), "f")
			}
			if test.ok {
				check(t, err)
			} else {
				wantKind(t, err, prefect.ErrNotPrefect)
			}
		})
	}
}

// FuzzReply gives the client any answer at all: it must come back with a value or an *Error of one line without secrets.
func FuzzReply(f *testing.F) {
	f.Add(200, "application/json", `{"id":"x","state":{"type":"RUNNING","timestamp":"2026-11-21T11:36:24.731079Z","state_details":{}},"schedules":[{"schedule":{"interval":3.5}}]}`)
	f.Add(200, "text/html", "<html><title>x</title>")
	f.Add(422, "application/json", `{"exception_message":"x","exception_detail":[{"loc":["body",1],"msg":"m"}]}`)
	f.Add(404, "application/json", `{"detail":[{"loc":null}]}`)
	f.Add(302, "", "")
	f.Add(200, "application/json", `[{"flow_run":{"state":null,"state_type":"SCHEDULED"}}]`)
	f.Fuzz(func(t *testing.T, status int, contentType, text string) {
		if status < 200 || status > 599 {
			return
		}
		c := secretive(t, answersWith(status, contentType, text+secretKey[:0], "Location: http://x.test/"+text))
		calls := []func() error{
			func() error { _, err := c.FlowRun(t.Context(), "x"); return err },
			func() error { _, err := c.Deployment(t.Context(), "x"); return err },
			func() error { _, err := c.BlockDocument(t.Context(), "x", prefect.IncludeSecrets); return err },
			func() error { _, err := c.TaskRun(t.Context(), "x"); return err },
			func() error { _, err := c.ScheduledFlowRuns(t.Context(), "x", prefect.ScheduledQuery{}); return err },
			func() error {
				_, err := c.SetFlowRunState(t.Context(), "x", prefect.State{Type: prefect.StateRunning})
				return err
			},
			func() error { _, err := c.ServerVersion(t.Context()); return err },
			func() error {
				_, err := prefect.Collect(c.Logs(t.Context(), prefect.LogQuery{Limit: 1000}))
				return err
			},
		}
		for _, call := range calls {
			err := call()
			if err == nil {
				continue
			}
			if _, ok := errors.AsType[*prefect.Error](err); !ok {
				t.Errorf("got %#v, want an *Error", err)
			}
			if strings.ContainsAny(err.Error(), "\n\r\x1b") || strings.Contains(err.Error(), secretKey) {
				t.Errorf("got %q, want one clean line", err)
			}
		}
	})
}

// Go reads null into any object as one without an id, with which the next request would ask for something else.
func TestNullForAnObject(t *testing.T) {
	_, err := secretive(t, says(200, "null")).Flow(t.Context(), "f")
	wantKind(t, err, prefect.ErrNotPrefect)
	if !strings.Contains(err.Error(), "it is null") {
		t.Errorf("got %v, want what it is", err)
	}
}
