package cmdutil

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"time"
)

// build is what the Go toolchain noted in the binary.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitzero"`
	// Time is when the revision was made; zero where the toolchain did not note it.
	Time     time.Time `json:"-"`
	Go       string    `json:"go"`
	Platform string    `json:"platform"`
}

// ThisBuild reads the version that `go install` and `go build` write into the
// binary, so that no release step has to.
func ThisBuild() build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return buildOf(info)
}

func buildOf(info *debug.BuildInfo) build {
	b := build{Version: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		b.Version = v
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.time":
			b.Time, _ = time.Parse(time.RFC3339, s.Value) // zero if it is none
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

// String is the build in one line, with the revision's first 12 digits.
func (b build) String() string {
	revision := ""
	if b.Revision != "" {
		revision = "revision " + b.Revision[:min(12, len(b.Revision))]
		if b.Modified {
			revision += " with changes"
		}
		revision += ", "
	}
	return fmt.Sprintf("pacific %s (%s%s, %s)", b.Version, revision, b.Go, b.Platform)
}
