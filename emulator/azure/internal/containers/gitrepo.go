package containers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
)

// cloneTime is how long all clones of a group may take.
const cloneTime = 5 * time.Minute

func (c *checker) gitRepo(v volumeBody) error {
	wrong := func(why string) error {
		return c.bad("InvalidGitRepoVolume", "The gitRepo volume '%s' in container group '%s' is invalid: %s.", v.Name, c.group, why)
	}
	r := v.GitRepo
	switch {
	case r.Repository == "":
		return wrong("the 'repository' is required")
	case strings.HasPrefix(r.Repository, "-") || strings.HasPrefix(r.Revision, "-"):
		return wrong("neither 'repository' nor 'revision' may begin with a hyphen")
	case r.Directory != "" && !filepath.IsLocal(filepath.FromSlash(r.Directory)):
		return wrong("the 'directory' must be a relative path without '..'")
	}
	return nil
}

// clones is a temporary folder with the clones of a group's gitRepo volumes; empty is none.
type clones string

func (c clones) remove() {
	if c != "" {
		_ = os.RemoveAll(string(c))
	}
}

// cloneRepositories clones the group's gitRepo volumes with this machine's git, and names the folders in volumes.
func (g *group) cloneRepositories(ctx context.Context, volumes []engine.Volume) (made clones, err error) {
	ctx, cancel := context.WithTimeout(ctx, cloneTime)
	defer cancel()
	for i, v := range g.definition().Properties.Volumes {
		if v.GitRepo == nil {
			continue
		}
		if made == "" {
			folder, err := os.MkdirTemp("", "pacific-gitrepo-")
			if err != nil {
				return "", err
			}
			made = clones(folder)
		}
		volumes[i].Folder = filepath.Join(string(made), v.Name)
		if err := clone(ctx, v.GitRepo, volumes[i].Folder); err != nil {
			return made, fmt.Errorf("cloning the gitRepo volume %s: %w", v.Name, err)
		}
	}
	return made, nil
}

func clone(ctx context.Context, r *gitRepo, volume string) error {
	directory := r.Directory
	if directory == "" {
		directory = strings.TrimSuffix(filepath.Base(r.Repository), ".git")
	}
	into := filepath.Join(volume, filepath.FromSlash(directory))
	if err := os.MkdirAll(into, 0o700); err != nil {
		return err
	}
	if err := git(ctx, into, "clone", "--quiet", "--", r.Repository, "."); err != nil {
		return hideLogin(err, r.Repository)
	}
	if r.Revision == "" {
		return nil
	}
	return hideLogin(git(ctx, into, "checkout", "--quiet", "--detach", r.Revision), r.Repository)
}

// hideLogin takes the user name and password of a repository's address out of what git says, which events show.
func hideLogin(err error, repository string) error {
	_, rest, ok := strings.Cut(repository, "://")
	if err == nil || !ok {
		return err
	}
	authority, _, _ := strings.Cut(rest, "/")
	at := strings.LastIndex(authority, "@")
	if at < 1 {
		return err
	}
	login := authority[:at]
	said := strings.ReplaceAll(err.Error(), login+"@", "")
	return errors.New(said)
}

// git runs one command of git, which must not ask for anything.
func git(ctx context.Context, folder string, args ...string) error {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "GIT_TERMINAL_PROMPT=0")
	out, err := cmd.CombinedOutput()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return errors.New("this machine has no git")
	case err != nil:
		return fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(string(out)))
	}
	return nil
}
