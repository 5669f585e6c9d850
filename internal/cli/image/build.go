package image

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/pacific-aci/pacific/image"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

type buildOptions struct {
	target     string // empty: the base's own program
	base       string
	init       bool
	initBinary string
	push       string
	output     string
	labels     []string
}

func newBuild(a *cmdutil.App) *cobra.Command {
	var o buildOptions
	cmd := &cobra.Command{
		Use:   "build PROGRAM|PACKAGE [flags]",
		Short: "Put a program into an image",
		Long: `Build makes an image for Azure Container Instances, without Docker, and pushes
it, writes it to a file, or both.

PROGRAM is a static executable for Linux on amd64. PACKAGE is a Go package with
a main function, which is compiled for it: this needs Go. The image has the
program in /usr/local/bin, CA certificates, /tmp, a user without rights, and
nothing else. With --base it is another image with the program on top.

--init lets the program run below pacific init, which does what the first
process of a container must do: it hands on signals and waits for orphans. Flows
in Go do that themselves. Without PROGRAM, it is added to the base's own.

Equal inputs make equal images. SOURCE_DATE_EPOCH sets their time.`,
		Example: cmdutil.Lines(
			"pacific image build ./cmd/flow --push myregistry.azurecr.io/flow:1",
			"pacific image build ./flow --output - | docker load",
			"pacific image build app --base debian:12 --init --output app.tar",
			"pacific image build --base python:3.13-slim --init --output python.tar",
		),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return cmdutil.Usage(fmt.Sprintf("%s takes one program, got also %q", cmd.CommandPath(), args[1]), "see {}", cmdutil.Help(cmd))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.target = args[0]
			}
			return runBuild(a, cmd, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.base, "base", "", "`image` to put the program on (default: nothing but certificates, /tmp and a user)")
	f.BoolVar(&o.init, "init", false, "add Pacific as the first process, which runs the program")
	f.StringVar(&o.initBinary, "init-binary", "", "`file` of the Pacific for Linux on amd64 that --init adds (default: this program)")
	f.StringVar(&o.push, "push", "", "`name` to push the image under, such as myregistry.azurecr.io/app:1")
	f.StringArrayVar(&o.labels, "label", nil, "label of the image, as `NAME=VALUE`; repeat it for several")
	cmdutil.AddOutputFile(cmd, &o.output, "`file` to write the image to, as an OCI layout in a tar, or - for standard output; json prints the result as JSON")
	cmdutil.AddSettings(cmd, registrySettings...)
	return cmd
}

// building is one run of build.
type building struct {
	a       *cmdutil.App
	o       buildOptions
	json    bool
	created time.Time
	labels  map[string]string
	// client is nil where no registry is needed.
	client *image.Client
	made   v1.Image
	name   string
}

func runBuild(a *cmdutil.App, cmd *cobra.Command, o buildOptions) error {
	settings, err := a.Settings(cmd)
	if err != nil {
		return err
	}
	b := &building{a: a, o: o, json: settings.Get("output") == "json"}
	if o.output == "json" || o.output == "text" {
		b.json, b.o.output = o.output == "json", ""
	}
	if err := b.check(cmd); err != nil {
		return err
	}
	ctx := cmd.Context()
	if o.base != "" || o.push != "" {
		cloud, err := a.Cloud(ctx, settings)
		if err != nil {
			return err
		}
		b.client = a.Registries(cloud)
	}
	if err := b.build(ctx); err != nil {
		return withInitHint(err, o)
	}
	return b.deliver(ctx)
}

// check refuses what cannot work before anything is done.
func (b *building) check(cmd *cobra.Command) error {
	o := b.o
	switch {
	case o.target == "" && (o.base == "" || !o.init):
		return cmdutil.Usage(cmd.CommandPath()+" needs a program or a Go package", "give its file or folder; see {}", cmdutil.Help(cmd))
	case o.push == "" && o.output == "":
		return cmdutil.Usage("the image would be lost: neither --push nor --output says where it goes", "for example --output image.tar, or --push myregistry.azurecr.io/app:1")
	case o.initBinary != "" && !o.init:
		return cmdutil.Usage("--init-binary goes only with --init", "give --init too")
	case o.output == "-" && b.json:
		return cmdutil.Usage("standard output cannot take the image and JSON", "give --output a file")
	case o.output == "-" && b.a.Out.Terminal():
		return cmdutil.Usage("an image is not written to a terminal", "give --output a file, or pipe standard output into a program")
	}
	if o.push != "" {
		if err := image.CheckTag(o.push); err != nil {
			return cmdutil.Usage("--push: "+err.Error(), "give HOST/NAME:TAG, such as myregistry.azurecr.io/app:1")
		}
	}
	if o.output != "" && o.output != "-" {
		path := b.a.Path(o.output)
		if isFolder(path) {
			return cmdutil.Usage(fmt.Sprintf("--output: %s is a folder", o.output), "give a file in it, such as image.tar")
		}
		if !isFolder(filepath.Dir(path)) {
			return cmdutil.Usage("--output: there is no folder "+filepath.Dir(o.output), "")
		}
	}
	b.labels = map[string]string{}
	for _, label := range o.labels {
		name, value, ok := strings.Cut(label, "=")
		if !ok || name == "" {
			return cmdutil.Usage(fmt.Sprintf("--label %q is not NAME=VALUE", label), "for example --label team=data")
		}
		b.labels[name] = value
	}
	if text, ok := b.a.Env.LookupEnv("SOURCE_DATE_EPOCH"); ok && text != "" {
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil || seconds < 0 {
			return cmdutil.Usage(fmt.Sprintf("SOURCE_DATE_EPOCH is %q, not a number of seconds", text), "")
		}
		b.created = time.Unix(seconds, 0)
	}
	return nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// build makes the image.
func (b *building) build(ctx context.Context) error {
	o := image.BuildOptions{BaseName: b.o.base, Created: b.created, Labels: b.labels}
	folder, err := os.MkdirTemp("", "pacific-image-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if b.o.target != "" {
		if o.Program, err = b.program(ctx, folder); err != nil {
			return err
		}
		b.name = filepath.Base(o.Program.Path)
	}
	if b.o.init {
		self, err := os.Executable()
		if b.o.initBinary != "" {
			self, err = b.a.Path(b.o.initBinary), nil
		}
		if err != nil {
			return err
		}
		o.Init = &image.Program{Path: self, Name: "pacific", Args: []string{"init", "--"}}
	}
	if b.o.base != "" {
		defer b.a.Show(cmdutil.WaitFor("reading " + b.o.base))()
		if o.Base, err = b.client.Pull(ctx, b.o.base); err != nil {
			return err
		}
	}
	b.made, err = image.Build(ctx, o)
	return err
}

// program finds the program, and compiles it where it is a package.
func (b *building) program(ctx context.Context, folder string) (*image.Program, error) {
	target := b.o.target
	info, err := os.Stat(b.a.Path(target))
	switch {
	case err == nil && !info.IsDir() && !info.Mode().IsRegular():
		return nil, cmdutil.Usage(target+" is not a regular file", "give the file of a program, or the folder of a package")
	case err == nil && !info.IsDir() && filepath.Ext(target) != ".go":
		return &image.Program{Path: b.a.Path(target)}, nil
	case err == nil && info.IsDir() && !filepath.IsAbs(target) && !strings.HasPrefix(target, "."):
		target = "./" + filepath.ToSlash(target) // Go takes other names for import paths
	case err != nil && !strings.Contains(strings.SplitN(target, "/", 2)[0], "."):
		return nil, cmdutil.Usage(fmt.Sprintf("there is no program and no Go package %q here", target), "give the file of a program, or the folder of a package")
	}
	defer b.a.Show(cmdutil.WaitFor("compiling " + target))()
	path, err := image.Compile(ctx, b.a.Env.Dir, target, folder)
	if err != nil {
		return nil, err
	}
	return &image.Program{Path: path}, nil
}

// withInitHint says what to do where this program itself cannot be the init.
func withInitHint(err error, o buildOptions) error {
	bad, ok := errors.AsType[*image.ProgramError](err)
	if self, _ := os.Executable(); ok && o.init && o.initBinary == "" && bad.Path == self {
		return cmdutil.WithHint(err, "give the Pacific for Linux on amd64 with --init-binary")
	}
	return err
}
