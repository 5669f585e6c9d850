package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// sumsName is the list of sums, in the form that sha256sum --check reads.
const sumsName = "SHA256SUMS"

// makeFolder makes a folder, or empties the one of an earlier release. A folder with anything else in it is left as it is.
func makeFolder(out string) error {
	entries, err := os.ReadDir(out)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for _, entry := range entries {
		if name := entry.Name(); entry.IsDir() || name != sumsName && !strings.HasPrefix(name, "pacific_") {
			return fmt.Errorf("%s holds %s, which is of no release: give another folder", out, name)
		}
	}
	for _, entry := range entries {
		if err := os.Remove(filepath.Join(out, entry.Name())); err != nil {
			return err
		}
	}
	return os.MkdirAll(out, 0o755)
}

// writeArchive writes a .tar.gz or a .zip with the files side by side, the first of which is a program. All are of this time.
func writeArchive(archive string, at time.Time, files []string) (err error) {
	out, err := os.Create(archive)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	write := writeTar
	if strings.HasSuffix(archive, ".zip") {
		write = writeZip
	}
	if err := write(out, at, files); err != nil {
		return fmt.Errorf("writing %s: %w", archive, err)
	}
	return nil
}

func writeTar(out io.Writer, at time.Time, files []string) error {
	packed, err := gzip.NewWriterLevel(out, gzip.BestCompression) // its header has no time and no name
	if err != nil {
		return err
	}
	w := tar.NewWriter(packed)
	for i, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			return err
		}
		header := &tar.Header{Name: filepath.Base(file), Mode: int64(mode(i)), Size: info.Size(), ModTime: at, Format: tar.FormatUSTAR}
		if err := w.WriteHeader(header); err != nil {
			return err
		}
		if err := copyFile(w, file); err != nil {
			return err
		}
	}
	return errors.Join(w.Close(), packed.Close())
}

func writeZip(out io.Writer, at time.Time, files []string) error {
	w := zip.NewWriter(out)
	for i, file := range files {
		header := &zip.FileHeader{Name: filepath.Base(file), Method: zip.Deflate, Modified: at}
		header.SetMode(mode(i))
		part, err := w.CreateHeader(header)
		if err != nil {
			return err
		}
		if err := copyFile(part, file); err != nil {
			return err
		}
	}
	return w.Close()
}

// mode is that of the i-th file: only the first can be run.
func mode(i int) os.FileMode {
	if i == 0 {
		return 0o755
	}
	return 0o644
}

func copyFile(to io.Writer, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(to, f)
	return err
}

// writeSums writes the sums of all files of a folder, in the order of their names.
func writeSums(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	var sums strings.Builder
	for _, entry := range entries {
		hash := sha256.New()
		if err := copyFile(hash, filepath.Join(folder, entry.Name())); err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", hash.Sum(nil), entry.Name())
	}
	return os.WriteFile(filepath.Join(folder, sumsName), []byte(sums.String()), 0o644)
}
