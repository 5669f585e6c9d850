package image_test

import (
	"debug/elf"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// TestDocs types the commands of docs/images.md, in the order of the page, and holds what the first check prints to it.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "images.md"))
	if err != nil {
		t.Fatal(err)
	}
	clitest.InBubble(t, func(t *testing.T, h *clitest.Harness) {
		withRegistry(t, h, "myregistry")
		const goNote = "\x04\x00\x00\x00\x04\x00\x00\x00\x04\x00\x00\x00Go\x00\x00"
		h.Write("app", executable(t, elf.EM_X86_64))
		h.Write("base", executable(t, elf.EM_X86_64))
		h.Write("flow", executable(t, elf.EM_X86_64)+goNote)
		h.Write("pacific", executable(t, elf.EM_X86_64)+goNote)
		h.Must("image", "build", "base", "--push", "myregistry.azurecr.io/base:1")
		commands := 0
		for _, block := range regexp.MustCompile("(?ms)^```sh\n(.*?)^```$").FindAllStringSubmatch(string(page), -1) {
			for line := range strings.Lines(block[1]) {
				args := strings.Fields(line)[1:]
				if args[2] == "./cmd/flow" {
					args[2] = "flow" // TestBuildOfAPackage compiles one
				}
				if strings.Contains(line, " --init ") { // this program is a test's, and may be linked dynamically
					args = append(args, "--init-binary", "pacific")
				}
				r := h.Run(args...)
				r.Wants(t, 0, "", "")
				if line == "pacific image check myregistry.azurecr.io/flow:1\n" {
					shown := regexp.MustCompile("(?ms)^```text\n(.*?)^```$").FindSubmatch(page)
					want := strings.ReplaceAll(regexp.QuoteMeta(string(shown[1])), "…", "[0-9.]+")
					if !regexp.MustCompile("^" + want + "$").MatchString(r.Stdout) {
						t.Errorf("the page shows\n%s\nand check prints\n%s", shown[1], r.Stdout)
					}
				}
				commands++
			}
		}
		if commands < 8 {
			t.Errorf("only %d commands found in the page", commands)
		}
	})
}
