package image_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/pacific-aci/pacific/image"
)

// file is one of a layer: a folder if its name ends in /, a symbolic link if its text begins with ->.
type file struct {
	name, text string
	mode       int64
	uid        int
}

func layerOf(t *testing.T, files []file) v1.Layer {
	t.Helper()
	var text bytes.Buffer
	w := tar.NewWriter(&text)
	for _, f := range files {
		header := tar.Header{Name: f.name, Mode: f.mode, Uid: f.uid, Typeflag: tar.TypeReg}
		target, isLink := strings.CutPrefix(f.text, "->")
		switch {
		case strings.HasSuffix(f.name, "/"):
			header.Typeflag = tar.TypeDir
		case isLink:
			header.Typeflag, header.Linkname = tar.TypeSymlink, target
		default:
			header.Size = int64(len(f.text))
		}
		if err := w.WriteHeader(&header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, f.text[:header.Size]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}
	return layer
}

// imageOf is an image for linux/amd64 of layers, the lowest first.
func imageOf(t *testing.T, config v1.Config, layers ...[]file) v1.Image {
	t.Helper()
	made := empty.Image
	for _, files := range layers {
		var err error
		if made, err = mutate.AppendLayers(made, layerOf(t, files)); err != nil {
			t.Fatal(err)
		}
	}
	file := configOf(t, made).DeepCopy()
	file.OS, file.Architecture, file.Config = "linux", "amd64", config
	made, err := mutate.ConfigFile(made, file)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// checkFile checks an image by its archive.
func checkFile(t *testing.T, content v1.Image, o image.CheckOptions) *image.Report {
	t.Helper()
	var text bytes.Buffer
	if err := image.WriteArchive(&text, "app:1", content); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "image.tar")
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	report, err := image.CheckArchive(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// wants finds the finding of a check, and holds it against a severity and a part of its text.
func wants(t *testing.T, r *image.Report, check string, severity image.Severity, text string) {
	t.Helper()
	for _, f := range r.Findings {
		if f.Check == check {
			if f.Severity != severity || !strings.Contains(f.Text, text) {
				t.Errorf("%s is %s: %q; want %s: %q", check, f.Severity, f.Text, severity, text)
			}
			if (f.Advice == "") != (f.Severity == image.SeverityOK) {
				t.Errorf("%s is %s with the advice %q", check, f.Severity, f.Advice)
			}
			return
		}
	}
	t.Errorf("nothing is said about %s: %+v", check, r.Findings)
}

const loader = "/lib64/ld-linux-x86-64.so.2"

var (
	native  = string(executable(elf.EM_X86_64, ""))
	dynamic = string(executable(elf.EM_X86_64, loader))
)

// TestCheckEntryPoint: what a container begins with, and why it does not.
func TestCheckEntryPoint(t *testing.T) {
	debian := []file{{"usr/bin/sh", dynamic, 0o755, 0}, {"bin", "->usr/bin", 0o777, 0}, {"lib64", "->usr/lib64", 0o777, 0}, {"usr/lib64/ld-linux-x86-64.so.2", "->../lib/ld.so", 0o777, 0},
		{"usr/lib/ld.so", dynamic, 0o755, 0}, {"usr/bin/tini", native, 0o755, 0}, {"usr/bin/env", dynamic, 0o755, 0}, {"etc/passwd", "root:x:0:0::/:\napp:x:7:8::/:\n", 0o644, 0}}
	for _, test := range []struct {
		name     string
		entry    []string
		file     file
		user     string
		severity image.Severity
		text     string
	}{
		{"static", []string{"/app"}, file{"app", native, 0o755, 0}, "", image.SeverityOK, "/app"},
		{"by PATH", []string{"app", "x"}, file{"usr/local/bin/app", native, 0o755, 0}, "", image.SeverityOK, "app x"},
		{"in the working folder", []string{"./app"}, file{"work/app", native, 0o755, 0}, "", image.SeverityOK, "./app"},
		{"dynamic", []string{"sh"}, file{"x", "", 0, 0}, "", image.SeverityOK, "sh"},
		{"script", []string{"tini", "-g", "--", "/run.sh"}, file{"run.sh", "#!/bin/sh -e\nexec true\n", 0o755, 0}, "", image.SeverityOK, "/run.sh"},
		{"script by env", []string{"/run.sh"}, file{"run.sh", "#!/usr/bin/env -S X=1 sh\n", 0o755, 0}, "", image.SeverityOK, "/run.sh"},
		{"missing", []string{"/app"}, file{"x", "", 0, 0}, "", image.SeverityError, "/app is not in the image"},
		{"not on PATH", []string{"app"}, file{"app", native, 0o755, 0}, "", image.SeverityError, "app is in no folder of PATH"},
		{"no file", []string{"/usr/bin"}, file{"usr/bin/", "", 0o755, 0}, "", image.SeverityError, "/usr/bin is not a file"},
		{"mode", []string{"/app"}, file{"app", native, 0o644, 0}, "", image.SeverityError, "/app is not executable"},
		{"root's alone", []string{"/app"}, file{"app", native, 0o700, 0}, "app", image.SeverityError, "/app may not be run by user app"},
		{"the user's own", []string{"/app"}, file{"app", native, 0o700, 7}, "app", image.SeverityOK, "/app"},
		{"arm64", []string{"/app"}, file{"app", string(executable(elf.EM_AARCH64, "")), 0o755, 0}, "", image.SeverityError, "/app is for arm64, not for amd64"},
		{"another loader", []string{"/app"}, file{"app", string(executable(elf.EM_X86_64, "/lib/ld-musl-x86_64.so.1")), 0o755, 0}, "", image.SeverityError, "/app needs the loader /lib/ld-musl-x86_64.so.1"},
		{"damaged", []string{"/app"}, file{"app", elf.ELFMAG, 0o755, 0}, "", image.SeverityError, "/app is damaged"},
		{"Windows", []string{"tini", "--", "/run.sh"}, file{"run.sh", "#!/bin/sh\r\nexec true\r\n", 0o755, 0}, "", image.SeverityError, "/run.sh has Windows line ends"},
		{"no interpreter", []string{"/run.sh"}, file{"run.sh", "#!/bin/bash\n", 0o755, 0}, "", image.SeverityError, "/bin/bash, which /run.sh needs, is not in the image"},
		{"no program of env", []string{"/run.py"}, file{"run.py", "#!/usr/bin/env python3\n", 0o755, 0}, "", image.SeverityError, "python3, which /run.py needs, is in no folder of PATH"},
		{"no first line", []string{"/run.sh"}, file{"run.sh", "exec true\n", 0o755, 0}, "", image.SeverityError, "/run.sh is neither a program nor a script"},
		{"interprets itself", []string{"/run.sh"}, file{"run.sh", "#!/run.sh\n", 0o755, 0}, "", image.SeverityOK, "/run.sh"},
		{"none", nil, file{"x", "", 0, 0}, "", image.SeverityWarning, "the image has none"},
	} {
		t.Run(test.name, func(t *testing.T) {
			made := imageOf(t, v1.Config{Entrypoint: test.entry, User: test.user, WorkingDir: "/work"}, debian, []file{test.file})
			report := checkFile(t, made, image.CheckOptions{})
			wants(t, report, "entry point", test.severity, test.text)
			if report.Runs() == (test.severity == image.SeverityError) {
				t.Errorf("it runs: %v", report.Runs())
			}
		})
	}
}

func TestCheckInit(t *testing.T) {
	goProgram := native + "\x04\x00\x00\x00\x04\x00\x00\x00\x04\x00\x00\x00Go\x00\x00"
	root := []file{{"bin/tini", native, 0o755, 0}, {"bin/dumb-init", native, 0o755, 0}, {"bin/pacific", goProgram, 0o755, 0}, {"bin/app", native, 0o755, 0}, {"bin/flow", goProgram, 0o755, 0}}
	for _, test := range []struct {
		entry    string
		severity image.Severity
		text     string
	}{
		{"tini -p SIGTERM -g app", image.SeverityOK, "tini is the first process"},
		{"dumb-init --rewrite 15:2 -- app", image.SeverityOK, "dumb-init is the first process"},
		{"pacific init -- app", image.SeverityOK, "pacific is the first process"},
		{"pacific worker start", image.SeverityOK, "none; a program in Go"},
		{"flow", image.SeverityOK, "none; a program in Go"},
		{"app", image.SeverityWarning, "app is the first process: it may ignore SIGTERM"},
	} {
		wants(t, checkFile(t, imageOf(t, v1.Config{Entrypoint: strings.Fields(test.entry)}, root), image.CheckOptions{}), "init", test.severity, test.text)
	}
	wants(t, checkFile(t, imageOf(t, v1.Config{Entrypoint: []string{"tini", "--", "nothing"}}, root), image.CheckOptions{}), "entry point", image.SeverityError, "nothing is in no folder of PATH")
}

// TestCheckLayers: an upper layer takes away what a lower one has.
func TestCheckLayers(t *testing.T) {
	lower := []file{{"a/app", native, 0o755, 0}, {"b/app", native, 0o755, 0}, {"c/app", native, 0o755, 0}, {"d/app", native, 0o755, 0}, {"e/app", "text", 0o644, 0}, {"f/g/app", native, 0o755, 0}, {"h/g/app", native, 0o755, 0}}
	upper := []file{{"a/.wh.app", "", 0, 0}, {"b/new", native, 0o755, 0}, {"b/.wh..wh..opq", "", 0, 0}, {".wh.c", "", 0, 0}, {"d", "->/e", 0o777, 0}, {"e/app", native, 0o755, 0}, {"f/h/app", native, 0o755, 0}, {".wh.f", "", 0, 0}}
	for program, severity := range map[string]image.Severity{
		"/a/app": image.SeverityError, "/b/app": image.SeverityError, "/b/new": image.SeverityOK, "/c/app": image.SeverityError, "/d/app": image.SeverityOK, "/e/app": image.SeverityOK,
		"/f/g/app": image.SeverityError, "/f/h/app": image.SeverityOK, "/h/g/app": image.SeverityOK,
	} {
		wants(t, checkFile(t, imageOf(t, v1.Config{Entrypoint: []string{program}}, lower, upper), image.CheckOptions{}), "entry point", severity, program)
	}
	circle := imageOf(t, v1.Config{Entrypoint: []string{"/x/app"}}, []file{{"x", "->/y", 0o777, 0}, {"y", "->/x", 0o777, 0}})
	wants(t, checkFile(t, circle, image.CheckOptions{}), "entry point", image.SeverityError, "/x/app is not in the image")
}

func TestCheckUser(t *testing.T) {
	root := []file{{"app", native, 0o755, 0}, {"etc/passwd", "app:x:7:8::/:\n", 0o644, 0}, {"etc/group", "team:x:9:\n", 0o644, 0}}
	for user, want := range map[string]struct {
		severity image.Severity
		text     string
	}{
		"": {image.SeverityOK, "root"}, "app": {image.SeverityOK, "app"}, "app:team": {image.SeverityOK, "app:team"}, "1000:1000": {image.SeverityOK, "1000:1000"},
		"nobody": {image.SeverityError, "user nobody is not in /etc/passwd"}, "app:staff": {image.SeverityError, "group staff is not in /etc/group"},
	} {
		wants(t, checkFile(t, imageOf(t, v1.Config{Entrypoint: []string{"/app"}, User: user}, root), image.CheckOptions{}), "user", want.severity, want.text)
	}
}

func TestCheckPackages(t *testing.T) {
	const site = "usr/lib/python3.12/site-packages/"
	o := image.CheckOptions{Packages: []image.PythonPackage{{Name: "adlfs", With: "flows", For: "its storage"}}}
	root := func(names ...string) v1.Image {
		files := []file{{"usr/bin/python3.12", native, 0o755, 0}}
		for _, name := range names {
			files = append(files, file{site + name + ".dist-info/METADATA", "", 0o644, 0})
		}
		return imageOf(t, v1.Config{Entrypoint: []string{"python3.12"}}, files)
	}
	wants(t, checkFile(t, root("Flows-3.0", "ADLFS-2026.1"), o), "packages", image.SeverityOK, "adlfs 2026.1")
	wants(t, checkFile(t, root("flows-3.0"), o), "packages", image.SeverityWarning, "adlfs is missing, and its storage needs it")
	for _, f := range checkFile(t, root("other-1.0"), o).Findings {
		if f.Check == "packages" {
			t.Errorf("without flows: %+v", f)
		}
	}
}

func TestCheckPlatform(t *testing.T) {
	made := imageOf(t, v1.Config{Entrypoint: []string{"/app"}}, []file{{"app", native, 0o755, 0}})
	config := configOf(t, made).DeepCopy()
	config.Architecture = "arm64"
	arm, err := mutate.ConfigFile(made, config)
	if err != nil {
		t.Fatal(err)
	}
	report := checkFile(t, arm, image.CheckOptions{})
	wants(t, report, "platform", image.SeverityError, "the image is for linux/arm64, and Container Instances run linux/amd64")
	if report.Runs() || report.Size != 0 {
		t.Errorf("%+v", report)
	}
}

func TestCheckBuilt(t *testing.T) {
	report := checkFile(t, build(t, image.BuildOptions{Program: static(t, "app"), Init: &image.Program{Path: static(t, "tini").Path}}), image.CheckOptions{})
	for check, text := range map[string]string{"manifest": "an OCI image", "platform": "linux/amd64", "size": " in 3 layers, ", "user": "65532:65532", "entry point": "/usr/local/bin/app", "init": "tini"} {
		wants(t, report, check, image.SeverityOK, text)
	}
	if report.Size == 0 || report.Unpacked == 0 || !strings.HasPrefix(report.Digest, "sha256:") {
		t.Errorf("%+v", report)
	}
}

func TestCheckDockerSave(t *testing.T) {
	made := imageOf(t, v1.Config{Entrypoint: []string{"/app"}}, []file{{"app", native, 0o755, 0}})
	path := filepath.Join(t.TempDir(), "saved.tar")
	if err := tarball.WriteToFile(path, nameOf(t, "app:1"), made); err != nil {
		t.Fatal(err)
	}
	report, err := image.CheckArchive(t.Context(), path, image.CheckOptions{})
	if err != nil {
		t.Fatal(err)
	}
	wants(t, report, "entry point", image.SeverityOK, "/app")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"no image": "it is not a tar archive", string(make([]byte, 1024)): "it has neither index.json nor manifest.json", string(whole[:700]): "it is cut short"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if report, err := image.CheckArchive(t.Context(), path, image.CheckOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v, %v; want %q", report, err, want)
		}
	}
}

// TestCheckNestedIndex: an index of an index, and so on, is no image.
func TestCheckNestedIndex(t *testing.T) {
	var text bytes.Buffer
	w := tar.NewWriter(&text)
	name, index := "", `{"schemaVersion":2,"manifests":[]}`
	for i := range 10 {
		sum := fmt.Sprintf("%x", sha256.Sum256([]byte(index)))
		if name = "blobs/sha256/" + sum; i == 9 {
			name = "index.json"
		}
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(index))}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, index); err != nil {
			t.Fatal(err)
		}
		index = `{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"sha256:` + sum + `","platform":{"os":"linux","architecture":"arm64"}}]}`
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "circle.tar")
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	report, err := image.CheckArchive(t.Context(), path, image.CheckOptions{})
	if err != nil {
		t.Fatal(err)
	}
	wants(t, report, "manifest", image.SeverityError, "it has [linux/arm64]")
}

// rewritten is an archive with other contents in some of its files.
func rewritten(t *testing.T, archive []byte, change func(name string, text []byte) []byte) string {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for r := tar.NewReader(bytes.NewReader(archive)); ; {
		header, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		text = change(header.Name, text)
		header.Size = int64(len(text))
		if err := w.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "image.tar")
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestCheckDamage: an archive whose blobs are not what their digests say is not checked as if they were.
func TestCheckDamage(t *testing.T) {
	made := imageOf(t, v1.Config{Entrypoint: []string{"/app"}}, []file{{"app", native, 0o755, 0}})
	manifest, err := made.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	other := layerOf(t, []file{{"app", native + "another one", 0o755, 0}})
	stream, err := other.Compressed()
	if err != nil {
		t.Fatal(err)
	}
	layer, err := io.ReadAll(stream)
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	if err := image.WriteArchive(&archive, "app:1", made); err != nil {
		t.Fatal(err)
	}
	blob := func(h v1.Hash) string { return "blobs/sha256/" + h.Hex }
	digest, err := made.Digest()
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(text []byte) []byte{
		blob(digest):                    func(text []byte) []byte { return append(text, ' ') },
		blob(manifest.Config.Digest):    func(text []byte) []byte { return append(text, ' ') },
		blob(manifest.Layers[0].Digest): func([]byte) []byte { return layer },
	} {
		path := rewritten(t, archive.Bytes(), func(at string, text []byte) []byte {
			if at == name {
				return change(text)
			}
			return text
		})
		if report, err := image.CheckArchive(t.Context(), path, image.CheckOptions{}); err == nil || !strings.Contains(err.Error(), "sha256:"+filepath.Base(name)+" is damaged") {
			t.Errorf("%s: %+v, %v", name, report, err)
		}
	}
}

// TestCheckLayerIDs: an image whose configuration names other contents than its layers have does not unpack.
func TestCheckLayerIDs(t *testing.T) {
	made := imageOf(t, v1.Config{Entrypoint: []string{"/app"}}, []file{{"app", native, 0o755, 0}})
	for want, ids := range map[string][]v1.Hash{
		"is damaged: its content has the digest":                               {{Algorithm: "sha256", Hex: strings.Repeat("0", 64)}},
		"the image is damaged: its manifest has 1 layers, its configuration 0": {},
	} {
		config := configOf(t, made).DeepCopy()
		config.RootFS.DiffIDs = ids
		changed, err := mutate.ConfigFile(made, config)
		if err != nil {
			t.Fatal(err)
		}
		var archive bytes.Buffer
		if err := image.WriteArchive(&archive, "app:1", changed); err != nil {
			t.Fatal(err)
		}
		path := rewritten(t, archive.Bytes(), func(_ string, text []byte) []byte { return text })
		if report, err := image.CheckArchive(t.Context(), path, image.CheckOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v, %v; want %q", report, err, want)
		}
	}
}

// TestCheckRegistry checks what registries have: indexes with and without the platform, attestations, and an old manifest.
func TestCheckRegistry(t *testing.T) {
	inWorld(t, "{}", func(t *testing.T, w *world) {
		client := image.NewClient(image.Options{Cloud: w.owner})
		made := imageOf(t, v1.Config{Entrypoint: []string{"/app"}}, []file{{"app", native, 0o755, 0}})
		amd64, arm64, unknown := &v1.Platform{OS: "linux", Architecture: "amd64"}, &v1.Platform{OS: "linux", Architecture: "arm64"}, &v1.Platform{OS: "unknown", Architecture: "unknown"}
		index := func(platforms ...*v1.Platform) v1.ImageIndex {
			all := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
			for _, p := range platforms {
				all = mutate.AppendManifests(all, mutate.IndexAddendum{Add: made, Descriptor: v1.Descriptor{Platform: p}})
			}
			return all
		}
		for _, test := range []struct {
			index    v1.ImageIndex
			severity image.Severity
			text     string
		}{
			{nil, image.SeverityOK, "a Docker image"},
			{index(arm64, amd64, unknown), image.SeverityOK, "an index that has an image for linux/amd64"},
			{index(arm64, unknown), image.SeverityError, "an index without an image for linux/amd64; it has [linux/arm64]"},
		} {
			w.write(app, made, test.index)
			report, err := client.Check(t.Context(), app, image.CheckOptions{})
			if err != nil {
				t.Fatal(err)
			}
			wants(t, report, "manifest", test.severity, test.text)
			if test.severity == image.SeverityOK {
				wants(t, report, "entry point", image.SeverityOK, "/app")
			}
		}
	})
}

func TestCheckRegistryRefuses(t *testing.T) {
	inWorld(t, "{}", func(t *testing.T, w *world) {
		if _, err := image.NewClient(image.Options{Cloud: w.owner}).Check(t.Context(), app, image.CheckOptions{}); err == nil || err.Error() != "no image "+app {
			t.Errorf("%v", err)
		}
		_, err := image.NewClient(image.Options{Cloud: w.with("stranger")}).Check(t.Context(), app, image.CheckOptions{})
		if err == nil || !strings.Contains(err.Error(), "refused by jobs1.azurecr.io") {
			t.Errorf("%v", err)
		}
	})
}

// write pushes an image, or an index if it is not nil.
func (w *world) write(name string, content v1.Image, index v1.ImageIndex) {
	w.t.Helper()
	credential, err := image.SignIn(w.t.Context(), w.owner, "jobs1.azurecr.io")
	if err != nil {
		w.t.Fatal(err)
	}
	options := []remote.Option{remote.WithContext(w.t.Context()), remote.WithTransport(w.server.Transport()), remote.WithAuth(authn.FromConfig(authn.AuthConfig{IdentityToken: credential.Token}))}
	if index != nil {
		err = remote.WriteIndex(nameOf(w.t, name), index, options...)
	} else {
		err = remote.Write(nameOf(w.t, name), content, options...)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func nameOf(t *testing.T, text string) name.Reference {
	t.Helper()
	ref, err := name.ParseReference(text)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}
