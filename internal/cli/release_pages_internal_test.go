//go:build linux

package cli

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func TestFilePages(t *testing.T) {
	const smaps = `00400000-0143b000 r-xp 00000000 fe:00 42    /usr/bin/pacific one
Size:              16620 kB
Rss:               12780 kB
Anonymous:             0 kB
VmFlags: rd ex mr mw me
0143b000-0265e000 r--p 0103b000 fe:00 42    /usr/bin/pacific one
Rss:               12236 kB
Anonymous:             4 kB
0265e000-02796000 rw-p 0225e000 fe:00 42    /usr/bin/pacific one
Anonymous:             0 kB
02796000-02797000 r--p 00000000 fe:00 43    /usr/lib/libc.so
Anonymous:             0 kB
02798000-02799000 r--p 00000000 00:00 0
Anonymous:             0 kB
7ffe67e93000-7ffe67eb4000 r--s 00001000 fe:00 42    /usr/bin/pacific one
Anonymous:             0 kB
`
	got := filePages(strings.NewReader(smaps), "/usr/bin/pacific one")
	want := []mapping{{0x400000, 0x143b000}, {0x7ffe67e93000, 0x7ffe67eb4000}}
	if !slices.Equal(got, want) {
		t.Errorf("got %x, want %x: not those that are changed or may be written, nor other files", got, want)
	}
}

// TestReleasePages goes on running on the pages that it has released.
func TestReleasePages(t *testing.T) {
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if len(filePages(strings.NewReader(string(smaps)), program)) == 0 {
		t.Errorf("no pages of %s are found in\n%s", program, smaps)
	}
	for range 3 {
		ReleasePages()
	}
}
