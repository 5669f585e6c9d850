package image

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/pacific-aci/pacific/image"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
)

// builtView is what was built, in JSON.
type builtView struct {
	// Image is the name under which it was pushed; empty if it was not.
	Image  string `json:"image,omitempty"`
	Digest string `json:"digest"`
	// Reference is the pushed image by its digest, which never changes.
	Reference string `json:"reference,omitempty"`
	File      string `json:"file,omitempty"`
	// Size is what a registry keeps and a container group pulls, in bytes.
	Size       int64    `json:"size"`
	Entrypoint []string `json:"entrypoint"`
}

// deliver writes and pushes the image, and says what it is.
func (b *building) deliver(ctx context.Context) error {
	view, err := b.view()
	if err != nil {
		return err
	}
	if b.o.output != "" {
		if err := b.write(); err != nil {
			return err
		}
		b.a.Say.Status(fmt.Sprintf("wrote %s: %s", cmdutil.InputName(b.o.output), megabytes(view.Size)))
	}
	if b.o.push != "" {
		shown := b.a.Show(cmdutil.WaitFor("pushing " + b.o.push))
		_, err := b.client.Push(ctx, b.o.push, b.made)
		shown()
		if err != nil {
			return err
		}
		b.a.Say.Status(fmt.Sprintf("pushed %s: %s", b.o.push, megabytes(view.Size)))
	}
	switch {
	case b.json:
		return b.a.Out.JSON(view)
	case b.o.output != "-":
		b.a.Out.Line("%s", cmp.Or(view.Reference, view.Digest))
	}
	return nil
}

func (b *building) view() (builtView, error) {
	digest, err := b.made.Digest()
	if err != nil {
		return builtView{}, err
	}
	manifest, err := b.made.Manifest()
	if err != nil {
		return builtView{}, err
	}
	config, err := b.made.ConfigFile()
	if err != nil {
		return builtView{}, err
	}
	view := builtView{Image: b.o.push, Digest: digest.String(), Size: image.Size(manifest), Entrypoint: config.Config.Entrypoint}
	if b.o.output != "-" {
		view.File = b.o.output
	}
	if b.o.push != "" {
		view.Reference = image.AtDigest(b.o.push, view.Digest)
	}
	return view, nil
}

// write writes the image's archive; a file is there as a whole or not at all.
func (b *building) write() error {
	name := b.o.push
	if name == "" && b.name != "" {
		name = strings.ToLower(b.name) + ":latest"
	}
	if b.o.output == "-" {
		return image.WriteArchive(b.a.Stdout, name, b.made)
	}
	path := b.a.Path(b.o.output)
	// Another name each time: two builds that write the same file do not mix.
	file, err := os.OpenFile(path+"."+rand.Text()+".part", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	err = errors.Join(image.WriteArchive(file, name, b.made), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return err
}

// megabytes is a size for people; limits and prices count powers of ten.
func megabytes(size int64) string { return fmt.Sprintf("%.1f MB", float64(size)/1e6) }
