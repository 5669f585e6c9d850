package cli

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/pacific-aci/pacific/aci"
)

func TestRunCode(t *testing.T) {
	interrupted, cancel := context.WithCancelCause(t.Context())
	cancel(&signalError{os.Interrupt})
	terminated, cancel := context.WithCancelCause(t.Context())
	cancel(&signalError{syscall.SIGTERM})
	hungUp, cancel := context.WithCancelCause(t.Context())
	cancel(&signalError{syscall.SIGHUP})
	gone, cancel := context.WithCancelCause(t.Context())
	cancel(&outputError{syscall.EPIPE})
	ctx := t.Context()
	for _, test := range []struct {
		name    string
		ctx     context.Context
		outcome aci.Outcome
		code    *int
		want    int
	}{
		{"success", ctx, aci.OutcomeSucceeded, new(0), 0},
		{"failure", ctx, aci.OutcomeFailed, new(3), 3},
		{"largest", ctx, aci.OutcomeFailed, new(255), 255},
		{"too large", ctx, aci.OutcomeFailed, new(256), 255},
		{"Windows status", ctx, aci.OutcomeFailed, new(-1073741819), 255},
		{"start failed", ctx, aci.OutcomeStartFailed, nil, 125},
		{"start timeout", ctx, aci.OutcomeStartTimeout, nil, 125},
		{"timeout", ctx, aci.OutcomeTimedOut, new(137), 124},
		{"evicted without code", ctx, aci.OutcomeEvicted, nil, 125},
		{"evicted with code", ctx, aci.OutcomeEvicted, new(143), 143},
		{"vanished", ctx, aci.OutcomeVanished, nil, 125},
		{"stopped by somebody, with a 0", ctx, aci.OutcomeStopped, new(0), 125},
		{"error", ctx, aci.OutcomeError, nil, 125},
		{"interrupt", interrupted, aci.OutcomeInterrupted, new(0), 130},
		{"terminated", terminated, aci.OutcomeInterrupted, nil, 143},
		{"hung up", hungUp, aci.OutcomeInterrupted, nil, 129},
		{"nobody reads", gone, aci.OutcomeInterrupted, nil, 125},
		{"ended before the signal", interrupted, aci.OutcomeFailed, new(7), 7},
	} {
		if got := runCode(test.ctx, &aci.Result{Outcome: test.outcome, ExitCode: test.code}); got != test.want {
			t.Errorf("%s: got %d, want %d", test.name, got, test.want)
		}
	}
}

func TestLastByteKnowsAnOpenLine(t *testing.T) {
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	l := &lastByte{w: f}
	for _, test := range []struct {
		text string
		open bool
	}{{"", false}, {"a", true}, {"", true}, {"b\n", false}, {"c\nd", true}} {
		if _, err := l.Write([]byte(test.text)); err != nil {
			t.Fatal(err)
		}
		if l.open != test.open {
			t.Errorf("after %q: open %v, want %v", test.text, l.open, test.open)
		}
	}
	var failed error
	l.failed = func(err error) { failed = err }
	f.Close()
	if _, err := l.Write([]byte("e")); err == nil || failed == nil {
		t.Errorf("a write to a closed file: got error %v, told %v", err, failed)
	}
}

func TestAzDefaultSubscription(t *testing.T) {
	const id = "11111111-2222-3333-4444-555555555555"
	for _, test := range []struct {
		name, file, want string
	}{
		{"default", "\xef\xbb\xbf" + `{"subscriptions":[{"id":"00000000-0000-0000-0000-000000000000"},{"id":"` + id + `","isDefault":true}]}`, id},
		{"none is default", `{"subscriptions":[{"id":"` + id + `"}]}`, ""},
		{"no id", `{"subscriptions":[{"id":"N/A(tenant level account)","isDefault":true}]}`, ""},
		{"not JSON", "{", ""},
		{"absent", "", ""},
	} {
		home := t.TempDir()
		if test.file != "" {
			if err := os.MkdirAll(filepath.Join(home, ".azure"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(home, ".azure", "azureProfile.json"), []byte(test.file), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, env := range []map[string]string{{"HOME": home}, {"USERPROFILE": home}, {"AZURE_CONFIG_DIR": filepath.Join(home, ".azure")}} {
			got := azDefaultSubscription(func(name string) (string, bool) { v, ok := env[name]; return v, ok })
			if got != test.want {
				t.Errorf("%s with %v: got %q, want %q", test.name, env, got, test.want)
			}
		}
	}
	if got := azDefaultSubscription(func(string) (string, bool) { return "", false }); got != "" {
		t.Errorf("without a home folder: got %q", got)
	}
}

func TestShellWord(t *testing.T) {
	for word, want := range map[string]string{
		"jobs": "jobs", "http://127.0.0.1:4280": "http://127.0.0.1:4280", "jobs (old)": "'jobs (old)'",
		"a(b)c": "'a(b)c'", "it's": `'it'\''s'`, "": "''", "$HOME": "'$HOME'",
	} {
		if got := shellWord(word); got != want {
			t.Errorf("shellWord(%q) = %s, want %s", word, got, want)
		}
	}
}
