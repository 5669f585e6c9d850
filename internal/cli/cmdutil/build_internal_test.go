package cmdutil

import (
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

// TestBuildNamesItsRevision: what the toolchain notes with -buildvcs=true, which `make build` gives it, is printed.
func TestBuildNamesItsRevision(t *testing.T) {
	info := &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123456789abcdef0123"}, {Key: "vcs.time", Value: "2026-11-29T23:00:00Z"}, {Key: "vcs.modified", Value: "true"},
	}}
	b := buildOf(info)
	if want := "pacific v1.2.3 (revision 0123456789ab with changes, " + runtime.Version() + ", " + runtime.GOOS + "/" + runtime.GOARCH + ")"; b.String() != want {
		t.Errorf("got %q, want %q", b, want)
	}
	if b.Time.IsZero() || b.Revision != "0123456789abcdef0123" {
		t.Errorf("got %+v", b)
	}
	if got := buildOf(&debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}).String(); !strings.HasPrefix(got, "pacific devel (go") {
		t.Errorf("without a revision: got %q", got)
	}
	text, err := os.ReadFile("../../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	_, rule, _ := strings.Cut(string(text), "\nbuild:\n")
	if rule, _, _ = strings.Cut(rule, "\n\n"); !strings.Contains(rule, "-buildvcs=true") {
		t.Errorf("make build does not note the revision: %s", rule)
	}
}
