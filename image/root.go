package image

import (
	"archive/tar"
	"bytes"
	"encoding/pem"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// The user of images without a base; 65532 is nonroot in distroless images too.
const (
	userID   = "65532"
	userHome = "/home/nonroot"
)

// certificateFile is where Go, OpenSSL of Debian and most others look for certificates.
const certificateFile = "etc/ssl/certs/ca-certificates.crt"

// imageFile is a file of a layer. Of its header, Name, Mode, Uid, Gid and Typeflag count; folders end in /. Its content is text,
// or that of a file on this machine.
type imageFile struct {
	header tar.Header
	text   string
	path   string
}

// open opens the content.
func (f imageFile) open() (content io.ReadCloser, size int64, err error) {
	if f.path == "" {
		return io.NopCloser(strings.NewReader(f.text)), int64(len(f.text)), nil
	}
	file, err := os.Open(f.path)
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return nil, 0, err
	}
	return file, info.Size(), nil
}

// rootFiles are what programs need besides themselves.
func rootFiles() []imageFile {
	id, _ := strconv.Atoi(userID)
	folder := func(name string, mode int64, owner int) imageFile {
		return imageFile{header: tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: mode, Uid: owner, Gid: owner}}
	}
	file := func(name, text string) imageFile {
		return imageFile{header: tar.Header{Name: name, Mode: 0o644}, text: text}
	}
	return []imageFile{
		folder("etc", 0o755, 0),
		file("etc/group", "root:x:0:\nnonroot:x:"+userID+":\n"),
		file("etc/passwd", "root:x:0:0:root:/:/sbin/nologin\nnonroot:x:"+userID+":"+userID+":nonroot:"+userHome+":/sbin/nologin\n"),
		folder("etc/ssl", 0o755, 0),
		folder("etc/ssl/certs", 0o755, 0),
		file(certificateFile, certificates()),
		folder("home", 0o755, 0),
		folder(userHome[1:], 0o755, id),
		folder("tmp", 0o1777, 0),
		folder("usr", 0o755, 0),
		folder("usr/local", 0o755, 0),
		folder(programFolder[1:], 0o755, 0),
	}
}

// certificates are Mozilla's roots as PEM, from the copy that the Go project keeps: not this machine's, so that the image
// is the same wherever it is built. Roots that are trusted only up to a date are left out: a file cannot say so.
func certificates() string {
	var out bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			_ = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // a buffer takes all
		}
	}
	return out.String()
}

// openTar is a tar of files, all with one time. It is made while it is read, as a program may be large.
func openTar(files []imageFile, at time.Time) (io.ReadCloser, error) {
	out, in := io.Pipe()
	go func() {
		in.CloseWithError(writeTar(in, files, at)) // a reader that is closed early ends it
	}()
	return out, nil
}

func writeTar(out io.Writer, files []imageFile, at time.Time) error {
	w := tar.NewWriter(out)
	for _, f := range files {
		if err := addFile(w, f, at); err != nil {
			return err
		}
	}
	return w.Close()
}

func addFile(w *tar.Writer, f imageFile, at time.Time) error {
	content, size, err := f.open()
	if err != nil {
		return err
	}
	defer content.Close()
	header := f.header
	header.Size, header.ModTime, header.Format = size, at, tar.FormatPAX
	if err := w.WriteHeader(&header); err != nil {
		return err
	}
	_, err = io.Copy(w, content)
	return err
}

// baseName is a program's name by its file's.
func baseName(file string) string { return strings.TrimSuffix(filepath.Base(file), ".exe") }

// firstBytes are up to n bytes from a file's beginning.
func firstBytes(file string, n int) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, n)
	read, err := f.ReadAt(head, 0)
	if read > 0 {
		return head[:read], nil
	}
	return nil, err
}
