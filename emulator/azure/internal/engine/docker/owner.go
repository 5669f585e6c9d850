package docker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/pacific-aci/pacific/emulator/azure/internal/leftover"
)

// ownerLabel tells which process has made a container, a volume or an image: host/process number/its start.
const ownerLabel = "io.pacific-aci.owner"

// self is the owner that we are.
func self() string { return leftover.Owner() }

// dead reports whether an owner is certainly gone. Those of other machines and sandboxes on the same daemon are left alone.
func dead(owner string) bool { return leftover.Dead(owner) }

func ownerHash(owner string) string {
	sum := sha256.Sum256([]byte(owner))
	return hex.EncodeToString(sum[:4])
}

// sweep removes everything on the daemon whose owner is meant.
func (e *Engine) sweep(ctx context.Context, meant func(owner string) bool) error {
	ctx, cancel := call(ctx)
	defer cancel()
	owned := make(client.Filters).Add("label", ownerLabel)
	var errs []error
	note := func(what string, err error) {
		if err != nil && !notFound(err) {
			errs = append(errs, fmt.Errorf("%s: %w", what, err))
		}
	}
	containers, err := e.cli.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: owned})
	if err != nil {
		return err
	}
	items := slices.DeleteFunc(containers.Items, func(c container.Summary) bool { return !meant(c.Labels[ownerLabel]) })
	for _, c := range items { // podman keeps those whose network others use: they go in the second round
		_ = e.removeContainer(ctx, c.ID)
	}
	for _, c := range items {
		note("container "+c.ID, e.removeContainer(ctx, c.ID))
	}
	volumes, err := e.cli.VolumeList(ctx, client.VolumeListOptions{Filters: owned})
	if err != nil {
		return err
	}
	for _, v := range volumes.Items {
		if meant(v.Labels[ownerLabel]) {
			_, err := e.cli.VolumeRemove(ctx, v.Name, client.VolumeRemoveOptions{Force: true})
			note("volume "+v.Name, err)
		}
	}
	images, err := e.cli.ImageList(ctx, client.ImageListOptions{Filters: owned})
	if err != nil {
		return err
	}
	for _, i := range images.Items {
		if meant(i.Labels[ownerLabel]) {
			_, err := e.cli.ImageRemove(ctx, i.ID, client.ImageRemoveOptions{Force: true, PruneChildren: true})
			note("image "+i.ID, err)
		}
	}
	return errors.Join(errs...)
}

// removeContainer kills and removes a container, also one that somebody else is removing.
func (e *Engine) removeContainer(ctx context.Context, id string) error {
	_, err := e.cli.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if err != nil && (notFound(err) || errdefs.IsConflict(err) && strings.Contains(err.Error(), "already in progress")) {
		return nil
	}
	return err
}

func notFound(err error) bool { return errdefs.IsNotFound(err) }
