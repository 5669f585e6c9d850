//go:build unix

package cli_test

import (
	"io"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// TestSecretsAreAskedForOnATerminal types a secret wherever a command takes one.
func TestSecretsAreAskedForOnATerminal(t *testing.T) {
	const secret = "hunter2 "
	h := clitest.NewPrefect(t, clitest.StartPrefect(t))
	for _, test := range []struct {
		args     []string
		question string
		shows    string // what the command prints if it got the secret
	}{
		{[]string{"profile", "set", "PREFECT_API_KEY"}, "PREFECT_API_KEY: ", "set PREFECT_API_KEY"},
		{[]string{"profile", "set", "PREFECT_API_KEY", "--stdin"}, "--stdin: ", "set PREFECT_API_KEY"},
		{[]string{"run", "--dry-run", "--registry-server", "me.azurecr.io", "--registry-username", "me", "--image", "me.azurecr.io/job:1"}, "password of me at me.azurecr.io: ", `"password": "***"`},
		{[]string{"run", "--dry-run", "--registry-server", "me.azurecr.io", "--registry-username", "me", "--registry-password-stdin", "--image", "me.azurecr.io/job:1"}, "password of me at me.azurecr.io: ", `"password": "***"`},
		{[]string{"run", "--dry-run", "--secret-env", "API_KEY", "--", "true"}, "value of API_KEY: ", `"secureValue": "***"`},
		{[]string{"block", "create", "secret", "token"}, "value of block secret/token: ", "block secret/token: created"},
		{[]string{"block", "create", "docker-registry", "images", "--registry-url", "me.azurecr.io", "--username", "me"}, "password of me at me.azurecr.io: ", "images: created"},
		{[]string{"block", "create", "docker-registry-credentials", "images", "--registry-url", "me.azurecr.io", "--username", "me"}, "password of me at me.azurecr.io: ", "images: created"},
		{[]string{"block", "create", "azure-blob-storage-credentials", "store"}, "connection string of the storage account: ", "store: created"},
		{[]string{"block", "create", "azure-container-instance-credentials", "sp", "--tenant-id", "t", "--client-id", "c"}, "secret of application c: ", "sp: created"},
		{[]string{"block", "create", "azure", "code", "--bucket-path", "flows", "--account-name", "a", "--tenant-id", "t", "--client-id", "c"}, "secret of application c: ", "code: created"},
	} {
		s := h.Sit(test.args...)
		s.Screen.WaitFor(t, test.question)
		for s.Echoes() { // the question stands there a moment before
		}
		io.WriteString(s.Keys, secret+"\r")
		code := <-s.Code
		s.Screen.WaitFor(t, test.shows)
		if got := s.Screen.String(); code != 0 || strings.Contains(got, "hunter2") || !s.Echoes() {
			t.Errorf("%v: exit code %d, echo %v, and the screen shows %q", test.args, code, s.Echoes(), got)
		}
		h.Run(test.args...) // where nobody can be asked it does not hang
	}
	h.Run("profile", "inspect", "--show-secrets", "--output", "json").Wants(t, 0, `"PREFECT_API_KEY":"hunter2 "`, "")
}
