package provision

import (
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

func TestProbeImage(t *testing.T) {
	image, err := probeImage()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	ref, err := name.ParseReference(strings.TrimPrefix(server.URL, "http://") + "/pacific-verify:latest")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, image); err != nil {
		t.Fatal(err)
	}
	pulled, err := remote.Image(ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(pulled); err != nil {
		t.Error(err)
	}
	first, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	image, err = probeImage()
	if err != nil {
		t.Fatal(err)
	}
	if second, err := image.Digest(); err != nil || second != first {
		t.Errorf("got %v, %v, then %v: want the same image each time", second, err, first)
	}
}

// TestProbeProgram runs the program where that is possible: on Linux for the same processor.
func TestProbeProgram(t *testing.T) {
	program := probeProgram()
	if len(program) != 129 {
		t.Errorf("the program has %d bytes, its comment says 129", len(program))
	}
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the program is for linux/amd64")
	}
	file := filepath.Join(t.TempDir(), "probe")
	if err := os.WriteFile(file, program, 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(file).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("got %v, %q, want exit code 0 and nothing written", err, out)
	}
}
