package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, folder, name, text string) string {
	t.Helper()
	file := filepath.Join(folder, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestArchives makes the archive of each platform twice, the second time of files of another age.
func TestArchives(t *testing.T) {
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for _, p := range platforms {
		var first []byte
		for _, age := range []time.Duration{0, 48 * time.Hour} {
			folder := t.TempDir()
			files := []string{write(t, folder, p.program(), "the program"), write(t, folder, "LICENSE", "the license")}
			if err := os.Chtimes(files[0], time.Now().Add(-age), time.Now().Add(-age)); err != nil {
				t.Fatal(err)
			}
			archive := filepath.Join(folder, p.archive("v1.2.3"))
			if err := writeArchive(archive, at, files); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(archive)
			if err != nil {
				t.Fatal(err)
			}
			if first != nil && !bytes.Equal(first, text) {
				t.Errorf("%s: two archives of equal files differ", filepath.Base(archive))
			}
			first = text
			want := []string{p.program() + " -rwxr-xr-x the program", "LICENSE -rw-r--r-- the license"}
			if got := members(t, archive, at); !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", filepath.Base(archive), got, want)
			}
		}
	}
}

// members reads an archive: the name, the mode and the text of each file.
func members(t *testing.T, archive string, at time.Time) (all []string) {
	t.Helper()
	add := func(info os.FileInfo, name string, r io.Reader) {
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if !info.ModTime().Equal(at) {
			t.Errorf("%s is of %s", name, info.ModTime())
		}
		all = append(all, name+" "+info.Mode().String()+" "+string(text))
	}
	if strings.HasSuffix(archive, ".zip") {
		r, err := zip.OpenReader(archive)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		for _, file := range r.File {
			part, err := file.Open()
			if err != nil {
				t.Fatal(err)
			}
			add(file.FileInfo(), file.Name, part)
			part.Close()
		}
		return all
	}
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	packed, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(packed); ; {
		header, err := r.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		add(header.FileInfo(), header.Name, r)
	}
}

func TestSums(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, "pacific_b", "")
	write(t, folder, "pacific_a", "abc")
	if err := writeSums(folder); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(folder, sumsName))
	const want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  pacific_a\n" +
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  pacific_b\n"
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
}

// TestMakeFolder empties what a release has written, and nothing else.
func TestMakeFolder(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "dist")
	for range 2 {
		if err := makeFolder(folder); err != nil {
			t.Fatal(err)
		}
		if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
			t.Fatalf("%v, %v", left, err)
		}
		write(t, folder, "pacific_v1_linux_amd64.tar.gz", "old")
		write(t, folder, sumsName, "old")
	}
	mine := write(t, folder, "mine.txt", "mine")
	if err := makeFolder(folder); err == nil || !strings.Contains(err.Error(), "mine.txt") {
		t.Errorf("a folder with other files: %v", err)
	}
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}
}

func TestFileName(t *testing.T) {
	if got := fileName("rel/v1.2.3-4-gabc-dirty"); got != "rel-v1.2.3-4-gabc-dirty" {
		t.Error(got)
	}
}

// TestReadme holds what the README says about installing: the names of the archives, and their architectures.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range platforms {
		name := strings.Replace(p.archive("VERSION"), "_"+p.os+"_"+p.arch, "_OS_ARCH", 1)
		for _, want := range []string{name, p.arch} {
			if !strings.Contains(string(readme), "`"+want+"`") {
				t.Errorf("the README does not say `%s`", want)
			}
		}
	}
}
