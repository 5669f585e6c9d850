package image

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

const (
	// headSize is how much is kept of a program: its headers are there, and a script's first line.
	headSize = 4096
	// maxLinks is how many symbolic links a path may lead through, as in Linux.
	maxLinks = 40
	whiteout = ".wh."
	opaque   = ".wh..wh..opq"
)

// node is a file of an image.
type node struct {
	kind     byte
	mode     int64
	uid, gid int
	link     string
	// head is the beginning of programs and of the files of users; nil of others.
	head  []byte
	layer int
}

func (n *node) isFolder() bool { return n.kind == tar.TypeDir }

// tree is all files of an image by their paths, which begin with a slash.
type tree struct {
	nodes map[string]*node
	// below are the paths right below a folder that are in nodes, or lead to one that is.
	below    map[string]map[string]bool
	unpacked int64
}

// readTree reads an image's layers, from the lowest up. ids are what their contents must be, by the image's configuration:
// who unpacks an image refuses others.
func readTree(ctx context.Context, content v1.Image, ids []v1.Hash) (*tree, error) {
	layers, err := content.Layers()
	if err != nil {
		return nil, err
	}
	if len(layers) != len(ids) {
		return nil, fmt.Errorf("the image is damaged: its manifest has %d layers, its configuration %d", len(layers), len(ids))
	}
	t := &tree{nodes: map[string]*node{}, below: map[string]map[string]bool{}}
	for i, layer := range layers {
		from, err := layer.Uncompressed()
		if err != nil {
			return nil, fmt.Errorf("reading layer %d of %d: %w", i+1, len(layers), err)
		}
		err = t.addLayer(ctx, heldTo(ids[i], from), i)
		_ = from.Close() // it was read to its end, or there is another error
		if err != nil {
			return nil, fmt.Errorf("reading layer %d of %d: %w", i+1, len(layers), err)
		}
	}
	return t, nil
}

func (t *tree) addLayer(ctx context.Context, from io.Reader, layer int) error {
	for r := tar.NewReader(from); ; {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			_, err := io.Copy(io.Discard, from) // so that what checks the layer's digest sees all of it
			return err
		}
		if err != nil {
			return err
		}
		if err := t.add(header, r, layer); err != nil {
			return err
		}
	}
}

func (t *tree) add(header *tar.Header, text io.Reader, layer int) error {
	name := path.Clean("/" + header.Name)
	folder, base := path.Split(name)
	switch {
	case base == opaque:
		t.remove(path.Clean(folder), layer, false)
		return nil
	case strings.HasPrefix(base, whiteout):
		t.remove(folder+strings.TrimPrefix(base, whiteout), layer, true)
		return nil
	}
	n := &node{kind: header.Typeflag, mode: header.Mode, uid: header.Uid, gid: header.Gid, link: header.Linkname, layer: layer}
	t.unpacked += header.Size
	switch {
	case n.kind == tar.TypeLink:
		if other := t.nodes[path.Clean("/"+header.Linkname)]; other != nil {
			n = new(*other)
			n.layer = layer
		}
	case n.kind == tar.TypeReg && (n.mode&0o111 != 0 || name == "/etc/passwd" || name == "/etc/group"):
		head, err := io.ReadAll(io.LimitReader(text, headSize))
		if err != nil {
			return err
		}
		n.head = head
	}
	if old := t.nodes[name]; old != nil && old.isFolder() && !n.isFolder() {
		t.remove(name, layer, true)
	}
	t.nodes[name] = n
	for name != "/" && !t.below[path.Dir(name)][name] {
		folder := path.Dir(name)
		if t.below[folder] == nil {
			t.below[folder] = map[string]bool{}
		}
		t.below[folder][name] = true
		name = folder
	}
	return nil
}

// remove takes away what lower layers have below a folder, and with itself what they have under the name.
func (t *tree) remove(name string, layer int, itself bool) {
	for other := range t.below[name] {
		t.remove(other, layer, true)
	}
	if n := t.nodes[name]; itself && n != nil && n.layer < layer {
		delete(t.nodes, name)
	}
	if t.nodes[name] == nil && len(t.below[name]) == 0 {
		delete(t.below[path.Dir(name)], name)
		delete(t.below, name)
	}
}

// find follows symbolic links to a file; nil if there is none.
func (t *tree) find(name string) (*node, string) {
	at, links := "/", 0
	rest := strings.Split(strings.Trim(path.Clean("/"+name), "/"), "/")
	for len(rest) > 0 {
		next := path.Join(at, rest[0])
		rest = rest[1:]
		n := t.nodes[next]
		if n == nil || n.kind != tar.TypeSymlink {
			at = next
			continue
		}
		if links++; links > maxLinks {
			return nil, ""
		}
		target := n.link
		if !path.IsAbs(target) {
			target = path.Join(path.Dir(next), target)
		}
		rest = append(strings.Split(strings.Trim(path.Clean(target), "/"), "/"), rest...)
		at = "/"
	}
	return t.nodes[at], at
}
