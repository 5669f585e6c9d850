package cli

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func (a *app) versionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "version",
		GroupID: groupSetup,
		Short:   "Show which Pacific this is",
		Example: lines("pacific version", "pacific version --output json"),
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.version(cmd) },
	}
	addSettings(cmd, "output")
	return cmd
}

// build is what the Go toolchain noted in the binary.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitzero"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// thisBuild reads the version that `go install` and `go build` write into the
// binary, so that no release step has to.
func thisBuild() build {
	b := build{Version: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		b.Version = v
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

func (a *app) version(cmd *cobra.Command) error {
	settings, err := a.settings(cmd)
	if err != nil {
		return err
	}
	b := thisBuild()
	if settings.Get("output") == "json" {
		return a.out.JSON(b)
	}
	a.out.Line("pacific %s (%s, %s)", b.Version, b.Go, b.Platform)
	return nil
}
