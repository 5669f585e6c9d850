package deploy

import (
	"bytes"
	"crypto/md5" // Azure's choice for the checksum of a blob; nothing is kept safe with it
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxFileSize bounds one file of the code, in bytes. Every flow run downloads all of them.
	maxFileSize = 256 << 20
	// maxFiles bounds their number. A folder with more is somebody's home, or an environment with its libraries.
	maxFiles = 10_000
)

// A File is one file of a flow's code.
type File struct {
	// Path is relative to the folder of the code, with slashes.
	Path string
	// Size is in bytes.
	Size int64
	md5  [md5.Size]byte
	sha  [sha256.Size]byte
}

// A Skipped is something in the folder that is no part of the code and that no pattern names.
type Skipped struct {
	// Path is relative to the folder of the code.
	Path string
	// Reason is why: "a link to a folder".
	Reason string
}

// A Tree is the code of a flow: a folder with what its [IgnoreFile] leaves of it.
type Tree struct {
	// Dir is the folder.
	Dir string
	// Files are in the order of their paths.
	Files []File
	// Skipped are the links to folders, sockets and devices, which are not sent.
	Skipped []Skipped
}

// Size is the sum of the files' sizes in bytes.
func (t Tree) Size() int64 {
	var sum int64
	for _, f := range t.Files {
		sum += f.Size
	}
	return sum
}

// A FileError is a file that cannot be a part of the code.
type FileError struct {
	// Path is relative to the folder of the code.
	Path string
	// Problem is what is wrong with it: "is a link that leads out of the folder".
	Problem string
	hint    string
	cause   error
}

// Error is the path and the problem.
func (e *FileError) Error() string { return e.Path + " " + e.Problem }

// Hint says what to do about it.
func (e *FileError) Hint() string { return e.hint }

// Unwrap returns the file system's error, if it is one.
func (e *FileError) Unwrap() error { return e.cause }

const hintIgnore = "name it in " + IgnoreFile + ", or put a copy of the file in its place"

// ReadTree finds and reads the files of a folder. Nothing outside of it is read, whatever links it has: a link to a file
// that is inside counts as the file, a link that leads out is a [*FileError].
func ReadTree(dir string) (*Tree, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("reading the code: %w", err)
	}
	defer root.Close()
	rules, err := readIgnore(root)
	if err != nil {
		return nil, fmt.Errorf("reading the code: %w", err)
	}
	t := &treeReader{root: root, rules: rules, tree: &Tree{Dir: dir}}
	if err := fs.WalkDir(root.FS(), ".", t.visit); err != nil {
		return nil, fmt.Errorf("reading the code in %s: %w", dir, err)
	}
	slices.SortFunc(t.tree.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return t.tree, nil
}

// readIgnore reads the rules of a folder.
func readIgnore(root *os.Root) (ignoreRules, error) {
	text, err := readRegular(root, IgnoreFile, maxSource)
	if errors.Is(err, fs.ErrNotExist) {
		return parseIgnore(defaultIgnore)
	}
	if err != nil {
		return ignoreRules{}, fmt.Errorf("%s: %w", IgnoreFile, withoutPath(err))
	}
	// Some editors begin a file with a mark, and shells of Windows write UTF-16. With either, a pattern would leave out nothing, and
	// what it is to keep back would be sent.
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		return ignoreRules{}, invalid("save it as UTF-8", "%s is not text in UTF-8", IgnoreFile)
	}
	return parseIgnore(string(text))
}

// readRegular reads a file of up to limit bytes. It does not open anything else: a named pipe would wait for a writer, and
// nothing ends that.
func readRegular(root *os.Root, path string, limit int64) ([]byte, error) {
	info, err := root.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errors.New("it is a folder")
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	case info.Size() > limit:
		return nil, fmt.Errorf("it has %d MB; the limit is %d MB", info.Size()>>20, limit>>20)
	}
	return root.ReadFile(path)
}

type treeReader struct {
	root  *os.Root
	rules ignoreRules
	tree  *Tree
}

// visit takes one entry of the folder into the tree.
func (t *treeReader) visit(path string, entry fs.DirEntry, err error) error {
	switch {
	case err != nil && path != "." && t.rules.leavesOut(path+"/"):
		return nil // it cannot be read, and need not be
	case err != nil:
		return err
	case entry.IsDir():
		// A later !pattern may bring back something inside.
		if path != "." && !t.rules.negated && t.rules.leavesOut(path+"/") {
			return fs.SkipDir
		}
		return nil
	case t.rules.leavesOut(path):
		return nil
	}
	info, err := t.root.Stat(path)
	switch {
	case err != nil && entry.Type()&fs.ModeSymlink != 0:
		return &FileError{Path: path, Problem: "is a link that leads out of the folder or nowhere", hint: hintIgnore, cause: err}
	case err != nil:
		return err
	case info.IsDir():
		t.tree.Skipped = append(t.tree.Skipped, Skipped{path, "a link to a folder"})
		return nil
	case !info.Mode().IsRegular():
		t.tree.Skipped = append(t.tree.Skipped, Skipped{path, "not a regular file"})
		return nil
	}
	return t.take(path, info.Size())
}

// take reads a file.
func (t *treeReader) take(path string, size int64) error {
	switch {
	case size > maxFileSize:
		return &FileError{Path: path, Problem: fmt.Sprintf("has %d MB; the limit is %d MB", size>>20, maxFileSize>>20),
			hint: "name it in " + IgnoreFile + ", and let the flow get it from elsewhere"}
	case !utf8.ValidString(path) || strings.Contains(path, `\`) || strings.ContainsFunc(path, unicode.IsControl):
		return &FileError{Path: fmt.Sprintf("%q", path), Problem: "cannot be the name of a blob", hint: "rename it, or name it in " + IgnoreFile}
	case len(t.tree.Files) == maxFiles:
		return &FileError{Path: path, Problem: fmt.Sprintf("is one file too many; the limit is %d", maxFiles),
			hint: "name what is no part of the code in " + IgnoreFile}
	}
	file, err := t.root.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	sum, full := md5.New(), sha256.New()
	read, err := io.Copy(io.MultiWriter(sum, full), file)
	if err != nil {
		return err
	}
	f := File{Path: path, Size: read}
	sum.Sum(f.md5[:0])
	full.Sum(f.sha[:0])
	t.tree.Files = append(t.tree.Files, f)
	return nil
}

// find is the file with a path.
func (t *Tree) find(path string) (File, bool) {
	i, ok := slices.BinarySearchFunc(t.Files, path, func(f File, path string) int { return strings.Compare(f.Path, path) })
	if !ok {
		return File{}, false
	}
	return t.Files[i], true
}

// digest names the code by its content and by whom it belongs to: the folder of one deployment is never another's.
func (t *Tree) digest(owner ...string) string {
	sum := sha256.New()
	for _, name := range owner {
		fmt.Fprintf(sum, "%d:%s,", len(name), name)
	}
	for _, f := range t.Files {
		fmt.Fprintf(sum, "%d:%s,%x,", len(f.Path), f.Path, f.sha)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// open opens a file to be sent.
func (t *Tree) open(f File) (*os.File, error) {
	root, err := os.OpenRoot(t.Dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return root.Open(filepath.FromSlash(f.Path))
}
