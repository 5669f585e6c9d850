// Command dist writes what a release has into a folder: an archive of the program for each platform, the program's image, and the
// SHA-256 sums of all of them. Make dist calls it. Equal sources and one version of Go give equal files: the archives hold the
// commit's time, and no owner.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// platforms are what a release is built for.
var platforms = []platform{
	{"linux", "amd64"}, {"linux", "arm64"},
	{"darwin", "amd64"}, {"darwin", "arm64"},
	{"windows", "amd64"}, {"windows", "arm64"},
}

type platform struct{ os, arch string }

// program is the name of its file.
func (p platform) program() string {
	if p.os == "windows" {
		return "pacific.exe"
	}
	return "pacific"
}

// archive is the name of its archive, without a folder.
func (p platform) archive(version string) string {
	kind := ".tar.gz"
	if p.os == "windows" {
		kind = ".zip"
	}
	return "pacific_" + version + "_" + p.os + "_" + p.arch + kind
}

func main() {
	out := flag.String("out", "bin/dist", "the folder to write, which is emptied first if it was written by this command")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := release(ctx, *out); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		stop()
		os.Exit(1)
	}
}

// release makes a release of the commit that is checked out.
func release(ctx context.Context, out string) error {
	version, err := output(ctx, "git", "describe", "--tags", "--always", "--dirty")
	if err != nil {
		return err
	}
	version = fileName(version)
	seconds, err := output(ctx, "git", "log", "-1", "--format=%ct")
	if err != nil {
		return err
	}
	at, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return fmt.Errorf("reading the commit's time: %w", err)
	}
	build, err := os.MkdirTemp("", "pacific-dist-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(build)
	if err := makeFolder(out); err != nil {
		return err
	}
	for _, p := range platforms {
		file := filepath.Join(build, p.os+"_"+p.arch, p.program())
		if err := compile(ctx, p, file); err != nil {
			return err
		}
		if err := writeArchive(filepath.Join(out, p.archive(version)), time.Unix(at, 0).UTC(), []string{file, "LICENSE", "README.md"}); err != nil {
			return err
		}
	}
	image := pacific(ctx, build, "image", "build", filepath.Join(build, "linux_amd64", "pacific"), "--output", filepath.Join(out, "pacific_"+version+"_image.tar"))
	image.Env = append(os.Environ(), "SOURCE_DATE_EPOCH="+seconds)
	image.Stderr = os.Stderr
	if err := image.Run(); err != nil {
		return fmt.Errorf("building the image: %w", err)
	}
	return writeSums(out)
}

// pacific is a command of the program that was built for this machine; where none was, it is compiled for that.
func pacific(ctx context.Context, build string, args ...string) *exec.Cmd {
	here := platform{runtime.GOOS, runtime.GOARCH}
	if slices.Contains(platforms, here) {
		return exec.CommandContext(ctx, filepath.Join(build, here.os+"_"+here.arch, here.program()), args...)
	}
	return exec.CommandContext(ctx, goTool(), append([]string{"run", "./cmd/pacific"}, args...)...)
}

// compile builds the static program of a platform, with the revision in it.
func compile(ctx context.Context, p platform, file string) error {
	cmd := exec.CommandContext(ctx, goTool(), "build", "-buildvcs=true", "-trimpath", "-ldflags", "-s -w", "-o", file, "./cmd/pacific")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+p.os, "GOARCH="+p.arch, "GOAMD64=v1", "GOARM64=v8.0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building for %s/%s: %w\n%s", p.os, p.arch, err, text)
	}
	return nil
}

// goTool is the go command that make was told to use.
func goTool() string {
	if name := os.Getenv("GO"); name != "" {
		return name
	}
	return "go"
}

func output(ctx context.Context, name string, args ...string) (string, error) {
	text, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil {
		return "", fmt.Errorf("running %s %s: %w", name, args[0], err)
	}
	return strings.TrimSpace(string(text)), nil
}

// fileName is a version as a part of a file's name: git's tags may have slashes.
func fileName(version string) string {
	return regexp.MustCompile(`[^0-9A-Za-z.+-]`).ReplaceAllString(version, "-")
}
