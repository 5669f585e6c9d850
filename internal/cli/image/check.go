package image

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pacific-aci/pacific/image"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/console"
	"github.com/spf13/cobra"
)

func newCheck(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check IMAGE|FILE",
		Short: "Check whether an image will run on Azure Container Instances",
		Long: `Check reads an image and says whether Azure Container Instances can run it:

  manifest     an image, or an index that has one for linux/amd64
  platform     linux/amd64
  size         up to 15 GB; large images start slowly
  user         it exists
  entry point  the program is there, can be run, and has its loader or its
               interpreter; a script has no Windows line ends
  init         the first process hands on signals and waits for orphans
  packages     with Prefect in Python: what flow code in Azure storage needs

It reads IMAGE from its registry, all layers of it, or FILE, which is a tar that
image build or docker save wrote. It changes nothing, and exits with 1 if the
image will not run.`,
		Example: cmdutil.Lines(
			"pacific image check prefecthq/prefect:3-latest",
			"pacific image check flow.tar --output json",
		),
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return cmdutil.Usage(cmd.CommandPath()+" needs an image", "give its name, or the file of an archive")
			case len(args) > 1:
				return cmdutil.Usage(fmt.Sprintf("%s takes one image, got also %q", cmd.CommandPath(), args[1]), "see {}", cmdutil.Help(cmd))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return runCheck(a, cmd, args[0]) },
	}
	cmdutil.AddSettings(cmd, append([]string{"output"}, registrySettings...)...)
	return cmd
}

// packages are those that flows in Python need on Container Instances: with code or results in Azure's storage, Prefect 2
// reads them through adlfs and Prefect 3 through prefect-azure.
var packages = []image.PythonPackage{
	{Name: "adlfs", With: "prefect", For: "flow code in Azure storage"},
	{Name: "prefect-azure", With: "prefect", For: "a block of Azure"},
}

// checkedView is what was found, in JSON.
type checkedView struct {
	Image string `json:"image"`
	// OK reports whether the image will run, as far as it was checked.
	OK     bool   `json:"ok"`
	Digest string `json:"digest,omitempty"`
	// Size is what is pulled, and Unpacked what that becomes, in bytes.
	Size     int64         `json:"size"`
	Unpacked int64         `json:"unpacked"`
	Checks   []findingView `json:"checks"`
}

type findingView struct {
	Name   string `json:"name"`
	Status string `json:"status"`
	Detail string `json:"detail"`
	Fix    string `json:"fix,omitempty"`
}

func runCheck(a *cmdutil.App, cmd *cobra.Command, name string) error {
	settings, err := a.Settings(cmd)
	if err != nil {
		return err
	}
	report, err := check(cmd.Context(), a, cmd, name)
	if err != nil {
		return err
	}
	view := checkedView{Image: name, OK: report.Runs(), Digest: report.Digest, Size: report.Size, Unpacked: report.Unpacked, Checks: []findingView{}}
	for _, f := range report.Findings {
		view.Checks = append(view.Checks, findingView{f.Check, string(f.Severity), f.Text, f.Advice})
	}
	if settings.Get("output") == "json" {
		if err := a.Out.JSON(view); err != nil {
			return err
		}
	} else {
		say(a, view)
	}
	if !view.OK {
		return cmdutil.Exit(cmdutil.ExitFailed)
	}
	return nil
}

const hintArchive = "give the file of an archive, or the name of an image"

// isPath reports whether a name can only be that of a file: an image's begins with a letter or a digit.
func isPath(name string) bool { return strings.HasPrefix(name, ".") || filepath.IsAbs(name) }

// check reads a file where there is one of that name, else an image of a registry.
func check(ctx context.Context, a *cmdutil.App, cmd *cobra.Command, name string) (*image.Report, error) {
	o := image.CheckOptions{Packages: packages}
	info, err := os.Stat(a.Path(name))
	switch {
	case err == nil && info.Mode().IsRegular():
		return image.CheckArchive(ctx, a.Path(name), o)
	case err == nil && isPath(name):
		return nil, cmdutil.Usage(name+" is not a file", hintArchive)
	case strings.HasSuffix(name, ".tar") || isPath(name):
		return nil, cmdutil.Usage("no file "+name, hintArchive)
	}
	settings, err := a.Settings(cmd)
	if err != nil {
		return nil, err
	}
	cloud, err := a.Cloud(ctx, settings)
	if err != nil {
		return nil, err
	}
	defer a.Show(cmdutil.WaitFor("reading " + name))()
	return a.Registries(cloud).Check(ctx, name, o)
}

// say prints a line for each check, and below it what to do.
func say(a *cmdutil.App, view checkedView) {
	for _, c := range view.Checks {
		// Padded before it is painted: escape sequences have no width.
		mark := a.Out.Mark(c.Status != string(image.SeverityError), fmt.Sprintf("%-7s", c.Status))
		a.Out.Hanging(mark+"  ", len("warning  "), c.Name+": "+c.Detail)
		if c.Fix != "" {
			a.Out.Hanging("         fix: ", len("         fix: "), console.Flat(c.Fix))
		}
	}
}
