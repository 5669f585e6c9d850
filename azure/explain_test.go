package azure_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/pacific-aci/pacific/azure"
)

// responseError is what the SDK makes of such an answer.
func responseError(status int, body string, header ...string) error {
	resp := &http.Response{
		StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)),
		Request: &http.Request{Method: "GET", URL: &url.URL{Scheme: "https", Host: "management.azure.com", Path: "/x"}},
	}
	for i := 0; i < len(header); i += 2 {
		resp.Header.Set(header[i], header[i+1])
	}
	return runtime.NewResponseError(resp)
}

func errorBody(code, message string) string {
	return fmt.Sprintf(`{"error":{"code":%q,"message":%q}}`, code, message)
}

// capacitySays is the sentence of a full region (virtual-kubelet/virtual-kubelet#592).
const capacitySays = "The requested resource is not available in the location 'westus' at this moment. Please retry with a different resource request or in another location. Resource requested: '4' CPU '16' GB memory 'Linux' OS virtual network"

func TestClasses(t *testing.T) {
	tests := []struct {
		name    string
		status  int
		body    string
		class   azure.Class
		code    string
		message string // part of
		lost    bool
	}{
		{"no room, sent as a conflict", 409, errorBody("ServiceUnavailable", capacitySays), azure.ClassCapacity, "ServiceUnavailable", "not available in the location 'westus'", false},
		{"no room, without words", 409, errorBody("ServiceUnavailable", "busy"), azure.ClassCapacity, "ServiceUnavailable", "busy", false},
		{"the same code for a quota", 409, errorBody("ServiceUnavailable", "container group quota 'ContainerGroups' exceeded in region 'x'. Limit: '0'"), azure.ClassQuota, "ServiceUnavailable", "Limit: '0'", false},
		{"the same code in its plain meaning", 503, errorBody("ServiceUnavailable", "try later"), azure.ClassUnavailable, "ServiceUnavailable", "try later", true},
		{"what the server will never do", 501, errorBody("NotImplemented", "not yet"), azure.ClassInvalid, "NotImplemented", "not yet", false},
		{"quota", 409, errorBody("ContainerGroupQuotaReached", "quota 'StandardCores' exceeded"), azure.ClassQuota, "ContainerGroupQuotaReached", "StandardCores", false},
		{"throttled", 429, errorBody("SubscriptionRequestsThrottled", "slow down"), azure.ClassThrottled, "SubscriptionRequestsThrottled", "slow down", true},
		{"too many", 429, errorBody("TooManyRequests", "slow down"), azure.ClassThrottled, "TooManyRequests", "", true},
		{"busy, sent as 429", 429, errorBody("RetryableErrorDueToAnotherOperation", "locked"), azure.ClassConflict, "RetryableErrorDueToAnotherOperation", "", true},
		{"registry", 409, errorBody("RegistryErrorResponse", "An error response is received from the docker registry 'index.docker.io'."), azure.ClassRegistry, "RegistryErrorResponse", "index.docker.io", false},
		{"image", 400, errorBody("InaccessibleImage", "The image 'x' is not accessible."), azure.ClassImage, "InaccessibleImage", "'x'", false},
		{"subnet", 400, errorBody("SubnetMissingRequiredDelegation", "Subnet missing"), azure.ClassNetworkJoin, "SubnetMissingRequiredDelegation", "", false},
		{"right", 403, errorBody("AuthorizationFailed", "The client does not have authorization"), azure.ClassAuthorisation, "AuthorizationFailed", "", false},
		{"linked right, sent as a bad request", 400, errorBody("LinkedAuthorizationFailed", "join/action"), azure.ClassAuthorisation, "LinkedAuthorizationFailed", "", false},
		{"denied", 403, errorBody("DenyAssignmentAuthorizationFailed", "the access is denied because of the deny assignment"), azure.ClassAuthorisation, "DenyAssignmentAuthorizationFailed", "", false},
		{"token", 401, errorBody("ExpiredAuthenticationToken", "expired"), azure.ClassAuthentication, "ExpiredAuthenticationToken", "", false},
		{"policy, sent as forbidden", 403, errorBody("RequestDisallowedByPolicy", "Resource 'x' was disallowed by policy."), azure.ClassPolicy, "RequestDisallowedByPolicy", "", false},
		{"lock, sent as a conflict", 409, errorBody("ScopeLocked", "locked"), azure.ClassPolicy, "ScopeLocked", "", false},
		{"not registered, sent as a conflict", 409, errorBody("MissingSubscriptionRegistration", "not registered"), azure.ClassInvalid, "MissingSubscriptionRegistration", "", false},
		{"group in transition", 409, errorBody("ContainerGroupTransitioning", "still transitioning"), azure.ClassConflict, "ContainerGroupTransitioning", "", false},
		{"missing group", 404, errorBody("ResourceGroupNotFound", "could not be found"), azure.ClassNotFound, "ResourceGroupNotFound", "", false},
		{"any case", 409, errorBody("containergroupquotareached", "x"), azure.ClassQuota, "containergroupquotareached", "", false},

		{"unknown code, 400", 400, errorBody("Strange", "s"), azure.ClassInvalid, "Strange", "s", false},
		{"unknown code, 401", 401, errorBody("Strange", "s"), azure.ClassAuthentication, "Strange", "s", false},
		{"unknown code, 403", 403, errorBody("Strange", "s"), azure.ClassAuthorisation, "Strange", "s", false},
		{"unknown code, 404", 404, errorBody("Strange", "s"), azure.ClassNotFound, "Strange", "s", false},
		{"unknown code, 408", 408, errorBody("Strange", "s"), azure.ClassUnavailable, "Strange", "s", true},
		{"unknown code, 409", 409, errorBody("Strange", "s"), azure.ClassConflict, "Strange", "s", false},
		{"unknown code, 412", 412, errorBody("Strange", "s"), azure.ClassConflict, "Strange", "s", false},
		{"unknown code, 429", 429, errorBody("Strange", "s"), azure.ClassThrottled, "Strange", "s", true},
		{"unknown code, 500", 500, errorBody("Strange", "s"), azure.ClassUnavailable, "Strange", "s", true},
		{"no body", 502, "", azure.ClassUnavailable, "", "Azure answered 502 Bad Gateway and gave no reason", true},
		{"no code, but Azure's sentence", 400, `{"message":"` + capacitySays + `"}`, azure.ClassCapacity, "", "westus", false},

		{"a proxy's page", 502, "<html><head><title>Corporate\n Gateway</title></head></html>", azure.ClassUnavailable, "", `a web page titled "Corporate Gateway", not Azure's`, true},
		{"a page without title", 403, "<!doctype html><p>no", azure.ClassAuthorisation, "", "a web page, not Azure's", false},
		{"a gateway's 404", 404, "<html><title>404</title></html>", azure.ClassUnknown, "", `a web page titled "404"`, false},
		{"a server's 404", 404, "404 page not found", azure.ClassUnknown, "", "not in Azure's form", false},
		{"words", 500, "upstream connect error", azure.ClassUnavailable, "", "not in Azure's form: upstream connect error", true},
		{"broken JSON", 500, `{"error":{"code":"Int`, azure.ClassUnavailable, "", "not in Azure's form", true},
		{"storage's XML", 403, `<?xml version="1.0"?><Error><Code>AuthenticationFailed</Code><Message>Signature</Message></Error>`, azure.ClassAuthentication, "AuthenticationFailed", "Signature", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := azure.Explain(fmt.Errorf("creating: %w", responseError(tt.status, tt.body)))
			if got == nil {
				t.Fatal("got nil")
			}
			if got.Class != tt.class || got.Code != tt.code || got.Status != tt.status || got.Lost() != tt.lost {
				t.Errorf("got %s %q %d lost=%v, want %s %q %d lost=%v", got.Class, got.Code, got.Status, got.Lost(), tt.class, tt.code, tt.status, tt.lost)
			}
			if !strings.Contains(got.Message, tt.message) {
				t.Errorf("message %q, want %q in it", got.Message, tt.message)
			}
			if _, ok := errors.AsType[*azcore.ResponseError](got); !ok {
				t.Error("the SDK's error is not in the chain any more")
			}
		})
	}
}

func TestFlattening(t *testing.T) {
	tests := map[string]struct {
		body    string
		status  int
		class   azure.Class
		code    string
		message string
		codes   []string
	}{
		"a deployment's error, JSON in the message (Azure/dev-box-images#8)": {
			body: `{"status":"Failed","error":{"code":"DeploymentFailed","message":"At least one resource deployment operation failed. Please list deployment operations for details.",
				"details":[{"code":"BadRequest","message":"{\r\n  \"error\": {\r\n    \"code\": \"SubnetMissingRequiredDelegation\",\r\n    \"message\": \"Subnet missing required delegation.\"\r\n  }\r\n}"}]}}`,
			status: 409, class: azure.ClassNetworkJoin, code: "SubnetMissingRequiredDelegation",
			message: "Subnet missing required delegation",
			codes:   []string{"DeploymentFailed", "BadRequest", "SubnetMissingRequiredDelegation"},
		},
		"details without codes (Azure/Azure-Landing-Zones#2489)": {
			body:   `{"status":"Failed","error":{"code":"ResourceOperationFailure","message":"The resource operation completed with terminal provisioning state 'Failed'.","details":[{"message":"The requested resource is not available in the location 'norwayeast' at this moment."}]}}`,
			status: 200, class: azure.ClassCapacity, code: "ResourceOperationFailure",
			message: "The requested resource is not available in the location 'norwayeast' at this moment", codes: []string{"ResourceOperationFailure"},
		},
		"the end of a create, told by events (Azure/Azure-Landing-Zones#2404)": {
			body:   `{"id":"x","status":"Failed","properties":{"events":[{"count":1,"name":"InsufficientCapacity.","message":"The requested resource is not available in the location 'uksouth' at this moment.","type":"Warning"}]}}`,
			status: 200, class: azure.ClassCapacity, code: "InsufficientCapacity",
			message: "The requested resource is not available in the location 'uksouth' at this moment", codes: []string{"InsufficientCapacity"},
		},
		"inner error and target": {
			body:   `{"error":{"code":"InvalidParameter","message":"The value is wrong.","target":"containers[0].name","innererror":{"code":"NameTooLong","message":"64 characters"}}}`,
			status: 400, class: azure.ClassInvalid, code: "InvalidParameter",
			message: "InvalidParameter: The value is wrong [containers[0].name]; NameTooLong: 64 characters", codes: []string{"InvalidParameter", "NameTooLong"},
		},
		"policy": {
			body:   `{"error":{"code":"RequestDisallowedByPolicy","message":"Resource 'j' was disallowed by policy.","additionalInfo":[{"type":"PolicyViolation","info":{"policyDefinitionDisplayName":"d","policyAssignmentDisplayName":"Allowed locations"}}]}}`,
			status: 403, class: azure.ClassPolicy, code: "RequestDisallowedByPolicy",
			message: `RequestDisallowedByPolicy: Resource 'j' was disallowed by policy; policy "Allowed locations"`, codes: []string{"RequestDisallowedByPolicy"},
		},
		"a list of sentences, one of them JSON": {
			body:   `["first", "", "{\"error\":{\"code\":\"InaccessibleImage\",\"message\":\"second\"}}"]`,
			status: 400, class: azure.ClassImage, code: "InaccessibleImage", message: "first; InaccessibleImage: second", codes: []string{"InaccessibleImage"},
		},
		"said twice": {
			body:   `{"error":{"code":"Conflict","message":"Busy.","details":[{"code":"Conflict","message":"Busy."},{"code":"Conflict","message":"Busy"}]}}`,
			status: 409, class: azure.ClassConflict, code: "Conflict", message: "Busy", codes: []string{"Conflict"},
		},
		"OData": {
			body:   `{"odata.error":{"code":"Request_ResourceNotFound","message":{"lang":"en","value":"No such thing."}}}`,
			status: 404, class: azure.ClassNotFound, code: "Request_ResourceNotFound", message: "No such thing", codes: []string{"Request_ResourceNotFound"},
		},
		"without the envelope": {
			body: `{"code":"ContainerAppLockConflict","message":"line one\r\n\tline two\u001b[31m"}`, status: 409, class: azure.ClassConflict, code: "ContainerAppLockConflict",
			message: "line one line two[31m", codes: []string{"ContainerAppLockConflict"},
		},
		"a deployment operation's statusMessage": {
			body:   `{"properties":{"statusMessage":{"error":{"code":"InaccessibleImage","message":"no image"}}}}`,
			status: 400, class: azure.ClassImage, code: "InaccessibleImage", message: "no image", codes: []string{"InaccessibleImage"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := azure.Explain(responseError(tt.status, tt.body))
			if got.Class != tt.class || got.Code != tt.code || got.Message != tt.message || !slices.Equal(got.Codes(), tt.codes) {
				t.Errorf("got  %s %q %q %q\nwant %s %q %q %q", got.Class, got.Code, got.Message, got.Codes(), tt.class, tt.code, tt.message, tt.codes)
			}
			if tt.status == 200 && got.Lost() {
				t.Error("the end of an operation counts as a lost view")
			}
		})
	}
}

func TestErrorIsOneReadableLine(t *testing.T) {
	e := azure.Explain(responseError(409, errorBody("ServiceUnavailable", capacitySays),
		"x-ms-request-id", "req-1", "x-ms-correlation-request-id", "corr-1", "Retry-After", "7"))
	want := "capacity: " + capacitySays + " (ServiceUnavailable, HTTP 409, request req-1)"
	if got := e.Error(); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if got := e.Hint(); !strings.HasPrefix(got, "try another region") || strings.Contains(got, "\n") {
		t.Errorf("got hint %q", got)
	}
	if e.RetryAfter != 7*time.Second || e.RequestID != "req-1" || e.CorrelationID != "corr-1" {
		t.Errorf("got %v %q %q", e.RetryAfter, e.RequestID, e.CorrelationID)
	}
	if !e.Has("serviceunavailable") || e.Has("Other") {
		t.Error("Has does not find the code, or finds another")
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "err", e)
	if !strings.Contains(log.String(), "err.class=capacity") {
		t.Errorf("logged %q, want the class by name", log.String())
	}
}

func TestCodeFromTheHeader(t *testing.T) {
	e := azure.Explain(responseError(404, "", "x-ms-error-code", "ResourceNotFound"))
	if e.Code != "ResourceNotFound" || e.Class != azure.ClassNotFound {
		t.Errorf("got %v", e)
	}
	e = azure.Explain(&azcore.ResponseError{ErrorCode: "InaccessibleImage", StatusCode: 400})
	if e.Class != azure.ClassImage || e.Message != "InaccessibleImage" {
		t.Errorf("without an answer: got %v", e)
	}
}

func TestExplainKeepsAnError(t *testing.T) {
	first := azure.Explain(responseError(404, ""))
	if got := azure.Explain(fmt.Errorf("again: %w", first)); got != first {
		t.Errorf("got another %v", got)
	}
}

func TestNetworkErrors(t *testing.T) {
	dialTimeout := &net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded}
	tests := map[string]struct {
		err     error
		hint    string
		lasting bool
		sent    bool
	}{
		"refused":           {&url.Error{Op: "Get", URL: "https://management.azure.com/x", Err: &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}}, "HTTPS_PROXY", false, false},
		"reset":             {&net.OpError{Op: "read", Err: syscall.ECONNRESET}, "may pass", false, true},
		"no such host":      {&net.DNSError{Name: "management.azure.com", Err: "no such host", IsNotFound: true}, "DNS", true, false},
		"DNS for now":       {&net.DNSError{Name: "management.azure.com", Err: "server misbehaving", IsTemporary: true}, "DNS", false, false},
		"dial timeout":      {dialTimeout, "may pass", false, false},
		"EOF":               {&url.Error{Op: "Get", URL: "https://h/", Err: io.EOF}, "may pass", false, true},
		"cut off":           {fmt.Errorf("body download policy: %w", io.ErrUnexpectedEOF), "may pass", false, true},
		"closed pipe":       {io.ErrClosedPipe, "may pass", false, true},
		"unknown authority": {&url.Error{Op: "Get", URL: "https://h/", Err: x509.UnknownAuthorityError{}}, "CA", true, false},
		"http2":             {errors.New("http2: client connection lost"), "may pass", false, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := azure.Explain(fmt.Errorf("reading: %w", tt.err))
			class := azure.ClassUnavailable
			if tt.lasting {
				class = azure.ClassConnection
			}
			if e == nil || e.Class != class || e.Lost() == tt.lasting || e.Sent() != tt.sent || e.Status != 0 {
				t.Fatalf("got %v (lost %v, sent %v), want class %s, sent %v", e, e.Lost(), e.Sent(), class, tt.sent)
			}
			if !strings.Contains(e.Hint(), tt.hint) {
				t.Errorf("hint %q, want %q in it", e.Hint(), tt.hint)
			}
			if !errors.Is(e, tt.err) {
				t.Error("the cause is not in the chain")
			}
		})
	}
	if e := azure.Explain(dialTimeout); e == nil || !errors.Is(dialTimeout, os.ErrDeadlineExceeded) {
		t.Error("a dial's timeout is taken for the end of a context")
	}
}

func TestNotAzures(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	_, missing := os.Open("no-such-file")
	for name, err := range map[string]error{
		"nil":              nil,
		"cancelled":        fmt.Errorf("x: %w", context.Canceled),
		"deadline":         &url.Error{Op: "Get", URL: "https://h/", Err: context.DeadlineExceeded},
		"of a context":     fmt.Errorf("x: %w", ctx.Err()),
		"joined":           errors.Join(errors.New("a"), context.Canceled),
		"a missing file":   missing,
		"any other":        errors.New("no"),
		"of a file system": fs.ErrNotExist,
	} {
		if e := azure.Explain(err); e != nil {
			t.Errorf("%s: got %v, want nil", name, e)
		}
	}
}

func TestNewError(t *testing.T) {
	if e := azure.NewError(); e != nil {
		t.Errorf("got %v, want nil", e)
	}
	e := azure.NewError(
		azure.Detail{Code: "Pulling", Message: `pulling image "x"`},
		azure.Detail{Code: "Failed", Message: `Failed to pull image "x": rpc error: image x not found`},
		azure.Detail{Code: "BackOff", Message: `Back-off pulling image "x"`},
	)
	if e.Class != azure.ClassImage || e.Lost() || e.Status != 0 || strings.Contains(e.Message, "pulling image \"x\";") {
		t.Errorf("got %s %q, want the image's class and no progress", e.Class, e.Message)
	}
	if !strings.HasPrefix(e.Message, `Failed to pull image "x": rpc error: image x not found`) {
		t.Errorf("got %q", e.Message)
	}
	if e := azure.NewError(azure.Detail{Code: "InternalServerError", Message: "x"}); e.Class != azure.ClassUnavailable || e.Lost() {
		t.Errorf("got %s lost=%v; an operation's end is a fact", e.Class, e.Lost())
	}
	if e := azure.NewError(azure.Detail{Code: "Started", Message: "ok"}); e.Message != "ok" || e.Class != azure.ClassUnknown {
		t.Errorf("got %v, want what there is", e)
	}
	if e := azure.NewError(azure.Detail{}); e.Message == "" {
		t.Error("an empty error has no words")
	}
	if e := azure.NewError(azure.Detail{Code: "ErrorJoinVirtualNetwork", Message: "x"}); e.Class != azure.ClassNetworkJoin {
		t.Errorf("got %s", e.Class)
	}
}

// TestEntraHints: a refusal to sign in that is about the application, not its secret, says so.
func TestEntraHints(t *testing.T) {
	for code, want := range map[string]string{"AADSTS7000112": "disabled", "AADSTS7000229": "service principal"} {
		e := azure.NewError(azure.Detail{Code: code, Message: "x"})
		if e.Class != azure.ClassAuthentication || !strings.Contains(e.Hint(), want) {
			t.Errorf("%s: %s, hint %q", code, e.Class, e.Hint())
		}
	}
}

// FuzzExplain: whatever a server sends becomes one bounded line that a terminal can take.
func FuzzExplain(f *testing.F) {
	f.Add(409, errorBody("ServiceUnavailable", capacitySays))
	f.Add(400, `{"error":{"code":"A","message":"{\"error\":{\"message\":\"[{}]\"}}","details":[{"details":[{"code":1}]}]}}`)
	f.Add(500, `<html><title>`+strings.Repeat("x", 300)+`</title>`)
	f.Add(401, `{"error":"invalid_client","error_description":"AADSTS1: x Trace ID: y"}`)
	f.Add(200, `{"properties":{"events":[{"name":"x."},7,null]}}`)
	f.Add(404, "\xef\xbb\xbf\"\x1b[2J\"")
	f.Add(502, strings.Repeat(`{"error":`, 50))
	f.Fuzz(func(t *testing.T, status int, body string) {
		e := azure.Explain(responseError(status, body))
		if e == nil {
			t.Fatal("got nil")
		}
		if strings.ContainsAny(e.Error(), "\n\r\x1b\x00") || !utf8.ValidString(e.Error()) {
			t.Errorf("not one clean line: %q", e.Error())
		}
		if n := utf8.RuneCountInString(e.Message); n == 0 || n > 2000 {
			t.Errorf("%d characters, want 1 to 2000", n)
		}
		if e.Class == "" {
			t.Error("no class")
		}
	})
}

// TestVaultRefusal: of the many lines of a key vault's refusal, people see what was refused.
func TestVaultRefusal(t *testing.T) {
	e := azure.Explain(responseError(403, errorBody("Forbidden", "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\n"+
		"Caller: appid=a;oid=b;iss=https://sts.windows.net/c/\r\nAction: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'\r\nResource: '/subscriptions/d'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: null \r\nVault: kv;location=westeurope\r\n")))
	want := "Caller is not authorized to perform action on resource: action 'Microsoft.KeyVault/vaults/secrets/getSecret/action'"
	if e.Message != want || e.Class != azure.ClassAuthorisation {
		t.Errorf("got %s: %q, want %q", e.Class, e.Message, want)
	}
}
