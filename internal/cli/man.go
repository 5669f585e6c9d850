package cli

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func newMan(a *cmdutil.App) *cobra.Command {
	return &cobra.Command{
		Use:     "man DIR",
		GroupID: cmdutil.GroupSetup,
		Short:   "Write a man page for each command",
		Long: `Man writes the man pages of pacific and all its commands into a folder, and
creates the folder if needed. One build always writes the same pages: their date
is SOURCE_DATE_EPOCH, or else the date of the revision that was built.`,
		Example:     cmdutil.Lines("pacific man ~/.local/share/man/man1"),
		Annotations: map[string]string{cmdutil.TakesBytes: "true"},
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] == "" {
				return cmdutil.Usage(cmd.CommandPath()+" takes one folder", "see {}", cmdutil.Help(cmd))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return runMan(a, cmd.Root(), args[0]) },
	}
}

func runMan(a *cmdutil.App, root *cobra.Command, name string) error {
	date, err := manDate(a)
	if err != nil {
		return err
	}
	folder := a.Path(name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("making the folder of the man pages: %w", err)
	}
	root.DisableAutoGenTag = true
	header := &doc.GenManHeader{Section: "1", Source: "Pacific " + cmdutil.ThisBuild().Version, Manual: "Pacific", Date: &date}
	if err := doc.GenManTree(root, header, folder); err != nil {
		return fmt.Errorf("writing the man pages: %w", err)
	}
	a.Say.Status("wrote the man pages to " + name)
	return nil
}

// manDate is the date that the pages bear. It never is today's: the same build makes the same pages.
func manDate(a *cmdutil.App) (time.Time, error) {
	if text, _ := a.Env.LookupEnv("SOURCE_DATE_EPOCH"); text != "" {
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return time.Time{}, cmdutil.Usage(fmt.Sprintf("SOURCE_DATE_EPOCH is %q: it must be a number of seconds", text), "")
		}
		return time.Unix(seconds, 0).UTC(), nil
	}
	if built := cmdutil.ThisBuild().Time; !built.IsZero() {
		return built, nil
	}
	return time.Unix(0, 0).UTC(), nil
}
