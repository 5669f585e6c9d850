package enginetest

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
)

var execs = []behaviour{
	{"exec runs in the container's environment", func(t *testing.T, b *bench) {
		spec, log := b.spec(t, "graceful")
		spec.Env = append(spec.Env, "PLANET=venus")
		c := b.run(t, spec)
		log.Wait(t, "ready")
		code, out := b.exec(t, c, nil, "env", "PLANET")
		if want := `"venus" true`; code != 0 || strings.TrimSpace(out) != want {
			t.Errorf("got %d %q, want 0 %q", code, out, want)
		}
		if got := log.String(); strings.Contains(got, "venus") {
			t.Errorf("the exec's output is in the container's log: %q", got)
		}
	}},
	{"exec tells the exit code", func(t *testing.T, b *bench) {
		c, log := b.start(t, "graceful")
		log.Wait(t, "ready")
		if code, _ := b.exec(t, c, nil, "exit", "7"); code != 7 {
			t.Errorf("exit code: got %d, want 7", code)
		}
	}},
	{"exec passes stdin to its end", func(t *testing.T, b *bench) {
		c, log := b.start(t, "graceful")
		log.Wait(t, "ready")
		text := strings.Repeat("all that is typed\n", 10_000)
		if code, out := b.exec(t, c, strings.NewReader(text), "cat"); code != 0 || out != text {
			t.Errorf("got %d and %d bytes, want 0 and %d bytes", code, len(out), len(text))
		}
	}},
	{"exec ends though its stdin does not", func(t *testing.T, b *bench) {
		c, log := b.start(t, "graceful")
		log.Wait(t, "ready")
		r, w := io.Pipe()
		defer w.Close()
		if code, _ := b.exec(t, c, r, "exit", "0"); code != 0 {
			t.Errorf("exit code: got %d, want 0", code)
		}
	}},
	{"exec ends with the container", func(t *testing.T, b *bench) {
		c, log := b.start(t, "graceful")
		log.Wait(t, "ready")
		out := &Log{}
		go func() {
			out.Wait(t, "ready")
			c.Stop(0)
		}()
		code, err := c.Exec(t.Context(), engine.ExecSpec{Command: b.execCommand(t, "stubborn"), Output: out})
		if code != 137 || err != nil {
			t.Errorf("got %d, %v; want 137", code, err)
		}
	}},
	{"exec ends with its context", func(t *testing.T, b *bench) {
		c, log := b.start(t, "graceful")
		log.Wait(t, "ready")
		gone := errors.New("the client is gone")
		ctx, cancel := context.WithCancelCause(t.Context())
		out := &Log{}
		go func() {
			out.Wait(t, "ready")
			cancel(gone)
		}()
		_, err := c.Exec(ctx, engine.ExecSpec{Command: b.execCommand(t, "graceful"), Output: out})
		if !errors.Is(err, gone) {
			t.Errorf("got %v, want %v", err, gone)
		}
		if code, _ := b.exec(t, c, nil, "exit", "0"); code != 0 {
			t.Errorf("the container did not survive: %d", code)
		}
	}},
	{"exec needs a running container", func(t *testing.T, b *bench) {
		c, _ := b.start(t, "exit", "0")
		wantExit(t, c, 0)
		if _, err := c.Exec(t.Context(), engine.ExecSpec{Command: "true"}); !errors.Is(err, engine.ErrNotRunning) {
			t.Errorf("got %v, want ErrNotRunning", err)
		}
	}},
	{"exec of a missing program is 126 or 127", func(t *testing.T, b *bench) {
		if !b.Files {
			t.Skip("the engine has no programs to miss")
		}
		c, log := b.start(t, "graceful")
		log.Wait(t, "ready")
		out := &Log{}
		code, err := c.Exec(t.Context(), engine.ExecSpec{Command: "/no/such/program", Output: out})
		if code != 126 && code != 127 || err != nil {
			t.Errorf("got %d, %v; want 126 or 127", code, err)
		}
		if !strings.Contains(out.String(), "/no/such/program") {
			t.Errorf("the output does not say what is missing: %q", out.String())
		}
	}},
}

var volumes = []behaviour{
	{"a secret volume's files can be read", func(t *testing.T, b *bench) {
		spec := b.filesSpec(t, "read", b.MountPrefix+"/mnt/secret/key")
		spec.Mounts = []engine.Mount{{Volume: "secret", Path: "/mnt/secret", ReadOnly: true}}
		wantExit(t, b.run(t, spec), 0)
		if got := strings.TrimSpace(spec.Output.(*Log).String()); got != "s3cret" {
			t.Errorf("got %q, want the secret", got)
		}
	}},
	{"an emptyDir volume is shared, and outlives a container", func(t *testing.T, b *bench) {
		spec := b.filesSpec(t, "write", b.MountPrefix+"/mnt/a/file", "kept")
		spec.Mounts = []engine.Mount{{Volume: "shared", Path: "/mnt/a"}}
		wantExit(t, b.run(t, spec), 0)
		for _, name := range []string{"job", "other"} {
			spec := b.filesSpec(t, "read", b.MountPrefix+"/mnt/deep/b/file")
			spec.Name, spec.Mounts = name, []engine.Mount{{Volume: "shared", Path: "/mnt/deep/b"}}
			wantExit(t, b.run(t, spec), 0)
			if got := strings.TrimSpace(spec.Output.(*Log).String()); got != "kept" {
				t.Errorf("container %s: got %q, want what the first one wrote", name, got)
			}
		}
	}},
	{"a share is a folder of this machine that outlives the group", func(t *testing.T, b *bench) {
		if !b.Files {
			t.Skip("the engine has no files")
		}
		if err := os.WriteFile(filepath.Join(b.share, "given"), []byte("before"), 0o644); err != nil {
			t.Fatal(err)
		}
		read := b.filesSpec(t, "read", b.MountPrefix+"/mnt/share/given")
		read.Mounts = []engine.Mount{{Volume: "share", Path: "/mnt/share", ReadOnly: true}}
		wantExit(t, b.run(t, read), 0)
		if got := strings.TrimSpace(read.Output.(*Log).String()); got != "before" {
			t.Errorf("got %q, want what is in the folder", got)
		}
		write := b.filesSpec(t, "write", b.MountPrefix+"/mnt/share/made", "kept")
		write.Mounts = []engine.Mount{{Volume: "share", Path: "/mnt/share"}}
		wantExit(t, b.run(t, write), 0)
		if err := b.group.Remove(t.Context()); err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(filepath.Join(b.share, "made")); strings.TrimSpace(string(text)) != "kept" {
			t.Errorf("the folder has %q, %v after the group, want what the container wrote", text, err)
		}
		if _, err := os.Stat(filepath.Join(b.share, "given")); err != nil {
			t.Errorf("what was in the folder is gone with the group: %v", err)
		}
	}},
	{"a restarted container finds nothing of the earlier one", func(t *testing.T, b *bench) {
		file := b.MountPrefix + "/left"
		wantExit(t, b.run(t, b.filesSpec(t, "write", file, "old")), 0)
		wantExit(t, b.run(t, b.filesSpec(t, "read", file)), 1)
	}},
	{"a mount that cannot be is refused", func(t *testing.T, b *bench) {
		for _, m := range []engine.Mount{
			{Volume: "unknown", Path: "/mnt/x"}, {Volume: "shared", Path: "mnt/x"}, {Volume: "shared", Path: "/"},
			{Volume: "shared", Path: ""}, {Volume: "shared", Path: "/mnt/../../x"}, {Volume: "shared", Path: "/mnt/x:ro"},
		} {
			spec := b.filesSpec(t, "exit", "0")
			spec.Mounts = []engine.Mount{m}
			if _, err := b.group.Start(t.Context(), spec); !isStartError(err) {
				t.Errorf("%+v: got %v, want a *StartError", m, err)
			}
		}
	}},
	{"side-cars meet on localhost", func(t *testing.T, b *bench) {
		if !b.Network {
			t.Skip("the engine has no network")
		}
		server, log := b.start(t, "serve")
		_, address, _ := strings.Cut(strings.TrimSpace(log.Wait(t, "\n")), " ")
		spec, answer := b.spec(t, "dial", address)
		spec.Name = "client"
		wantExit(t, b.run(t, spec), 0)
		wantExit(t, server, 0)
		if got := strings.TrimSpace(answer.String()); got != "hello from the side-car" {
			t.Errorf("got %q", got)
		}
	}},
}

func isStartError(err error) bool {
	_, ok := errors.AsType[*engine.StartError](err)
	return ok
}

func (b *bench) filesSpec(t *testing.T, program ...string) engine.ContainerSpec {
	t.Helper()
	if !b.Files {
		t.Skip("the engine has no files")
	}
	spec, _ := b.spec(t, program...)
	return spec
}

func (b *bench) execCommand(t *testing.T, program ...string) string {
	t.Helper()
	if b.ExecCommand == nil {
		t.Skip("the engine has nothing to exec")
	}
	return b.ExecCommand(program...)
}

func (b *bench) exec(t *testing.T, c engine.Container, stdin io.Reader, program ...string) (int, string) {
	t.Helper()
	out := &Log{}
	code, err := c.Exec(t.Context(), engine.ExecSpec{Command: b.execCommand(t, program...), Stdin: stdin, Output: out})
	if err != nil {
		t.Fatal(err)
	}
	return code, out.String()
}
