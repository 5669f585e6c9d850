package image_test

import (
	"archive/tar"
	"bytes"
	"crypto/x509"
	"debug/elf"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/pacific-aci/pacific/image"
)

// executable is the beginning of a program for Linux: enough to tell what it is for. loader is what links it at its start;
// empty for a static one.
func executable(machine elf.Machine, loader string) []byte {
	const headers, segment = 64, 56
	var out bytes.Buffer
	header := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: 1, Ehsize: headers, Phoff: headers, Phentsize: segment}
	copy(header.Ident[:], elf.ELFMAG+"\x02\x01\x01")
	var segments []elf.Prog64
	if loader != "" {
		segments = append(segments, elf.Prog64{Type: uint32(elf.PT_INTERP), Off: headers + segment, Filesz: uint64(len(loader) + 1), Memsz: uint64(len(loader) + 1)})
	}
	header.Phnum = uint16(len(segments))
	_ = binary.Write(&out, binary.LittleEndian, header)
	_ = binary.Write(&out, binary.LittleEndian, segments)
	if loader != "" {
		out.WriteString(loader + "\x00")
	}
	return out.Bytes()
}

// program writes a program into a file of its own.
func program(t *testing.T, name string, text []byte) *image.Program {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o755); err != nil {
		t.Fatal(err)
	}
	return &image.Program{Path: path}
}

func static(t *testing.T, name string) *image.Program {
	return program(t, name, executable(elf.EM_X86_64, ""))
}

func build(t *testing.T, o image.BuildOptions) v1.Image {
	t.Helper()
	made, err := image.Build(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// filesOf are the headers and texts of an image's files.
func filesOf(t *testing.T, content v1.Image) (headers map[string]*tar.Header, texts map[string]string) {
	t.Helper()
	headers, texts = map[string]*tar.Header{}, map[string]string{}
	flat := mutate.Extract(content)
	defer flat.Close()
	for r := tar.NewReader(flat); ; {
		header, err := r.Next()
		if err == io.EOF {
			return headers, texts
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		headers[header.Name], texts[header.Name] = header, string(text)
	}
}

func configOf(t *testing.T, content v1.Image) *v1.ConfigFile {
	t.Helper()
	config, err := content.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func digestOf(t *testing.T, content v1.Image) string {
	t.Helper()
	digest, err := content.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return digest.String()
}

func TestBuildFromNothing(t *testing.T) {
	app := static(t, "app")
	app.Args = []string{"serve"}
	made := build(t, image.BuildOptions{Program: app, Labels: map[string]string{"team": "data"}})
	config := configOf(t, made)
	if config.OS != "linux" || config.Architecture != "amd64" || config.Created.Unix() != 0 {
		t.Errorf("%s/%s of %s", config.OS, config.Architecture, config.Created)
	}
	want := v1.Config{Entrypoint: []string{"/usr/local/bin/app", "serve"}, User: "65532:65532", WorkingDir: "/home/nonroot",
		Env:    []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/home/nonroot", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"},
		Labels: map[string]string{"org.opencontainers.image.title": "app", "team": "data"}}
	if diff := cmp.Diff(want, config.Config); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if kind, err := made.MediaType(); err != nil || kind != types.OCIManifestSchema1 {
		t.Errorf("%s, %v", kind, err)
	}
	headers, texts := filesOf(t, made)
	for name, mode := range map[string]int64{"tmp": 0o1777, "usr/local/bin/app": 0o755, "home/nonroot": 0o755, "etc/passwd": 0o644} {
		if header := headers[name]; header == nil || header.Mode != mode || header.ModTime.Unix() != 0 {
			t.Errorf("%s: %+v", name, header)
		}
	}
	if headers["home/nonroot"].Uid != 65532 {
		t.Error("the home is another user's")
	}
	if texts["usr/local/bin/app"] != string(executable(elf.EM_X86_64, "")) {
		t.Error("the program changed")
	}
	if !x509.NewCertPool().AppendCertsFromPEM([]byte(texts["etc/ssl/certs/ca-certificates.crt"])) || strings.Count(texts["etc/ssl/certs/ca-certificates.crt"], "BEGIN") < 100 {
		t.Error("the certificates are incomplete")
	}
}

// TestBuildIsReproducible: what is equal has one digest, whatever the file is called and however old it is.
func TestBuildIsReproducible(t *testing.T) {
	first := build(t, image.BuildOptions{Program: static(t, "app"), Init: static(t, "pacific")})
	other := static(t, "other")
	other.Name = "app"
	if second := build(t, image.BuildOptions{Program: other, Init: static(t, "pacific")}); digestOf(t, first) != digestOf(t, second) {
		t.Errorf("%s and %s", digestOf(t, first), digestOf(t, second))
	}
	var archives [2]bytes.Buffer
	for i := range archives {
		if err := image.WriteArchive(&archives[i], "app:1", first); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(archives[0].Bytes(), archives[1].Bytes()) {
		t.Error("two archives differ")
	}
}

// TestBuildReadsPrograms: a program, which may be larger than the memory, is not read into it.
func TestBuildReadsPrograms(t *testing.T) {
	const size = 64 << 20
	large := static(t, "app")
	if err := os.Truncate(large.Path, size); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	made := build(t, image.BuildOptions{Program: large})
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > size/2 {
		t.Errorf("%d MB for a program of %d MB", used>>20, size>>20)
	}
	headers, _ := filesOf(t, made)
	if got := headers["usr/local/bin/app"]; got == nil || got.Size != size || got.Mode != 0o755 {
		t.Errorf("%+v", got)
	}
}

// TestBuildOnBase: a base keeps what it has, and its kind of manifest.
func TestBuildOnBase(t *testing.T) {
	for _, kind := range []types.MediaType{types.DockerManifestSchema2, types.OCIManifestSchema1} {
		plain, err := random.Image(1000, 2)
		if err != nil {
			t.Fatal(err)
		}
		base, err := mutate.ConfigFile(mutate.MediaType(plain, kind), &v1.ConfigFile{OS: "linux", Architecture: "amd64", RootFS: configOf(t, plain).RootFS,
			Config: v1.Config{User: "1000", Env: []string{"PATH=/opt/bin"}, Entrypoint: []string{"old"}, Cmd: []string{"run"}, WorkingDir: "/opt"}})
		if err != nil {
			t.Fatal(err)
		}
		layer := map[types.MediaType]types.MediaType{types.DockerManifestSchema2: types.DockerLayer, types.OCIManifestSchema1: types.OCILayer}[kind]
		check := func(made v1.Image, config v1.Config) {
			t.Helper()
			config.User, config.Env, config.WorkingDir = "1000", []string{"PATH=/opt/bin"}, "/opt"
			config.Labels["org.opencontainers.image.base.name"], config.Labels["org.opencontainers.image.base.digest"] = "python:3", digestOf(t, base)
			if diff := cmp.Diff(config, configOf(t, made).Config); diff != "" {
				t.Errorf("%s: -want +got:\n%s", kind, diff)
			}
			manifest, err := made.Manifest()
			if err != nil || manifest.MediaType != kind || manifest.Layers[len(manifest.Layers)-1].MediaType != layer {
				t.Errorf("%s: %+v, %v", kind, manifest, err)
			}
		}
		init := static(t, "pacific")
		init.Args = []string{"init", "--"}
		o := image.BuildOptions{Base: base, BaseName: "python:3", Program: program(t, "app", executable(elf.EM_X86_64, "/lib64/ld-linux-x86-64.so.2")), Init: init}
		check(build(t, o), v1.Config{Entrypoint: []string{"/usr/local/bin/pacific", "init", "--", "/usr/local/bin/app"}, Labels: map[string]string{"org.opencontainers.image.title": "app"}})
		o.Program = nil
		check(build(t, o), v1.Config{Entrypoint: []string{"/usr/local/bin/pacific", "init", "--", "old"}, Cmd: []string{"run"}, Labels: map[string]string{}})
	}
}

func TestBuildRefuses(t *testing.T) {
	arm, err := mutate.ConfigFile(build(t, image.BuildOptions{Program: static(t, "app")}), &v1.ConfigFile{OS: "linux", Architecture: "arm64"})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		o    image.BuildOptions
		want string
	}{
		{image.BuildOptions{Program: program(t, "app", executable(elf.EM_AARCH64, ""))}, "app is for arm64, not for amd64"},
		{image.BuildOptions{Program: program(t, "app", executable(elf.EM_X86_64, "/lib64/ld.so"))}, "app is linked dynamically: it needs /lib64/ld.so and libraries"},
		{image.BuildOptions{Program: program(t, "app", []byte("MZ\x90\x00"))}, "app is a program for Windows, not a program for Linux"},
		{image.BuildOptions{Program: program(t, "app", []byte("#!/bin/sh"))}, "app is a script, not"},
		{image.BuildOptions{Program: program(t, "app", nil)}, "app is empty, not"},
		{image.BuildOptions{Program: program(t, "app", []byte(elf.ELFMAG+"\x02"))}, "app is damaged: "},
		{image.BuildOptions{Program: &image.Program{Path: filepath.Join(t.TempDir(), "none")}}, "none: no such file"},
		{image.BuildOptions{Program: static(t, "app"), Base: arm, BaseName: "arm:1"}, "the base arm:1 is for linux/arm64, not for linux/amd64"},
		{image.BuildOptions{Init: static(t, "pacific")}, "there is no program"},
	} {
		if made, err := image.Build(t.Context(), test.o); err == nil || !strings.Contains(err.Error(), test.want) || made != nil {
			t.Errorf("%v; want %q", err, test.want)
		}
	}
}

// TestArchiveIsDockers: what docker load reads is the image.
func TestArchiveIsDockers(t *testing.T) {
	made := build(t, image.BuildOptions{Program: static(t, "app")})
	file := filepath.Join(t.TempDir(), "app.tar")
	var text bytes.Buffer
	if err := image.WriteArchive(&text, "app:1", made); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := tarball.ImageFromPath(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(loaded); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(configOf(t, made), configOf(t, loaded)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	_, want := filesOf(t, made)
	if _, got := filesOf(t, loaded); !cmp.Equal(want, got) {
		t.Error("the files differ")
	}
}

func TestCompile(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.com/team/flows\n\ngo 1.26\n", "cmd/hello/main.go": "package main\n\nfunc main() { println(\"hello\") }\n",
		"lib/lib.go": "package lib\n", "bad/main.go": "package main\n\nfunc main() { nothing() }\n",
	} {
		file := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var digests []string
	for range 2 {
		made, err := image.Compile(t.Context(), folder, "./cmd/hello", t.TempDir())
		if err != nil || filepath.Base(made) != "hello" {
			t.Fatalf("%s, %v", made, err)
		}
		digests = append(digests, digestOf(t, build(t, image.BuildOptions{Program: &image.Program{Path: made}})))
	}
	if len(slices.Compact(digests)) != 1 {
		t.Errorf("%v", digests)
	}
	for target, want := range map[string]string{"./lib": "package lib is a library, not a program", "./...": "these are 3 packages", "./none": "compiling ./none: "} {
		if _, err := image.Compile(t.Context(), folder, target, t.TempDir()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", target, err, want)
		}
	}
	_, err := image.Compile(t.Context(), folder, "./bad", t.TempDir())
	if refused, ok := errors.AsType[*image.CompileError](err); !ok || !strings.Contains(refused.Error(), "undefined: nothing") {
		t.Errorf("%v", err)
	}
}
