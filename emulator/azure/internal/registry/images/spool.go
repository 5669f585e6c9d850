package images

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"os"
)

// maxInMemory is the size up to which a blob is kept in memory: configurations and the layers of tests are, those of real
// images are not.
const maxInMemory = 64 << 10

// spool holds bytes as they come, in memory and then in a file, and knows their digest. It is not safe for concurrent use;
// what has been finished is only read.
type spool struct {
	folder func() (string, error)
	sum    hash.Hash
	size   int64
	small  []byte
	// path is the file with all the bytes; empty while they are in small. file is open until finish.
	path string
	file *os.File
}

func newSpool(folder func() (string, error)) *spool { return &spool{folder: folder, sum: sha256.New()} }

// Write adds bytes. An error is the file's.
func (s *spool) Write(p []byte) (int, error) {
	if s.path == "" && s.folder != nil && len(s.small)+len(p) > maxInMemory {
		if err := s.spill(); err != nil {
			return 0, err
		}
	}
	if s.path == "" {
		s.small = append(s.small, p...)
	} else if n, err := s.file.Write(p); err != nil {
		s.size += int64(n)
		s.sum.Write(p[:n])
		return n, err
	}
	s.size += int64(len(p))
	s.sum.Write(p)
	return len(p), nil
}

// spill moves what is in memory to a file.
func (s *spool) spill() error {
	folder, err := s.folder()
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(folder, "blob-*")
	if err != nil {
		return err
	}
	if _, err := file.Write(s.small); err != nil {
		file.Close()
		os.Remove(file.Name())
		return err
	}
	s.file, s.path, s.small = file, file.Name(), nil
	return nil
}

func (s *spool) digest() string { return "sha256:" + hex.EncodeToString(s.sum.Sum(nil)) }

// finish ends the writing.
func (s *spool) finish() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}

// remove drops the bytes. Who has them open can read on, but on Windows, where the file then stays until its folder goes.
func (s *spool) remove() {
	_ = s.finish()
	if s.path != "" {
		_ = os.Remove(s.path)
	}
	s.small = nil
}

type readSeekCloser struct{ io.ReadSeeker }

func (readSeekCloser) Close() error { return nil }

// open reads a finished spool from its beginning.
func (s *spool) open() (io.ReadSeekCloser, error) {
	if s.path == "" {
		return readSeekCloser{bytes.NewReader(s.small)}, nil
	}
	return os.Open(s.path)
}
