package azcli_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/azcli"
)

func TestRunReports(t *testing.T) {
	tests := map[string]struct {
		reply    reply
		options  azcli.Options
		want     azcli.Result
		messages []string
		err      string
	}{
		"success": {
			reply: reply{Stdout: "  {\"id\":1}\n\n"}, options: azcli.Options{Success: "made", Failure: "not made", JSON: true},
			want: azcli.Result{Status: azcli.Created, Output: `{"id":1}`}, messages: []string{"success: made"},
		},
		"text": {reply: reply{Stdout: "westus\n"}, want: azcli.Result{Status: azcli.Created, Output: "westus"}},
		"exists": {
			reply: reply{Stderr: "ERROR: group g already exists\n", Code: 1}, options: azcli.Options{Success: "made", IgnoreExists: true},
			want: azcli.Result{Status: azcli.Exists}, messages: []string{"exists: made (already exists)"},
		},
		"exists without a message": {
			reply: reply{Stderr: "already exists", Code: 1}, options: azcli.Options{IgnoreExists: true}, want: azcli.Result{Status: azcli.Exists},
		},
		"exists, not ignored": {
			reply: reply{Stderr: "ERROR: group g already exists\n", Code: 1}, options: azcli.Options{Success: "made", Failure: "not made"},
			messages: []string{"failure: not made: ERROR: group g already exists"}, err: "running az thing make: group g already exists",
		},
		"failure": {
			reply:   reply{Stderr: "ERROR: (AuthorizationFailed) no\nCode: AuthorizationFailed\nMessage: no\n", Code: 1},
			options: azcli.Options{Success: "made", Failure: "not made", IgnoreExists: true}, err: "running az thing make: AuthorizationFailed: no",
			messages: []string{"failure: not made: ERROR: (AuthorizationFailed) no\nCode: AuthorizationFailed\nMessage: no"},
		},
		"silent failure": {reply: reply{Code: 7}, err: "running az thing make: exit code 7"},
		"no JSON": {
			reply: reply{Stdout: "hello"}, options: azcli.Options{Success: "made", JSON: true}, err: "reading the output of az thing make: invalid character 'h' looking for beginning of value",
			messages: []string{"success: made", "failure: Failed to decode JSON: invalid character 'h' looking for beginning of value"},
		},
		"warnings": {reply: reply{Stdout: "1", Stderr: "WARNING: old\n"}, options: azcli.Options{JSON: true}, want: azcli.Result{Status: azcli.Created, Output: "1", Stderr: "WARNING: old\n"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.reply.Command = "thing"
			az := newFake(t, test.reply)
			got, err := az.Run(t.Context(), []string{"thing", "make"}, test.options)
			if (err != nil || test.err != "") && (err == nil || err.Error() != test.err) {
				t.Errorf("error %v, want %q", err, test.err)
			}
			if got != test.want {
				t.Errorf("result %q %q, want %q %q", got.Status, got.Output, test.want.Status, test.want.Output)
			}
			if diff := cmp.Diff(test.messages, az.messages); diff != "" {
				t.Error(diff)
			}
			az.Reporter = nil // silent, and otherwise the same
			if again, _ := az.Run(t.Context(), []string{"thing", "make"}, test.options); again != test.want {
				t.Errorf("without a reporter: result %q", again.Status)
			}
		})
	}
}

// What az 2.91 writes to standard error.
func TestErrors(t *testing.T) {
	tests := map[string]struct {
		reply reply
		check func(error) bool
	}{
		"a 404": {
			reply{Code: 3, Stderr: "ERROR: (ResourceGroupNotFound) Resource group 'g' could not be found.\nCode: ResourceGroupNotFound\nMessage: Resource group 'g' could not be found.\n"},
			func(err error) bool {
				e, ok := errors.AsType[*azcli.CommandError](err)
				return ok && e.NotFound() && e.Code == "ResourceGroupNotFound" && e.Message == "Resource group 'g' could not be found."
			},
		},
		"wrong arguments": {
			reply{Code: 2, Stderr: "ERROR: the following arguments are required: --location/-l\n\nExamples from command's help:\naz group create\n"},
			func(err error) bool {
				e, ok := errors.AsType[*azcli.CommandError](err)
				return ok && !e.NotFound() && e.Code == "" && e.ExitCode == 2 && e.Message == "the following arguments are required: --location/-l"
			},
		},
		"colours": {
			reply{Code: 1, Stderr: "\x1b[91mERROR: (Conflict) busy\x1b[0m\r\n"},
			func(err error) bool {
				e, ok := errors.AsType[*azcli.CommandError](err)
				return ok && e.Code == "Conflict" && e.Message == "busy"
			},
		},
		"a wrong secret": {
			reply{Code: 1, Stderr: "ERROR: AADSTS7000215: Invalid client secret provided.\n"},
			func(err error) bool {
				e, ok := errors.AsType[*azcli.CommandError](err)
				return ok && e.Code == "AADSTS7000215" && e.Message == "Invalid client secret provided."
			},
		},
		"a traceback": {
			reply{Code: 1, Stderr: "Traceback (most recent call last):\n  File \"x.py\"\nModuleNotFoundError: No module named 'azure'\n"},
			func(err error) bool {
				e, ok := errors.AsType[*azcli.CommandError](err)
				return ok && e.Message == "ModuleNotFoundError: No module named 'azure'"
			},
		},
		"not signed in":             {reply{Code: 1, Stderr: "ERROR: Please run 'az login' to setup account.\n"}, notSignedIn},
		"no accounts, exit code 0":  {reply{Stdout: "[]\n", Stderr: "WARNING: Please run \"az login\" to access your accounts.\n"}, notSignedIn},
		"an expired sign-in":        {reply{Code: 1, Stderr: "ERROR: AADSTS700082: The refresh token has expired.\nTo re-authenticate, please run:\naz login\n"}, notSignedIn},
		"a sign-in that is too old": {reply{Code: 1, Stderr: "ERROR: AADSTS50076: MFA.\nRun the command below to authenticate interactively; additional arguments may be added as needed:\naz logout\naz login --tenant \"t\"\n"}, notSignedIn},
		"an unrelated mention": {
			reply{Code: 1, Stderr: "ERROR: (BadRequest) no such thing; see the docs of az login\n"},
			func(err error) bool { _, ok := errors.AsType[*azcli.CommandError](err); return ok },
		},
		"a registry that refuses": {
			reply{Code: 1, Stderr: "ERROR: Access to registry 'r.azurecr.io' was denied. Response code: 401. Please try running 'az login' again to refresh permissions.\n"},
			func(err error) bool { _, ok := errors.AsType[*azcli.CommandError](err); return ok },
		},
		"no JSON": {
			reply{Stdout: "{\"password\":\"hunter2"},
			func(err error) bool {
				_, ok := errors.AsType[*azcli.JSONError](err)
				return ok && !strings.Contains(err.Error(), "hunter2")
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.reply.Command = "thing"
			az := newFake(t, test.reply)
			if _, err := az.Run(t.Context(), []string{"thing"}, azcli.Options{JSON: true}); err == nil || !test.check(err) {
				t.Errorf("%T: %v", err, err)
			}
		})
	}
}

func notSignedIn(err error) bool {
	e, ok := errors.AsType[*azcli.NotSignedInError](err)
	return ok && strings.Contains(e.Hint(), "az login")
}

func TestNotInstalled(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for _, path := range []string{"", filepath.Join(t.TempDir(), "az")} {
		_, err := (&azcli.Runner{Path: path}).Run(t.Context(), []string{"--version"}, azcli.Options{IgnoreExists: true})
		e, ok := errors.AsType[*azcli.NotInstalledError](err)
		if !ok || !strings.Contains(e.Hint(), azcli.InstallPage) || !strings.Contains(err.Error(), "Azure CLI is not installed") {
			t.Errorf("%q: %T: %v", path, err, err)
		}
	}
}

func TestRunString(t *testing.T) {
	az := newFake(t, reply{Command: "ad", Stdout: "[]"})
	line := `az ad sp list --all --query "[?appId=='1']" --output 'a b'`
	if _, err := az.RunString(t.Context(), line, azcli.Options{}); err != nil {
		t.Fatal(err)
	}
	if want := []string{`["ad","sp","list","--all","--query","[?appId=='1']","--output","a b"]`}; !slices.Equal(az.asked(), want) {
		t.Errorf("az got %s, want %s", az.asked(), want)
	}
	for _, wrong := range []string{"", "rm -rf /", "az", "az group create --name 'x"} {
		if _, err := az.RunString(t.Context(), wrong, azcli.Options{}); err == nil {
			t.Errorf("%q was run", wrong)
		}
	}
	if len(az.asked()) != 1 {
		t.Errorf("az got %s", az.asked())
	}
}

func TestSecrets(t *testing.T) {
	const secret = "hunter2"
	az := newFake(t, reply{Command: "thing", Stderr: "ERROR: (Bad) hunter2 is wrong\n", Code: 1}, reply{Command: "login", Echo: true},
		reply{Command: "show", Stdout: secret})
	var log bytes.Buffer
	az.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	az.Secrets = []string{secret, ""}

	for _, argv := range [][]string{
		{"login", "--service-principal", "-p", "other"}, {"login", "--password=other"}, {"acr", "login", "-p", "other"},
		{"thing", "--client-secret", "other"}, {"thing", "--name", "x" + secret},
	} {
		_, err := az.Run(t.Context(), argv, azcli.Options{})
		e, ok := errors.AsType[*azcli.SecretError](err)
		if !ok || e.Hint() == "" || strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "other") {
			t.Errorf("%v: %T: %v", argv, err, err)
		}
	}
	if asked := az.asked(); len(asked) != 0 {
		t.Errorf("az was started with %s", asked)
	}

	// -p is no password elsewhere.
	_, err := az.Run(t.Context(), []string{"thing", "-p", "plan"}, azcli.Options{Failure: "failed"})
	e, ok := errors.AsType[*azcli.CommandError](err)
	if !ok || strings.Contains(err.Error()+e.Stderr, secret) || strings.Contains(strings.Join(az.messages, ""), secret) {
		t.Errorf("%v; messages %q", err, az.messages)
	}
	got, err := az.Run(t.Context(), []string{"login", "--password", "@-"}, azcli.Options{Stdin: secret})
	if err != nil || got.Output != secret {
		t.Errorf("az read %q from standard input, %v", got.Output, err)
	}
	az.Log.Info("result", "result", got)
	shown := fmt.Sprintf("%v %+v %#v %s %q", got, got, got, got, got) + log.String()
	if strings.Contains(shown, secret) {
		t.Errorf("the secret is shown: %s", shown)
	}
	if !strings.Contains(log.String(), "az login --password @-") {
		t.Errorf("the log has no command: %s", log.String())
	}
}

// What az 2.91 takes for a secret: options by their beginning, with several values, and short ones of some commands.
func TestSecretOptions(t *testing.T) {
	const secret = "hunter2"
	az := newFake(t, reply{})
	for _, line := range []string{
		"login --pass hunter2", "login --passw=hunter2", "login -phunter2", "LOGIN -p hunter2", "login --password -hunter2",
		"container create --registry-p hunter2", "container create --secrets a=hunter2", "container create --secrets a=@x b=hunter2",
		"container create --secure-environment-variables a=1 b=hunter2", "container create --secure-env a=hunter2 --name x",
		"vm create --admin-password hunter2", "vm create --admin-p hunter2", "aks create --client hunter2",
		"keyvault secret set --vault-name v --value hunter2", "keyvault secret set --val=hunter2", "storage blob list --connection hunter2",
		"storage blob list --account-k hunter2", "storage blob list --connection-string AccountKey=hunter2", "functionapp create -w hunter2",
		"acr repository list -p hunter2", "appconfig kv list --connection hunter2", "ad app create --password=@- hunter2",
	} {
		_, err := az.Run(t.Context(), strings.Fields(line), azcli.Options{})
		if _, ok := errors.AsType[*azcli.SecretError](err); !ok || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %T: %v", line, err, err)
		}
	}
	if asked := az.asked(); len(asked) != 0 {
		t.Errorf("az was started with %s", asked)
	}
	for _, line := range []string{
		"acr task list --registry r", "storage blob list --account-name a", "aks connection create storage-blob --connection c",
		"appconfig kv set --value v", "webapp create -p plan", "aks get-credentials --admin --name c", "aks get-credentials --admin -n c",
		"ad app credential reset --id i --append --display-name password", "container create --secrets @s.json", "login --password @-",
		"container create --secrets-mount-path /s --registry-login-server s --registry-username u", "group create --tags secret=1",
		"role assignment create --assignee-object-id o --scope s", "acr create --sku Basic --location l", "thing -- x",
	} {
		if _, err := az.Run(t.Context(), strings.Fields(line), azcli.Options{}); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestDecode(t *testing.T) {
	az := newFake(t, reply{Command: "group", Stdout: "true"})
	got, err := az.RunString(t.Context(), "az group exists --name g", azcli.Options{JSON: true})
	if err != nil {
		t.Fatal(err)
	}
	var exists bool
	if err := got.Decode(&exists); err != nil || !exists {
		t.Errorf("%v, %v", exists, err)
	}
	if _, ok := errors.AsType[*azcli.JSONError](got.Decode(new([]string))); !ok {
		t.Error("a boolean was read as a list")
	}
}

func TestEndedBefore(t *testing.T) {
	az := newFake(t, reply{Command: "thing"})
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := az.Run(ctx, []string{"thing"}, azcli.Options{}); !errors.Is(err, why) {
		t.Error(err)
	}
	if len(az.asked()) != 0 {
		t.Error("az was started")
	}
}

func TestEnvironment(t *testing.T) {
	if _, err := os.Stat("/bin/sh"); err != nil {
		t.Skip("needs a POSIX shell")
	}
	script := filepath.Join(t.TempDir(), "az")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho $AZURE_CORE_NO_COLOR $MINE\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("MINE", "inherited")
	for want, env := range map[string][]string{"1 inherited": nil, "1 given": {"MINE=given"}} {
		if got, err := (&azcli.Runner{Path: script, Env: env}).Run(t.Context(), []string{"x"}, azcli.Options{}); err != nil || got.Output != want {
			t.Errorf("%q, %v; want %q", got.Output, err, want)
		}
	}
}
