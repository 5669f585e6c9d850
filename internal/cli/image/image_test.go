package image_test

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerregistry/armcontainerregistry"

	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/pacific-aci/pacific/image"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// executable is the header of a static program for Linux.
func executable(t *testing.T, machine elf.Machine) string {
	t.Helper()
	var out bytes.Buffer
	header := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: 1, Ehsize: 64}
	copy(header.Ident[:], elf.ELFMAG+"\x02\x01\x01")
	if err := binary.Write(&out, binary.LittleEndian, header); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// withRegistry makes a registry, whose host is NAME.azurecr.io.
func withRegistry(t *testing.T, h *clitest.Harness, name string) {
	t.Helper()
	registries, err := armcontainerregistry.NewRegistriesClient(h.SDK())
	if err != nil {
		t.Fatal(err)
	}
	poller, err := registries.BeginCreate(t.Context(), clitest.Group, name, armcontainerregistry.Registry{
		Location: new("westeurope"), SKU: &armcontainerregistry.SKU{Name: new(armcontainerregistry.SKUNameBasic)},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := poller.PollUntilDone(t.Context(), &runtime.PollUntilDoneOptions{Frequency: time.Second}); err != nil {
		t.Fatal(err)
	}
}

type built struct {
	Image, Digest, Reference, File string
	Size                           int64
	Entrypoint                     []string
}

type checked struct {
	OK     bool
	Digest string
	Checks []struct{ Name, Status, Detail, Fix string }
}

func TestBuildPushCheck(t *testing.T) {
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		withRegistry(t, h, "jobs1")
		flow, pacific := h.Write("flow", executable(t, elf.EM_X86_64)), h.Write("pacific-linux", executable(t, elf.EM_X86_64))
		const name = "jobs1.azurecr.io/team/flow:1"
		r := h.Run("image", "build", flow, "--push", name)
		r.Wants(t, 0, "", "pushed "+name+": ")
		reference := strings.TrimSpace(r.Stdout)
		if !regexp.MustCompile(`^jobs1\.azurecr\.io/team/flow@sha256:[0-9a-f]{64}$`).MatchString(reference) {
			t.Fatalf("%q", r.Stdout)
		}
		h.Run("image", "check", reference).Wants(t, 0, "ok       entry point: /usr/local/bin/flow\n", "")
		h.Run("image", "check", reference).Wants(t, 0, "warning  init: flow is the first process: ", "")

		var again built
		h.JSON(h.Must("image", "build", flow, "--base", name, "--init", "--init-binary", pacific, "--label", "team=data", "--push", name, "--output", "json"), &again)
		if again.Image != name || again.Reference != "jobs1.azurecr.io/team/flow@"+again.Digest || again.Size == 0 || strings.Join(again.Entrypoint, " ") != "/usr/local/bin/pacific init -- /usr/local/bin/flow" {
			t.Errorf("%+v", again)
		}
		var report checked
		h.JSON(h.Must("image", "check", name, "--output", "json"), &report)
		if !report.OK || report.Digest != again.Digest || len(report.Checks) != 6 {
			t.Errorf("%+v", report)
		}
		h.Run("image", "check", "jobs1.azurecr.io/team/flow:2").Wants(t, 1, "", "no image jobs1.azurecr.io/team/flow:2")
		h.Run("image", "build", flow, "--base", "jobs1.azurecr.io/none:1", "--output", "x.tar").Wants(t, 1, "", "no image jobs1.azurecr.io/none:1")
	})
}

func TestBuildToAFile(t *testing.T) {
	h := clitest.NewBare(t)
	flow := h.Write("flow", executable(t, elf.EM_X86_64))
	digest := h.Must("image", "build", flow, "--output", "flow.tar").Stdout
	if !regexp.MustCompile(`^sha256:[0-9a-f]{64}\n$`).MatchString(digest) {
		t.Fatalf("%q", digest)
	}
	h.Run("image", "check", "flow.tar").Wants(t, 0, "ok       platform: linux/amd64\n", "")
	text, err := os.ReadFile(filepath.Join(h.Dir, "flow.tar"))
	if err != nil {
		t.Fatal(err)
	}
	piped := h.Must("image", "build", flow, "--output", "-")
	if piped.Stdout != string(text) {
		t.Error("standard output gets another archive")
	}
	if header, err := tar.NewReader(strings.NewReader(piped.Stdout)).Next(); err != nil || header.Name != "oci-layout" {
		t.Errorf("%+v, %v", header, err)
	}
	later := h.With(map[string]string{"SOURCE_DATE_EPOCH": "1700000000", "PACIFIC_OUTPUT": "json"})
	var dated built
	h.JSON(later.Must("image", "build", flow, "--output", "flow.tar"), &dated)
	if dated.File != "flow.tar" || dated.Digest == strings.TrimSpace(digest) {
		t.Errorf("%+v", dated)
	}
	h.With(map[string]string{"SOURCE_DATE_EPOCH": "now"}).Run("image", "build", flow, "--output", "flow.tar").Wants(t, 2, "", `SOURCE_DATE_EPOCH is "now"`)
}

func TestBuildOfAPackage(t *testing.T) {
	h := clitest.NewBare(t)
	h.Write("go.mod", "module example.com/flows\n\ngo 1.26\n")
	if err := os.Mkdir(filepath.Join(h.Dir, "hello"), 0o755); err != nil {
		t.Fatal(err)
	}
	h.Write("hello/main.go", "package main\n\nfunc main() {}\n")
	r := h.With(map[string]string{"PACIFIC_OUTPUT": "json"}).RunLong("image", "build", "hello", "--output", "hello.tar")
	r.Wants(t, 0, "{", "")
	var made built
	h.JSON(r, &made)
	if strings.Join(made.Entrypoint, " ") != "/usr/local/bin/hello" {
		t.Errorf("%+v", made)
	}
	h.Run("image", "check", "hello.tar").Wants(t, 0, "ok       init: none; a program in Go ends on signals without\n", "")
}

// TestCheckFails: what cannot run is exit code 1, and the line says what to do.
func TestCheckFails(t *testing.T) {
	h := clitest.NewBare(t)
	flow := h.Write("flow", executable(t, elf.EM_X86_64))
	h.Must("image", "build", flow, "--output", "flow.tar")
	made, err := tarball.ImageFromPath(filepath.Join(h.Dir, "flow.tar"), nil)
	if err != nil {
		t.Fatal(err)
	}
	config, err := made.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config.Architecture = "arm64"
	arm, err := mutate.ConfigFile(made, config)
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	if err := image.WriteArchive(&archive, "", arm); err != nil {
		t.Fatal(err)
	}
	h.Write("arm.tar", archive.String())
	r := h.Run("image", "check", "arm.tar")
	r.Wants(t, 1, "error    platform: the image is for linux/arm64, and Container Instances run linux/amd64\n         fix: build it for linux/amd64\n", "")
	for line := range strings.Lines(r.Stdout) {
		if len(line) > 90 {
			t.Errorf("a line of %d columns: %s", len(line), line)
		}
	}
}

func TestRefused(t *testing.T) {
	h := clitest.NewBare(t)
	flow, arm := h.Write("flow", executable(t, elf.EM_X86_64)), h.Write("arm", executable(t, elf.EM_AARCH64))
	for _, test := range []struct {
		args   string
		code   int
		stderr string
	}{
		{"build", 2, "pacific image build needs a program or a Go package"},
		{"build --init --output x.tar", 2, "needs a program or a Go package"},
		{"build " + flow, 2, "the image would be lost: neither --push nor --output says where it goes"},
		{"build " + flow + " --push flow:1", 2, "--push: flow:1 names no registry"},
		{"build " + flow + " --push UPPER/flow:1", 2, "--push: "},
		{"build " + flow + " --output x.tar --label team", 2, `--label "team" is not NAME=VALUE`},
		{"build " + flow + " --output x.tar --init-binary x", 2, "--init-binary goes only with --init"},
		{"build " + flow + " other --output x.tar", 2, "takes one program"},
		{"build nothing --output x.tar", 2, `there is no program and no Go package "nothing" here`},
		{"build " + arm + " --output x.tar", 1, "arm is for arm64, not for amd64"},
		{"build " + flow + " --init --init-binary " + arm + " --output x.tar", 1, "arm is for arm64, not for amd64"},
		{"check", 2, "pacific image check needs an image"},
		{"check a b", 2, "takes one image"},
		{"check none.tar", 2, "no file none.tar"},
		{"check " + flow, 1, "it is not a tar archive"},
		{"check " + h.Dir, 2, "is not a file\npacific: hint: give the file of an archive"},
		{"build " + os.DevNull + " --output x.tar", 2, "is not a regular file"},
		{"check ./none", 2, "no file ./none\npacific: hint: give the file of an archive"},
		{"build " + flow + " --output .", 2, "--output: . is a folder\npacific: hint: give a file in it, such as image.tar"},
		{"build " + flow + " --output none/x.tar", 2, "--output: there is no folder none"},
	} {
		h.Run(append([]string{"image"}, strings.Fields(test.args)...)...).Wants(t, test.code, "", test.stderr)
	}
}
