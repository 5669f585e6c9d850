package azure_test

import (
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/azure"
)

// TestLacksRole: of all refusals, only those are about a role that Azure says are.
func TestLacksRole(t *testing.T) {
	const sentence = "The client 'a' with object id 'a' does not have authorization to perform action 'x/write' over scope '/subscriptions/s'."
	for name, test := range map[string]struct {
		status int
		body   string
		want   bool
	}{
		"a right":                 {403, errorBody("AuthorizationFailed", "said by Azure"), true},
		"a right on the subnet":   {403, errorBody("LinkedAuthorizationFailed", "said by Azure"), true},
		"sent as a bad request":   {400, errorBody("LinkedAuthorizationFailed", "said by Azure"), true},
		"inside another error":    {403, `{"error":{"code":"Failed","message":"no","details":[{"code":"AuthorizationFailed","message":"said by Azure"}]}}`, true},
		"by the sentence":         {403, errorBody("Forbidden", sentence), true},
		"denied":                  {403, errorBody("DenyAssignmentAuthorizationFailed", "the access is denied"), false},
		"a policy":                {403, errorBody("RequestDisallowedByPolicy", "said by Azure"), false},
		"a lock":                  {409, errorBody("ScopeLocked", "said by Azure"), false},
		"a disabled subscription": {409, errorBody("ReadOnlyDisabledSubscription", "said by Azure"), false},
		"a kind of subscription":  {403, errorBody("DisallowedOperation", "said by Azure"), false},
		"an unknown code":         {403, errorBody("Strange", "said by Azure"), false},
		"a proxy":                 {403, "<html><title>Blocked</title></html>", false},
		"no body":                 {403, "", false},
		"signed out":              {401, errorBody("ExpiredAuthenticationToken", "expired"), false},
	} {
		e := azure.Explain(responseError(test.status, test.body))
		if foreign := name == "a proxy"; e.Foreign() != foreign || foreign && !strings.Contains(e.Hint(), "HTTPS_PROXY") {
			t.Errorf("%s: foreign is %v, and the hint %q", name, e.Foreign(), e.Hint())
		}
		if got := e.LacksRole(); got != test.want {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}
